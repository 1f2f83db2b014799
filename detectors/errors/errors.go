package errors

import (
	"math"
	"math/bits"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/schemas"
)

// watch is the detector for routes or for models.
type watch struct {
	kind schemas.EntityKind
	c    Config
}

var _ detectors.Detector[state, cohort] = (*watch)(nil)

// Watchers returns the family's watchers. The settings must be valid.
func Watchers(c Config) ([]detectors.Watcher, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return []detectors.Watcher{
		detectors.Watch(&watch{schemas.EntityRoute, c}),
		detectors.Watch(&watch{schemas.EntityModel, c}),
	}, nil
}

// techniques are what a service that fails is called by the catalogues: most
// often it is no attack, and this is how one looks.
var techniques = []schemas.Technique{
	{Framework: "MITRE ATLAS", ID: "AML.T0029", Name: "Denial of AI Service"},
	{Framework: "MITRE ATT&CK", ID: "T1499", Name: "Endpoint Denial of Service"},
	{Framework: "OWASP API 2023", ID: "API4:2023", Name: "Unrestricted Resource Consumption"},
}

// Spec implements detectors.Detector.
func (d *watch) Spec() detectors.Spec {
	return detectors.Spec{
		ID: "errors." + d.kind.String(), Entity: d.kind, Window: time.Minute, MinEvents: 20, Share: 1,
		Wants: d.wants, Techniques: techniques,
	}
}

// wants leaves out refusals: who tries out paths does not lower a share.
func (d *watch) wants(ev *schemas.Event) bool {
	if ev.Status >= 400 && ev.Status < 500 && ev.Status != 429 && ev.Status != 408 && ev.Status != 499 && ev.Status != 460 || !ev.Has(schemas.HasStatus) {
		return false
	}
	if d.kind == schemas.EntityModel {
		return ev.Model != ""
	}
	return ev.Route != ""
}

// Observe implements detectors.Detector.
func (d *watch) Observe(x *detectors.Context, s *state, ev *schemas.Event) {
	w, what := &s.Open[x.Slot], causeOf(ev)
	if what == nothing || w.Total == math.MaxUint32 {
		return
	}
	w.Total++
	if what < causes {
		w.Failed[what]++
		caller := d.caller(x, ev)
		w.Callers.Add(caller)
		w.Failing.Add(caller)
		group := groupOf(what)
		w.Trouble[group].add(caller)
		w.Tens[group] |= 1 << (max(ev.Time-x.WindowStart, 0) / int64(10*time.Second) & 7)
		if other := d.other(ev); other == "" {
			w.Nameless++
		} else {
			h, was := x.Hash(other), w.Suspect.Value
			w.Broken |= 1 << (h >> 59)
			if w.Suspect.add(h); w.Suspect.Value != was {
				w.Cleared = 0
			}
		}
		return
	}
	// In a busy minute a part of the callers tells who they are.
	if w.Total < 64 || w.Total%4 == 0 {
		caller := d.caller(x, ev)
		w.Callers.Add(caller)
		w.Caller.add(caller)
	}
	if other := d.other(ev); other != "" && (w.Total%4 == 0 || w.Suspect.all > 0 && d.kind == schemas.EntityRoute) {
		h := x.Hash(other)
		w.Well |= 1 << (h >> 59)
		if w.Suspect.Value == uint16(h) {
			w.Cleared++
		}
	}
	w.time(ev)
}

// caller returns a hash of who called.
func (d *watch) caller(x *detectors.Context, ev *schemas.Event) uint64 {
	if ev.Principal == "" {
		a, _ := x.Address(ev)
		return a
	}
	return x.Hash(detectors.Caller(ev))
}

// other returns the model of a route's event, the route of a model's.
func (d *watch) other(ev *schemas.Event) string {
	if d.kind == schemas.EntityModel {
		return ev.Route
	}
	return ev.Model
}

// time takes in how long an answer took.
func (w *counts) time(ev *schemas.Event) {
	t, tokens := took(ev)
	if t <= 0 {
		return
	}
	ms := float64(t) / 1e6
	log := math.Log(ms)
	w.Timed++
	w.LogTime += log
	w.Times.Add(ms)
	if tokens > 0 {
		w.Tokened++
		w.LogPerToken += log - math.Log(float64(tokens))
	}
}

// Close implements detectors.Detector.
func (d *watch) Close(x *detectors.Context, s *state, c *cohort) bool {
	w := s.Open[x.Slot]
	s.Open[x.Slot] = counts{}
	j := d.judge(x, s, &w)
	for g := range groups {
		if s.Hold[g] > 0 {
			s.Hold[g]--
		}
		if !j.met[g] {
			if j.able[g] {
				s.Lasting[g] = 0
			}
			continue
		}
		if s.Lasting[g] < math.MaxUint8 {
			s.Lasting[g]++
		}
		if !j.hit[g] {
			continue
		}
		if s.Hold[g] == 0 && !c.together[g] && d.mine(&w, c, g) {
			d.report(x, s, &w, &j, g)
		}
		s.Hold[g] = holdFor
	}
	s.Recent.pass(&w, x.WindowStart, x.Window)
	s.learn(&w, j.met)
	d.learnTime(x, s, &w)
	if s.Idle++; w.Total > 0 {
		s.Idle = 0
	}
	return s.Idle < keepFor
}

// holdFor is for how many minutes without it a group is quiet, keepFor for how
// many an entity without requests is remembered: a week.
const (
	holdFor = 60
	keepFor = 7 * 24 * 60
)

// mine tells that a finding is to be made here. What fails on one route is told
// of the route; a model has its own if that is so on several, or if it is one of
// the few of its route that are slow: those who are not hide it in the route.
func (d *watch) mine(w *counts, c *cohort, group int) bool {
	if d.kind == schemas.EntityRoute {
		return true
	}
	if group == latency {
		if bits.OnesCount32(w.Well) != 1 {
			return true
		}
		route := bits.TrailingZeros32(w.Well)
		return c.slow[route] < c.models[route]
	}
	return w.Nameless > 0 || w.Broken&(w.Broken-1) != 0
}
