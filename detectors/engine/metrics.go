package engine

import (
	"math"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/schemas"
)

// metrics of the engine. The label detector is a watcher's id, from the
// program; no label comes from events.
type metrics struct {
	observed, skipped, late, unbelieved prometheus.Counter
	forced, turnedBack                  prometheus.Counter
	suppressed, disabled, excepted      prometheus.Counter
	findings                            *prometheus.CounterVec
	entities, bytes                     *prometheus.GaugeVec
	known, knownBytes                   *prometheus.GaugeVec
	forgotten, turnedAway               *prometheus.CounterVec
	evicted, refused                    *prometheus.CounterVec
	watermark                           prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "gatehound", Subsystem: "detectors", Name: name, Help: help})
	}
	vec := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "gatehound", Subsystem: "detectors", Name: name, Help: help}, labels)
	}
	gauges := func(name, help, label string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "gatehound", Subsystem: "detectors", Name: name, Help: help}, []string{label})
	}
	m := &metrics{
		observed:   counter("observed_events_total", "Events dealt to detectors."),
		skipped:    counter("skipped_events_total", "Events passed over because they were observed before a restart."),
		late:       counter("late_events_total", "Events that came after the end of a window of a detector, which did not observe them."),
		unbelieved: counter("unbelieved_events_total", "Events that were not observed because their time is far ahead of all others or out of range."),
		forced:     counter("forced_windows_total", "Windows closed before the watermark because an event was two windows ahead."),
		turnedBack: counter("clock_resets_total", "Times that the clock of a partition was found wrong and set back."),
		suppressed: counter("suppressed_findings_total", "Findings dropped because their window had as many as the setting findings allows."),
		disabled:   counter("disabled_detectors_total", "Detectors that were disabled because they panicked or took more than their budget."),
		excepted:   counter("excepted_findings_total", "Findings that an exception covers."),
		findings:   vec("findings_total", "Findings by detector and severity.", "detector", "severity"),
		entities:   gauges("state_entities", "Entities that have a state.", "detector"),
		bytes:      gauges("state_bytes", "Memory of the state tables.", "detector"),
		known:      gauges("known_entities", "Entities that have a record, by kind.", "entity"),
		knownBytes: gauges("known_bytes", "Memory of records, names, samples and the estimates of newcomers, by kind of entity.", "entity"),
		forgotten:  vec("evicted_records_total", "Entities that were forgotten for another, by kind.", "entity"),
		turnedAway: vec("refused_records_total", "Events of entities that got no record because there are too many busier ones, by kind.", "entity"),
		evicted:    vec("evicted_entities_total", "Entities whose state gave way to another's.", "detector"),
		refused:    vec("refused_entities_total", "Times that an entity got no state because the table was full of busier ones.", "detector"),
		watermark:  prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "gatehound", Subsystem: "detectors", Name: "watermark_timestamp_seconds", Help: "Event time before which no event is expected any more."}),
	}
	if r != nil {
		r.MustRegister(m.observed, m.skipped, m.late, m.unbelieved, m.forced, m.turnedBack, m.suppressed, m.disabled, m.excepted,
			m.findings, m.entities, m.bytes, m.evicted, m.refused, m.watermark,
			m.known, m.knownBytes, m.forgotten, m.turnedAway)
	}
	return m
}

// watch makes the series of the watches, so that they exist before anything
// happened.
func (m *metrics) watch(watches []*watch) {
	m.entities.Reset()
	m.bytes.Reset()
	for _, w := range watches {
		m.evicted.WithLabelValues(w.spec.ID)
		m.refused.WithLabelValues(w.spec.ID)
		m.entities.WithLabelValues(w.spec.ID)
		m.bytes.WithLabelValues(w.spec.ID)
	}
}

func (m *metrics) finding(severity schemas.Severity, id string) {
	m.findings.WithLabelValues(id, severity.String()).Inc()
}

// measure brings the gauges up to date.
func (e *Engine) measure() {
	for _, w := range e.watches {
		entities, bytes := 0, 0
		for _, s := range e.shards {
			t := s.states(w)
			entities, bytes = entities+t.Used(), bytes+t.Bytes()
			if t.Evicted > 0 || t.Refused > 0 {
				e.metrics.evicted.WithLabelValues(w.spec.ID).Add(float64(t.Evicted))
				e.metrics.refused.WithLabelValues(w.spec.ID).Add(float64(t.Refused))
				t.Evicted, t.Refused = 0, 0
			}
		}
		e.metrics.entities.WithLabelValues(w.spec.ID).Set(float64(entities))
		e.metrics.bytes.WithLabelValues(w.spec.ID).Set(float64(bytes))
	}
	for kind, k := range e.kinds {
		if k.watched {
			e.measureKind(schemas.EntityKind(kind))
		}
	}
	if w := e.timeline.Watermark(); w != math.MinInt64 {
		e.metrics.watermark.Set(float64(w) / 1e9)
	}
}

func (e *Engine) measureKind(kind schemas.EntityKind) {
	known, bytes, evicted, refused := 0, 0, int64(0), int64(0)
	for _, s := range e.shards {
		d := s.dirs[kind]
		n, _ := d.Used()
		known, bytes = known+n, bytes+d.Bytes()
		evicted, refused = evicted+d.Evicted, refused+d.Refused
		d.Evicted, d.Refused = 0, 0
	}
	name := kind.String()
	e.metrics.known.WithLabelValues(name).Set(float64(known))
	e.metrics.knownBytes.WithLabelValues(name).Set(float64(bytes))
	e.metrics.forgotten.WithLabelValues(name).Add(float64(evicted))
	e.metrics.turnedAway.WithLabelValues(name).Add(float64(refused))
}
