package keyabuse

import (
	"math/bits"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/schemas"
)

// judge looks at a request of a key that has a past, and tells what is certain.
func (d *watch) judge(x *detectors.Context, s *State, w *hour, g *guest) {
	ev := g.ev
	if refused(ev) && s.models.find(g.model) == nil {
		s.probe.refuse(g)
	}
	client := g.signs&newClient != 0
	if g.country != 0 && fixed(ev) && d.travel(s, g, client) {
		d.say(x, s, ruleTravel, d.travelFinding(s, g.strange && client))
	}
	if g.network != 0 && g.client != 0 {
		d.replay(x, s, w, g)
	}
	if g.call {
		if tried := s.probe.tried(g); tried >= d.config.Models && (g.strange || s.probe.invalid >= 2) {
			g.signs |= probing
			d.say(x, s, ruleEnumeration, d.enumerationFinding(s, tried, g))
		}
	}
	if !g.strange {
		return
	}
	if ev.Network == schemas.NetworkTor {
		g.signs |= newClass
	}
	if !w.looked {
		if w.looked = true; s.unusual(ev.Time) {
			g.signs |= offHours
		}
	}
	if ev.Status < 400 {
		w.strange++
		w.strangeTokens = saturate(saturate(w.strangeTokens, ev.InputTokens), ev.OutputTokens)
	}
	fresh := g.signs &^ w.signs
	w.signs |= g.signs
	// Looked at when something is new, and at each doubling.
	if n := w.strange; g.call && (fresh != 0 || n&(n-1) == 0 || int(n) == d.config.BurstCalls) {
		d.jacked(x, s, w)
	}
}

// level is how much strangers make of a key.
type level struct {
	// rise is how many times the key's busiest hour they reach, of calls or of
	// tokens; high tells that it is twice, burst that it is one, large that it is
	// ten times a burst's least.
	rise               float64
	high, burst, large bool
}

// level judges the volume of strangers.
func (d *watch) level(s *State, w *hour) level {
	c := &d.config
	calls, tokens := float64(w.strange), float64(w.strangeTokens)
	byCalls, byTokens := calls/max(float64(s.most.calls), 1), tokens/max(float64(s.most.tokens), 1)
	l := level{rise: byCalls, high: 4*calls >= float64(c.BurstCalls) && byCalls >= 2}
	if calls >= float64(c.BurstCalls) && byCalls >= c.BurstFactor {
		l.burst, l.large = true, calls >= 10*float64(c.BurstCalls)
	}
	if tokens >= float64(c.BurstTokens) && byTokens >= c.BurstFactor {
		l.burst, l.large = true, l.large || tokens >= 10*float64(c.BurstTokens)
		l.rise = max(l.rise, byTokens)
	}
	return l
}

// jacked tells of a key that somebody else lives on: a new network, and a new
// model or probing for models, and more of what the key never did.
func (d *watch) jacked(x *detectors.Context, s *State, w *hour) {
	l, strayed := d.level(s, w), w.signs.strayed()
	model := w.signs&newModel != 0
	// A traveller has another network, country and hours for one reason, so
	// without a burst the last two do not count.
	beside := (w.signs &^ (newCountry | offHours)).strayed()
	if l.high {
		beside++
	}
	var severity schemas.Severity
	switch {
	case w.strange < 5:
		return
	case !model && w.signs&probing == 0:
		if l.burst && w.signs&offHours != 0 {
			d.say(x, s, ruleHours, d.hoursFinding(s, w, &l))
		}
		return
	case l.burst && model && (strayed >= 1 || l.large):
		severity = schemas.SeverityCritical
	case l.burst:
		severity = schemas.SeverityHigh
	case s.last-s.first < 2*day:
		// What is not much is judged when more than a day is known.
		return
	case model && beside >= 2 || beside >= 3:
		severity = schemas.SeverityMedium
	default:
		return
	}
	d.say(x, s, ruleJacking, d.jackingFinding(s, w, &l, severity))
}

// replay looks for request ids and session tokens that come from elsewhere.
func (d *watch) replay(x *detectors.Context, s *State, w *hour, g *guest) {
	ev, where, who := g.ev, uint32(g.network>>32), uint32(g.client>>32)
	if ev.RequestID != "" && s.replays.repeated(x.Key.String(ev.RequestID), where, ev.Time) && g.strange && w.repeats < 1<<15 {
		w.repeats++
	}
	// Only a session's token belongs to one client: it is young, and others came
	// before it.
	if g.credential != 0 && s.credentials.newcomers+float32(s.credentials.today) >= 2 &&
		s.replays.turned(uint32(g.credential>>32), where, who, g.strange, g.now) && w.turns < 1<<15 {
		w.turns++
	}
	if int(max(w.repeats, w.turns)) >= d.config.Replays {
		d.say(x, s, ruleReplay, d.replayFinding(w))
	}
}

// sharing is how many share a key in an hour.
type sharing struct {
	figures
	// networkBound and userBound are how many are expected at most.
	networkBound, userBound float64
	manyNetworks, manyUsers bool
	// foreign tells that a part of the users come from new networks.
	foreign bool
}

// shared judges how many networks and users are behind a key; it changes
// nothing.
func (d *watch) shared(s *State, w *hour, c *Cohort, start int64) sharing {
	j := sharing{figures: w.figures()}
	a, now := d.age(s), hourOf(start)
	if !a.grown(now) || int64(s.count) <= int64(d.config.Events) {
		return j
	}
	least := float64(d.config.Networks)
	if !w.numbered {
		least *= 2
	}
	j.networkBound = max(least, 4*float64(s.most.networks), c.networks)
	j.manyNetworks = float64(j.networks) >= j.networkBound
	j.foreign = 10*w.strange >= 3*w.calls
	factor, users := 10.0, 2.5*float64(d.config.Users)
	if j.foreign {
		factor, users = 5, float64(d.config.Users)
	}
	j.userBound = max(users, factor*float64(s.most.users), c.users)
	j.manyUsers = float64(j.users) >= j.userBound
	return j
}

// tellShared tells of a key that is shared.
func (d *watch) tellShared(x *detectors.Context, s *State, w *hour, j *sharing) {
	if j.manyNetworks {
		d.say(x, s, ruleNetworks, d.networksFinding(s, w, j))
	}
	if j.manyUsers {
		d.say(x, s, ruleFanout, d.fanoutFinding(s, w, j))
	}
}

// say emits a finding, unless the rule spoke of the key lately and as severely.
func (d *watch) say(x *detectors.Context, s *State, rule int, f *schemas.Finding) {
	now := hourOf(x.Now)
	if s.said[rule] != 0 && now-s.said[rule] < uint16(d.config.Repeat/time.Hour) && f.Severity <= s.severe[rule] {
		return
	}
	s.said[rule], s.severe[rule] = max(now, 1), f.Severity
	x.Emit(f)
}

// countryCount returns how many countries an hour has, about.
func (w *hour) countryCount() float64 { return float64(bits.OnesCount64(w.countries)) }
