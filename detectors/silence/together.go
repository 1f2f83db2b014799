package silence

import (
	"math"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/score"
	"github.com/gatehound/gatehound/detectors/sketch"
)

// Together is what all routes did in a minute, and what it leaves for the next.
type Together struct {
	// ratios has the routes with a baseline by 2^16 times their count over what
	// was expected.
	ratios sketch.Hist64
	// ended and able count the routes that have ended and that could have.
	ended, able, active uint32
	requests            uint64

	// all is the baseline of the requests of all routes.
	all score.Stream
	// usual and actives are exponential averages, over two hours, of the
	// requests and of the routes that get them.
	usual, actives float64
	windows        uint32
	// lasting is for how many minutes all have been silent together, hold keeps
	// the rule from repeating itself.
	lasting, hold uint8

	// Set by Conclude: the common factor of the minute, how many requests were
	// expected, and whether the routes have ended together.
	factor, expected float64
	together         bool
}

var smallLevel = math.Log1p(5)

// Gather implements detectors.Detector.
func (d *minutes) Gather(x *detectors.Context, s *Minutes, c *Together) {
	w := &s.open[x.Slot]
	n := float64(w.requests)
	if w.requests > 0 {
		c.active++
		c.requests += uint64(w.requests)
	}
	// Most routes are too small for the rule, and cost little.
	if level, _ := s.base.Level(); n < 5 && level < smallLevel && s.silent == 0 {
		return
	}
	e := d.judge(s, n, 1, s.base.Judge(x.WindowStart, n))
	if e.Values >= 30 {
		c.ratios.Add(max(n, 0.5) / max(e.Expected, 1) * (1 << 16))
	}
	if e.able {
		c.able++
	}
	if e.ended {
		c.ended++
	}
}

// Merge implements detectors.Detector.
func (d *minutes) Merge(dst, src *Together) {
	dst.ratios.Merge(&src.ratios)
	dst.ended += src.ended
	dst.able += src.able
	dst.active += src.active
	dst.requests += src.requests
}

// Conclude implements detectors.Detector.
func (d *minutes) Conclude(x *detectors.Context, prev, c *Together) {
	c.all, c.usual, c.actives, c.windows = prev.all, prev.usual, prev.actives, prev.windows
	c.lasting, c.hold = prev.lasting, prev.hold
	c.factor = 1
	// Half of a few routes is no crowd.
	if c.ratios.Total() >= 10 {
		c.factor = min(max(c.ratios.Quantile(0.5)/(1<<16), 0.01), 100)
	}
	if c.windows < math.MaxUint32 {
		c.windows++
	}
	all := c.all
	v := all.Add(x.WindowStart, float64(c.requests))
	c.expected = v.Expected
	c.together = d.all(c, &v)
	if !c.together || c.lasting == math.MaxUint8 {
		c.all = all
	}
	if !c.together {
		weight := 1 / min(120, float64(c.windows))
		c.usual += weight * (float64(c.requests) - c.usual)
		c.actives += weight * (float64(c.active) - c.actives)
	}
	d.tell(x, c)
}

// all tells that the routes have ended together, where v is what the baseline of
// all requests says of the minute.
func (d *minutes) all(c *Together, v *score.Verdict) bool {
	s, ended, n := &d.config, float64(c.ended), float64(c.requests)
	// Six in ten do not end at once by chance.
	if ended >= crowdLeast && ended >= 0.6*float64(c.able) || ended >= float64(s.Crowd) {
		return true
	}
	if c.actives < 2 {
		return false
	}
	// Those whose traffic is not steady enough to tell have ended too.
	if ended >= 1 && n <= s.Share*c.usual {
		return true
	}
	steady := v.Values >= s.Steady && v.Expected >= s.Floor && v.Low >= max(s.Floor/2, 0.2*v.Expected)
	return steady && n <= s.Share*v.Low || c.lasting > 0 && n <= s.Share*max(v.Low, s.Floor/2)
}

// tell says once that the routes have ended together.
func (d *minutes) tell(x *detectors.Context, c *Together) {
	if c.hold > 0 {
		c.hold--
	}
	if !c.together {
		c.lasting = 0
		return
	}
	if c.lasting < math.MaxUint8 {
		c.lasting++
	}
	if int(c.lasting) < d.config.Minutes {
		return
	}
	if c.hold == 0 {
		x.Emit(d.everywhereFinding(c))
	}
	c.hold = holdFor
}
