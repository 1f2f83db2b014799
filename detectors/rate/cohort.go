package rate

import (
	"math"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// Cohort is what all entities of a kind did in a window, and what it leaves
// for the next, in less than 1.2 KiB.
type Cohort struct {
	// counts has the entities by requests in the window, ratios the entities
	// with a baseline by 2^16 times their count over what was expected.
	counts, ratios sketch.Hist64
	// hit and able count the entities that meet each rule and that could.
	hit, able [rules]uint32
	requests  uint64

	// recent and older are counts of up to half a day each, windows how many
	// there were since the beginning.
	recent, older sketch.Hist64
	windows       uint32
	// usual and active are the exponential averages, over two hours, of the
	// requests and of the entities that make them.
	usual, active float64
	// hold keeps a rule that meets all together from repeating itself.
	hold [rules]uint8

	// Set by Conclude: percentiles of the past windows' counts, the common
	// factor of the window, and the rules that all meet together.
	p99, p999, factor float64
	together          [rules]bool
	// silent tells that all together made hardly anything of what is usual.
	silent bool
}

// silence is the share of the usual requests of all at which the log or all
// traffic has ended.
const silence = 0.1

// generation is how many windows recent has.
const generation = 12 * 60

// small is the least count or level that a rule looks at.
const small = 10

var smallLevel = math.Log1p(small)

// Gather implements detectors.Detector.
func (d *watch) Gather(x *detectors.Context, s *State, c *Cohort) {
	w := &s.open[x.Slot]
	n := float64(w.requests)
	if w.requests > 0 {
		c.counts.Add(n)
		c.requests += uint64(w.requests)
	}
	// Most entities are too small for any rule, and cost little.
	if level, values := s.base.Level(); n < small && level < smallLevel {
		if values >= minHistory && n > 0 {
			c.able[spike]++
		}
		return
	}
	// The peers of this window are not known yet: the own past decides.
	alone := Cohort{factor: 1}
	j := d.judge(x, s, w, &alone, s.base.Judge(x.WindowStart, n))
	if j.Values >= minHistory {
		c.ratios.Add(max(n, 0.5) / max(j.Expected, 1) * (1 << 16))
	}
	for r := range rules {
		if j.able[r] {
			c.able[r]++
		}
		if j.hit[r] {
			c.hit[r]++
		}
	}
}

// Merge implements detectors.Detector.
func (d *watch) Merge(dst, src *Cohort) {
	dst.counts.Merge(&src.counts)
	dst.ratios.Merge(&src.ratios)
	dst.requests += src.requests
	for r := range rules {
		dst.hit[r] += src.hit[r]
		dst.able[r] += src.able[r]
	}
}

// Conclude implements detectors.Detector.
func (d *watch) Conclude(x *detectors.Context, prev, c *Cohort) {
	c.recent, c.older, c.windows = prev.recent, prev.older, prev.windows
	c.hold, c.usual, c.active = prev.hold, prev.usual, prev.active
	c.factor = 1
	// Half of a few entities is no crowd.
	if c.ratios.Total() >= 10 {
		c.factor = min(max(c.ratios.Quantile(0.5)/(1<<16), 0.01), 100)
	}
	past := c.recent
	past.Merge(&c.older)
	if past.Total() >= 1000 {
		c.p99, c.p999 = past.Quantile(0.99), past.Quantile(0.999)
	}
	c.recent.Merge(&c.counts)
	if c.windows < math.MaxUint32 {
		c.windows++
	}
	if c.windows%generation == 0 {
		c.older = c.recent
		c.recent.Reset()
	}
	for r := range rules {
		d.crowd(x, c, r)
	}
	c.silent = c.active >= 2 && float64(c.requests) <= silence*c.usual
	if !c.silent {
		weight := 1 / min(120, float64(c.windows))
		c.usual += weight * (float64(c.requests) - c.usual)
		c.active += weight * (float64(c.counts.Total()) - c.active)
	}
}

// ready tells that the past is long enough to know what is rare.
func (c *Cohort) ready() bool { return c.p999 > 0 && c.windows > minHistory }

// crowd decides whether the entities meet a rule together, and says so once.
func (d *watch) crowd(x *detectors.Context, c *Cohort, r int) {
	hit, able := float64(c.hit[r]), float64(c.able[r])
	least := 5.0
	if d.kind == schemas.EntityRoute {
		least = 3
	}
	// Six in ten do not fail at once by chance; a spike of a fifth is one too,
	// because most entities never spike.
	share := 0.6
	if r == spike {
		share = 0.2
	}
	c.together[r] = hit >= least && hit >= share*able || hit >= float64(d.config.Crowd)
	if c.hold[r] > 0 {
		c.hold[r]--
	}
	if !c.together[r] {
		return
	}
	if c.hold[r] == 0 {
		x.Emit(d.crowdFinding(c, r))
	}
	c.hold[r] = holdFor
}
