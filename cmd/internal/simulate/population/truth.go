package population

import (
	"time"

	"github.com/gatehound/gatehound/cmd/internal/simulate"
)

// Truth tells what was planted.
type Truth struct {
	// Scenario is its name, Title says it in words.
	Scenario, Title string
	// Benign tells that it is a look-alike, Mild that a finding of low or medium
	// severity is right because it does the same as an attack.
	Benign, Mild bool
	// Campaign tells that many principals do it together, Prompts that it is to be
	// found where prompts are logged.
	Campaign, Prompts bool
	// Members are the principals that do it.
	Members []Member
	// Set is how many exchanges were intended in all. It may be more than there is
	// time for.
	Set int
	// Start is the time of the first exchange, End that of the last one so far;
	// zero if there was none.
	Start, End time.Time
	// Taken is how many exchanges there were so far.
	Taken int
}

// Member is a principal that takes part.
type Member struct {
	Entity simulate.Entity
	// Times are those of its exchanges so far, Unix nanoseconds, rising: the calls
	// that were answered, and only those that belong to the scenario.
	Times []int64
}

// Truths returns what was planted, in the order of Config.Scenarios, counted
// until the last record. It belongs to the World.
func (w *World) Truths() []Truth {
	for i := range w.truths {
		t := &w.truths[i]
		first, last := int64(0), int64(0)
		t.Taken = 0
		for _, m := range t.Members {
			if t.Taken += len(m.Times); len(m.Times) > 0 {
				if first == 0 || m.Times[0] < first {
					first = m.Times[0]
				}
				last = max(last, m.Times[len(m.Times)-1])
			}
		}
		if first > 0 {
			t.Start, t.End = time.Unix(0, first).UTC(), time.Unix(0, last).UTC()
		}
	}
	return w.truths
}
