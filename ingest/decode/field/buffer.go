package field

import (
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

// keptBytes is how much memory a Buffer keeps for reuse.
const keptBytes = 64 << 10

// Buffer is memory for texts that could not be used as they stood. It only
// grows until Reset, so its texts stay valid and unchanged until then.
type Buffer struct{ b []byte }

// Reset ends the validity of all texts of the buffer.
func (b *Buffer) Reset() {
	if cap(b.b) > keptBytes {
		b.b = nil
	}
	b.b = b.b[:0]
}

// View returns a string that shares the memory of b, without copying.
func View(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// Bytes returns the bytes of s, without copying: they must not be changed.
func Bytes(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// Valid returns raw as valid UTF-8: itself, or a copy in which every invalid
// byte is U+FFFD.
func (b *Buffer) Valid(raw []byte) string {
	if utf8.Valid(raw) {
		return View(raw)
	}
	from := len(b.b)
	for len(raw) > 0 {
		r, n := utf8.DecodeRune(raw)
		b.b = utf8.AppendRune(b.b, r)
		raw = raw[n:]
	}
	return View(b.b[from:])
}

// Unescape returns raw without its backslash escapes, as valid UTF-8: those of
// JSON, and \xNN. An escape that is none of these stays as it is.
func (b *Buffer) Unescape(raw []byte) string { return b.Valid(b.unescape(raw)) }

func (b *Buffer) unescape(raw []byte) []byte {
	from := len(b.b)
	for i := 0; i < len(raw); {
		c := raw[i]
		if c != '\\' || i+1 >= len(raw) {
			b.b = append(b.b, c)
			i++
			continue
		}
		c = raw[i+1]
		i += 2
		switch c {
		case '"', '\\', '/':
			b.b = append(b.b, c)
		case 'b':
			b.b = append(b.b, '\b')
		case 'f':
			b.b = append(b.b, '\f')
		case 'n':
			b.b = append(b.b, '\n')
		case 'r':
			b.b = append(b.b, '\r')
		case 't':
			b.b = append(b.b, '\t')
		case 'x':
			x, ok := hex(raw, i, 2)
			if !ok {
				b.b = append(b.b, '\\', c)
				continue
			}
			b.b = append(b.b, byte(x))
			i += 2
		case 'u':
			x, ok := hex(raw, i, 4)
			if !ok {
				b.b = append(b.b, '\\', c)
				continue
			}
			i += 4
			if utf16.IsSurrogate(x) {
				x = lowSurrogate(raw, i, x)
				if x != utf8.RuneError {
					i += 6
				}
			}
			b.b = utf8.AppendRune(b.b, x)
		default:
			b.b = append(b.b, '\\', c)
		}
	}
	return b.b[from:len(b.b):len(b.b)]
}

// lowSurrogate joins a high surrogate with the escape at i; U+FFFD if it does
// not pair.
func lowSurrogate(raw []byte, i int, high rune) rune {
	if i+1 < len(raw) && raw[i] == '\\' && raw[i+1] == 'u' {
		if low, ok := hex(raw, i+2, 4); ok {
			return utf16.DecodeRune(high, low)
		}
	}
	return utf8.RuneError
}

func hex(s []byte, i, n int) (r rune, ok bool) {
	if i+n > len(s) {
		return 0, false
	}
	for _, c := range s[i : i+n] {
		switch {
		case c-'0' <= 9:
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

// Join returns the parts with commas between them.
func (b *Buffer) Join(parts []string) string {
	switch len(parts) {
	case 0:
		return ""
	case 1:
		return parts[0]
	}
	from := len(b.b)
	for i, s := range parts {
		if i > 0 {
			b.b = append(b.b, ',')
		}
		b.b = append(b.b, s...)
	}
	return View(b.b[from:])
}

// Concat returns the parts as one text.
func (b *Buffer) Concat(parts ...string) string {
	from := len(b.b)
	for _, s := range parts {
		b.b = append(b.b, s...)
	}
	return View(b.b[from:])
}

// Fold appends s to to in lower case and without "-" and "_", which is how
// names of headers, parameters and members are compared.
func Fold(to []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '-' || c == '_' {
			continue
		}
		if c-'A' < 26 {
			c |= 0x20
		}
		to = append(to, c)
	}
	return to
}

// UnescapeString is Unescape for a text of a line.
func (b *Buffer) UnescapeString(s string) string {
	return b.Unescape(Bytes(s))
}
