package pattern

import (
	"unicode"
	"unicode/utf8"
)

// AppendFolded appends s in the form in which letters that differ in case only
// are the same, by Unicode's simple case folding, as Go's regular expressions
// with (?i) have it. Bytes that are no UTF-8 stay.
func AppendFolded(b []byte, s string) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			b = append(b, c)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			b = append(b, c)
		} else {
			b = utf8.AppendRune(b, FoldRune(r))
		}
		i += size
	}
	return b
}

// FoldRune returns the least of the characters that differ in case only, and
// of ASCII letters the small one.
func FoldRune(r rune) rune {
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	if 'A' <= least && least <= 'Z' {
		least += 'a' - 'A'
	}
	return least
}
