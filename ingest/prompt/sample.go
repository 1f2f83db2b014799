package prompt

import "unicode/utf8"

// How much of a prompt is looked at, in bytes: all of up to 64 KiB, else the
// first 32 KiB and the last 32 KiB of its messages, put end to end. The system
// prompt stands first and the request last; between them are history and material.
const (
	sampleHead = 32 << 10
	sampleTail = 32 << 10
)

// sample appends to dst the parts of texts that are looked at, in their order. A
// part begins and ends between two characters.
func sample(dst, texts []string) []string {
	total := 0
	for _, t := range texts {
		total += len(t)
	}
	if total <= sampleHead+sampleTail {
		return append(dst, texts...)
	}
	at := 0 // of the text at hand
	for _, t := range texts {
		head, tail := max(0, min(len(t), sampleHead-at)), max(0, min(len(t), total-sampleTail-at))
		for head > 0 && head < len(t) && !utf8.RuneStart(t[head]) {
			head--
		}
		for tail > 0 && tail < len(t) && !utf8.RuneStart(t[tail]) {
			tail++
		}
		if head > 0 {
			dst = append(dst, t[:head])
		}
		if tail < len(t) {
			dst = append(dst, t[tail:])
		}
		at += len(t)
	}
	return dst
}
