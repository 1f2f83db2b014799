package rules

import "github.com/prometheus/client_golang/prometheus"

// metrics are what the rules tell of themselves.
type metrics struct {
	rules      *prometheus.GaugeVec
	matches    prometheus.Counter
	findings   prometheus.Counter
	suppressed prometheus.Counter
	panics     prometheus.Counter
	cut        prometheus.Counter
	groups     prometheus.Gauge
	bytes      prometheus.Gauge
	evicted    prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		rules:      prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "gatehound_rules_loaded_rules", Help: "Rules by state: active or refused."}, []string{"state"}),
		matches:    prometheus.NewCounter(prometheus.CounterOpts{Name: "gatehound_rules_matches_total", Help: "Events for which a rule held, once for each rule."}),
		findings:   prometheus.NewCounter(prometheus.CounterOpts{Name: "gatehound_rules_findings_total", Help: "Findings of rules."}),
		suppressed: prometheus.NewCounter(prometheus.CounterOpts{Name: "gatehound_rules_suppressed_total", Help: "Entities that were not told of because a rule found more than rules.findings."}),
		panics:     prometheus.NewCounter(prometheus.CounterOpts{Name: "gatehound_rules_panics_total", Help: "Panics of rules; a rule that panics is put out of force."}),
		cut:        prometheus.NewCounter(prometheus.CounterOpts{Name: "gatehound_rules_cut_events_total", Help: "Events for which the regular expressions of rules would have taken too long; those that were left did not hold."}),
		groups:     prometheus.NewGauge(prometheus.GaugeOpts{Name: "gatehound_rules_groups", Help: "Groups that correlations remember."}),
		bytes:      prometheus.NewGauge(prometheus.GaugeOpts{Name: "gatehound_rules_groups_bytes", Help: "Memory that the groups take."}),
		evicted:    prometheus.NewGauge(prometheus.GaugeOpts{Name: "gatehound_rules_evicted_groups", Help: "Groups that gave way before their span was over, because rules.memory was full."}),
	}
	if r != nil {
		r.MustRegister(m.rules, m.matches, m.findings, m.suppressed, m.panics, m.cut, m.groups, m.bytes, m.evicted)
	}
	return m
}

func (m *metrics) loaded(active, refused int) {
	m.rules.WithLabelValues(Active).Set(float64(active))
	m.rules.WithLabelValues(Refused).Set(float64(refused))
}

// measure sets what is counted in the tables.
func (m *Monitor) measure() {
	groups, size, evicted := 0, int64(0), int64(0)
	for _, r := range m.set.correlations {
		groups, size, evicted = groups+r.table.Len(), size+r.table.Size(), evicted+r.table.Evicted
	}
	m.metrics.groups.Set(float64(groups))
	m.metrics.bytes.Set(float64(size))
	m.metrics.evicted.Set(float64(evicted))
}
