package spend

import (
	"math"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/spend/internal/chain"
	"github.com/gatehound/gatehound/schemas"
)

// The rules that are silent for a time once they spoke.
const (
	surge = iota
	stuffing
	busting
	reasoning
	aborted
	loop
	rules
)

// facts are what an hour is judged by.
type facts struct {
	unit          int
	amount, bound float64
	// pace is the calls of an hour at the pace of the time that is judged, span
	// how long that is.
	pace float64
	span time.Duration
	// strange and fresh are the shares of the work that came from networks
	// and went to models that are new to the principal.
	strange, fresh float64
	// dear is how many times the usual price a call has.
	dear float64
	// known tells that there is a past to compare with, more that there were
	// far more calls than in any hour before, away that most of
	// it came from a network that is new.
	known, more, away bool
}

// bound returns the spending of an hour from which it is a surge.
func (d *watch) bound(s *State, unit int) float64 {
	p := &s.past
	peer := float64(s.peer[unit])
	if int(p.known) < d.config.MinHours {
		// Who is new is held against the others, or against the alarm.
		if peer <= 0 {
			return d.alarm[unit]
		}
		return max(d.floor[unit], d.config.Factor*peer)
	}
	return max(d.floor[unit], d.config.Factor*float64(p.usual[unit]), 3*float64(p.top[unit]))
}

// weigh returns the facts of an hour, or of a part of it of the length span.
func (d *watch) weigh(s *State, h *hour, span time.Duration) facts {
	p, f := &s.past, facts{unit: h.unit(), span: span}
	f.pace = float64(h.calls) * float64(time.Hour) / float64(span)
	f.amount, f.bound = h.amount(f.unit), d.bound(s, f.unit)
	f.known = int(p.known) >= d.config.MinHours
	if h.work > 0 {
		f.strange = float64(h.strange) / float64(h.work)
		f.fresh = float64(h.fresh) / float64(h.work)
	}
	if !f.known {
		return f
	}
	calls, usual := float64(h.calls), float64(p.usual[f.unit])
	f.dear = f.amount / calls / max(usual/max(float64(p.calls), 1), 1e-9)
	f.more = calls >= 30 && f.pace >= 3*float64(p.calls) && f.pace >= 2*float64(p.topCalls) && f.amount*f.pace/calls >= d.floor[f.unit]/20
	f.away = d.kind == schemas.EntityPrincipal && p.settled() && f.strange >= 0.5
	return f
}

// grade returns how bad it is that the calls of an hour are unlike those
// before. Alone that is a deployment, most likely; with more calls than ever, or
// from elsewhere, it is not.
func (f *facts) grade() schemas.Severity {
	switch {
	case f.more && f.away:
		return schemas.SeverityHigh
	case f.more || f.away:
		return schemas.SeverityMedium
	}
	return schemas.SeverityInfo
}

// The least length of a part of an hour that is judged by itself, in calls and in
// time, so that an attack of minutes is not thinned by the hour around it.
const (
	partCalls = 100
	partTime  = 5 * time.Minute
)

// part judges the calls since the last part, and tells what does not wait.
func (d *watch) part(x *detectors.Context, s *State, h *hour, now int64) {
	span := time.Duration(now - s.marked)
	if s.mark.start != h.start || span < partTime {
		s.next = h.calls + partCalls/4
		return
	}
	b := h.since(&s.mark)
	s.mark, s.marked, s.next = *h, now, h.calls+partCalls
	f := d.weigh(s, &b, min(span, x.Window))
	if d.busted(s, &b, &f) {
		s.uncached = min(s.uncached+1, uncachedParts)
	} else {
		s.uncached = 0
	}
	if f.grade() >= schemas.SeverityMedium {
		d.stuffing(x, s, &b, &f)
		d.busting(x, s, &b, &f)
		d.reasoning(x, s, &b, &f)
	} else if s.uncached == uncachedParts {
		d.busting(x, s, &b, &f)
	}
}

// uncachedParts is how many parts in a row have to be without the cache before
// that is told without a second sign: the first one may follow a pause in which
// the cache ran out.
const uncachedParts = 2

// early looks at an hour that has reached its bound before its end.
func (d *watch) early(x *detectors.Context, s *State, h *hour) {
	f := d.weigh(s, h, x.Window)
	if f.amount >= f.bound {
		if severity, _ := d.surgeGrade(s, &f); severity >= schemas.SeverityMedium {
			d.say(x, s, surge, d.surgeFinding(x, s, h, &f, severity))
		}
	}
	for u := range units {
		for now := max(h.amount(u), 0); h.look[u] <= inUnits(u, now); {
			h.look[u] = h.look[u]*2 + 1
		}
	}
}

// settling is for how many hours a gateway is watched before a caller without a
// past is taken for a newcomer: until then nobody has one.
const settling = 24

// surgeGrade returns how bad a surge is, and how sure that is. That somebody
// spends much is a batch more often than not; from elsewhere, or with a sum
// that hurts, it is worth a look.
func (d *watch) surgeGrade(s *State, f *facts) (schemas.Severity, float64) {
	usual := float64(s.past.usual[f.unit])
	hurts := f.amount >= d.alarm[f.unit] && f.amount >= 2*float64(s.peer[f.unit]) && (f.known && f.amount >= 20*usual || !f.known && s.watched >= settling)
	// A frugal key does not have to reach the alarm.
	frugal := f.known && 4*f.amount >= d.alarm[f.unit] && f.amount >= 100*usual && f.amount >= 30*float64(s.past.top[f.unit])
	changed := f.fresh >= 0.5 || f.dear >= 4
	switch {
	case f.away && (hurts || changed):
		return schemas.SeverityHigh, 0.85
	case f.away:
		return schemas.SeverityMedium, 0.75
	case hurts:
		return schemas.SeverityMedium, 0.6
	case frugal:
		return schemas.SeverityMedium, 0.5
	case changed:
		return schemas.SeverityInfo, 0.5
	}
	return schemas.SeverityInfo, 0.4
}

// surge reports that an hour, or a day, cost far more than usual.
func (d *watch) surge(x *detectors.Context, s *State, h *hour, f *facts) {
	if f.amount >= f.bound {
		severity, _ := d.surgeGrade(s, f)
		d.say(x, s, surge, d.surgeFinding(x, s, h, f, severity))
		return
	}
	p := &s.past
	if p.filled < 3 || p.date != uint32(x.WindowStart/(24*3600e9)) {
		return
	}
	today := float64(p.today[f.unit]) + f.amount
	if today < max(4*d.floor[f.unit], d.config.Factor*p.median(f.unit), 3*p.highest(f.unit)) {
		return
	}
	severity := schemas.SeverityInfo
	if f.away {
		severity = schemas.SeverityMedium
	}
	d.say(x, s, surge, d.dayFinding(s, h, f, today, severity))
}

// stuffing reports inputs that are far longer than usual.
func (d *watch) stuffing(x *detectors.Context, s *State, h *hour, f *facts) {
	if !f.known || int(h.big) < d.config.StuffingCalls || 4*h.big < h.calls && 2*h.bigInput < h.input {
		return
	}
	d.say(x, s, stuffing, d.stuffingFinding(s, h, f))
}

// busting reports that the cache is not used any more.
func (d *watch) busting(x *detectors.Context, s *State, h *hour, f *facts) {
	if d.busted(s, h, f) {
		d.say(x, s, busting, d.bustingFinding(s, h, f))
	}
}

// busted tells that the cache is not used any more, by calls of the same length
// as before.
func (d *watch) busted(s *State, h *hour, f *facts) bool {
	p := &s.past
	if !f.known || p.cachedFor < 6 || float64(p.cached) < d.config.CachedShare || h.calls < 30 ||
		h.cachable*10 < h.input*9 || float64(h.cached) > float64(p.cached)/5*float64(h.cachable) || f.fresh >= 0.5 {
		return false
	}
	length, usual := float64(h.input)/float64(h.calls), float64(p.input)
	return length >= usual/2 && length <= 2*usual && f.pace >= float64(p.calls)/2
}

// reasoning reports that the same models are made to think for far longer.
func (d *watch) reasoning(x *detectors.Context, s *State, h *hour, f *facts) {
	p := &s.past
	if !f.known || p.thoughtFor < 6 || h.thinking < 30 || f.fresh >= 0.2 || float64(h.reasoning)*f.pace < 500_000*float64(h.calls) {
		return
	}
	each := float64(h.reasoning) / float64(h.thinking)
	if each < d.config.ReasoningFactor*max(float64(p.thought), 100) || 2*h.reasoning < h.output {
		return
	}
	d.say(x, s, reasoning, d.reasoningFinding(s, h, f, each))
}

// aborted reports calls that clients cut once they were billed. Clients that
// give up after a fixed time are slow, not hostile.
func (d *watch) aborted(x *detectors.Context, s *State, h *hour, f *facts) {
	if !f.known || int(h.aborted) < d.config.AbortedCalls || 2*h.aborted < h.calls || s.past.cut > 0.1 {
		return
	}
	deviation := math.Sqrt(float64(h.waitM2) / float64(h.aborted))
	if h.waitMean > 0 && deviation < 0.15*float64(h.waitMean) {
		return
	}
	d.say(x, s, aborted, d.abortedFinding(s, h, f))
}

// loop reports a conversation that grows by the same amount again and again.
func (d *watch) loop(x *detectors.Context, s *State, c *chain.Chain) {
	severity := schemas.SeverityInfo
	if 10*int(c.Sure) >= 9*min(int(c.Steps), 255) {
		severity = schemas.SeverityMedium
		if int(c.Steps) >= 4*d.config.LoopSteps {
			severity = schemas.SeverityHigh
		}
	}
	d.say(x, s, loop, d.loopFinding(x, c, severity))
}

// say emits a finding unless the rule has spoken of the entity lately, at least
// as severely.
func (d *watch) say(x *detectors.Context, s *State, rule int, f *schemas.Finding) {
	now := uint32(x.WindowStart / int64(time.Hour))
	if s.said[rule] > 0 && now < s.said[rule]+uint32(d.config.RepeatHours) && f.Severity <= s.severe[rule] {
		return
	}
	s.said[rule], s.severe[rule] = now, f.Severity
	x.Emit(f)
}
