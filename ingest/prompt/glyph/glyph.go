// Package glyph says what a character is to a reader of prompts: its script,
// whether it is seen at all, and the plain letters that it looks like or stands
// for. It is one table of 1.3 MB, made on first use and never changed.
package glyph

import (
	"sync"
	"unicode/utf8"
)

// Flags are properties of a character.
type Flags uint8

// The flags.
const (
	// Letter is a letter, or a mark that is written like one (Indic, Thai).
	Letter Flags = 1 << iota
	// Digit is a number of any script.
	Digit
	// Mark is an accent or vowel point on the letter before it.
	Mark
	// Invisible has no width: zero-width and filler characters, direction
	// marks, variation selectors, soft hyphens.
	Invisible
	// Smuggled is Invisible and has hardly another use in a prompt than to hide
	// text: tags, and direction overrides.
	Smuggled
	// Lookalike is a letter of another script that looks like a Latin one.
	Lookalike
	// Styled is a Latin letter in another form: mathematical, circled, small
	// capital.
	Styled
	// Dense is a letter of a script that puts no spaces between words.
	Dense
)

// Script is the script of a letter, finer than schemas.Script.
type Script uint8

// The scripts that are told apart.
const (
	None Script = iota
	Latin
	Cyrillic
	Greek
	Arabic
	Hebrew
	Devanagari
	Thai
	Han
	Kana
	Hangul
	Armenian
	Georgian
	Bengali
	Gurmukhi
	Gujarati
	Tamil
	Telugu
	Kannada
	Malayalam
	Sinhala
	Lao
	Khmer
	Myanmar
	Ethiopic
	Cherokee
	Unnamed // any other
	Scripts // the number of scripts
)

// Glyph is what is known of a character.
type Glyph struct {
	// Fold has up to three characters that the character is folded to, from the
	// left, then 0: compatibility forms, case and accents undone (NFKD), and
	// look-alikes in Latin. It is empty for what is neither letter nor digit.
	Fold [3]uint16
	// Lower is the character in lower case; 0 if it is itself, or beyond the
	// basic plane.
	Lower  uint16
	Script Script
	Flags  Flags
}

// Has reports whether g has one of the flags.
func (g *Glyph) Has(f Flags) bool { return g.Flags&f != 0 }

// size is the number of characters in the table: the basic plane, and the
// supplementary one with the styled letters.
const size = 0x20000

// Table has the Glyph of every character.
type Table struct {
	low [size]Glyph
	// han, tags, tag and none are of what lies beyond.
	han, selector, none Glyph
	tag                 [0x80]Glyph
}

// Of returns what is known of r.
func (t *Table) Of(r rune) *Glyph {
	switch {
	case uint32(r) < size:
		return &t.low[r]
	case r >= size && r < 0x40000:
		return &t.han
	case r >= 0xE0000 && r < 0xE0080:
		return &t.tag[r-0xE0000]
	case r >= 0xE0100 && r < 0xE01F0:
		return &t.selector
	}
	return &t.none
}

// Default returns the table. It is safe for concurrent use.
var Default = sync.OnceValue(build)

// AppendFold appends the form of t under which signatures are compared: letters
// and digits folded as by Glyph, digits and signs that stand for letters ("leet")
// as these, l as i because 1 and | stand for both, characters that cannot be seen
// left out, and one space for everything else, around what may stand for a letter
// and between letters that are words or syllables. There is none at the beginning. The result is at most four times as long
// as t.
func (t *Table) AppendFold(dst []byte, text string) []byte {
	gap := len(dst) > 0 && dst[len(dst)-1] != ' '
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			i++
			switch s := leet[c]; {
			case s == 0:
				gap = true
			case s < utf8.RuneSelf:
				if gap && len(dst) > 0 {
					dst = append(dst, ' ')
				}
				gap = false
				dst = append(dst, s)
				for i < len(text) && leet[text[i]]-1 < utf8.RuneSelf-1 { // the rest of a word
					dst = append(dst, leet[text[i]])
					i++
				}
			case (c == '@' || c == '$') && !touches(text, i-1):
				gap = true
			default: // it may stand for a letter
				if len(dst) > 0 && dst[len(dst)-1] != ' ' {
					dst = append(dst, ' ')
				}
				dst = append(dst, s&0x7f)
				gap = true
			}
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		i += n
		g := t.Of(r)
		if g.Flags&(Letter|Digit|Mark|Invisible) == 0 || r >= 0xE0000 && r < 0xE0080 && g.Fold[0] == 0 {
			gap = true
			continue
		}
		for _, f := range g.Fold {
			switch {
			case f == 0:
			case f < utf8.RuneSelf:
				s := leet[f]
				soft := s >= utf8.RuneSelf
				if len(dst) > 0 && dst[len(dst)-1] != ' ' && (gap || soft) {
					dst = append(dst, ' ')
				}
				dst, gap = append(dst, s&0x7f), soft
			default:
				alone := t.low[f].Flags&Dense != 0 || t.low[f].Script == Hangul
				if len(dst) > 0 && dst[len(dst)-1] != ' ' && (gap || alone) {
					dst = append(dst, ' ')
				}
				dst, gap = utf8.AppendRune(dst, rune(f)), alone
			}
		}
	}
	return dst
}

// touches reports whether what may be a letter is beside text[i].
func touches(text string, i int) bool {
	return i > 0 && text[i-1] < utf8.RuneSelf && leet[text[i-1]] != 0 || i+1 < len(text) && text[i+1] < utf8.RuneSelf && leet[text[i+1]] != 0
}

// leet has each ASCII letter in lower case, with l as i; what may stand for a
// letter as that with 0x80 added; other digits as themselves; 0 for the rest, also
// beyond ASCII.
var leet = func() (t [256]byte) {
	for c := byte('a'); c <= 'z'; c++ {
		t[c], t[c-'a'+'A'] = c, c
	}
	t['l'], t['L'] = 'i', 'i'
	for c := byte('0'); c <= '9'; c++ {
		t[c] = c | 0x80
	}
	for i, c := range []byte("134570@$") {
		t[c] = "ieastoas"[i] | 0x80
	}
	return t
}()
