package prompt

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gatehound/gatehound/ingest/prompt/glyph"
)

// prompter measures and fingerprints prompts. Its fingerprints are 64 bits of
// an HMAC-SHA-256: without the key nobody can tell whether a text that he
// guesses was asked. It is not safe for concurrent use.
type prompter struct {
	mac    hash.Hash
	glyphs *glyph.Table
	buf    []byte
	sum    [sha256.Size]byte
	// words has the skeleton of one message, see skeleton.
	words []byte
}

func newPrompter(key [32]byte) *prompter {
	return &prompter{mac: hmac.New(sha256.New, key[:]), glyphs: glyph.Default()}
}

// flushAt is how many bytes of normalised text are hashed at once.
const flushAt = 4096

// measure returns the length of texts in code points and the fingerprint of
// their normalised form: lower case, runs of white space and control characters
// as one space, none at the ends of a message, messages told apart. It is never
// 0.
func (p *prompter) measure(texts []string) (length int, fingerprint uint64) {
	p.mac.Reset()
	buf := append(p.buf[:0], 'p')
	for _, t := range texts {
		length += utf8.RuneCountInString(t)
		space, start := false, true
		for i := 0; i < len(t); {
			if len(buf) >= flushAt {
				p.mac.Write(buf)
				buf = buf[:0]
			}
			c := folded[t[i]]
			if c == 0 { // white space, a control character
				space = true
				i++
				continue
			}
			var r rune
			size := 1
			if c >= utf8.RuneSelf {
				if r, size = utf8.DecodeRuneInString(t[i:]); r < 0x3001 && unicode.IsSpace(r) {
					space = true
					i += size
					continue
				}
				if low := p.glyphs.Of(r).Lower; low != 0 {
					r = rune(low)
				}
			}
			if space && !start {
				buf = append(buf, ' ')
			}
			space, start = false, false
			i += size
			if r != 0 {
				buf = utf8.AppendRune(buf, r)
				continue
			}
			buf = append(buf, c)
			for word := t[i:min(len(t), i+flushAt)]; len(word) > 0 && folded[word[0]]-1 < utf8.RuneSelf-1; i++ {
				buf = append(buf, folded[word[0]]) // the rest of a word of ASCII
				word = word[1:]
			}
		}
		buf = append(buf, 0)
	}
	p.buf = buf
	return length, p.finish()
}

// folded has each ASCII character in lower case, and 0 for white space and
// control characters.
var folded = func() (t [256]byte) {
	for i := range t {
		switch c := byte(i); {
		case c <= ' ' || c == 0x7f:
		case c >= 'A' && c <= 'Z':
			t[i] = c + 'a' - 'A'
		default:
			t[i] = c
		}
	}
	return t
}()

// finish hashes the rest of buf and returns the fingerprint.
func (p *prompter) finish() uint64 {
	p.mac.Write(p.buf)
	return max(1, binary.BigEndian.Uint64(p.mac.Sum(p.sum[:0])))
}

// How much of a message is its template. What is asked for is said in the first
// words of an instruction, and slots are filled behind them: "translate the
// following sentence to …". Four or five words tell the instructions of one
// application apart, and a sixth is often slot already ("what is the capital of
// france"). A system prompt is longer and has no slots at its start.
const (
	taskWords   = 5
	systemWords = 12
)

// template returns the fingerprint of the skeleton of texts. Of several
// messages the first (the system prompt) and the last (what is asked now) count:
// what lies between is history. It is never 0.
func (p *prompter) template(texts []string) uint64 {
	p.words = append(p.words[:0], 't')
	if len(texts) > 1 {
		p.skeleton(texts[0], systemWords)
		p.words = append(p.words, 0)
	}
	if len(texts) > 0 {
		p.skeleton(instruction(texts[len(texts)-1]), taskWords)
	}
	p.mac.Reset()
	p.buf = append(p.buf[:0], p.words...)
	return p.finish()
}

// instruction returns the part of a message that is likely to say what to do:
// its first paragraph, or the last if only that one begins like an instruction or
// the first is much longer, because material is put before or behind it.
func instruction(t string) string {
	first := strings.TrimSpace(t)
	cut := paragraph(first[:min(len(first), maxTemplateScan+1)])
	if cut < 0 {
		return first
	}
	last := first
	from := max(cut, len(first)-maxTemplateScan) + 1
	if i := strings.LastIndexByte(first[from:], '\n'); i >= 0 {
		last = first[from+i+1:]
	}
	if !instructs(first) && (len(last) >= 12 && len(last)*4 < cut || instructs(last)) {
		return last
	}
	return first
}

// paragraph returns where the first paragraph of t ends; -1 if it does not.
func paragraph(t string) int {
	for i := 0; ; i++ {
		n := strings.IndexByte(t[i:], '\n')
		if n < 0 || i+n+1 == len(t) {
			return -1
		}
		if i += n; t[i+1] == '\n' || t[i+1] == '\r' {
			return i
		}
	}
}

// instructs reports whether t begins with a word that instructions begin with.
func instructs(t string) bool {
	word, _, _ := strings.Cut(t[:min(len(t), 24)], " ")
	return openings[strings.ToLower(strings.Trim(word, ",:.!"))]
}

// maxTemplateScan bounds how much of a message is read for its template, in
// bytes.
const maxTemplateScan = 4096

// skeleton appends up to n words of t to p.words, in lower case, each followed
// by a space. Every slot in between is one '#', runs of slots are one: numbers
// and what holds one, quoted text, code fences, markup, e-mail addresses and
// URLs, capitalised names that do not begin a sentence, and words of more than
// 20 letters. A word of letters without case and spaces (Chinese, Japanese) is
// one ideograph. It ends early where a slot is to be expected: at a colon, and
// behind a preposition ("draft a tweet about").
func (p *prompter) skeleton(t string, n int) {
	t = t[:min(len(t), maxTemplateScan)]
	sentence := true // the next word begins a sentence
	slot := false    // the last thing written was a slot
	words := 0
	for i := 0; i < len(t) && words < n; {
		if end := slotEnd(t, i); end > i {
			if !slot {
				p.words = append(p.words, '#', ' ')
			}
			slot, sentence, i = true, false, end
			continue
		}
		r, size := utf8.DecodeRuneInString(t[i:])
		if !wordRune(r) {
			if (r == ':' || r == '：') && words >= 3 && (i+size == len(t) || t[i+size] <= ' ' || r == '：') {
				return
			}
			if r == '.' || r == '!' || r == '?' || r == ':' || r == '\n' {
				sentence = true
			}
			i += size
			continue
		}
		end, kind := scanWord(t, i)
		if kind == wordSlot || kind == wordName && !sentence {
			if !slot {
				p.words = append(p.words, '#', ' ')
			}
			slot, sentence, i = true, false, end
			continue
		}
		start := len(p.words)
		for _, r := range t[i:end] {
			p.words = utf8.AppendRune(p.words, unicode.ToLower(r))
		}
		words++
		if least := prepositions[string(p.words[start:])]; least > 0 && words >= least {
			p.words = append(p.words, ' ')
			return
		}
		p.words = append(p.words, ' ')
		slot, sentence, i = false, false, end
	}
}
