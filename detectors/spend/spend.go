package spend

import (
	"math"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/spend/internal/plan"
	"github.com/gatehound/gatehound/schemas"
)

// Watchers returns the detectors spend.principal and spend.tenant.
func Watchers(c Config) ([]detectors.Watcher, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	var out []detectors.Watcher
	for _, kind := range []schemas.EntityKind{schemas.EntityPrincipal, schemas.EntityTenant} {
		out = append(out, detectors.Watch(newWatch(kind, c)))
	}
	return out, nil
}

// watch is the detector for one kind of entity.
type watch struct {
	kind         schemas.EntityKind
	config       Config
	budgets      *plan.Budgets
	floor, alarm [units]float64
}

var _ detectors.Detector[State, Cohort] = (*watch)(nil)

func newWatch(kind schemas.EntityKind, c Config) *watch {
	return &watch{
		kind: kind, config: c, budgets: compiled(c.Budgets, kind),
		floor: [units]float64{c.FloorUSD, c.FloorTokens}, alarm: [units]float64{c.AlarmUSD, c.AlarmTokens},
	}
}

// Spec implements detectors.Detector.
func (d *watch) Spec() detectors.Spec {
	return detectors.Spec{
		ID: "spend." + d.kind.String(), Entity: d.kind, Window: time.Hour, MinEvents: 10, Share: 3,
		Wants: billed, Techniques: resources,
	}
}

// billed tells that an event states what it cost, and was let in.
func billed(ev *schemas.Event) bool {
	return (ev.InputTokens > 0 || ev.OutputTokens > 0 || ev.Cost > 0) && (ev.Principal == "" || detectors.Named(ev))
}

// Observe implements detectors.Detector.
func (d *watch) Observe(x *detectors.Context, s *State, ev *schemas.Event) {
	h := &s.open[x.Slot]
	if h.calls == 0 {
		d.begin(x, s, ev)
	}
	total := h.observe(x, s, ev)
	s.last = max(s.last, ev.Time)
	if h.spent[usd] >= h.due[usd] || h.spent[tokens] >= h.due[tokens] {
		d.reckon(x, s)
	}
	if h.spent[usd] >= h.look[usd] || h.work >= h.look[tokens] {
		d.early(x, s, h)
	}
	if d.kind != schemas.EntityPrincipal {
		return
	}
	// A long conversation sends again what the cache has: that is not stuffed.
	if in := float64(ev.InputTokens - max(ev.CachedTokens, 0)); in >= float64(d.config.StuffingTokens) && in >= stuffed*float64(s.past.input) {
		h.big++
		h.bigInput += uint64(min(in, mostTokens))
	}
	if h.calls >= s.next {
		d.part(x, s, h, ev.Time)
	}
	if ev.InputTokens >= leastInput {
		if c := s.chains.Follow(ev, total); c != nil && int(c.Steps) >= d.config.LoopSteps && c.Steps%8 == 0 {
			d.loop(x, s, c)
		}
	}
}

// leastInput is the least input of an agent's call, in tokens; stuffed is how
// many times the usual input is stuffing.
const (
	leastInput = 200
	stuffed    = 8
)

// begin prepares an hour that has its first call.
func (d *watch) begin(x *detectors.Context, s *State, ev *schemas.Event) {
	h := &s.open[x.Slot]
	h.start = x.WindowStart
	if s.mark.start < h.start {
		s.mark, s.marked, s.next = hour{start: h.start}, ev.Time, partCalls
	}
	h.due = [units]uint64{math.MaxUint64, math.MaxUint64}
	if s.first == 0 {
		s.first = ev.Time
	}
	for u := range units {
		h.look[u] = inUnits(u, d.bound(s, u))
	}
	if !d.budgets.Any {
		return
	}
	s.alias = 0
	if d.kind == schemas.EntityPrincipal && ev.Subject != "" {
		s.alias = x.Hash(ev.Principal)
	}
	d.reckon(x, s)
}

// inUnits returns dollars or tokens as the hour counts them.
func inUnits(unit int, v float64) uint64 {
	if unit == usd {
		v *= nano
	}
	return uint64(min(v, 1e18))
}

// Close implements detectors.Detector. A state is kept for 35 days, so that
// monthly work is known.
func (d *watch) Close(x *detectors.Context, s *State, c *Cohort) bool {
	h := &s.open[x.Slot]
	s.peer, s.watched = c.peer, uint16(min(c.windows, math.MaxUint16))
	if h.calls > 0 {
		f := d.weigh(s, h, x.Window)
		if !c.together {
			d.surge(x, s, h, &f)
		}
		if d.kind == schemas.EntityPrincipal {
			d.stuffing(x, s, h, &f)
			d.busting(x, s, h, &f)
			d.reasoning(x, s, h, &f)
			if !c.cut {
				d.aborted(x, s, h, &f)
			}
		}
		if f.fresh >= 0.2 {
			// What is usual of the old models says nothing of the new ones.
			s.past.cachedFor, s.past.thoughtFor = 0, 0
		}
		s.past.learn(h, x.WindowStart, d.config.Factor, f.amount >= f.bound/2 || f.strange >= 0.5 && f.more)
	}
	for u := range units {
		if s.past.known > 1 {
			s.pace[u] += 0.4 * (float32(h.spent[u]) - s.pace[u])
		} else {
			s.pace[u] = float32(h.spent[u])
		}
	}
	if d.budgets.Any {
		d.settle(x, s)
	}
	*h = hour{}
	return s.last > 0 && x.Now-s.last < int64(35*24*time.Hour)
}
