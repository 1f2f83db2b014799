package reject

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/schemas"
)

// maxReasons bounds the label. Reasons and stages are constants of the program;
// the bound holds also if one is not.
const maxReasons = 64

type metrics struct {
	rejects *prometheus.CounterVec
	failed  prometheus.Counter
	// mu guards seen, which several writers fill.
	mu   sync.Mutex
	seen map[[2]string]prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		rejects: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "gatehound_ingest_dead_letters_total",
			Help: "Rejects that were handed on, by stage and reason; those that are sent again count again."}, []string{"stage", "reason"}),
		failed: prometheus.NewCounter(prometheus.CounterOpts{Name: "gatehound_ingest_dead_letters_failed_total",
			Help: "Rejects that could not be written to the dead-letter topic; the writer may try again."}),
		seen: map[[2]string]prometheus.Counter{},
	}
	reg.MustRegister(m.rejects, m.failed)
	return m
}

func (m *metrics) count(rs []schemas.Reject) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range rs {
		k := [2]string{rs[i].Stage, rs[i].Reason}
		c := m.seen[k]
		if c == nil {
			if len(m.seen) >= maxReasons {
				m.rejects.WithLabelValues("other", "other").Inc()
				continue
			}
			c = m.rejects.WithLabelValues(k[0], k[1])
			m.seen[k] = c
		}
		c.Inc()
	}
}
