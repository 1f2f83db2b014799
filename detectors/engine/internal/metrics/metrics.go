// Package metrics has the metrics of the engine.
package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/schemas"
)

// Metrics of the engine. The label detector is a watcher's id and entity a kind,
// from the program; no label comes from events.
type Metrics struct {
	Observed, Skipped, Late, Unbelieved prometheus.Counter
	Forced, TurnedBack                  prometheus.Counter
	Suppressed, Disabled, Excepted      prometheus.Counter
	Ceased                              prometheus.Counter
	Findings                            *prometheus.CounterVec
	Entities, Bytes                     *prometheus.GaugeVec
	Known, KnownBytes                   *prometheus.GaugeVec
	Forgotten, TurnedAway               *prometheus.CounterVec
	Evicted, Refused                    *prometheus.CounterVec
	Correlations, CorrelationTime       *prometheus.CounterVec
	CorrelationWait                     *prometheus.CounterVec
	Profiles                            *prometheus.GaugeVec
	Invalid                             prometheus.Counter
	Watermark                           prometheus.Gauge
}

// New registers the metrics, unless r is nil.
func New(r prometheus.Registerer) *Metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "gatehound", Subsystem: "detectors", Name: name, Help: help})
	}
	vec := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "gatehound", Subsystem: "detectors", Name: name, Help: help}, labels)
	}
	gauges := func(name, help, label string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "gatehound", Subsystem: "detectors", Name: name, Help: help}, []string{label})
	}
	m := &Metrics{
		Observed:   counter("observed_events_total", "Events dealt to detectors."),
		Skipped:    counter("skipped_events_total", "Events passed over because they were observed before a restart."),
		Late:       counter("late_events_total", "Events that came after the end of a window of a detector, which did not observe them."),
		Unbelieved: counter("unbelieved_events_total", "Events that were not observed because their time is far ahead of all others or out of range."),
		Forced:     counter("forced_windows_total", "Windows closed before the watermark because an event was two windows ahead."),
		TurnedBack: counter("clock_resets_total", "Times that the clock of a partition was found wrong and set back."),
		Suppressed: counter("suppressed_findings_total", "Findings dropped because their window had as many as the setting findings allows."),
		Disabled:   counter("disabled_detectors_total", "Detectors that were disabled because they panicked or took more than their budget."),
		Excepted:   counter("excepted_findings_total", "Findings that an exception covers."),
		Ceased:     counter("ceased_findings_total", "Findings whose cause has ended."),
		Findings:   vec("findings_total", "Findings by detector and severity.", "detector", "severity"),
		Entities:   gauges("state_entities", "Entities that have a state.", "detector"),
		Bytes:      gauges("state_bytes", "Memory of the state tables.", "detector"),
		Known:      gauges("known_entities", "Entities that have a record, by kind.", "entity"),
		KnownBytes: gauges("known_bytes", "Memory of records, names, samples and the estimates of newcomers, by kind of entity.", "entity"),
		Forgotten:  vec("evicted_records_total", "Entities that were forgotten for another, by kind.", "entity"),
		TurnedAway: vec("refused_records_total", "Events of entities that got no record because there are too many busier ones, by kind.", "entity"),
		Evicted:    vec("evicted_entities_total", "Entities whose state gave way to another's.", "detector"),
		Refused:    vec("refused_entities_total", "Times that an entity got no state because the table was full of busier ones.", "detector"),
		Invalid:    counter("invalid_campaigns_total", "Findings about campaigns that were dropped because their id or a figure is not valid: a fault of the detector."),
		Profiles:   gauges("correlated_profiles", "Entities that were held against one another at the end of the last window.", "detector"),
		Watermark:  prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "gatehound", Subsystem: "detectors", Name: "watermark_timestamp_seconds", Help: "Event time before which no event is expected any more."}),
	}
	m.Correlations = vec("correlations_total", "Windows in which entities were held against one another.", "detector")
	m.CorrelationTime = vec("correlation_cpu_seconds_total", "CPU time of copying profiles and of holding them against one another.", "detector")
	m.CorrelationWait = vec("correlation_wait_seconds_total", "Time that events, snapshots or reloads waited for entities to be held against one another.", "detector")
	if r != nil {
		r.MustRegister(m.Observed, m.Skipped, m.Late, m.Unbelieved, m.Forced, m.TurnedBack, m.Suppressed, m.Disabled, m.Excepted, m.Ceased,
			m.Findings, m.Entities, m.Bytes, m.Evicted, m.Refused, m.Watermark,
			m.Known, m.KnownBytes, m.Forgotten, m.TurnedAway,
			m.Correlations, m.CorrelationTime, m.CorrelationWait, m.Profiles, m.Invalid)
	}
	return m
}

// Watch makes the series of the detectors, so that they exist before anything
// happened.
func (m *Metrics) Watch(ids []string) {
	m.Entities.Reset()
	m.Bytes.Reset()
	m.Profiles.Reset()
	for _, id := range ids {
		m.Evicted.WithLabelValues(id)
		m.Refused.WithLabelValues(id)
		m.Entities.WithLabelValues(id)
		m.Bytes.WithLabelValues(id)
	}
}

// Correlate makes the series of a detector that holds entities against one another.
func (m *Metrics) Correlate(id string) {
	m.Correlations.WithLabelValues(id)
	m.CorrelationTime.WithLabelValues(id)
	m.CorrelationWait.WithLabelValues(id)
	m.Profiles.WithLabelValues(id)
}

// Finding counts a finding of a detector.
func (m *Metrics) Finding(severity schemas.Severity, id string) {
	m.Findings.WithLabelValues(id, severity.String()).Inc()
}
