// Package scan finds personal data and secrets in text and replaces them by
// markers such as [EMAIL] and [SECRET:openai].
//
// Most texts hold nothing: they cost one pass over their bytes with a table of
// chars.Classes. Only where that pass sees a trigger, the detailed scan reads token by
// token, over a view of the text in which escapes are undone. What was changed
// is scanned again until nothing is found, so that the result is its own proof;
// what does not come to rest is replaced as a whole.
//
// The package knows nothing of fields, policies or keys: that is redact.
package scan

import (
	"unicode/utf8"
	"unsafe"

	"github.com/gatehound/gatehound/ingest/redact/chars"
	"github.com/gatehound/gatehound/schemas"
)

// Mode says what a text is. Modes combine.
type Mode uint8

const (
	// ID is an identifier: numbers in it name no person, and random characters
	// are no secret until they are longer than ids are.
	ID Mode = 1 << iota
	// SecretsOnly leaves personal data alone.
	SecretsOnly
	// Parameters is a query string: it begins with a name, and values end at '&'.
	Parameters
	// Prompts takes out also the values of names that carry prompts and answers.
	Prompts
)

// MaxInput is the longest text that is scanned, in bytes; longer ones are
// replaced as a whole.
const MaxInput = 64 << 10

// maxPasses bounds how often a changed text is scanned again.
const maxPasses = 5

// Unproven replaces a text that could not be proven clean.
const Unproven = "[UNPROVEN]"

// Scanner holds the scratch memory of scans. It is not safe for concurrent use.
type Scanner struct {
	view chars.View
	src  string
	t    string // the view's text, or src
	mode Mode
	// hasAt tells that t has an '@'.
	hasAt bool
	last  int // the end of the last span
	limit int // where the value at hand is given up
	// list tells that the parameter at hand is one of a connection string.
	list  bool
	spans []span
	bufs  [2][]byte
	// before48 has the words before a token.
	before48 [48]byte
	num      cluster
}

// span is a match: t[start:end] becomes the marker of its recogniser.
type span struct {
	start, end int
	by         recogniser
}

// Clean returns t without what mode says to take out, and whether that differs
// from t; if it does not, out is nil. out is valid until the next call. What
// was taken out is added to counts.
func (s *Scanner) Clean(t string, mode Mode, counts *schemas.RedactionCounts) (out []byte, changed bool) {
	if chars.Plain(t) {
		return nil, false
	}
	if len(t) > MaxInput {
		counts.Add(schemas.RedactedUnproven)
		return append(s.bufs[0][:0], Unproven...), true
	}
	for pass := range maxPasses {
		bits := chars.Union(t)
		s.find(t, mode, bits)
		odd := bits&chars.Odd != 0 && needsNeutral(t)
		if len(s.spans) == 0 && !odd {
			return out, changed
		}
		if odd && pass == 0 {
			counts.Add(schemas.RedactedUnproven)
		}
		for i := range s.spans {
			counts.Add(traits[s.spans[i].by].kind)
		}
		buf := &s.bufs[pass%2]
		*buf = s.emit((*buf)[:0])
		out, changed = *buf, true
		t = unsafe.String(unsafe.SliceData(out), len(out))
	}
	counts.Add(schemas.RedactedUnproven)
	return append(s.bufs[0][:0], Unproven...), true
}

// find collects the spans of t, in order, without overlap. bits are t's chars.Classes.
func (s *Scanner) find(t string, mode Mode, bits uint16) {
	s.src, s.t, s.mode, s.last = t, t, mode, 0
	s.spans, s.view.From = s.spans[:0], s.view.From[:0]
	if chars.Viewed(bits) {
		s.view.Build(t)
		s.t = unsafe.String(unsafe.SliceData(s.view.Text), len(s.view.Text))
		bits = chars.Union(s.t)
	}
	s.hasAt = bits&chars.At != 0
	for i := 0; i < len(s.t); {
		c := s.t[i]
		if chars.Classes[c]&chars.Word != 0 {
			i = s.token(i)
			continue
		}
		next := i + 1
		switch c {
		case '[':
			next = i + max(1, markerLen(s.t[i:]))
		case '@':
			next = s.atSign(i)
		case '=':
			next = s.named(i)
		case ':':
			next = s.colon(i)
		case '+', '(':
			next = s.number(i)
		case '~':
			next = s.tilde(i)
		case '>':
			next = s.element(i)
		case ',':
			next = s.comma(i)
		}
		i = max(next, i+1)
	}
}

// add records a match, unless mode leaves its kind alone, and returns its end.
func (s *Scanner) add(start, end int, by recogniser) int {
	if s.mode&SecretsOnly != 0 && traits[by].kind <= schemas.RedactedAddress {
		return end
	}
	s.spans = append(s.spans, span{max(start, s.last), end, by})
	s.last = end
	return end
}

// source returns the position in src of position i of t.
func (s *Scanner) source(i int) int {
	if len(s.view.From) == 0 {
		return i
	}
	return int(s.view.From[i])
}

// literal reports whether t[i] stands in the source as it is, not escaped.
func (s *Scanner) literal(i int) bool {
	at := s.source(i)
	return s.src[at] == s.t[i]
}

// emit appends the source with the spans replaced and the rest neutralised.
func (s *Scanner) emit(dst []byte) []byte {
	at := 0
	for _, sp := range s.spans {
		start, end := s.source(sp.start), s.source(sp.end)
		if start > at {
			dst = neutral(dst, s.src[at:start])
		}
		if end <= at { // within one escape
			continue
		}
		dst = append(dst, traits[sp.by].marker...)
		at = end
	}
	return neutral(dst, s.src[at:])
}

// needsNeutral reports whether neutral would change t.
func needsNeutral(t string) bool {
	for i := 0; i < len(t); i++ {
		c := t[i]
		if chars.Classes[c]&chars.Odd == 0 {
			continue
		}
		if c < utf8.RuneSelf {
			return true
		}
		r, n := utf8.DecodeRuneInString(t[i:])
		if r == utf8.RuneError && n == 1 || chars.Invisible(r) {
			return true
		}
		i += n - 1
	}
	return false
}

// neutral appends t, valid UTF-8, with white space as spaces and with the
// replacement character in place of what is invisible, invalid or a control.
func neutral(dst []byte, t string) []byte {
	for i := 0; i < len(t); {
		c := t[i]
		if c < utf8.RuneSelf {
			switch {
			case c == '\t' || c == '\n' || c == '\r':
				c = ' '
				fallthrough
			case chars.Classes[c]&chars.Odd == 0:
				dst = append(dst, c)
			default:
				dst = utf8.AppendRune(dst, utf8.RuneError)
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(t[i:])
		if r == utf8.RuneError || chars.Invisible(r) {
			r = utf8.RuneError
		}
		dst = utf8.AppendRune(dst, r)
		i += n
	}
	return dst
}
