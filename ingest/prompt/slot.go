package prompt

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// slotEnd returns the end of a slot that opens at i with a delimiter: a code
// fence, quoted text, markup. It returns i if there is none. An apostrophe
// within a word opens nothing.
func slotEnd(t string, i int) int {
	rest := t[i:]
	for _, fence := range [...]string{"```", `"""`, "'''"} {
		if strings.HasPrefix(rest, fence) {
			if end := strings.Index(rest[3:], fence); end >= 0 {
				return i + 3 + end + 3
			}
			return len(t)
		}
	}
	open, size := utf8.DecodeRuneInString(rest)
	if open == '\'' && i > 0 && isASCIILetter(t[i-1]) {
		return i
	}
	closing := closingOf(open)
	if closing == "" {
		return i
	}
	rest = rest[:min(len(rest), maxSlot)]
	end := strings.Index(rest[size:], closing)
	if end < 0 {
		return i
	}
	if open == '<' {
		// The text between an opening tag and its closing tag is the slot.
		name := rest[size : size+end]
		if at := strings.Index(rest, "</"+name+">"); name != "" && at > 0 {
			return i + at + len(name) + 3
		}
	}
	return i + size + end + len(closing)
}

// maxSlot bounds how far a closing delimiter is looked for, in bytes.
const maxSlot = 1024

// closingOf returns what closes the delimiter open; "" if it is none.
func closingOf(open rune) string {
	switch open {
	case '"':
		return `"`
	case '`':
		return "`"
	case '\'':
		return "'"
	case '“', '„':
		return "”"
	case '‘':
		return "’"
	case '«':
		return "»"
	case '「':
		return "」"
	case '<':
		return ">"
	case '[':
		return "]"
	case '{':
		return "}"
	}
	return ""
}

type wordKind uint8

const (
	wordPlain wordKind = iota
	wordName           // begins with a capital letter and goes on in lower case
	wordSlot           // a number, an address, a long token
)

// longWord is how many letters make a word a token.
const longWord = 20

// scanWord returns the end and the kind of the word that begins at i. A word
// that holds '@', "://" or a digit extends over all that is not white space.
func scanWord(t string, i int) (end int, kind wordKind) {
	first, size := utf8.DecodeRuneInString(t[i:])
	if ideograph(first) {
		return i + size, wordPlain
	}
	letters, lower := 0, false
	end = i
	for end < len(t) {
		r, n := utf8.DecodeRuneInString(t[end:])
		inner := r == '\'' || r == '’' || r == '-'
		if !wordRune(r) && !inner || ideograph(r) {
			break
		}
		if unicode.IsDigit(r) {
			return tokenEnd(t, end), wordSlot
		}
		if letters > 0 && unicode.IsLower(r) {
			lower = true
		}
		letters++
		end += n
	}
	if end < len(t) && (t[end] == '@' || strings.HasPrefix(t[end:], "://")) {
		return tokenEnd(t, end), wordSlot
	}
	switch {
	case letters > longWord:
		return end, wordSlot
	case unicode.IsUpper(first) && lower:
		return end, wordName
	}
	return end, wordPlain
}

// tokenEnd returns the end of what is not white space from i on, without
// punctuation at its end.
func tokenEnd(t string, i int) int {
	end := strings.IndexFunc(t[i:], unicode.IsSpace)
	if end < 0 {
		end = len(t) - i
	}
	for end > 1 && strings.IndexByte(".,;:!?)]}\"'", t[i+end-1]) >= 0 {
		end--
	}
	return i + end
}

func wordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
	}
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r))
}

// ideograph reports whether r is a word, or near one, by itself.
func ideograph(r rune) bool {
	return r >= 0x2e80 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
}

func isASCIILetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
