package enrich

import (
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics of Tables. The label kind is one of kindNames; errors has all of them
// from the start, the others have the tables that are configured.
type metrics struct {
	loads, errors *prometheus.CounterVec
	age, entries  *prometheus.GaugeVec
}

// newMetrics registers with reg unless it is nil.
func newMetrics(reg prometheus.Registerer) *metrics {
	kind := []string{"kind"}
	m := &metrics{
		loads: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "gatehound_enrich_files_loaded_total",
			Help: "Times that the files of a table were loaded."}, kind),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "gatehound_enrich_load_errors_total",
			Help: "Versions of files that were refused; the one before stays in force."}, kind),
		age: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "gatehound_enrich_file_age_seconds",
			Help: "Age of the data in force: since a database was built, or its oldest file written."}, kind),
		entries: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "gatehound_enrich_entries",
			Help: "Entries of the table in force."}, kind),
	}
	for _, name := range kindNames {
		m.errors.WithLabelValues(name)
	}
	if reg != nil {
		reg.MustRegister(m.loads, m.errors, m.age, m.entries)
	}
	return m
}

func (m *metrics) loaded(k *kind) {
	m.loads.WithLabelValues(k.name).Inc()
	m.entries.WithLabelValues(k.name).Set(float64(k.entries))
}

func (m *metrics) failed(k *kind) { m.errors.WithLabelValues(k.name).Inc() }

// aged sets the age of every table.
func (m *metrics) aged(kinds []*kind, now time.Time) {
	for _, k := range kinds {
		oldest := k.built
		if oldest.IsZero() {
			for _, s := range k.loaded {
				if s.info != nil && (oldest.IsZero() || s.info.ModTime().Before(oldest)) {
					oldest = s.info.ModTime()
				}
			}
		}
		m.age.WithLabelValues(k.name).Set(max(0, now.Sub(oldest).Seconds()))
	}
}

// forget removes the gauges of tables that are no longer configured.
func (m *metrics) forget(before, after []*kind) {
	for _, k := range before {
		if !slices.ContainsFunc(after, func(o *kind) bool { return o.name == k.name }) {
			m.age.DeleteLabelValues(k.name)
			m.entries.DeleteLabelValues(k.name)
		}
	}
}
