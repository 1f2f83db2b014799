package pattern

import (
	"encoding/base64"
	"strings"
	"unicode"
	"unicode/utf16"
)

// Encode applies a modifier that turns text into other text.
func Encode(modifier, s string) []string {
	switch modifier {
	case "base64":
		return []string{base64.StdEncoding.EncodeToString([]byte(s))}
	case "base64offset":
		return base64Offsets(s)
	case "utf16be":
		return []string{wide(s, false)}
	case "utf16":
		return []string{"\xff\xfe" + wide(s, true)}
	default: // wide, utf16le
		return []string{wide(s, true)}
	}
}

func wide(s string, little bool) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(s)) {
		if little {
			b.WriteByte(byte(u))
			b.WriteByte(byte(u >> 8))
		} else {
			b.WriteByte(byte(u >> 8))
			b.WriteByte(byte(u))
		}
	}
	return b.String()
}

// base64Offsets returns what of s stands in every base64 text that encodes s
// after a number of bytes that leaves 0, 1 or 2 when it is divided by 3: the
// characters that hold bits of s only.
func base64Offsets(s string) []string {
	var out []string
	for shift := range 3 {
		text := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat(" ", shift) + s))
		start := [3]int{0, 2, 3}[shift]
		end := len(text)
		if (len(s)+shift)%3 != 0 {
			end-- // its last bits are of what follows
		}
		if start < end {
			out = append(out, text[start:end])
		}
	}
	return out
}

// dashes are what windash takes for one another.
var dashes = []rune{'-', '/', '–', '—', '―'}

// MaxDashes bounds the dashes of a value: each makes five times as many.
const MaxDashes = 4

// Windash returns s with every dash that begins a word as each of dashes; nil if
// there are too many.
func Windash(s string) []string {
	runes := []rune(s)
	out := [][]rune{nil}
	n := 0
	for i, r := range runes {
		starts := strings.ContainsRune(string(dashes), r) && (i == 0 || !word(runes[i-1])) && i+1 < len(runes) && word(runes[i+1])
		if !starts {
			for j := range out {
				out[j] = append(out[j], r)
			}
			continue
		}
		if n++; n > MaxDashes {
			return nil
		}
		var next [][]rune
		for _, o := range out {
			for _, d := range dashes {
				next = append(next, append(append([]rune(nil), o...), d))
			}
		}
		out = next
	}
	var texts []string
	for _, o := range out {
		texts = append(texts, string(o))
	}
	return texts
}

func word(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
