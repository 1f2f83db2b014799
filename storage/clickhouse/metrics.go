package clickhouse

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics of the store. The table and the act are names of this package, the
// class is one of class.
type metrics struct {
	rows    *prometheus.CounterVec
	bytes   *prometheus.CounterVec
	seconds *prometheus.HistogramVec
	errors  *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		rows: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gatehound_storage_rows_total", Help: "Rows that ClickHouse acknowledged, repeated ones included.",
		}, []string{"table"}),
		bytes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gatehound_storage_written_bytes_total", Help: "Size of the acknowledged rows' values before compression.",
		}, []string{"table"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "gatehound_storage_insert_duration_seconds", Help: "Time from an insert's begin to ClickHouse's answer.",
			Buckets: prometheus.ExponentialBuckets(0.002, 2, 15),
		}, []string{"table"}),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gatehound_storage_errors_total", Help: "Failed acts, by class of error.",
		}, []string{"act", "class"}),
	}
	if reg != nil {
		reg.MustRegister(m.rows, m.bytes, m.seconds, m.errors)
	}
	return m
}

// inserted counts an insert that has ended.
func (m *metrics) inserted(table string, rows, bytes int, start time.Time, err error) {
	m.seconds.WithLabelValues(table).Observe(time.Since(start).Seconds())
	if err != nil {
		m.failed("insert_"+table, err)
		return
	}
	m.rows.WithLabelValues(table).Add(float64(rows))
	m.bytes.WithLabelValues(table).Add(float64(bytes))
}

// failed counts err, unless it is nil.
func (m *metrics) failed(act string, err error) {
	if err != nil {
		m.errors.WithLabelValues(act, class(err)).Inc()
	}
}
