package field

import (
	"encoding/binary"
	"math/bits"
)

func skipSpace(s []byte, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\t' || s[i] == '\r') {
		i++
	}
	return i
}

const (
	everyLow  = 0x0101010101010101
	everyHigh = 0x8080808080808080
)

// scanString returns the index of the quote that ends the string whose content
// starts at i, or -1, and what the content has in it. It looks at eight bytes
// at a time: (x-everyLow)&^x has the high bit of the first zero byte of x set.
func scanString(s []byte, i int) (end int, flags uint8) {
	for {
		var c byte
		if i+8 <= len(s) {
			x := binary.LittleEndian.Uint64(s[i:])
			q, b := x^(everyLow*'"'), x^(everyLow*'\\')
			hit := ((q-everyLow)&^q | (b-everyLow)&^b) & everyHigh
			if hit == 0 {
				if x&everyHigh != 0 {
					flags |= highBit
				}
				i += 8
				continue
			}
			first := bits.TrailingZeros64(hit)
			if x&everyHigh&(1<<first-1) != 0 {
				flags |= highBit
			}
			i += first >> 3
			c = s[i]
		} else {
			if i >= len(s) {
				return -1, flags
			}
			c = s[i]
		}
		switch {
		case c == '"':
			return i, flags
		case c == '\\':
			flags |= escaped
			i += 2
		default:
			if c >= 0x80 {
				flags |= highBit
			}
			i++
		}
	}
}

// Skip returns the length of the bracketed or quoted text that s starts with,
// or -1 if it does not end: it pairs brackets and quotes and checks nothing
// else, so it steps over what Parse cannot read.
func Skip(s []byte) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			if i, _ = scanString(s, i+1); i < 0 {
				return -1
			}
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case ',', ' ', '\n', '\t', '\r':
			if depth == 0 {
				return i
			}
			continue
		default:
			continue
		}
		if depth < 0 {
			return i
		}
		if depth == 0 {
			return i + 1
		}
	}
	return -1
}
