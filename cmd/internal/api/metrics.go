package api

import (
	"errors"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are the API's. Labels come from the table of routes and from the
// statuses that the program answers with.
type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	refused  *prometheus.CounterVec
}

// The reasons for which a request is turned away.
const (
	refusedHost  = "host"
	refusedToken = "token"
	refusedRate  = "rate"
	refusedRole  = "role"
)

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "gatehound_api_requests_total",
			Help: "Requests to the API by operation (none: there is no such one, or who asked may not know) and status."}, []string{"verb", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "gatehound_api_request_seconds",
			Help: "How long requests to the API took.", Buckets: []float64{.001, .005, .02, .1, .5, 2, 10}}, []string{"verb"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "gatehound_api_refused_total",
			Help: "Requests that were turned away by reason: host, token, rate, role."}, []string{"reason"}),
	}
	for _, r := range []string{refusedHost, refusedToken, refusedRate, refusedRole} {
		m.refused.WithLabelValues(r)
	}
	if reg == nil {
		return m, nil
	}
	return m, errors.Join(reg.Register(m.requests), reg.Register(m.seconds), reg.Register(m.refused))
}

func (m *metrics) done(verb string, code int, took time.Duration) {
	m.requests.WithLabelValues(verb, strconv.Itoa(code)).Inc()
	m.seconds.WithLabelValues(verb).Observe(took.Seconds())
}
