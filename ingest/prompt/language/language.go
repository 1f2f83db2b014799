// Package language says which language a text is in, from the words and letters
// that were counted in it: it needs a sentence, not a page.
package language

import (
	"math/bits"
	"strings"
	"unicode"

	"github.com/gatehound/gatehound/ingest/prompt/glyph"
)

// The languages that are told apart by words. What has a script of its own is
// told by that.
const (
	english = iota
	german
	french
	spanish
	portuguese
	italian
	dutch
	swedish
	danish
	norwegian
	finnish
	polish
	czech
	romanian
	hungarian
	turkish
	vietnamese
	indonesian
	russian
	ukrainian
	bulgarian
	serbian
	arabic
	persian
	urdu
	code
	languages
)

// codes are the names of the languages by ISO 639-1.
var codes = [languages]string{"en", "de", "fr", "es", "pt", "it", "nl", "sv", "da", "no", "fi", "pl", "cs", "ro", "hu", "tr", "vi", "id",
	"ru", "uk", "bg", "sr", "ar", "fa", "ur", "code"}

// own has the languages of the scripts that one language is written in, or that
// one language is by far the most frequent of.
var own = [glyph.Scripts]string{glyph.Greek: "el", glyph.Hebrew: "he", glyph.Devanagari: "hi", glyph.Thai: "th", glyph.Han: "zh",
	glyph.Kana: "ja", glyph.Hangul: "ko", glyph.Armenian: "hy", glyph.Georgian: "ka", glyph.Bengali: "bn", glyph.Gurmukhi: "pa",
	glyph.Gujarati: "gu", glyph.Tamil: "ta", glyph.Telugu: "te", glyph.Kannada: "kn", glyph.Malayalam: "ml", glyph.Sinhala: "si",
	glyph.Lao: "lo", glyph.Khmer: "km", glyph.Myanmar: "my", glyph.Ethiopic: "am"}

// Counter counts the words and letters of a text. Its zero value is empty.
type Counter struct {
	scores [languages]int32
	// Words is the number of words.
	Words int32
}

// whole is what a word of one language counts for it. A letter counts half: it is
// as telling, but its words are often on the list too.
const (
	whole  = 60
	letter = 30
)

// Seed is the hash of an empty word, and Step adds a character in lower case
// (FNV-1a over characters). Who knows the hash can guess the word: it stays in
// memory.
const Seed uint64 = 14695981039346656037

// Step returns the hash of a word with the character r added.
func Step(hash uint64, r rune) uint64 { return (hash ^ uint64(r)) * 1099511628211 }

// Word counts a word by its hash.
func (c *Counter) Word(hash uint64) {
	c.Words++
	for i := hash >> shift; ; i = (i + 1) & mask {
		e := &table[i]
		if e.languages == 0 {
			return
		}
		if e.hash == hash {
			c.add(e.languages, whole)
			return
		}
	}
}

// Letter counts a letter beyond ASCII, in lower case.
func (c *Counter) Letter(r rune) {
	if r < alphabet && special[r] != 0 {
		c.add(special[r], letter)
	}
}

func (c *Counter) add(set uint32, weight int) {
	share := int32(weight / bits.OnesCount32(set))
	for ; set != 0; set &= set - 1 {
		c.scores[bits.TrailingZeros32(set)] += share
	}
}

// Of returns the language of a text whose letters are mostly of script, by ISO
// 639-1, and the share of its words that speak for it, in percent of words of
// that language alone. It is "" if too few words do.
func (c *Counter) Of(script glyph.Script) (name string, percent int32) {
	first, last := english, indonesian
	switch script {
	case glyph.Latin:
	case glyph.Cyrillic:
		first, last = russian, serbian
	case glyph.Arabic:
		first, last = arabic, urdu
	default:
		return own[script], 100
	}
	best := first
	for i := first; i <= last; i++ {
		if c.scores[i] > c.scores[best] {
			best = i
		}
	}
	percent = c.scores[best] * 100 / (whole * max(1, c.Words))
	if percent < leastPercent {
		return "", percent
	}
	return codes[best], percent
}

// leastPercent is the least share of telling words: of prose a third to a half
// are on the lists, of lists of names next to none.
const leastPercent = 5

// Code returns the share of the words that are of programming languages, in
// percent.
func (c *Counter) Code() int32 { return c.scores[code] * 100 / (whole * max(1, c.Words)) }

// The table of words is open-addressed and at most a third full.
const (
	tableBits = 13
	shift     = 64 - tableBits
	mask      = 1<<tableBits - 1
	// alphabet is beyond the last letter of letters.
	alphabet = 0x1F00
)

type entry struct {
	hash      uint64
	languages uint32
}

var table, special = build()

func build() (words [1 << tableBits]entry, chars [alphabet]uint32) {
	for language, list := range lists {
		for w := range strings.FieldsFuncSeq(list, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			hash := Seed
			for _, r := range w {
				hash = Step(hash, r)
			}
			i := hash >> shift
			for words[i].languages != 0 && words[i].hash != hash {
				i = (i + 1) & mask
			}
			words[i].hash = hash
			words[i].languages |= 1 << language
		}
	}
	for language, list := range letters {
		for _, r := range list {
			chars[r] |= 1 << language
		}
	}
	return words, chars
}
