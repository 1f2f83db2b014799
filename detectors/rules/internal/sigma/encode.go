package sigma

import (
	"encoding/base64"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// encode applies a modifier that turns text into other text.
func encode(modifier, s string) []string {
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

// maxDashes bounds the dashes of a value: each makes five times as many.
const maxDashes = 4

// windash returns s with every dash that begins a word as each of dashes; nil if
// there are too many.
func windash(s string) []string {
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
		if n++; n > maxDashes {
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

// clean makes text of a rule fit to be shown: without control characters and
// other invisible ones, on one line, of at most limit bytes.
func clean(s string, limit int) string {
	var b strings.Builder
	space := false
	for _, r := range s {
		if unicode.IsSpace(r) {
			space = b.Len() > 0
			continue
		}
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			continue
		}
		size := utf8.RuneLen(r)
		if space {
			size++
		}
		if b.Len()+size > limit {
			break
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	return b.String()
}
