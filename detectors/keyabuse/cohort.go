package keyabuse

import (
	"math"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/sketch"
)

// Cohort is what all keys did in an hour, and what it leaves for the next.
type Cohort struct {
	// networkCounts and userCounts have the keys by how many of them there were.
	networkCounts, userCounts sketch.Hist64
	// able counts the keys with a past that spoke, strange those of them that
	// came from new networks, shared those that are shared.
	able, strange, shared uint32

	// recent and older are counts of up to three and a half days each.
	recentNetworks, olderNetworks, recentUsers, olderUsers sketch.Hist64
	windows                                                uint32

	// Set by Conclude: the 99th percentiles of the past, 0 if not known; whether
	// many keys came from new networks, and whether many are shared.
	networks, users float64
	moved, together bool
}

const (
	// generation is how many windows recent has, peers how many hours of keys
	// make a cohort.
	generation, peers = 84, 1000
	// crowdLeast keys, and crowdShare of all, do not change by chance.
	crowdLeast, crowdShare = 5, 0.2
)

// Gather implements detectors.Detector.
func (d *watch) Gather(x *detectors.Context, s *State, c *Cohort) {
	w := &s.open[x.Slot]
	if w.calls == 0 {
		return
	}
	f := w.figures()
	c.networkCounts.Add(float64(f.networks))
	if w.users != 0 {
		c.userCounts.Add(float64(f.users))
	}
	a := d.age(s)
	if !a.grown(hourOf(x.WindowStart)) {
		return
	}
	c.able++
	if 2*w.strange >= w.calls {
		c.strange++
	}
	if j := d.shared(s, w, &Cohort{}, x.WindowStart); j.manyNetworks || j.manyUsers {
		c.shared++
	}
}

// Merge implements detectors.Detector.
func (d *watch) Merge(dst, src *Cohort) {
	dst.networkCounts.Merge(&src.networkCounts)
	dst.userCounts.Merge(&src.userCounts)
	dst.able += src.able
	dst.strange += src.strange
	dst.shared += src.shared
}

// Conclude implements detectors.Detector. The percentiles are those of the past,
// so that who is judged does not move them.
func (d *watch) Conclude(_ *detectors.Context, prev, c *Cohort) {
	c.recentNetworks, c.olderNetworks = prev.recentNetworks, prev.olderNetworks
	c.recentUsers, c.olderUsers, c.windows = prev.recentUsers, prev.olderUsers, prev.windows
	c.networks, c.users = rare(&c.recentNetworks, &c.olderNetworks), rare(&c.recentUsers, &c.olderUsers)
	c.recentNetworks.Merge(&c.networkCounts)
	c.recentUsers.Merge(&c.userCounts)
	if c.windows < math.MaxUint32 {
		c.windows++
	}
	if c.windows%generation == 0 {
		c.olderNetworks, c.olderUsers = c.recentNetworks, c.recentUsers
		c.recentNetworks.Reset()
		c.recentUsers.Reset()
	}
	c.moved = c.strange >= crowdLeast && float64(c.strange) >= crowdShare*float64(c.able)
	c.together = c.shared >= crowdLeast && float64(c.shared) >= crowdShare*float64(c.able)
}

// rare returns the 99th percentile of both, 0 if they are too few.
func rare(recent, older *sketch.Hist64) float64 {
	past := *recent
	past.Merge(older)
	if past.Total() < peers {
		return 0
	}
	return past.Quantile(0.99)
}
