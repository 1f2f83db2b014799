package scan

// The classes of bytes that the scanners look for. A byte has several.
const (
	cUpper   uint16 = 1 << iota
	cLower          // a-z
	cDigit          // 0-9
	cJoin           // '_' and '-', which hold tokens together
	cHex            // 0-9 a-f A-F
	cBase64         // 0-9 A-Z a-z + / = _ -
	cLocal          // may stand in the local part of an e-mail address
	cDomain         // may stand in a domain
	cTrigger        // needs the detailed scan: @ % = : \ ~ # and what is not plain text
	cOdd            // control characters and bytes of UTF-8 sequences
	cEscape         // may begin an escape, or end one: % \ #
	cAt             // @
	cValue          // ends no unquoted value: not a space, a quote or a separator
)

// cWord is what a token is made of.
const cWord = cUpper | cLower | cDigit | cJoin

// cAlnum is what a word of letters and digits is made of.
const cAlnum = cUpper | cLower | cDigit

// classes has the classes of each byte.
var classes = func() (t [256]uint16) {
	for i := range t {
		c := byte(i)
		switch {
		case c >= '0' && c <= '9':
			t[i] = cDigit | cHex
		case c >= 'a' && c <= 'z':
			t[i] = cLower
		case c >= 'A' && c <= 'Z':
			t[i] = cUpper
		case c == '_' || c == '-':
			t[i] = cJoin
		case c < ' ' || c >= 0x7f:
			t[i] = cOdd | cTrigger
		}
		if l := c | 0x20; l >= 'a' && l <= 'f' {
			t[i] |= cHex
		}
		if t[i]&cAlnum != 0 {
			t[i] |= cBase64 | cLocal | cDomain
		}
		if c >= 0x80 { // internationalised addresses
			t[i] |= cLocal | cDomain
		}
		if c > ' ' && c != 0x7f {
			t[i] |= cValue
		}
	}
	set := func(bits uint16, chars string) {
		for _, c := range []byte(chars) {
			t[c] |= bits
		}
	}
	set(cTrigger, "@%=:\\~#")
	set(cEscape, "%\\#")
	set(cAt, "@")
	set(cBase64, "+/=_-")
	set(cLocal, "._+-'!#$*^~|%")
	set(cDomain, ".-")
	for _, c := range []byte("\"'`<>,;&\\|(){}") {
		t[c] &^= cValue
	}
	return t
}()

// tokenLen is the length from which on a token is looked at for a secret.
const tokenLen = 16

// digitsLen is the number of digits from which on a text can hold a number that
// names a person.
const digitsLen = 7

// plain reports whether s cannot hold anything that the detailed scan would
// find: no trigger, no long token, few digits, no short secret. It is what most
// texts cost.
func plain(s string) bool {
	run, long, digits, dots := 0, 0, 0, 0
	for i := 0; i < len(s); i++ {
		c := classes[s[i]]
		if long++; c&cBase64 == 0 {
			long = 0
		} else if long >= 2*tokenLen {
			return false
		}
		if c&cWord == 0 {
			if c&cTrigger != 0 {
				return false
			}
			if s[i] == '.' && i > 0 && classes[s[i-1]]&cDigit != 0 {
				if dots++; dots == 3 { // an IPv4 address has few digits
					return false
				}
			}
			if s[i] == ' ' && i >= 5 && scheme(s[max(0, i-8):i]) != 0 {
				return false
			}
			run = 0
			continue
		}
		if run++; run >= tokenLen {
			return false
		}
		if c&cDigit != 0 {
			if digits++; digits >= digitsLen {
				return false
			}
		}
		if s[i] == '-' && run == 3 && s[i-1]|0x20 == 'k' && s[i-2]|0x20 == 's' {
			return false
		}
	}
	return true
}

// scheme returns the length of the authentication scheme that s ends with; 0 if
// it ends with none.
func scheme(s string) int {
	if len(s) < 5 {
		return 0
	}
	var name string
	switch s[len(s)-1] | 0x20 {
	case 'r':
		name = "bearer"
	case 'c':
		name = "basic"
	case 't':
		name = "digest"
	case 'n':
		name = "token"
	case 'y':
		name = "apikey"
	default:
		return 0
	}
	if len(s) < len(name) || !equalFold(s[len(s)-len(name):], name) {
		return 0
	}
	if rest := s[:len(s)-len(name)]; rest != "" && classes[rest[len(rest)-1]]&cAlnum != 0 {
		return 0
	}
	return len(name)
}

// equalFold reports whether the ASCII text a is b, which is in lower case.
func equalFold(a, b string) bool {
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
