package prompt

import (
	"github.com/gatehound/gatehound/ingest/prompt/glyph"
	"github.com/gatehound/gatehound/schemas"
)

// scripts maps the scripts of letters to those of an event.
var scripts = func() (m [glyph.Scripts]schemas.Script) {
	for i := range m {
		m[i] = schemas.ScriptOther
	}
	for from, to := range map[glyph.Script]schemas.Script{glyph.Latin: schemas.ScriptLatin, glyph.Cyrillic: schemas.ScriptCyrillic,
		glyph.Greek: schemas.ScriptGreek, glyph.Arabic: schemas.ScriptArabic, glyph.Hebrew: schemas.ScriptHebrew,
		glyph.Devanagari: schemas.ScriptDevanagari, glyph.Thai: schemas.ScriptThai, glyph.Han: schemas.ScriptHan,
		glyph.Kana: schemas.ScriptJapanese, glyph.Hangul: schemas.ScriptHangul} {
		m[from] = to
	}
	return m
}()

// leastKana is the least share of kana among Han characters and kana, in percent,
// that makes a text Japanese: Japanese prose has half or more, headings have some,
// Chinese that names something Japanese has less.
const leastKana = 8

// script returns the script that four fifths of the letters are in, and the
// letters' own script that most of the text's words are in: a character of a
// script without spaces, or a syllable of Hangul, counts as three letters.
func (s *scan) script() (of schemas.Script, most glyph.Script) {
	n := s.letters
	if kana := n[glyph.Kana]; kana > 0 && kana*100 >= leastKana*(kana+n[glyph.Han]) {
		n[glyph.Kana], n[glyph.Han] = kana+n[glyph.Han], 0
	}
	total, weight := int32(0), int32(0)
	for i := range n {
		total += n[i]
		w := n[i]
		switch glyph.Script(i) {
		case glyph.Han, glyph.Kana, glyph.Hangul, glyph.Thai, glyph.Lao, glyph.Khmer, glyph.Myanmar:
			w *= 3
		}
		if w > weight {
			weight, most = w, glyph.Script(i)
		}
	}
	if total == 0 {
		return schemas.ScriptUnknown, glyph.None
	}
	for i := range n {
		if n[i]*5 >= total*4 {
			return scripts[i], most
		}
	}
	return schemas.ScriptMixed, most
}

// What tells code and data from prose, in percent. Signs are those that prose has
// few of, of all letters, digits and signs; prose has up to 3 %, code 10 to 30 %,
// JSON and CSV as much.
const (
	signsOfCode  = 8
	wordsOfCode  = 6
	proseOfCode  = 22 // prose has more words that tell a language, code less
	signsOfData  = 12
	digitsOfData = 35
	proseOfData  = 12
	runsOfData   = 50
)

// language returns the class of the text by its words and signs: an ISO 639-1
// code, "code", "data", or "" if nothing tells.
func (s *scan) language(most glyph.Script) string {
	letters := int32(0)
	for _, n := range s.letters {
		letters += n
	}
	visible := max(1, letters+s.digits+s.signs)
	if s.hidden.encoded*100 >= runsOfData*visible {
		return "data"
	}
	name, prose := "", int32(0)
	if most != glyph.None {
		name, prose = s.words.Of(most)
	}
	signs, digits := s.signs*100/visible, s.digits*100/visible
	switch {
	case signs >= signsOfCode && s.words.Code() >= wordsOfCode && prose < proseOfCode:
		return "code"
	case prose < proseOfData && (signs >= signsOfData || digits >= digitsOfData):
		return "data"
	}
	return name
}
