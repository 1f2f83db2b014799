package match

import (
	"hash/maphash"
	"time"
	"unsafe"

	"github.com/gatehound/gatehound/detectors/rules/internal/field"
	"github.com/gatehound/gatehound/detectors/rules/internal/pattern"
	"github.com/gatehound/gatehound/detectors/rules/internal/sigma"
	"github.com/gatehound/gatehound/schemas"
)

// atom tells whether an atom holds for the event.
func (s *Scratch) atom(i int32) bool {
	known := uint32(unknown)
	if st := s.states[i]; st>>2 == s.epoch {
		known = st & 3
	}
	switch known {
	case yes:
		return true
	case no:
		return false
	}
	a := &s.p.atoms[i]
	is := false
	switch {
	case !a.indexed:
		is = s.item(a)
	case known == maybe:
		for c := a.first; c < a.first+a.checks && !is; c++ {
			if s.hits[c] == s.epoch {
				k := &s.p.checks[c]
				is = s.term(a, int(k.term), k.field)
			}
		}
	}
	s.states[i] = s.epoch<<2 | no
	if is {
		s.states[i] = s.epoch<<2 | yes
	}
	return is
}

// item tries all terms on all fields.
func (s *Scratch) item(a *atom) bool {
	for t := range a.item.Terms {
		for _, f := range looked(a.item, &a.item.Terms[t]) {
			if s.term(a, t, f) {
				return true
			}
		}
	}
	return false
}

// looked returns the fields in which a term is looked for.
func looked(item *sigma.Item, t *sigma.Term) []field.ID {
	if item.Nested && t.Kind == sigma.Matches && t.Glob.OpenStart && t.Glob.OpenEnd {
		return item.Fields[len(item.Fields)-1:]
	}
	return item.Fields
}

// term tells whether a term holds for a field.
func (s *Scratch) term(a *atom, place int, f field.ID) bool {
	t, def := &a.item.Terms[place], field.Of(f)
	switch t.Kind {
	case sigma.Matches:
		if t.Cased {
			return t.Glob.Match(s.plain(f))
		}
		return t.Glob.Match(s.fold(f))
	case sigma.Regular:
		text := s.plain(f)
		return text != "" && s.regular(&a.regexps[place], text)
	case sigma.Compares:
		if t.Part != sigma.Whole {
			return sigma.Compare(t.Cmp, partOf(s.event.When(), t.Part), t.Number)
		}
		n, ok := def.Number(s.event)
		return ok && sigma.Compare(t.Cmp, n, t.Number)
	case sigma.Within:
		addr := field.Addr(s.event)
		return addr.IsValid() && t.Prefix.Contains(addr.WithZone(""))
	case sigma.Present:
		return def.Known(s.event, &s.buffer)
	case sigma.Absent:
		return !def.Known(s.event, &s.buffer)
	case sigma.Empty:
		return def.Empty(s.event, &s.buffer)
	case sigma.Equals:
		return s.equal(f, t)
	}
	return false
}

// regular tells whether a regular expression holds for a text, unless the event
// has taken too many steps.
func (s *Scratch) regular(x *expression, text string) bool {
	if s.cut = s.cut || x.steps*len(text) > s.steps; s.cut {
		return false
	}
	s.steps -= x.steps * len(text)
	return x.MatchString(text)
}

func (s *Scratch) equal(f field.ID, t *sigma.Term) bool {
	def, other := field.Of(f), field.Of(t.Other)
	if !def.Known(s.event, &s.buffer) || !other.Known(s.event, &s.buffer) {
		return false
	}
	if def.Kind != field.Text {
		if x, ok := def.Number(s.event); ok {
			y, ok := other.Number(s.event)
			return ok && x == y
		}
	}
	if t.Cased {
		return s.plain(f) == s.plain(t.Other)
	}
	return s.fold(f) == s.fold(t.Other)
}

func partOf(at time.Time, p sigma.Part) float64 {
	switch p {
	case sigma.Minute:
		return float64(at.Minute())
	case sigma.Hour:
		return float64(at.Hour())
	case sigma.Day:
		return float64(at.Day())
	case sigma.Week:
		_, week := at.ISOWeek()
		return float64(week)
	case sigma.Month:
		return float64(at.Month())
	default:
		return float64(at.Year())
	}
}

// plain returns the field's text, made once an event.
func (s *Scratch) plain(f field.ID) string {
	v := &s.raw[f]
	if v.epoch != s.epoch {
		v.epoch, v.text = s.epoch, field.Of(f).Text(s.event, &s.buffer)
	}
	return v.text
}

// fold returns the field's text folded, made once an event.
func (s *Scratch) fold(f field.ID) string {
	v := &s.folded[f]
	if v.epoch != s.epoch {
		start := len(s.bytes)
		s.bytes = pattern.AppendFolded(s.bytes, s.plain(f))
		folded := s.bytes[start:]
		v.epoch, v.text = s.epoch, unsafe.String(unsafe.SliceData(folded), len(folded))
	}
	return v.text
}

// cache remembers what texts told: most events have the texts of others.
type cache struct{ entries []entry }

type entry struct {
	hash uint64
	text []byte
	told []target
}

// The bounds of a cache: entries, bytes of a text, and what it told.
const (
	cacheEntries = 256
	cacheText    = 512
	cacheTold    = 64
)

// text notes what a field's text tells.
func (s *Scratch) text(x *textIndex) {
	text := s.plain(x.field)
	if text == "" {
		return
	}
	c := &s.caches[x.place]
	if len(text) > cacheText {
		s.look(x, nil)
		return
	}
	if c.entries == nil {
		c.entries = make([]entry, cacheEntries)
	}
	h := maphash.String(s.seed, text)
	e := &c.entries[h%cacheEntries]
	if e.hash != h || string(e.text) != text {
		e.hash, e.text, e.told = h, append(e.text[:0], text...), e.told[:0]
		if !s.look(x, e) {
			e.text = e.text[:0] // it told too much to be remembered; no text is empty
		}
		return
	}
	for _, t := range e.told {
		s.tell(t)
	}
}

func (s *Scratch) tell(t target) {
	if t < 0 {
		s.hint(int32(^t))
	} else {
		s.set(int32(t))
	}
}

// look finds what the text tells and keeps it in e; false if that is full.
func (s *Scratch) look(x *textIndex, e *entry) bool {
	if s.looks++; s.looks == 0 {
		clear(s.marks)
		s.looks = 1
	}
	kept := true
	tell := func(t target) {
		if !s.news(t) {
			return
		}
		if e != nil && kept {
			if kept = len(e.told) < cacheTold; kept {
				e.told = append(e.told, t)
			}
		}
		s.tell(t)
	}
	folded := s.fold(x.field)
	for _, t := range x.exact[folded] {
		tell(t)
	}
	if x.auto != nil {
		x.auto.scan(folded, tell)
	}
	return kept
}

// news tells whether a target was not told yet by this look at a text.
func (s *Scratch) news(t target) bool {
	i := int(t)
	if t < 0 {
		i = len(s.states) + int(^t)
	}
	if s.marks[i] == s.looks {
		return false
	}
	s.marks[i] = s.looks
	return true
}

// number notes which comparisons of a field hold.
func (s *Scratch) number(x *numberIndex) {
	n, ok := field.Of(x.field).Number(s.event)
	if !ok {
		return
	}
	for _, a := range x.equal[n] {
		s.set(a)
	}
	for i := range x.above {
		t := &x.above[i]
		if t.number > n {
			break
		}
		if t.number < n || t.orEven {
			s.set(t.atom)
		}
	}
	for i := range x.below {
		t := &x.below[i]
		if t.number < n {
			break
		}
		if t.number > n || t.orEven {
			s.set(t.atom)
		}
	}
}

// Current returns the rule that was being looked at, -1 for none: after a panic
// it is the one to blame.
func (s *Scratch) Current() int { return s.current }

// Held calls each for the fields whose values hold for the event, of a rule that
// does, with the value as the rule has it.
func (s *Scratch) Held(e *schemas.Event, rule int, each func(item *sigma.Item, shown string)) {
	s.begin(e)
	for i := range s.p.rules[rule].code {
		t := s.p.rules[rule].code[len(s.p.rules[rule].code)-1-i]
		a := &s.p.atoms[t.atom]
		s.held(a, each)
	}
}

func (s *Scratch) held(a *atom, each func(*sigma.Item, string)) {
	for t := range a.item.Terms {
		for _, f := range looked(a.item, &a.item.Terms[t]) {
			if s.term(a, t, f) {
				each(a.item, a.item.Terms[t].Shown)
				return
			}
		}
	}
}
