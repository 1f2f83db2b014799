package chars

import (
	"unicode"
	"unicode/utf8"
)

// View is a text as a reader would decode it: percent escapes (of any depth),
// \u0040 and \x40 and their like behind any number of backslashes and HTML
// entities undone, variants of ASCII characters made plain, invisible characters
// and the colours of terminals left out. Matches in it are cut out of the source.
type View struct {
	Text []byte
	// From[i] is where Text[i] begins in the source, From[len(Text)] its end.
	From []int32
}

// Build makes v the view of s. It is linear in s: an escape that is complete at
// the end of the text so far is folded at once, and so are the escapes that
// this completes.
func (v *View) Build(s string) {
	v.Text, v.From = v.Text[:0], v.From[:0]
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0x7f {
				i++ // hidden between the letters of a secret
				continue
			}
			v.push(c, i)
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1, Invisible(r):
		case ascii(r) != 0:
			v.push(ascii(r), i)
		default:
			for k := range n {
				v.push(s[i+k], i)
			}
		}
		i += n
	}
	v.From = append(v.From, int32(len(s)))
}

// push appends c, which comes from position i, and folds what it completes.
func (v *View) push(c byte, i int) {
	v.Text = append(v.Text, c)
	v.From = append(v.From, int32(i))
	for {
		n := len(v.Text)
		var w, value int
		switch last := v.Text[n-1]; {
		case Classes[last]&Hex != 0:
			w, value = hexEscape(v.Text)
		case last == ';':
			w, value = entity(v.Text)
		case last == '}':
			w, value = braced(v.Text)
		case last == 'm':
			w, value = colour(v.Text), ' '
		case (last == 'n' || last == 'r' || last == 't') && n >= 2 && v.Text[n-2] == '\\':
			w, value = 2, ' '
		}
		if w == 0 {
			return
		}
		if v.Text[n-w] == '\\' && w > 2 { // escaped once more: \\u0040
			for w < n && v.Text[n-w-1] == '\\' {
				w++
			}
		}
		at := v.From[n-w]
		v.Text, v.From = v.Text[:n-w], v.From[:n-w]
		if value < ' ' && value != '\t' && value != '\n' && value != '\r' || value >= 0x7f {
			return // not a character that a scanner looks for
		}
		v.Text = append(v.Text, byte(value))
		v.From = append(v.From, at)
	}
}

// colour returns the width of the rest of a terminal's colour, [31m, that b ends
// with: its control character shows nothing, or stands as #033. It parts words.
func colour(b []byte) int {
	const longest = len("[38;2;255;255;255m")
	digits := 0
	for i := len(b) - 2; i >= 0 && len(b)-i <= longest; i-- {
		switch c := b[i]; {
		case c == '[':
			return len(b) - i
		case c == ';':
			digits = 0
		case Classes[c]&Digit != 0 && digits < 3:
			digits++
		default:
			return 0
		}
	}
	return 0
}

// hexEscape returns the width and the value of the escape that b ends with: %40,
// %u0040, \x40, \100, \u0040 or \U00000040. The width is 0 if there is none.
func hexEscape(b []byte) (width, value int) {
	n := len(b)
	switch {
	case n >= 4 && b[n-4] == '\\' && octal(b[n-3:]) >= ' ':
		return 4, octal(b[n-3:])
	case n >= 3 && b[n-3] == '%':
		width, value = 3, hex(b[n-2:])
	case n >= 4 && b[n-4] == '\\' && b[n-3]|0x20 == 'x':
		width, value = 4, hex(b[n-2:])
	case n >= 6 && (b[n-6] == '\\' && b[n-5] == 'u' || b[n-6] == '%' && b[n-5]|0x20 == 'u'):
		width, value = 6, hex(b[n-4:])
	case n >= 10 && b[n-10] == '\\' && b[n-9] == 'U':
		width, value = 10, hex(b[n-8:])
	}
	if value < 0 {
		return 0, 0
	}
	if c := ascii(rune(value)); c != 0 && width > 3 {
		value = int(c)
	}
	if width == 3 && value >= 0x7f {
		return 0, 0 // a byte of an encoded UTF-8 sequence: keep it apart
	}
	return width, value
}

// entities are the named HTML entities of the characters that scanners look for
// (HTML standard, section 13.5). The value 1 leaves nothing.
var entities = map[string]byte{
	"commat": '@', "period": '.', "amp": '&', "lt": '<', "gt": '>', "quot": '"', "apos": '\'', "equals": '=', "colon": ':',
	"sol": '/', "bsol": '\\', "lowbar": '_', "UnderBar": '_', "hyphen": '-', "dash": '-', "plus": '+', "percnt": '%', "num": '#',
	"semi": ';', "comma": ',', "lpar": '(', "rpar": ')', "lbrack": '[', "rbrack": ']', "lsqb": '[', "rsqb": ']', "nbsp": ' ', "Tab": ' ', "NewLine": '\n',
	"ensp": ' ', "emsp": ' ', "thinsp": ' ', "zwnj": 1, "zwj": 1, "shy": 1, "ZeroWidthSpace": 1, "NoBreak": 1,
}

// longestEntity is the length of the longest of their names, and of the digits of
// a numeric one.
const longestEntity = len("ZeroWidthSpace") + 1

// entity returns the width and value of the HTML entity (&#64;, &#x40; or
// &commat;) that b ends with.
func entity(b []byte) (width, value int) {
	n := len(b) - 1
	for i := n - 1; i >= 0 && i >= n-longestEntity; i-- {
		if b[i] == '&' {
			if c, ok := entities[string(b[i+1:n])]; ok {
				return n - i + 1, int(c)
			}
			return 0, 0
		}
		if b[i] != '#' {
			continue
		}
		if i == 0 || i < n-5 {
			return 0, 0
		}
		if b[i-1] != '&' || i == n-1 {
			return 0, 0
		}
		if b[i+1]|0x20 == 'x' {
			if value = hex(b[i+2 : n]); value < 0 || i+2 == n {
				return 0, 0
			}
			return n - i + 2, value
		}
		for _, c := range b[i+1 : n] {
			if Classes[c]&Digit == 0 {
				return 0, 0
			}
			value = value*10 + int(c-'0')
		}
		return n - i + 2, value
	}
	return 0, 0
}

// braced returns the width and the value of the escape \u{40} that b ends with.
func braced(b []byte) (width, value int) {
	n := len(b) - 1
	for i := n - 1; i >= 2 && i >= n-7; i-- {
		if b[i] != '{' {
			continue
		}
		if b[i-1] != 'u' || b[i-2] != '\\' || i == n-1 {
			return 0, 0
		}
		if value = hex(b[i+1 : n]); value < 0 {
			return 0, 0
		}
		if c := ascii(rune(value)); c != 0 {
			value = int(c)
		}
		return n - i + 3, value
	}
	return 0, 0
}

// octal returns the value of the three octal digits b if it is one of ASCII;
// -1 if it is not.
func octal(b []byte) int {
	if b[0] < '0' || b[0] > '1' || b[1]&^7 != '0' || b[2]&^7 != '0' {
		return -1
	}
	return int(b[0]-'0')<<6 | int(b[1]-'0')<<3 | int(b[2]-'0')
}

// ascii returns the character that r is a variant of: full-width and small
// forms, mathematical letters, the decimal digits of every script, the spaces,
// hyphens and full stops that stand for the plain ones. It is 0 if r is none.
func ascii(r rune) byte {
	switch {
	case r < 0xa0:
		return 0
	case r >= 0xff01 && r <= 0xff5e:
		return byte(r-0xff01) + '!'
	case r == 0xa0, r >= 0x2000 && r <= 0x200a, r == 0x202f, r == 0x205f, r == 0x3000:
		return ' '
	case r >= 0x2010 && r <= 0x2015, r == 0x2212, r == 0xfe58, r == 0xfe63:
		return '-'
	case r == 0x2024, r == 0x3002, r == 0xfe52, r == 0xff61:
		return '.'
	case r == 0xfe6b:
		return '@'
	case r >= 0x1d400 && r <= 0x1d6a3: // alphabets of 52 letters
		if k := byte((r - 0x1d400) % 52); k < 26 {
			return 'A' + k
		} else {
			return 'a' + k - 26
		}
	case r >= 0x660 && unicode.Is(unicode.Nd, r):
		for _, x := range unicode.Nd.R16 { // runs of ten
			if r <= rune(x.Hi) {
				return '0' + byte((r-rune(x.Lo))%10)
			}
		}
		for _, x := range unicode.Nd.R32 {
			if r <= rune(x.Hi) {
				return '0' + byte((r-rune(x.Lo))%10)
			}
		}
	}
	return 0
}

// hex returns the value of the hexadecimal digits b; -1 if they are none.
func hex(b []byte) int {
	n := 0
	for _, c := range b {
		switch {
		case c >= '0' && c <= '9':
			n = n<<4 | int(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			n = n<<4 | int(c|0x20-'a'+10)
		default:
			return -1
		}
	}
	return n
}

// Invisible reports whether r shows nothing, changes the direction of the text,
// or is a control character: such runes hide and reorder text, and are taken
// out of everything that is kept.
func Invisible(r rune) bool {
	switch {
	case r < ' ', r >= 0x7f && r <= 0x9f, r == 0xad, r == 0x34f, r == 0x61c,
		r >= 0x115f && r <= 0x1160, r >= 0x17b4 && r <= 0x17b5, r >= 0x180b && r <= 0x180f,
		r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x206f,
		r == 0x3164, r >= 0xfe00 && r <= 0xfe0f, r == 0xfeff, r == 0xffa0,
		r >= 0xfff0 && r <= 0xfffb, r >= 0xe0000 && r <= 0xe0fff:
		return true
	}
	return false
}
