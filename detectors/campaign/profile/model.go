package profile

import "math"

// model follows which model most of the recent calls went to, and so when they
// moved to another one. Its counters are in calls.
type model struct {
	now, earlier uint32
	// at is when now took over from earlier, in minutes since the epoch.
	at uint32
	// of are the calls since, calls those of them to now; lead is by how much now
	// led of late.
	of, calls uint16
	lead      uint8
	// sure tells that most calls before had gone to earlier, and enough of them.
	sure bool
}

const (
	// lead is how many calls to others it takes to see a move.
	lead = 8
	// moved is how many calls a model has had before and after for a move.
	moved = 12
)

// add counts a call to a model at a time in minutes since the epoch.
func (m *model) add(v, minute uint32) {
	if m.of == math.MaxUint16 {
		m.of, m.calls = m.of/2, m.calls/2
	}
	switch {
	case v == m.now:
		m.lead = min(m.lead+1, lead)
		m.calls++
	case m.lead > 0:
		m.lead--
	default:
		// The calls that took the lead are to the new one, mostly.
		*m = model{now: v, earlier: m.now, at: minute, calls: 1, lead: 1, sure: m.most(lead)}
	}
	m.of++
}

// most tells that enough of the calls went to now, and most of them, but for the
// last late ones.
func (m *model) most(late uint16) bool {
	return m.calls >= moved && 4*uint32(m.calls) >= 3*uint32(max(m.of, late)-late)
}

// pivot returns when the calls moved to now from earlier; 0 is never.
func (m *model) pivot() (at, earlier uint32) {
	if !m.sure || m.earlier == 0 || !m.most(0) {
		return 0, 0
	}
	return m.at, m.earlier
}
