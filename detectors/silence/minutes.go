package silence

import (
	"math"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/score"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// minutes is the detector for routes with much traffic, minute by minute.
type minutes struct{ config Config }

// Minutes is what is kept of a route by minutes: 40 bytes and a baseline.
type Minutes struct {
	open [2]minute
	base score.Stream
	// calm is how many minutes passed since the level was new, idle since the
	// last request; both stop at their type's end.
	calm, idle uint16
	// silent is how many minutes in a row the traffic has ended, hold how many
	// it has to be back before the rule speaks again.
	silent, hold uint8
	// others is four times how many callers a minute usually has, 1 if one of
	// them makes most of the requests.
	others uint8
}

// minute has the counts of one open window; callers is a bitmap.
type minute struct {
	requests, callers uint32
	major             sketch.Majority[uint16]
}

var _ detectors.Detector[Minutes, Together] = (*minutes)(nil)

// Spec implements detectors.Detector.
func (d *minutes) Spec() detectors.Spec {
	return detectors.Spec{
		ID: "silence.minutes", Entity: schemas.EntityRoute, Window: time.Minute, MinEvents: 20, Share: 1, Techniques: techniques, Absence: true,
	}
}

// Observe implements detectors.Detector.
func (d *minutes) Observe(x *detectors.Context, s *Minutes, ev *schemas.Event) {
	w := &s.open[x.Slot]
	if w.requests < math.MaxUint32 {
		w.requests++
	}
	who := caller(x, ev)
	w.callers |= 1 << (who >> 59)
	w.major.Vote(uint16(who))
}

// ending is what a closed minute of a route looks like.
type ending struct {
	score.Verdict
	// able tells that the route's end could be seen, ended that it has ended,
	// hit that it has for long enough.
	able, ended, hit bool
}

// judge holds a minute, of which the baseline says v, against the route's past;
// factor is what all routes have in common. It changes nothing.
func (d *minutes) judge(s *Minutes, n, factor float64, v score.Verdict) ending {
	c, e := &d.config, ending{Verdict: v}
	e.able = int(s.calm) >= c.Steady && v.Values >= c.Steady && v.Expected >= c.Floor &&
		v.Low >= max(c.Floor/2, 0.2*v.Expected) && s.crowded(c)
	e.ended = e.able && n <= c.Share*v.Low*min(1, factor)
	// Once it has begun to end, the level falls and is no measure any more.
	e.ended = e.ended || s.silent > 0 && n <= c.Share*max(v.Low, c.Floor/2)
	e.hit = e.ended && int(s.silent)+1 >= c.Minutes
	return e
}

// crowded tells that several callers made what is usual.
func (s *Minutes) crowded(c *Config) bool { return float64(s.others) >= 4*float64(c.Callers) }

// Close implements detectors.Detector.
func (d *minutes) Close(x *detectors.Context, s *Minutes, c *Together) bool {
	w := s.open[x.Slot]
	s.open[x.Slot] = minute{}
	n, base := float64(w.requests), s.base
	e := d.judge(s, n, c.factor, base.Add(x.WindowStart, n))
	if s.hold > 0 {
		s.hold--
	}
	if e.hit {
		if s.hold == 0 && !c.together {
			x.Emit(d.routeFinding(&w, &e.Verdict, int(s.silent)+1))
		}
		s.hold = holdFor
	}
	// An outage is not the new normal, and a minute without a request of
	// anybody is one of the log.
	if c.requests > 0 && (!e.ended && !c.together || s.silent == math.MaxUint8) {
		s.base = base
		s.calm = next(s.calm)
		if e.Shift != 0 {
			s.calm = 0
		}
	}
	s.learn(&w, &e)
	// A state is kept for twice as long as its route was active, an hour at
	// least and a week at most.
	return int(s.idle) <= min(60+2*max(e.Values-int(s.idle), 0), 7*24*60)
}

// holdFor is how many minutes of traffic have to pass before a silence is told
// again of the same route.
const holdFor = 30

func (s *Minutes) learn(w *minute, e *ending) {
	s.idle = next(s.idle)
	n := float64(w.requests)
	if n > 0 {
		s.idle = 0
	}
	if !e.ended {
		s.silent = 0
	} else if s.silent < math.MaxUint8 {
		s.silent++
	}
	// Whose traffic it is is learned while there is as much as usual: the
	// callers that are left after an end are not those who ended.
	if n > 0 && n >= e.Low/2 {
		callers := sketch.Distinct32(w.callers)
		if alone(&w.major, n) {
			callers = 1
		}
		s.others = uint8((7*float64(s.others)+4*min(callers, 60))/8 + 0.5)
	}
}

func next(n uint16) uint16 {
	if n == math.MaxUint16 {
		return n
	}
	return n + 1
}
