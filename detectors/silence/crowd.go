package silence

import (
	"math"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/schemas"
)

// Crowd is what all keys, or all routes, did in a window, and what it leaves for
// the next.
type Crowd struct {
	// able counts those whose interruption could be seen, quiet those of them
	// that are silent for longer than ever at these hours, hits those that are
	// so for long enough; due counts the jobs that had to run, missed those that
	// did not.
	able, quiet, hits, due, missed uint32
	// ages counts the quiet by how many windows ago they spoke last.
	ages               [maxAge]uint32
	requests, nameless uint64

	// fresh has the addresses of those who are new and spoke, of this window and
	// of those before it.
	fresh   [memory]bloom
	windows uint32
	// usual and unnamed are exponential averages of the requests of a window,
	// over two hours.
	usual, unnamed float64
	// hold keeps the rule from repeating itself while it lasts.
	hold bool

	// calm is the usual share of the quiet among those that could be seen.
	calm float64

	// Set by Conclude: more than usual are silent, as on a holiday; many are
	// together; and so are the jobs.
	hushed, together, jobsTogether bool
}

const (
	maxAge = 64
	// memory is for how many windows fresh is kept, an hour.
	memory = 12
	// abrupt is within how many windows those who stop together stop.
	abrupt = 3
	// crowdShare of those who could be seen, and at least crowdLeast, make a
	// crowd; normally fewer than one in a hundred is silent for longer than ever.
	crowdShare, crowdLeast = 0.2, 3
	// hushShare of them, and three times the usual share of a day, are more than
	// chance: a holiday has begun, and nobody is told of by himself.
	hushShare = 0.03
	// young is how long a key is new, if it came that much later than the watch
	// began: before, nobody knows who is new.
	young, later = 7 * 24 * time.Hour, 24 * time.Hour
)

// Gather implements detectors.Detector.
func (d *pauses) Gather(x *detectors.Context, s *Pauses, c *Crowd) {
	w := &s.open[x.Slot]
	c.requests += uint64(w.requests)
	c.nameless += uint64(w.nameless)
	if w.requests > 0 && s.fresh {
		c.fresh[0].add(s.home)
	}
	if s.able {
		c.able++
	}
	j := d.judge(s, x.Now)
	if j.quiet {
		c.quiet++
		c.ages[min((x.Now-s.last)/int64(pauseWindow), maxAge-1)]++
	}
	switch {
	case j.hit == interrupted:
		c.hits++
	case j.hit != nothing:
		c.missed++
	}
	if s.daily.runs >= dailyRuns || s.beat.runs >= beatRuns {
		c.due++
	}
}

// Merge implements detectors.Detector.
func (d *pauses) Merge(dst, src *Crowd) {
	dst.able += src.able
	dst.quiet += src.quiet
	dst.hits += src.hits
	dst.due += src.due
	dst.missed += src.missed
	dst.requests += src.requests
	dst.nameless += src.nameless
	for i, n := range src.ages {
		dst.ages[i] += n
	}
	for i, w := range src.fresh[0] {
		dst.fresh[0][i] |= w
	}
}

// Conclude implements detectors.Detector.
func (d *pauses) Conclude(x *detectors.Context, prev, c *Crowd) {
	copy(c.fresh[1:], prev.fresh[:])
	c.usual, c.unnamed, c.hold, c.windows = prev.usual, prev.unnamed, prev.hold, prev.windows
	if c.windows < math.MaxUint32 {
		c.windows++
	}
	n := float64(c.requests)
	collapsed := n <= d.config.Share*c.usual
	c.together = c.quiet >= crowdLeast && float64(c.quiet) >= crowdShare*float64(c.able)
	c.jobsTogether = c.missed >= crowdLeast
	c.calm = prev.calm
	able, quiet := float64(c.able), float64(c.quiet)
	c.hushed = c.quiet >= crowdLeast && quiet >= max(hushShare, 3*c.calm)*able
	if able > 0 {
		c.calm += (min(quiet/able, 2*c.calm+0.01) - c.calm) / 288
	}
	if !c.together {
		c.hold = false
		weight := 1 / min(24, float64(c.windows))
		c.usual += weight * (n - c.usual)
		c.unnamed += weight * (float64(c.nameless) - c.unnamed)
	}
	if c.jobsTogether {
		x.Emit(d.jobsFinding(c))
	}
	// An end of everything that minutes show is told by their detector, and
	// routes speak for all only where the log has no principals.
	busy := c.usual >= d.config.Floor*pauseWindow.Minutes()
	if !c.together || c.hold || c.hits == 0 || collapsed && busy || d.kind == schemas.EntityRoute && 2*c.unnamed < c.usual {
		return
	}
	// Whoever stops for a holiday does not stop in the same minutes.
	at, most := c.peak()
	if float64(most) < 0.6*float64(c.quiet) {
		return
	}
	c.hold = true
	x.Emit(d.togetherFinding(c, at, most))
}

// peak returns how many windows ago most of the quiet ones spoke last, and how
// many did so within abrupt windows.
func (c *Crowd) peak() (at int, most uint32) {
	for i := 0; i+abrupt <= maxAge; i++ {
		n := uint32(0)
		for _, k := range c.ages[i : i+abrupt] {
			n += k
		}
		if n > most {
			at, most = i, n
		}
	}
	return at, most
}

// replaced tells that a key which is new has spoken from the address with that
// hash since the old one fell silent.
func (c *Crowd) replaced(home uint32, silent time.Duration) bool {
	for i := range min(memory, int(silent/pauseWindow)-1) {
		if c.fresh[i].has(home) {
			return true
		}
	}
	return false
}

// bloom remembers some hundreds of addresses in 512 bytes (Bloom 1970), two bits
// each.
type bloom [64]uint64

func (b *bloom) add(hash uint32) {
	b[hash>>26] |= 1 << (hash >> 20 & 63)
	b[hash>>6&63] |= 1 << (hash & 63)
}

func (b *bloom) has(hash uint32) bool {
	return b[hash>>26]>>(hash>>20&63)&1 == 1 && b[hash>>6&63]>>(hash&63)&1 == 1
}
