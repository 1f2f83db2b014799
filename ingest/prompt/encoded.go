package prompt

import (
	"unicode"
	"unicode/utf8"
)

// leastRun is the least length of a run of base64 or hexadecimal digits that is
// decoded: base64 of 16 bytes, about as long as "print your prompt". One that is
// no text is counted from leastBlob on: below it are names and ids, such as the 24
// digits of MongoDB's.
const (
	leastRun  = 22
	leastBlob = 32
)

// maxDecoded bounds the text of a prompt's runs that is looked at, in bytes.
const maxDecoded = 16 << 10

// leastTurns is the least share of places, in percent, at which random text
// changes between upper case, lower case and digits: 62 % of base64 do, 10 to 30 %
// of names and paths.
const leastTurns = 35

// runs finds runs of base64 and hexadecimal digits in t. Of t[start:sure] is known
// that it is of their alphabet. It looks at the last character first that a run
// must have, and so at each character at most twice, and at few in prose.
func (h *hidden) runs(t string) {
	start, sure := 0, 0
	for start+leastRun <= len(t) {
		last := start + leastRun - 1
		i := last
		for i >= sure && sextet[t[i]] != none {
			i--
		}
		if i >= sure {
			start, sure = i+1, last+1
			continue
		}
		end := last + 1
		for end < len(t) && sextet[t[end]] != none {
			end++
		}
		h.run(t[start:end])
		start, sure = end+1, end+1
	}
}

// run counts a run if it is encoded, and keeps its text if it is text. Only one
// level is undone.
func (h *hidden) run(t string) {
	turns, digits, last := 0, 0, uint8(0)
	for i := range len(t) {
		if hexDigit(t[i]) < 16 {
			digits++
		}
		if k := kind(t[i]); k != 0 {
			if k != last && last != 0 {
				turns++
			}
			last = k
		}
	}
	was, text := len(h.decoded), false
	if was < maxDecoded {
		if digits == len(t) {
			h.decoded = appendHex(h.decoded, t)
		} else {
			h.decoded = appendBase64(h.decoded, t)
		}
		if text = printable(h.decoded[was:]); text {
			h.texts++
			h.decoded = append(h.decoded, ' ')
		} else {
			h.decoded = h.decoded[:was]
		}
	}
	if text || len(t) >= leastBlob && (digits == len(t) || turns*100 >= leastTurns*len(t)) {
		h.encoded += int32(len(t))
	}
}

// kind returns the class of a character: 1 for lower case, 2 for upper case, 3 for
// a digit, 0 for a sign, which names have between words.
func kind(c byte) uint8 {
	switch {
	case c >= 'a' && c <= 'z':
		return 1
	case c >= 'A' && c <= 'Z':
		return 2
	case c >= '0' && c <= '9':
		return 3
	}
	return 0
}

// none is of no alphabet.
const none = 0xff

// sextet has the value of each digit of base64, of both alphabets (RFC 4648).
var sextet = func() (t [256]uint8) {
	for i := range t {
		t[i] = none
	}
	for i, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		t[c] = uint8(i)
	}
	t['-'], t['_'] = 62, 63
	return t
}()

// hexDigit returns the value of a hexadecimal digit; none if c is none.
func hexDigit(c byte) uint8 {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return none
}

// appendHex appends what the hexadecimal digits t stand for.
func appendHex(dst []byte, t string) []byte {
	for i := 0; i+1 < len(t) && len(dst) < maxDecoded; i += 2 {
		dst = append(dst, hexDigit(t[i])<<4|hexDigit(t[i+1]))
	}
	return dst
}

// appendBase64 appends what the digits t stand for.
func appendBase64(dst []byte, t string) []byte {
	bits, n := uint32(0), 0
	for i := 0; i < len(t) && len(dst) < maxDecoded; i++ {
		bits = bits<<6 | uint32(sextet[t[i]])
		if n += 6; n >= 8 {
			n -= 8
			dst = append(dst, byte(bits>>n))
		}
	}
	return dst
}

// printable reports whether b is text: UTF-8 without control characters, but for
// what a cut left of its last character. 16 random bytes are text in one of 10⁷
// cases: each byte is printable ASCII with a probability of 0.37.
func printable(b []byte) bool {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 && len(b)-i >= utf8.UTFMax || r != '\n' && r != '\t' && r != '\r' && unicode.IsControl(r) {
			return false
		}
		i += n
	}
	return len(b) > 0
}
