// Package chars has what the scanners share: the classes of bytes, and the view
// of a text in which escapes are undone.
package chars

// The classes of bytes that the scanners look for. A byte has several.
const (
	Upper   uint16 = 1 << iota
	Lower          // a-z
	Digit          // 0-9
	Join           // '_' and '-', which hold tokens together
	Hex            // 0-9 a-f A-F
	Base64         // 0-9 A-Z a-z + / = _ -
	Local          // may stand in the local part of an e-mail address
	Domain         // may stand in a domain
	Trigger        // needs the detailed scan: @ % = : \ ~ # > & and what is not plain text
	Odd            // control characters and bytes of UTF-8 sequences
	Escape         // may begin an escape, or end one: % \ #
	At             // @
	Value          // ends no unquoted value: not a space, a quote or a separator
	Amp            // &, which may begin an HTML entity
	Semi           // ;, which may end one
)

// Word is what a token is made of.
const Word = Upper | Lower | Digit | Join

// Alnum is what a word of letters and digits is made of.
const Alnum = Upper | Lower | Digit

// Classes has the classes of each byte.
var Classes = func() (t [256]uint16) {
	for i := range t {
		c := byte(i)
		switch {
		case c >= '0' && c <= '9':
			t[i] = Digit | Hex
		case c >= 'a' && c <= 'z':
			t[i] = Lower
		case c >= 'A' && c <= 'Z':
			t[i] = Upper
		case c == '_' || c == '-':
			t[i] = Join
		case c < ' ' || c >= 0x7f:
			t[i] = Odd | Trigger
		}
		if l := c | 0x20; l >= 'a' && l <= 'f' {
			t[i] |= Hex
		}
		if t[i]&Alnum != 0 {
			t[i] |= Base64 | Local | Domain
		}
		if c >= 0x80 { // internationalised addresses
			t[i] |= Local | Domain
		}
		if c > ' ' && c != 0x7f {
			t[i] |= Value
		}
	}
	set := func(bits uint16, chars string) {
		for _, c := range []byte(chars) {
			t[c] |= bits
		}
	}
	set(Trigger, "@%=:\\~#>&")
	set(Amp, "&")
	set(Semi, ";")
	set(Escape, "%\\#")
	set(At, "@")
	set(Base64, "+/=_-")
	set(Local, "._+-'!#$*^~|%")
	set(Domain, ".-")
	for _, c := range []byte("\"'`<>,;&\\|(){}") {
		t[c] &^= Value
	}
	return t
}()

// EqualFold reports whether the ASCII text a is b, which is in lower case.
func EqualFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		c := a[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != b[i] {
			return false
		}
	}
	return true
}

// Only reports whether every byte of s has one of the classes.
func Only(s string, bits uint16) bool {
	for i := range len(s) {
		if Classes[s[i]]&bits == 0 {
			return false
		}
	}
	return true
}

// Has reports whether a byte of s has one of the classes.
func Has(s string, bits uint16) bool {
	for i := range len(s) {
		if Classes[s[i]]&bits != 0 {
			return true
		}
	}
	return false
}

// Viewed reports whether the view of a text with the classes bits can differ
// from the text.
func Viewed(bits uint16) bool {
	return bits&(Escape|Odd) != 0 || bits&(Amp|Semi) == Amp|Semi
}

// Union returns the classes that the bytes of s have together.
func Union(s string) uint16 {
	bits := uint16(0)
	for i := range len(s) {
		bits |= Classes[s[i]]
	}
	return bits
}

// TokenLength returns the length of the token that t begins with.
func TokenLength(t string) int {
	n := 0
	for n < len(t) && Classes[t[n]]&Word != 0 {
		n++
	}
	return n
}
