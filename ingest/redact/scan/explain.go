package scan

import (
	"unicode/utf8"
	"unsafe"

	"github.com/gatehound/gatehound/ingest/redact/chars"
	"github.com/gatehound/gatehound/schemas"
)

// Explain calls found for each match that Clean would take out of t: its kind,
// the name of its recogniser, and where it stands in t, in bytes. A match that
// shows only after another was taken out may contain that one. A text that
// Clean would replace as a whole has a match of kind unproven over all of it.
func (s *Scanner) Explain(t string, mode Mode, found func(kind schemas.RedactionKind, recogniser string, start, end int)) {
	tell := func(by recogniser, start, end int) { found(traits[by].kind, traits[by].name, start, end) }
	if chars.Plain(t) {
		return
	}
	if len(t) > MaxInput {
		tell(byLength, 0, len(t))
		return
	}
	source := len(t)
	// from[i] is where byte i of the text at hand begins in the first, from[len]
	// its end.
	from := make([]int, len(t)+1)
	for i := range from {
		from[i] = i
	}
	for pass := range maxPasses {
		s.find(t, mode, chars.Union(t))
		if pass == 0 {
			for i := 0; i < len(t); i++ {
				if r, n := utf8.DecodeRuneInString(t[i:]); needsNeutral(t[i : i+n]) {
					tell(byControl, i, i+n)
					i += n - 1
				} else if r != utf8.RuneError {
					i += n - 1
				}
			}
		}
		if len(s.spans) == 0 && !needsNeutral(t) {
			return
		}
		for _, sp := range s.spans {
			if start, end := s.source(sp.start), s.source(sp.end); end > start {
				tell(sp.by, from[start], from[end])
			}
		}
		t, from = s.traced(t, from)
	}
	tell(byPasses, 0, source)
}

// traced returns what emit makes of t, and where each byte of it comes from.
func (s *Scanner) traced(t string, from []int) (string, []int) {
	var out []byte
	var origin []int
	at := 0
	keep := func(end int) {
		for at < end {
			_, n := utf8.DecodeRuneInString(t[at:end])
			out = neutral(out, t[at:at+n])
			for len(origin) < len(out) {
				origin = append(origin, from[at])
			}
			at += n
		}
	}
	for _, sp := range s.spans {
		start, end := s.source(sp.start), s.source(sp.end)
		keep(start)
		if end <= at {
			continue
		}
		out = append(out, traits[sp.by].marker...)
		for len(origin) < len(out) {
			origin = append(origin, from[at])
		}
		at = end
	}
	keep(len(t))
	return unsafe.String(unsafe.SliceData(out), len(out)), append(origin, from[len(t)])
}
