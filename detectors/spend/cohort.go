package spend

import (
	"math"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/sketch"
)

// Cohort is what all entities of a kind spent in an hour, and what it leaves, in
// less than 2 KiB.
type Cohort struct {
	// spent has the entities by what the hour cost, in hundredths of a cent and
	// in tokens.
	spent [units]sketch.Hist64
	// able counts those with a past, surging those of them that are over their
	// bound; active those with calls that clients could cut, cutters those
	// whose clients cut a third of them.
	able, surging, active, cutters uint32

	// recent and older are those of up to three and a half days each.
	recent, older [units]sketch.Hist64
	windows       uint32

	// Set by Conclude: what 999 of 1,000 stay below in an hour, whether many
	// surge together, and whether many cut their calls.
	peer          [units]float32
	together, cut bool
}

const (
	// generation is how many windows recent has.
	generation = 84
	// peers is how many hours of entities make a cohort.
	peers = 200
	// perDollar is how many steps of the histogram a dollar has.
	perDollar = 10_000
)

// Gather implements detectors.Detector.
func (d *watch) Gather(x *detectors.Context, s *State, c *Cohort) {
	h := &s.open[x.Slot]
	if h.calls == 0 {
		return
	}
	unit := h.unit()
	amount := h.amount(unit)
	if unit == usd {
		c.spent[usd].Add(amount * perDollar)
	} else {
		c.spent[tokens].Add(amount)
	}
	if int(s.past.known) >= d.config.MinHours {
		c.able++
		if amount >= d.bound(s, unit) {
			c.surging++
		}
	}
	if h.calls >= 20 {
		c.active++
		if 3*h.aborted >= h.calls {
			c.cutters++
		}
	}
}

// Merge implements detectors.Detector.
func (d *watch) Merge(dst, src *Cohort) {
	for u := range units {
		dst.spent[u].Merge(&src.spent[u])
	}
	dst.able += src.able
	dst.surging += src.surging
	dst.active += src.active
	dst.cutters += src.cutters
}

// Conclude implements detectors.Detector. The peers are those of the past, so
// that who is judged does not move them.
func (d *watch) Conclude(x *detectors.Context, prev, c *Cohort) {
	c.recent, c.older, c.windows = prev.recent, prev.older, prev.windows
	for u := range units {
		past := c.recent[u]
		past.Merge(&c.older[u])
		if past.Total() >= peers {
			c.peer[u] = float32(past.Quantile(0.999))
		}
		c.recent[u].Merge(&c.spent[u])
	}
	c.peer[usd] /= perDollar
	if c.windows < math.MaxUint32 {
		c.windows++
	}
	if c.windows%generation == 0 {
		c.older = c.recent
		c.recent = [units]sketch.Hist64{}
	}
	// A sale, or a new table of prices: all have it, and it is told once.
	c.together = c.surging >= 5 && 5*c.surging >= c.able
	c.cut = c.cutters >= 3 && 5*c.cutters >= c.active
	if c.together && !prev.together {
		x.Emit(d.crowdFinding(c))
	}
}
