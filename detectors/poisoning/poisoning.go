package poisoning

import (
	"math"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// Watchers returns the detector poisoning.principal.
func Watchers(c Config) ([]detectors.Watcher, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return []detectors.Watcher{detectors.Watch(&watch{c})}, nil
}

type watch struct{ config Config }

var _ detectors.Detector[State, Cohort] = (*watch)(nil)

// Spec implements detectors.Detector. The first write of a principal counts, so
// there is a state from the first wanted event on.
func (d *watch) Spec() detectors.Spec {
	return detectors.Spec{
		ID: "poisoning.principal", Entity: schemas.EntityPrincipal, Window: time.Hour, MinEvents: 1, Share: 1,
		Wants: wanted, Techniques: techniques[nothing],
	}
}

// Observe implements detectors.Detector.
func (d *watch) Observe(x *detectors.Context, s *State, ev *schemas.Event) {
	if s.first == 0 {
		s.first = ev.Time
	}
	s.last = max(s.last, ev.Time)
	count(&s.seen)
	k := kindOf(ev)
	if k == nothing {
		count(&s.reads)
	}
	s.open[x.Slot].observe(x, s, ev, k)
}

// Cohort is what all principals wrote in an hour, and what it leaves.
type Cohort struct {
	// sizes and counts have the writers by the largest size and the number of
	// each kind.
	sizes, counts [kinds]sketch.Hist64
	// same has the principals with enough ratings by 1,000 times the share that
	// has one size.
	same   sketch.Hist64
	crowds crowds

	// recent and older are those of up to three and a half days each.
	recentSizes, olderSizes, recentCounts, olderCounts [kinds]sketch.Hist64
	recentSame, olderSame                              sketch.Hist64
	// known and before are the sizes that several wrote in this and the last
	// generation, held and kept those of today and yesterday, which are not
	// known yet. active is for how many hours each kind was written.
	known, before, held, kept [256]uint64
	active                    [kinds]uint16
	windows                   uint32
	// told are the last crowds that were told, the newest first.
	told [8]told

	// Set by Conclude: 99th percentiles of the past, and the median share of
	// ratings of one size; 0 is not known.
	bigger, more [kinds]float32
	alike        float32
}

// told is a crowd by its size, the hour in which it was told, and how severe it
// was.
type told struct {
	tag, hour uint32
	severe    schemas.Severity
}

const (
	// generation is how many windows recent has.
	generation = 84
	// peers is how many hours of writers make a cohort.
	peers = 50
)

// Gather implements detectors.Detector.
func (d *watch) Gather(x *detectors.Context, s *State, c *Cohort) {
	h := &s.open[x.Slot]
	if h.writes == 0 {
		return
	}
	for k := feedback; k < kinds; k++ {
		if n := h.counts[k]; n > 0 {
			c.counts[k].Add(float64(n))
			if h.largest[k] > 0 {
				c.sizes[k].Add(float64(h.largest[k]))
			}
			if h.alike() >= 0.5 && h.counts[k] == h.writes {
				c.crowds.add(h.size, k, s.young(k, x.WindowStart), h.equal)
			}
		}
	}
	if h.counts[feedback] >= 10 && h.counts[feedback] == h.sized {
		c.same.Add(1000 * h.alike())
	}
}

// Merge implements detectors.Detector.
func (d *watch) Merge(dst, src *Cohort) {
	for k := range kinds {
		dst.sizes[k].Merge(&src.sizes[k])
		dst.counts[k].Merge(&src.counts[k])
	}
	dst.same.Merge(&src.same)
	dst.crowds.merge(&src.crowds)
}

// Conclude implements detectors.Detector. The percentiles are those of the
// past, so that who is judged does not move them.
func (d *watch) Conclude(x *detectors.Context, prev, c *Cohort) {
	c.known, c.before, c.active, c.windows = prev.known, prev.before, prev.active, prev.windows
	c.told, c.held, c.kept = prev.told, prev.held, prev.kept
	c.recentSizes, c.olderSizes, c.recentCounts, c.olderCounts = prev.recentSizes, prev.olderSizes, prev.recentCounts, prev.olderCounts
	c.recentSame, c.olderSame = prev.recentSame, prev.olderSame
	d.concert(x, c)
	for k := range kinds {
		c.bigger[k] = quantile(c.recentSizes[k], &c.olderSizes[k], 0.99)
		c.more[k] = quantile(c.recentCounts[k], &c.olderCounts[k], 0.99)
		c.recentSizes[k].Merge(&c.sizes[k])
		c.recentCounts[k].Merge(&c.counts[k])
		if c.counts[k].Total() > 0 && c.active[k] < math.MaxUint16 {
			c.active[k]++
		}
	}
	c.alike = quantile(c.recentSame, &c.olderSame, 0.5) / 1000
	c.recentSame.Merge(&c.same)
	if c.windows < math.MaxUint32 {
		c.windows++
	}
	if c.windows%24 == 0 {
		for i, sizes := range c.kept {
			c.known[i] |= sizes
		}
		c.kept, c.held = c.held, [256]uint64{}
	}
	if c.windows%generation == 0 {
		c.olderSizes, c.olderCounts, c.olderSame, c.before = c.recentSizes, c.recentCounts, c.recentSame, c.known
		c.recentSizes, c.recentCounts, c.recentSame, c.known = [kinds]sketch.Hist64{}, [kinds]sketch.Hist64{}, sketch.Hist64{}, [256]uint64{}
	}
}

// quantile returns a quantile of both, 0 if they are too few.
func quantile(recent sketch.Hist64, older *sketch.Hist64, q float64) float32 {
	recent.Merge(older)
	if recent.Total() < peers {
		return 0
	}
	return float32(recent.Quantile(q))
}

// Close implements detectors.Detector. Who was there is remembered for 35 days.
func (d *watch) Close(x *detectors.Context, s *State, c *Cohort) bool {
	h := s.open[x.Slot]
	s.open[x.Slot] = hour{}
	if h.events > 0 {
		if h.writes > 0 {
			d.judge(x, s, &h, c)
		}
		s.learn(&h, x.WindowStart, s.grown(x.WindowStart))
	}
	return x.Now-s.last < 35*day
}
