package errors

import (
	"math"
	"math/bits"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/score"
	"github.com/gatehound/gatehound/schemas"
)

// judgement is what a window looks like.
type judgement struct {
	// able tells that there was enough to judge, met that a group is beyond its
	// bounds, hit that it is so for long enough to be told.
	able, met, hit [groups]bool
	// counts are those that decided: of the window, or of the last minutes.
	counts [quota + 1]shares
	slow   [quota + 1]bool
	// sure tells that it is many, without those of the caller who met most of it,
	// and all through the minute: that is told after its first.
	sure [quota + 1]bool
	// model tells that it is one model of the route that is beyond its bounds.
	model bool
	// callers is how many failed in that time.
	callers [quota + 1]float64
	// Of the time: what it was, how it is judged, and the 95th percentile.
	time    float64
	tail    float64
	verdict score.Verdict
}

// minHistory is how many minutes of times are known before one is judged,
// deviations how far one is out.
const (
	minHistory = 30
	deviations = 6
)

// judge holds a window against what is usual. It changes nothing.
func (d *watch) judge(x *detectors.Context, s *state, w *counts) judgement {
	var j judgement
	recent := s.Recent
	recent.pass(w, x.WindowStart, x.Window)
	for g := range s.Usual {
		d.failing(&j, s, &recent, w, g)
		j.hit[g] = j.met[g] && (j.sure[g] || s.Lasting[g] >= 1)
	}
	d.slower(x, &j, s, w)
	return j
}

// failing judges failures or 429, first by the window, then by the last
// minutes, where an entity has little traffic. What is beyond has to be so
// without the caller who met most of it.
func (d *watch) failing(j *judgement, s *state, recent *past, w *counts, g int) {
	now, others := w.shares(), w.others()
	j.counts[g], j.callers[g] = now, w.Failing.Count()
	floor, least := float32(d.c.Floor), float64(d.c.Callers)
	if floor == 0 || w.Total == 0 {
		return
	}
	if d.c.Callers == 1 {
		others = now
	}
	j.able[g] = now.Total >= floor || recent.Total >= floor
	j.sure[g] = others.of(g) >= 2*floor && w.steady(g)
	if d.beyond(&now, s.Usual[g], g, floor) && d.beyond(&others, s.Usual[g], g, floor/2) && j.callers[g] >= least {
		j.met[g] = true
		return
	}
	if one := w.suspect(); g == failures && d.kind == schemas.EntityRoute && now.of(g) >= floor &&
		d.beyond(&one, s.Usual[g], g, floor/2) && j.callers[g] >= least {
		j.met[g], j.model, j.counts[g] = true, true, one
		return
	}
	before := (recent.Failing[0] | recent.Failing[1]).Count()
	if now.of(g) > 0 && now.Total < 2*floor && d.beyond(&recent.shares, s.Usual[g], g, floor) && before >= least {
		j.met[g], j.slow[g], j.counts[g], j.callers[g] = true, true, recent.shares, before
	}
}

// beyond tells that there are many, as such, as a share, and against the usual.
func (d *watch) beyond(s *shares, usual float32, g int, floor float32) bool {
	k := s.of(g)
	return k >= floor && k >= float32(d.c.Share)*s.Total && k >= float32(d.c.Factor)*usual*s.Total
}

// timed returns the window's typical time (the geometric mean) in the unit of
// the state, and whether there were enough answers, of several callers.
func (d *watch) timed(s *state, w *counts) (v float64, ok bool) {
	n := float64(w.Timed)
	if d.c.Slower == 0 || n < d.c.Timed || w.Callers.Count() < float64(d.c.Callers) || w.Caller.alone() {
		return 0, false
	}
	if s.PerToken == 2 || s.PerToken == 0 && 2*w.Tokened >= w.Timed {
		if tokened := float64(w.Tokened); tokened >= d.c.Timed {
			return 1000 * math.Exp(w.LogPerToken/tokened), true
		}
		return 0, false
	}
	return math.Exp(w.LogTime / n), true
}

// slower judges the time of answers.
func (d *watch) slower(x *detectors.Context, j *judgement, s *state, w *counts) {
	v, ok := d.timed(s, w)
	if !ok {
		return
	}
	j.time, j.tail = v, w.Times.Quantile(0.95)
	j.verdict = s.Time.Judge(x.WindowStart, v)
	e := &j.verdict
	j.able[latency] = e.Values >= minHistory
	if !j.able[latency] {
		return
	}
	typical := math.Exp(w.LogTime / float64(w.Timed))
	j.met[latency] = e.Deviations >= deviations && v >= d.c.Slower*e.Expected && v >= 1.5*e.High &&
		typical*(1-e.Expected/v) >= noticed
	// Or one answer in twenty takes so much longer that people notice.
	if w.Timed >= 100 && s.Slowest > 0 && j.tail >= 2*d.c.Slower*float64(s.Slowest) && j.tail-float64(s.Slowest) >= hangs {
		j.met[latency] = true
	}
	j.hit[latency] = j.met[latency] && s.Lasting[latency] >= 2
}

// noticed is by how many milliseconds the typical answer is slower before it
// matters, hangs by how many the slowest ones are.
const (
	noticed = 200
	hangs   = 10_000
)

// learnTime takes the window into the usual time.
func (d *watch) learnTime(x *detectors.Context, s *state, w *counts) {
	v, ok := d.timed(s, w)
	if !ok {
		return
	}
	if s.PerToken == 0 {
		s.PerToken = 1
		if 2*w.Tokened >= w.Timed {
			s.PerToken = 2
		}
	}
	s.Time.Add(x.WindowStart, v)
	tail := float32(w.Times.Quantile(0.95))
	if s.Slowest == 0 {
		s.Slowest = tail
	}
	s.Slowest += (min(tail, 2*s.Slowest) - s.Slowest) / 32
}

// cohort is what all routes, or all models, did.
type cohort struct {
	hit, able [groups]uint32
	// nameless are the models hit that no route is known of.
	nameless uint32
	events   uint64
	hold     [groups]uint8
	together [groups]bool
	// models are those whose time can be judged, by the one route that they
	// answer on (its hash), slow those of them that are slow.
	models, slow [32]uint16
}

// Gather implements detectors.Detector.
func (d *watch) Gather(x *detectors.Context, s *state, c *cohort) {
	w := &s.Open[x.Slot]
	if w.Total == 0 {
		return
	}
	j := d.judge(x, s, w)
	c.events += uint64(w.Total)
	for g := range groups {
		if j.able[g] {
			c.able[g]++
		}
		if j.hit[g] {
			c.hit[g]++
		}
	}
	if d.kind == schemas.EntityModel && j.able[latency] && bits.OnesCount32(w.Well) == 1 {
		route := bits.TrailingZeros32(w.Well)
		c.models[route] = min(c.models[route], math.MaxUint16-1) + 1
		if j.hit[latency] {
			c.slow[route] = min(c.slow[route], math.MaxUint16-1) + 1
		}
	}
	if w.Nameless > 0 && (j.hit[failures] || j.hit[quota]) {
		c.nameless++
	}
}

// Merge implements detectors.Detector.
func (d *watch) Merge(dst, src *cohort) {
	for g := range groups {
		dst.hit[g] += src.hit[g]
		dst.able[g] += src.able[g]
	}
	dst.nameless += src.nameless
	for route := range dst.models {
		dst.models[route] += src.models[route]
		dst.slow[route] += src.slow[route]
	}
	dst.events += src.events
}

// Conclude implements detectors.Detector. If most routes meet the same, that is
// one finding on everything; of models it is one only if no routes are known.
func (d *watch) Conclude(x *detectors.Context, prev, c *cohort) {
	c.hold = prev.hold
	for g := range groups {
		if c.hold[g] > 0 {
			c.hold[g]--
		}
		hit, able := float64(c.hit[g]), float64(c.able[g])
		c.together[g] = hit >= 3 && hit >= 0.6*able
		if !c.together[g] {
			continue
		}
		if c.hold[g] == 0 && (d.kind == schemas.EntityRoute || c.nameless > 0 && g != latency) {
			x.Emit(d.crowdFinding(c, g))
		}
		c.hold[g] = holdFor
	}
}
