// Package neutral makes text that attackers may have written harmless to show.
// Names of entities, routes and models come out of logs; whoever sends a
// request writes them.
package neutral

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMarks is how many combining marks may follow one another: enough for
// every living script, too few to paint over the neighbouring lines.
const maxMarks = 3

// Text returns s as one line of visible text of at most limit code points, the
// last of which is "…" if it was cut. Line breaks and controls become spaces;
// what is invisible or turns the direction of reading goes.
func Text(s string, limit int) string { return clean(s, limit, false) }

// Lines is like Text but keeps line feeds and tabs, for queries.
func Lines(s string, limit int) string { return clean(s, limit, true) }

func clean(s string, limit int, lines bool) string {
	out := make([]rune, 0, min(len(s), limit))
	marks := 0
	for _, c := range s {
		switch {
		case lines && (c == '\n' || c == '\t'):
		case unicode.IsSpace(c), unicode.IsControl(c), c == '\u2800':
			c = ' '
			if !lines && (len(out) == 0 || out[len(out)-1] == ' ') {
				continue
			}
		case invisible(c):
			continue
		}
		if !unicode.Is(unicode.M, c) {
			marks = 0
		} else if marks++; marks > maxMarks {
			continue
		}
		if len(out) == limit {
			out[limit-1] = '…'
			break
		}
		out = append(out, c)
	}
	return strings.TrimRight(string(out), " ")
}

// invisible reports whether c shows nothing, changes how its neighbours show,
// or has no agreed look. Fillers of Hangul are letters by their category.
func invisible(c rune) bool {
	switch c {
	case '\u115f', '\u1160', '\u3164', '\uffa0', '\u034f', '\u17b4', '\u17b5':
		return true
	}
	return unicode.In(c, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp, unicode.Variation_Selector) ||
		!unicode.IsGraphic(c) && !unicode.IsSpace(c)
}

// JSON escapes, in JSON, every code point that a terminal or a viewer would
// act upon or not show: the document means what it meant. Encoders of JSON
// leave those above U+001F as they are.
func JSON(doc []byte) []byte {
	plain := true
	for _, c := range doc {
		if c >= 0x7f {
			plain = false
			break
		}
	}
	if plain {
		return doc
	}
	out := make([]byte, 0, len(doc)+16)
	for _, c := range string(doc) {
		switch {
		case c < 0x7f, unicode.IsGraphic(c) && !invisible(c) && (c == ' ' || !unicode.IsSpace(c)):
			out = utf8.AppendRune(out, c)
		case c > 0xffff:
			hi, lo := surrogates(c)
			out = fmt.Appendf(out, `\u%04x\u%04x`, hi, lo)
		default:
			out = fmt.Appendf(out, `\u%04x`, c)
		}
	}
	return out
}

func surrogates(c rune) (hi, lo rune) {
	c -= 0x10000
	return 0xd800 + c>>10, 0xdc00 + c&0x3ff
}
