package rate

import (
	"math"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/score"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// State is what is kept of an entity, 356 bytes.
type State struct {
	open [2]counts
	base score.Stream
	// throttled and failed are the usual shares of 429 and of 5xx.
	throttled, failed float32
	// limit is the count at which a minute is reported before it is over; 0 is
	// not known.
	limit uint32
	// calm is how many minutes passed since the level was new, idle since the
	// last request; both stop at their type's end.
	calm, idle uint16
	// scheduled is how many minutes are left of a job that began at a round
	// time.
	scheduled uint8
	// hold keeps a rule from repeating itself while what it saw lasts.
	hold [rules]uint8
	// others is four times how many callers a minute usually has, 1 if one of
	// them makes most of the requests.
	others uint8
	// grave tells that the last spike that was told was a severe one.
	grave bool
}

// counts are those of one open window.
type counts struct {
	requests, throttled, failed uint32
	// named counts the requests that tell their principal.
	named uint32
	// callers and troubled are bitmaps that estimate how many there were on
	// the other side: the addresses of a principal, else the principals; all,
	// and those who met a 429 or 5xx.
	callers, troubled uint32
	// first and last are the times of the first and the last request, in
	// milliseconds of the minute.
	first, last uint16
	// major is the hash of the caller that makes most of the requests.
	major sketch.Majority[uint16]
}

// The rules that can hold.
const (
	spike = iota
	throttled
	failing
	rules
)

// watch is the detector for one kind of entity.
type watch struct {
	kind   schemas.EntityKind
	id     string
	limits Limits
	config Config
}

var _ detectors.Detector[State, Cohort] = (*watch)(nil)

// signs tells whether an event shows that what the rule found goes on.
func signs(rule string, ev *schemas.Event) bool {
	switch rule {
	case "rate.errors":
		return ev.Status >= 500
	case "rate.throttled":
		return ev.Status == 429
	default:
		return true
	}
}

// Spec implements detectors.Detector. An address has to show 20 events before
// it gets a state, so that the many that come once cost nothing.
func (d *watch) Spec() detectors.Spec {
	s := detectors.Spec{
		ID: d.id, Entity: d.kind, Window: time.Minute, MinEvents: 5, Share: 2, Techniques: techniques, Signs: signs,
	}
	switch d.kind {
	case schemas.EntityPrincipal:
		s.Wants = detectors.Named
	case schemas.EntityAddress:
		s.MinEvents = 20
	case schemas.EntityRoute:
		s.MinEvents, s.Share = 20, 1
	}
	return s
}

// Observe implements detectors.Detector.
func (d *watch) Observe(x *detectors.Context, s *State, ev *schemas.Event) {
	c := &s.open[x.Slot]
	at := uint16(min(max(ev.Time-x.WindowStart, 0)/int64(time.Millisecond), 59_999))
	if c.requests == 0 {
		c.first, c.last = at, at
	}
	c.first, c.last = min(c.first, at), max(c.last, at)
	if c.requests < math.MaxUint32 {
		c.requests++
	}
	if c.named < math.MaxUint32 && detectors.Named(ev) {
		c.named++
	}
	caller := d.other(x, ev)
	bit := uint32(1) << (caller >> 59)
	c.callers |= bit
	c.major.Vote(uint16(caller))
	if ev.Status == 429 || ev.Status >= 500 {
		c.troubled |= bit
		if ev.Status == 429 {
			c.throttled++
		} else {
			c.failed++
		}
	}
	if c.requests == s.limit || s.limit == 0 && float64(c.requests) == d.limits.Burst {
		d.burst(x, s, c)
	}
}

// other returns a hash of who is on the other side of the event.
func (d *watch) other(x *detectors.Context, ev *schemas.Event) uint64 {
	if d.kind == schemas.EntityPrincipal || !detectors.Named(ev) {
		return x.Key.Addr(ev.ClientAddr)
	}
	return x.Key.String(detectors.Caller(ev))
}

// alone tells that one caller makes clearly more than half of the requests.
func (c *counts) alone() bool { return float64(c.major.Votes) > 0.1*float64(c.requests) }

// burst reports a minute that is beyond doubt before it is over.
func (d *watch) burst(x *detectors.Context, s *State, c *counts) {
	if s.hold[spike] > 0 || d.elsewhere(c) {
		return
	}
	s.hold[spike] = holdFor
	v := s.base.Judge(x.WindowStart, float64(c.requests))
	f := d.spikeFinding(x, c, &v, 0)
	s.grave = f.Severity >= schemas.SeverityHigh
	x.Emit(f)
}

// elsewhere tells that the requests are somebody else's matter: those of one
// caller on a route, and those of many callers, none of them much, behind the
// address of an office or a carrier.
func (d *watch) elsewhere(c *counts) bool {
	switch d.kind {
	case schemas.EntityRoute:
		return c.alone()
	case schemas.EntityAddress:
		callers := sketch.Distinct32(c.callers)
		return callers >= 8 && float64(c.requests)/callers < d.limits.Floor/4
	default:
		return false
	}
}

// Close implements detectors.Detector.
func (d *watch) Close(x *detectors.Context, s *State, c *Cohort) bool {
	w := s.open[x.Slot]
	s.open[x.Slot] = counts{}
	base := s.base
	j := d.judge(x, s, &w, c, base.Add(x.WindowStart, float64(w.requests)))
	d.report(x, s, &w, c, &j)
	// A minute in which all fell nearly silent is one of an outage or of the
	// log: it teaches nothing, or its end would be a spike.
	if c.requests > 0 && !c.silent {
		s.base = base
		d.shift(x, s, &w, c, &j.Verdict)
	} else {
		j.Shift, j.Ramp = 0, 0
	}
	s.learn(x, &w, &j)
	s.limit = d.nextLimit(x, s, &j.Verdict, c)
	// A state is kept for twice as long as its entity was active, an hour at
	// least and a week at most.
	active := max(j.Values-int(s.idle), 0)
	return int(s.idle) <= min(60+2*active, 7*24*60)
}

// report emits what the judgement says, unless it was said or all do the same.
func (d *watch) report(x *detectors.Context, s *State, w *counts, c *Cohort, j *judgement) {
	for r := range rules {
		if s.hold[r] > 0 {
			s.hold[r]--
		}
		if !j.hit[r] {
			continue
		}
		if s.hold[r] > 0 || c.together[r] {
			if r == spike && !s.grave && !c.together[r] {
				d.worse(x, s, w, &j.Verdict, c)
			}
			s.hold[r] = max(s.hold[r], holdFor)
			continue
		}
		s.hold[r] = holdFor
		switch r {
		case spike:
			f := d.spikeFinding(x, w, &j.Verdict, c.p999)
			s.grave = f.Severity >= schemas.SeverityHigh
			x.Emit(f)
		case throttled:
			x.Emit(d.shareFinding(w, "throttled", w.throttled, s.throttled))
		case failing:
			x.Emit(d.shareFinding(w, "errors", w.failed, s.failed))
		}
	}
}

// worse tells that a spike that was told has become a severe one, so that nobody
// hides a flood behind a small spike.
func (d *watch) worse(x *detectors.Context, s *State, w *counts, v *score.Verdict, c *Cohort) {
	if f := d.spikeFinding(x, w, v, c.p999); f.Severity >= schemas.SeverityHigh {
		s.grave = true
		x.Emit(f)
	}
}

// holdFor is how many minutes without it have to pass before a rule speaks
// again of the same entity.
const holdFor = 30

// calmRoute is how many minutes the level of a route has to be known before a
// change of it is told, and leastFall the least usual count whose fall is.
const calmRoute, leastFall = 60, 30

// shift reports a lasting change that no other rule has reported: a step that
// stayed, or a ramp that no minute betrayed.
func (d *watch) shift(x *detectors.Context, s *State, w *counts, c *Cohort, old *score.Verdict) {
	f, side := d.limits.ShiftFactor, old.Shift
	if old.Ramp > 0 && f > 0 && s.hold[spike] == 0 && !d.elsewhere(w) &&
		old.Expected >= d.limits.Floor/10 && float64(w.requests) >= d.limits.Floor/10 {
		x.Emit(d.rampFinding(w, old))
		return
	}
	if side == 0 || f == 0 || s.hold[spike] > 0 || c.together[spike] {
		return
	}
	n, expected := float64(w.requests), old.Expected*c.factor
	// A caller's day has to be known; the working day of the whole is soon.
	known := old.Daily && s.calm >= 1440
	if d.kind == schemas.EntityRoute {
		known = s.calm >= calmRoute
	}
	switch {
	case !known:
	case side > 0 && n >= d.limits.Floor && n >= f*expected && n >= f/2*old.High && n >= 2*c.p99 && !d.elsewhere(w):
		x.Emit(d.shiftFinding(w, old, side))
	case side < 0 && d.kind == schemas.EntityRoute && s.crowded(&d.limits) && old.Low >= leastFall && n > silence*old.Low && n*f <= min(old.Expected*c.factor, old.Low):
		x.Emit(d.shiftFinding(w, old, side))
	}
}

// crowded tells that several callers made what is usual.
func (s *State) crowded(l *Limits) bool { return float64(s.others) >= 4*float64(l.Callers) }

// learn moves what the state keeps beside the baseline.
func (s *State) learn(x *detectors.Context, w *counts, j *judgement) {
	s.calm = next(s.calm)
	if j.Shift != 0 || j.hit[spike] {
		s.calm = 0
	}
	if s.scheduled > 0 {
		s.scheduled--
	}
	if n := float64(w.requests); round(x.WindowStart) && n > 2*j.High && n >= 60 {
		s.scheduled = jobMinutes
	}
	s.idle = next(s.idle)
	if w.requests > 0 {
		s.idle = 0
	}
	// Whose traffic it is is learned while there is as much as usual: the
	// callers that are left after an end are not those who ended.
	if n := float64(w.requests); n > 0 && n >= j.Low/2 {
		callers := sketch.Distinct32(w.callers)
		if w.alone() {
			callers = 1
		}
		s.others = uint8((7*float64(s.others)+4*min(callers, 60))/8 + 0.5)
	}
	// Shares are learned from minutes with enough requests to have one, and a
	// minute teaches little, so that a surge does not become usual at once.
	if w.requests >= 20 {
		n := float32(w.requests)
		s.throttled += (min(float32(w.throttled)/n, s.throttled+0.2) - s.throttled) / 32
		s.failed += (min(float32(w.failed)/n, s.failed+0.2) - s.failed) / 32
	}
}

// jobMinutes is for how long a scheduled job is taken to last.
const jobMinutes = 120

// round tells whether a minute is one in which scheduled jobs begin.
func round(windowStart int64) bool {
	return windowStart/int64(time.Minute)%30 < 2
}

func next(n uint16) uint16 {
	if n == math.MaxUint16 {
		return n
	}
	return n + 1
}
