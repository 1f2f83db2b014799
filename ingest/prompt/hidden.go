package prompt

import (
	"unicode/utf8"

	"github.com/gatehound/gatehound/ingest/prompt/glyph"
	"github.com/gatehound/gatehound/schemas"
)

// hidden counts what a reader of a prompt does not see, or does not see as what
// it is.
type hidden struct {
	// smuggled, direction and thin are characters without width: tags and
	// overrides; other direction marks; all else. soft are soft hyphens, which web
	// pages are full of. allowed says that those which follow at once are in use.
	smuggled, direction, thin, soft int32
	allowed                         bool
	// words have letters of other scripts or styles, which are changed.
	words, changed int32
	// encoded are characters in runs of base64 or hexadecimal digits; texts counts
	// the runs that are text.
	encoded, texts int32
	// decoded has the text of such runs, with spaces between.
	decoded []byte
}

func (h *hidden) reset() hidden { return hidden{decoded: h.decoded[:0]} }

// invisible counts the character r without width at t[i], unless it is where such
// characters are in use: joiners between letters of other scripts and in emoji,
// selectors behind signs, the tags of flags, a byte order mark.
func (h *hidden) invisible(glyphs *glyph.Table, t string, i int, r rune, size int) {
	before, _ := utf8.DecodeLastRuneInString(t[:i])
	g := glyphs.Of(before)
	run := i > 0 && g.Has(glyph.Invisible)
	latin := i > 0 && (g.Script == glyph.Latin || before < utf8.RuneSelf && ascii[before] == asciiLetter)
	switch {
	case r >= 0xE0000 && r < 0xE0080:
		h.allowed = before == 0x1F3F4 || run && h.allowed // the flags of England, Scotland, Wales
	case r >= 0xFE00 && r < 0xFE10, r >= 0xE0100 && r < 0xE01F0:
		h.allowed = i > 0 && !run && !latin && before > ' '
	case r == 0x200C || r == 0x200D:
		h.allowed = i > 0 && !latin && before >= utf8.RuneSelf && (!run || h.allowed)
	case r == 0xFEFF:
		h.allowed = i == 0
	case r == 0x3164 || r == 0xFFA0 || r == 0x115F || r == 0x1160:
		h.allowed = false
	case g.Script == glyph.Khmer || g.Script == glyph.Myanmar || g.Script == glyph.Thai || g.Script == glyph.Lao:
		h.allowed = true // zero-width spaces tell words apart
	default:
		h.allowed = false
	}
	if h.allowed {
		return
	}
	switch {
	case glyphs.Of(r).Has(glyph.Smuggled):
		h.smuggled++
	case r == 0xAD:
		h.soft++
	case r == 0x61C || r == 0x200E || r == 0x200F || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069:
		h.direction++
	case latin && i+size < len(t) && t[i+size] < utf8.RuneSelf && ascii[t[i+size]] == asciiLetter:
		h.thin += leastThin // within a word
	default:
		h.thin++
	}
}

// word counts a word that has letters of look-alike scripts or other styles. A
// word whose letters of another script have no Latin look-alike is a word with an
// ending ("PDFку"), and one with few styled letters is a formula.
func (h *hidden) word(latin, foreign, lookalike, styled int32) {
	switch {
	case styled >= 3:
		h.words++
		h.changed += styled
	case latin > styled && lookalike > 0 && foreign == lookalike && latin+foreign >= 3:
		h.words++
		h.changed += lookalike
	}
}

// Where the signals begin. One zero-width space comes with text copied from the
// web, one foreign letter in a word with a keyboard of two layouts.
const (
	leastThin  = 2
	leastWords = 2
	// shareOfWords is the share of words with look-alikes, as one in so many, from
	// which one is enough: in a short prompt.
	shareOfWords = 10
)

// signals returns the signals, and the share of hidden characters in percent,
// rounded up.
func (h *hidden) signals(s *scan) (signals schemas.PromptSignals, percent uint8) {
	direction := h.direction
	if s.letters[glyph.Arabic]+s.letters[glyph.Hebrew] > 0 {
		direction = 0
	}
	if h.smuggled > 0 || direction > 0 || h.thin >= leastThin {
		signals |= schemas.SignalInvisible
	}
	if h.texts > 0 {
		signals |= schemas.SignalEncoded
	}
	latin := s.letters[glyph.Latin] > s.letters[glyph.Cyrillic]+s.letters[glyph.Greek] // else Latin words with endings
	if latin && (h.words >= leastWords || h.words*shareOfWords >= max(1, s.words.Words) && h.words > 0) {
		signals |= schemas.SignalLookalike
	}
	n := h.smuggled + direction + h.thin + h.soft + h.changed + h.encoded
	characters := int64(max(1, s.characters)) // a prompt may be empty
	return signals, uint8(min(100, (int64(n)*100+characters-1)/characters))
}
