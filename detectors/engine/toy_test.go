package engine_test

import (
	"fmt"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/schemas"
)

// toyState counts events by window, and windows.
type toyState struct {
	Count   [2]uint32
	Bytes   [2]int64
	Windows uint32
}

// toyCohort sums up what the entities did.
type toyCohort struct {
	Entities, Events uint64
	Before           uint64 // events of the window before
}

// toy finds everything, as its id and a suffix: "_many" at once when an entity has limit events in
// a window, "_window" for each entity at the close, "_all" for all.
type toy struct {
	id     string
	kind   schemas.EntityKind
	window time.Duration
	limit  uint32
	least  int
	share  int
	keep   bool
	// panicAt makes it panic at the named method.
	panicAt string
	// wants is Spec.Wants.
	wants func(*schemas.Event) bool
	// spin is how long an Observe or a Close takes.
	spin, spinClose time.Duration
}

var _ detectors.Detector[toyState, toyCohort] = (*toy)(nil)

func (d *toy) Spec() detectors.Spec {
	return detectors.Spec{
		ID: d.id, Entity: d.kind, Window: d.window, MinEvents: d.least, Share: max(1, d.share), Wants: d.wants,
		Techniques: []schemas.Technique{{Framework: "MITRE ATT&CK", ID: "T1110", Name: "Brute Force"}},
	}
}

func spin(d time.Duration) {
	for end := time.Now().Add(d); d > 0 && time.Now().Before(end); {
		_ = d
	}
}

func (d *toy) trip(method string) {
	if d.panicAt == method {
		panic("input that must not be logged")
	}
}

func finding(rule string, severity schemas.Severity, n uint64) *schemas.Finding {
	return &schemas.Finding{
		Detector: rule, Severity: severity, Confidence: 1, Title: rule,
		Summary: fmt.Sprintf("%d events", n), Events: int64(n),
		Features: []schemas.Feature{{Name: "events", Observed: float64(n), Weight: 1, Text: "events"}},
	}
}

func (d *toy) Observe(x *detectors.Context, s *toyState, ev *schemas.Event) {
	d.trip("observe")
	spin(d.spin)
	s.Count[x.Slot]++
	s.Bytes[x.Slot] += ev.ResponseBytes
	switch n := s.Count[x.Slot]; {
	case d.limit > 0 && n >= 2*d.limit:
		x.Emit(finding(d.id+"_many", schemas.SeverityHigh, uint64(n)))
	case d.limit > 0 && n >= d.limit:
		x.Emit(finding(d.id+"_many", schemas.SeverityLow, uint64(n)))
	}
}

func (d *toy) Gather(x *detectors.Context, s *toyState, c *toyCohort) {
	d.trip("gather")
	if s.Count[x.Slot] > 0 {
		c.Entities++
		c.Events += uint64(s.Count[x.Slot])
	}
}

func (d *toy) Merge(dst, src *toyCohort) {
	d.trip("merge")
	dst.Entities += src.Entities
	dst.Events += src.Events
}

func (d *toy) Conclude(x *detectors.Context, prev, c *toyCohort) {
	d.trip("conclude")
	c.Before = prev.Events
	if c.Events > 0 {
		f := finding(d.id+"_all", schemas.SeverityInfo, c.Events)
		f.Summary = fmt.Sprintf("%d entities, %d events, %d before", c.Entities, c.Events, c.Before)
		x.Emit(f)
	}
}

func (d *toy) Close(x *detectors.Context, s *toyState, c *toyCohort) bool {
	d.trip("close")
	spin(d.spinClose)
	s.Windows++
	n := s.Count[x.Slot]
	s.Count[x.Slot], s.Bytes[x.Slot] = 0, 0
	if n > 0 {
		f := finding(d.id+"_window", schemas.SeverityInfo, uint64(n))
		f.Summary = fmt.Sprintf("%d of %d in window %d", n, c.Events, s.Windows)
		if x.Callers > 0 {
			f.Features = append(f.Features, schemas.Feature{Name: "callers", Observed: x.Callers, Text: "callers"})
		}
		x.Emit(f)
	}
	return d.keep || n > 0
}
