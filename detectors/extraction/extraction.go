package extraction

import (
	"math"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/extraction/internal/bulk"
	"github.com/gatehound/gatehound/detectors/extraction/internal/tenant"
	"github.com/gatehound/gatehound/detectors/sketch"
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
			Limits:     tenant.Limits{Keys: c.TenantKeys, Calls: c.TenantCalls, Score: c.TenantScore, Repeat: silent, Yield: yield},
			Techniques: techniques,
		}),
	}, nil
}

type watch struct{ config Config }

var _ detectors.Detector[State, Cohort] = (*watch)(nil)

// Cohort is what all principals did in an hour, and what it leaves.
type Cohort struct {
	// takes has the principals by what they took in the hour, yields those with
	// enough calls in the last day by 1,000 times what yield returns the logarithm
	// of.
	takes, yields sketch.Hist64
	// recent and older are those of up to three and a half days each.
	recentTakes, olderTakes, recentYields, olderYields sketch.Hist64
	windows                                            uint32
	// peerTake and peerMost are the 95th and the 99.5th percentile of what was
	// taken in the past, peerYield the upper quartile of the yields and peerHigh
	// their 97th percentile; 0 is not known.
	peerTake, peerMost, peerYield, peerHigh float32
}

const (
	// generation is how many windows recent has.
	generation = 84
	// mostYield is the highest yield that peers make usual: what thieves among
	// them make must not excuse the others.
	mostYield = 1.2
	// peers is how many hours of principals make a cohort.
	peers = 50
)

// Spec implements detectors.Detector.
func (d *watch) Spec() detectors.Spec {
	return detectors.Spec{
		ID: "extraction.principal", Entity: schemas.EntityPrincipal, Window: time.Hour,
		MinEvents: 20, Share: 4, Techniques: techniques,
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
	if n := h.calls; (n&(n-1) == 0 || n&127 == 0 && n < 1<<12) && (int(n) >= d.config.Calls || int(n) >= d.config.LogitCalls) {
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
	c.takes.Add(h.take())
	if p := s.day.profile(); p.output >= 0 {
		c.yields.Add(1000 * math.Exp(yield(p.input, p.output)))
	}
}

// Merge implements detectors.Detector.
func (d *watch) Merge(dst, src *Cohort) {
	dst.takes.Merge(&src.takes)
	dst.yields.Merge(&src.yields)
}

// Conclude implements detectors.Detector. The percentiles are those of the
// past, so that who is judged does not move them.
func (d *watch) Conclude(_ *detectors.Context, prev, c *Cohort) {
	c.recentTakes, c.olderTakes, c.windows = prev.recentTakes, prev.olderTakes, prev.windows
	c.recentYields, c.olderYields = prev.recentYields, prev.olderYields
	past := c.recentTakes
	past.Merge(&c.olderTakes)
	if past.Total() >= peers {
		c.peerTake, c.peerMost = float32(past.Quantile(0.95)), float32(past.Quantile(0.995))
	}
	past = c.recentYields
	past.Merge(&c.olderYields)
	if past.Total() >= peers {
		c.peerYield = float32(min(math.Log(max(past.Quantile(0.75)/1000, 0.001)), mostYield))
		c.peerHigh = float32(math.Log(max(past.Quantile(0.97)/1000, 0.001)))
	}
	c.recentTakes.Merge(&c.takes)
	c.recentYields.Merge(&c.yields)
	if c.windows < math.MaxUint32 {
		c.windows++
	}
	if c.windows%generation == 0 {
		c.olderTakes, c.olderYields = c.recentTakes, c.recentYields
		c.recentTakes.Reset()
		c.recentYields.Reset()
	}
}

// Close implements detectors.Detector. A state is kept for eight days after
// the last call, so that weekly work is known.
func (d *watch) Close(x *detectors.Context, s *State, c *Cohort) bool {
	h := &s.open[x.Slot]
	s.peerTake, s.peerMost, s.peerYield, s.peerHigh = c.peerTake, c.peerMost, c.peerYield, c.peerHigh
	s.watched = uint16(min(c.windows, math.MaxUint16))
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
