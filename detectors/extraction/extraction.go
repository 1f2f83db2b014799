package extraction

import (
	"fmt"
	"math"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// Watchers returns the detector extraction.principal.
func Watchers(c Config) ([]detectors.Watcher, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("extraction: %w", err)
	}
	return []detectors.Watcher{detectors.Watch(&watch{c})}, nil
}

type watch struct{ config Config }

var _ detectors.Detector[State, Cohort] = (*watch)(nil)

// Cohort is what all principals did in an hour, and what it leaves.
type Cohort struct {
	// calls has the principals by calls, ratios those with enough calls by
	// 1,000 times their output tokens over their input tokens.
	calls, ratios sketch.Hist64
	// recent and older are those of up to three and a half days each.
	recentCalls, olderCalls, recentRatios, olderRatios sketch.Hist64
	windows                                            uint32
	// peerCalls is the 95th percentile of the past calls, peerRatio the upper
	// quartile of the ratios; 0 is not known.
	peerCalls, peerRatio float32
}

const (
	// generation is how many windows recent has.
	generation = 84
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
	if n := h.calls; n&(n-1) == 0 && (int(n) >= d.config.Calls || int(n) >= d.config.LogitCalls) {
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
	c.calls.Add(float64(h.calls))
	if h.metered >= enough {
		c.ratios.Add(1000 * float64(h.output) / float64(max(h.input, 1)))
	}
}

// Merge implements detectors.Detector.
func (d *watch) Merge(dst, src *Cohort) {
	dst.calls.Merge(&src.calls)
	dst.ratios.Merge(&src.ratios)
}

// Conclude implements detectors.Detector. The percentiles are those of the
// past, so that who is judged does not move them.
func (d *watch) Conclude(_ *detectors.Context, prev, c *Cohort) {
	c.recentCalls, c.olderCalls, c.windows = prev.recentCalls, prev.olderCalls, prev.windows
	c.recentRatios, c.olderRatios = prev.recentRatios, prev.olderRatios
	past := c.recentCalls
	past.Merge(&c.olderCalls)
	if past.Total() >= peers {
		c.peerCalls = float32(past.Quantile(0.95))
	}
	past = c.recentRatios
	past.Merge(&c.olderRatios)
	if past.Total() >= peers {
		c.peerRatio = float32(past.Quantile(0.75) / 1000)
	}
	c.recentCalls.Merge(&c.calls)
	c.recentRatios.Merge(&c.ratios)
	if c.windows < math.MaxUint32 {
		c.windows++
	}
	if c.windows%generation == 0 {
		c.olderCalls, c.olderRatios = c.recentCalls, c.recentRatios
		c.recentCalls.Reset()
		c.recentRatios.Reset()
	}
}

// Close implements detectors.Detector. A state is kept for eight days after
// the last call, so that weekly work is known.
func (d *watch) Close(x *detectors.Context, s *State, c *Cohort) bool {
	h := &s.open[x.Slot]
	s.peerCalls, s.peerRatio = c.peerCalls, c.peerRatio
	s.watched = uint16(min(c.windows, math.MaxUint16))
	s.day.add(h, x.WindowStart/int64(x.Window))
	if h.calls > 0 {
		p := h.profile()
		d.logits(x, s, &p, 0)
		d.harvest(x, s, &p, false)
		d.sustained(x, s)
	}
	s.volume.Add(x.WindowStart, float64(h.calls))
	*h = hour{}
	return s.last > 0 && x.Now-s.last < int64(8*24*time.Hour)
}
