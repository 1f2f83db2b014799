package prompt

import (
	"strings"
	"unicode/utf8"

	"github.com/gatehound/gatehound/ingest/prompt/glyph"
	"github.com/gatehound/gatehound/ingest/prompt/language"
)

// scan counts the characters and words of one prompt.
type scan struct {
	glyphs *glyph.Table
	sketch sketch
	words  language.Counter
	// letters are counted by script; characters are all.
	letters                    [glyph.Scripts]int32
	characters, digits, signs  int32
	hidden                     hidden
	hash                       uint64 // of the word at hand
	foreign, lookalike, styled int32  // letters of the word at hand
	latin                      int32
	open                       bool // a word is at hand
}

func (s *scan) reset() {
	s.sketch.reset()
	*s = scan{glyphs: s.glyphs, sketch: s.sketch, hidden: s.hidden.reset(), hash: language.Seed}
}

// The classes of ASCII characters. A byte beyond ASCII is none of them.
const (
	asciiOther = iota
	asciiLetter
	asciiDigit
	asciiSign // frequent in code and data, rare in prose
)

var ascii = func() (t [256]uint8) {
	for c := range utf8.RuneSelf {
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			t[c] = asciiLetter
		case c >= '0' && c <= '9':
			t[c] = asciiDigit
		case strings.IndexByte("{}[]()<>=;_/\\|&$#*+~^@:%\"`", byte(c)) >= 0:
			t[c] = asciiSign
		}
	}
	return t
}()

// text reads t, once.
func (s *scan) text(t string) {
	for i := 0; i < len(t); {
		c := t[i]
		if c >= utf8.RuneSelf {
			i += s.rune(t, i)
			continue
		}
		s.characters++
		i++
		switch ascii[c] {
		case asciiLetter:
			hash, n := language.Step(s.hash, rune(c|0x20)), int32(1)
			for i < len(t) && ascii[t[i]] == asciiLetter {
				hash = language.Step(hash, rune(t[i]|0x20))
				n++
				i++
			}
			s.hash, s.open = hash, true
			s.characters += n - 1
			s.latin += n
		case asciiDigit:
			s.hash, s.open = language.Step(s.hash, rune(c)), true
			s.digits++
		case asciiSign:
			s.signs++
			s.endWord()
		default:
			s.endWord()
		}
	}
	s.endWord()
}

// rune reads the character beyond ASCII at t[i], and returns its length.
func (s *scan) rune(t string, i int) int {
	r, size := utf8.DecodeRuneInString(t[i:])
	s.characters++
	g := s.glyphs.Of(r)
	switch {
	case g.Has(glyph.Invisible):
		s.hidden.invisible(s.glyphs, t, i, r, size)
	case g.Has(glyph.Dense):
		s.endWord()
		s.letters[g.Script]++
		s.words.Words++
		s.sketch.add(language.Step(language.Seed, r), shingleCharacters)
	case g.Has(glyph.Letter | glyph.Digit):
		if g.Lower != 0 {
			r = rune(g.Lower)
		}
		s.hash, s.open = language.Step(s.hash, r), true
		if !g.Has(glyph.Letter) {
			s.digits++
			break
		}
		s.words.Letter(r)
		if g.Script == glyph.Latin {
			s.latin++
		} else {
			s.letters[g.Script]++
			s.foreign++
		}
		if g.Has(glyph.Lookalike) {
			s.lookalike++
		} else if g.Has(glyph.Styled) {
			s.styled++
		}
	case g.Has(glyph.Mark): // part of the letter before
	default:
		s.endWord()
	}
	return size
}

// endWord counts the word at hand, if there is one.
func (s *scan) endWord() {
	if !s.open {
		return
	}
	s.words.Word(s.hash)
	s.sketch.add(s.hash, shingleWords)
	s.letters[glyph.Latin] += s.latin
	if s.lookalike > 0 || s.styled > 0 {
		s.hidden.word(s.latin, s.foreign, s.lookalike, s.styled)
	}
	s.hash, s.open = language.Seed, false
	s.latin, s.foreign, s.lookalike, s.styled = 0, 0, 0, 0
}
