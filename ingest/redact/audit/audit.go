// Package audit looks for personal data and secrets in text that was redacted.
// It is a second opinion: it shares no code with the redactor's scanners, reads
// a line by regular expressions instead of byte by byte, decodes its layers one
// after the other instead of at once, and has validators of its own, so that
// the blind spots of one are not those of the other. It is slower and tells
// more than one thing about the same text where it is not sure.
//
// It changes nothing: it finds. What it finds is named by the kinds of
// schemas.RedactionKind and shown by two characters and a length.
package audit

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gatehound/gatehound/schemas"
)

// MaxLine is how much of a line is looked at, in bytes. A longer one has a
// finding of kind unproven for the rest.
const MaxLine = 256 << 10

// maxFindings bounds what is told of one line.
const maxFindings = 256

// hidden stands in the text for what is known: the redactor's own marks, and
// what an earlier rule found. No rule matches it.
const hidden = 0x1a

// ours are the marks of the redactor: markers, pseudonyms of principals and
// fingerprints of credentials (with their issuer).
var ours = regexp.MustCompile(`\[(?:EMAIL|PHONE|CARD|IBAN|CRYPTO|NATIONAL_ID|IP|MAC|AUTH|JWT|PRIVATE_KEY|PROMPT|UNPROVEN|SECRET(?::[a-z0-9_]{1,24})?)\]` +
	`|\b[a-z][0-9]:[A-Za-z0-9_.-]{1,64}:[A-Za-z0-9_-]{22}(?::[a-z0-9_]{1,24})?` +
	`|"?client_addr(?:ess)?"?[:=] ?"?[0-9A-Fa-f:.]{2,45}"?`)

// pictures are data URLs of images and digests of subresource integrity, which
// are random and no secrets.
var pictures = regexp.MustCompile(`data:(?:image|font)/[a-z0-9+.-]{1,24};base64,[A-Za-z0-9+/=_-]+|\bsha(?:256|384|512)-[A-Za-z0-9+/]{40,}={0,2}`)

// Scanner finds what should not be in a text. It is not safe for concurrent
// use.
type Scanner struct {
	rules []rule
	work  []byte // the layer at hand, with what is known hidden
	lower []byte
	told  map[finding]struct{}
}

type finding struct {
	kind  schemas.RedactionKind
	value string
}

// New returns a scanner.
func New() *Scanner {
	return &Scanner{rules: compiled(), told: map[finding]struct{}{}}
}

// Line calls found for each thing in text that is personal data or a secret:
// the name of its kind, and its first two characters and length in characters
// ("jo… 16"). Each is told once, in whatever layers it shows. The time is
// linear in the length of text, and at most MaxLine bytes of it are read.
func (s *Scanner) Line(text string, found func(kind, excerpt string)) {
	s.find(text, func(kind schemas.RedactionKind, value string) {
		found(kind.String(), masked(value))
	})
}

// find calls found with the kind and the text of each finding.
func (s *Scanner) find(text string, found func(kind schemas.RedactionKind, value string)) {
	clear(s.told)
	tell := func(kind schemas.RedactionKind, value string) {
		f := finding{kind, strings.Clone(value)}
		if _, known := s.told[f]; known || len(s.told) == maxFindings {
			return
		}
		s.told[f] = struct{}{}
		found(kind, f.value)
	}
	if len(text) > MaxLine {
		tell(schemas.RedactedUnproven, text[MaxLine:])
		text = text[:MaxLine]
	}
	for _, layer := range layers(text) {
		s.layer(layer, tell)
	}
}

// layer runs the rules over one layer, the surest first. What one finds is
// hidden from those behind it.
func (s *Scanner) layer(text string, tell func(schemas.RedactionKind, string)) {
	s.work = append(s.work[:0], text...)
	for i, c := range s.work {
		if c == hidden {
			s.work[i] = ' '
		}
	}
	for _, known := range [...]*regexp.Regexp{ours, pictures} {
		for _, at := range known.FindAllIndex(s.work, -1) {
			s.hide(at[0], at[1])
		}
	}
	s.lower = append(s.lower[:0], s.work...)
	digits := 0
	for i, c := range s.lower {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c >= 'A' && c <= 'Z':
			s.lower[i] = c | 0x20
		}
	}
	for i := range s.rules {
		r := &s.rules[i]
		if digits < r.digits || !r.may(s.lower) {
			continue
		}
		for from := 0; from < len(s.work); {
			at := r.re.FindSubmatchIndex(s.work[from:])
			if at == nil {
				break
			}
			m := match{text: s.work, start: from + at[0], end: from + at[1]}
			if len(at) > 2 { // the group is what matters
				m.start, m.end = from+at[2], from+at[3]
			}
			from = max(m.end, from+at[0]+1)
			if r.valid != nil {
				if m.end = m.start + r.valid(m); m.end == m.start {
					continue
				}
			}
			tell(r.kind, string(s.work[m.start:m.end]))
			s.hide(m.start, m.end)
			from = m.end
		}
	}
}

func (s *Scanner) hide(from, to int) {
	for i := from; i < to; i++ {
		s.work[i] = hidden
	}
}

// masked returns the first two characters of value and its length.
func masked(value string) string {
	first := make([]rune, 0, 2)
	for _, r := range value {
		if len(first) == 2 {
			break
		}
		if !unicode.IsPrint(r) {
			r = '?'
		}
		first = append(first, r)
	}
	return fmt.Sprintf("%s… %d", string(first), utf8.RuneCountInString(value))
}
