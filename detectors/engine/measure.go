package engine

import (
	"math"

	"github.com/gatehound/gatehound/schemas"
)

// measure brings the gauges up to date.
func (e *Engine) measure() {
	for _, w := range e.watches {
		entities, bytes := 0, 0
		for _, s := range e.shards {
			t := s.States(w)
			entities, bytes = entities+t.Used(), bytes+t.Bytes()
			if t.Evicted > 0 || t.Refused > 0 {
				e.metrics.Evicted.WithLabelValues(w.Spec.ID).Add(float64(t.Evicted))
				e.metrics.Refused.WithLabelValues(w.Spec.ID).Add(float64(t.Refused))
				t.Evicted, t.Refused = 0, 0
			}
		}
		e.metrics.Entities.WithLabelValues(w.Spec.ID).Set(float64(entities))
		e.metrics.Bytes.WithLabelValues(w.Spec.ID).Set(float64(bytes))
	}
	for kind, k := range e.kinds {
		if k.watched {
			e.measureKind(schemas.EntityKind(kind))
		}
	}
	if w := e.timeline.Watermark(); w != math.MinInt64 {
		e.metrics.Watermark.Set(float64(w) / 1e9)
	}
}

func (e *Engine) measureKind(kind schemas.EntityKind) {
	known, bytes, evicted, refused := 0, 0, int64(0), int64(0)
	for _, s := range e.shards {
		d := s.Dirs[kind]
		n, _ := d.Used()
		known, bytes = known+n, bytes+d.Bytes()
		evicted, refused = evicted+d.Evicted, refused+d.Refused
		d.Evicted, d.Refused = 0, 0
	}
	name := kind.String()
	e.metrics.Known.WithLabelValues(name).Set(float64(known))
	e.metrics.KnownBytes.WithLabelValues(name).Set(float64(bytes))
	e.metrics.Forgotten.WithLabelValues(name).Add(float64(evicted))
	e.metrics.TurnedAway.WithLabelValues(name).Add(float64(refused))
}
