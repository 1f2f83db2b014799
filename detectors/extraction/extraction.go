package extraction

import (
	"math"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/extraction/internal/bulk"
	"github.com/gatehound/gatehound/detectors/extraction/internal/peers"
	"github.com/gatehound/gatehound/detectors/extraction/internal/tenant"
	"github.com/gatehound/gatehound/detectors/extraction/internal/yield"
	"github.com/gatehound/gatehound/schemas"
)

// Watchers returns the detectors extraction.principal, extraction.bulk and
// extraction.tenant.
func Watchers(c Config) ([]detectors.Watcher, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	silent := time.Duration(c.RepeatHours) * time.Hour
	return []detectors.Watcher{
		detectors.Watch(&watch{c}),
		detectors.Watch(&bulk.Watch{
			Limits:     bulk.Limits{Embeddings: c.EmbeddingCalls, Batches: c.BatchJobs, Repeat: silent},
			Techniques: techniques,
		}),
		detectors.Watch(&tenant.Watch{
			Limits:     tenant.Limits{Keys: c.TenantKeys, Calls: c.TenantCalls, Score: c.TenantScore, Repeat: silent, Yield: yield.Of},
			Techniques: techniques,
		}),
	}, nil
}

type watch struct{ config Config }

var _ detectors.Detector[State, Cohort] = (*watch)(nil)

// Cohort is what all principals did in an hour, and what it leaves.
type Cohort = peers.Peers

// Spec implements detectors.Detector.
func (d *watch) Spec() detectors.Spec {
	return detectors.Spec{
		ID: "extraction.principal", Entity: schemas.EntityPrincipal, Window: time.Hour,
		MinEvents: 20, Share: 4, Techniques: techniques,
		Signs: func(_ string, ev *schemas.Event) bool { return modelCall(ev) },
		Span: func(rule string) time.Duration {
			if rule == "extraction.sustained" || rule == "extraction.membership" {
				return 24 * time.Hour
			}
			return 0
		},
	}
}

// modelCall tells that an event is a successful call that generates. The
// bulk embedding of documents looks like a harvest and gives no answers.
func modelCall(ev *schemas.Event) bool {
	return ev.Operation != "" && ev.Operation != "embeddings" && ev.Status < 300 && detectors.Named(ev)
}

// Observe implements detectors.Detector.
func (d *watch) Observe(x *detectors.Context, s *State, ev *schemas.Event) {
	if !modelCall(ev) {
		return
	}
	h := &s.open[x.Slot]
	h.observe(x, s, ev)
	// Overwhelming evidence does not wait for the hour to end.
	if n := h.calls; (n&(n-1) == 0 || n&63 == 0 && n < 1<<12) && (int(n) >= d.config.Calls || int(n) >= d.config.LogitCalls) {
		p := h.profile()
		d.logits(x, s, &p, 1.5)
		d.harvest(x, s, &p, true)
	}
}

// Gather implements detectors.Detector.
func (d *watch) Gather(x *detectors.Context, s *State, c *Cohort) {
	h := &s.open[x.Slot]
	if h.calls == 0 {
		return
	}
	one := peers.One{Take: h.take(), Price: s.day.price()}
	if p := s.day.profile(); p.output >= 0 {
		one.Yield, one.Metered = yield.Of(p.input, p.output), true
		one.Writer, one.Young = one.Yield >= writer, s.fresh() && int(s.day.age) < arrived
	}
	c.Add(one)
}

// Merge implements detectors.Detector.
func (d *watch) Merge(dst, src *Cohort) { dst.Merge(src) }

// Conclude implements detectors.Detector.
func (d *watch) Conclude(_ *detectors.Context, prev, c *Cohort) { c.Conclude(prev) }

// Close implements detectors.Detector. A state is kept for eight days after
// the last call, so that weekly work is known.
func (d *watch) Close(x *detectors.Context, s *State, c *Cohort) bool {
	h := &s.open[x.Slot]
	s.peers, s.watched = c.Figures, uint16(min(c.Windows, math.MaxUint16))
	s.past.lag(&s.day, x.WindowStart/int64(x.Window))
	s.day.add(h, x.WindowStart/int64(x.Window))
	if h.calls > 0 {
		p, day := h.profile(), s.day.profile()
		if day.model = p.model; p.model < 0 {
			day.models = p.models
		}
		d.logits(x, s, &p, 0)
		d.harvest(x, s, &p, false)
		d.sustained(x, s, &day)
		d.others(x, s, &p, &day)
	}
	s.volume.Add(x.WindowStart, float64(h.calls))
	s.past.add(&s.day, h.models)
	*h = hour{}
	return s.last > 0 && x.Now-s.last < int64(8*24*time.Hour)
}
