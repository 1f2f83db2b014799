package alerting

import "github.com/prometheus/client_golang/prometheus"

// The values of the label "outcome" of notifications.
const (
	outcomeDelivered  = "delivered"
	outcomeRetried    = "retried"
	outcomeThrottled  = "throttled"
	outcomeDead       = "dead"
	outcomeDigested   = "digested"
	outcomeSuperseded = "superseded"
	outcomeBelow      = "below_severity"
)

type metrics struct {
	findings      prometheus.Counter
	grouped       prometheus.Counter
	suppressed    *prometheus.CounterVec
	alerts        *prometheus.CounterVec
	open          prometheus.Gauge
	notifications *prometheus.CounterVec
	queue         *prometheus.GaugeVec
	dead          *prometheus.GaugeVec
	views         *prometheus.CounterVec
	latency       *prometheus.HistogramVec
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	const ns, sys = "gatehound", "alerting"
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: ns, Subsystem: sys, Name: name, Help: help}, labels)
	}
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: ns, Subsystem: sys, Name: name, Help: help}, labels)
	}
	findings := counter("findings_total", "Findings that were offered.")
	grouped := counter("grouped_total", "Findings that joined an alert that was there already.")
	open := gauge("open_alerts", "Alerts that are not resolved.")
	m := &metrics{
		suppressed: counter("suppressed_total", "Findings that told nobody, by reason.", "reason"),
		alerts:     counter("alerts_total", "Changes of alerts that are to be told, by state.", "state"),
		notifications: counter("notifications_total",
			"Attempts and decisions on notifications, by sink and outcome.", "sink", "outcome"),
		queue: gauge("queue_length", "Notifications that wait for a sink.", "sink"),
		dead:  gauge("dead_letters", "Notifications that were given up and are kept.", "sink"),
		views: counter("view_problems_total", "Alerts that a sink was not shown as configured.", "sink"),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: ns, Subsystem: sys, Name: "delivery_seconds",
			Help: "Time from the decision to the receiver's acceptance.",
			// From a local receiver's milliseconds to an outage's hours.
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 15, 60, 300, 3600, 6 * 3600, 24 * 3600},
		}, []string{"sink"}),
	}
	for _, c := range []prometheus.Collector{findings, grouped, open, m.suppressed, m.alerts,
		m.notifications, m.queue, m.dead, m.views, m.latency} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	m.findings, m.grouped, m.open = findings.WithLabelValues(), grouped.WithLabelValues(), open.WithLabelValues()
	return m, nil
}

// sink creates the series of a sink, so that they are there before the first
// notification.
func (m *metrics) sink(name string) {
	for _, o := range []string{outcomeDelivered, outcomeRetried, outcomeThrottled, outcomeDead,
		outcomeDigested, outcomeSuperseded, outcomeBelow} {
		m.notifications.WithLabelValues(name, o)
	}
	m.queue.WithLabelValues(name)
	m.dead.WithLabelValues(name)
	m.views.WithLabelValues(name)
	m.latency.WithLabelValues(name)
}
