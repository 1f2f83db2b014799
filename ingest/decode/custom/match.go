package custom

import (
	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
)

// matcher is a compiled Match.
type matcher struct {
	paths  *node
	slots  int
	all    []int
	any    []int
	equals []equal
}

type equal struct {
	slot  int
	value string
}

// maxMatchSlots is how many paths a Match has at most.
const maxMatchSlots = 3 * maxMatches

// fits reports whether o has what the mapping asks for; a member that is null is
// there.
func (m *matcher) fits(o field.Value) bool {
	var slots [maxMatchSlots]field.Value
	m.paths.read(o, slots[:m.slots])
	for _, i := range m.all {
		if slots[i].Kind() == field.None {
			return false
		}
	}
	for _, e := range m.equals {
		if !e.holds(slots[e.slot]) {
			return false
		}
	}
	for _, i := range m.any {
		if slots[i].Kind() != field.None {
			return true
		}
	}
	return len(m.any) == 0
}

func (e *equal) holds(v field.Value) bool {
	switch v.Kind() {
	case field.True:
		return e.value == "true" || e.value == "1"
	case field.False:
		return e.value == "false" || e.value == "0"
	}
	return v.Text() == e.value
}

// rule has the decoder look for one name that objects of the log have, and ask
// the matcher about those. All mappings' rules have the same length, so that of
// several that fit the first counts; and few names, of which there may not be
// many in all.
func (m *matcher) rule(must, oneOf [][]token) decode.Rule {
	r := decode.Rule{Where: m.fits}
	best := ""
	for _, path := range must {
		if names := tops(path); len(names) == 1 && len(names[0]) > len(best) {
			best = names[0]
		}
	}
	switch {
	case best != "":
		r.All = []string{best}
	case len(must) > 0:
		r.Any = tops(must[0])
	default:
		for _, path := range oneOf {
			r.Any = append(r.Any, tops(path)...)
		}
	}
	return r
}
