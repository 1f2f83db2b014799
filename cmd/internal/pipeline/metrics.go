package pipeline

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/gatehound/gatehound/schemas"
)

type metrics struct {
	events, rejects  prometheus.Counter
	redelivered      prometheus.Counter
	skipped          prometheus.Counter
	formats          *prometheus.CounterVec
	rejected         *prometheus.CounterVec
	redacted         *prometheus.CounterVec
	batches, stored  prometheus.Counter
	spooled, refused prometheus.Counter
	errors           *prometheus.CounterVec
	stage            *prometheus.CounterVec
	age              prometheus.Histogram
	size             prometheus.Histogram
	snapshot         prometheus.Gauge
}

func newMetrics(reg prometheus.Registerer) *metrics {
	f := promauto.With(reg)
	m := &metrics{
		events:      f.NewCounter(prometheus.CounterOpts{Name: "gatehound_ingest_events_total", Help: "Events that ingest made."}),
		rejects:     f.NewCounter(prometheus.CounterOpts{Name: "gatehound_ingest_rejects_total", Help: "Records that ingest could not make an event of."}),
		redelivered: f.NewCounter(prometheus.CounterOpts{Name: "gatehound_ingest_redelivered_total", Help: "Records that a shipper or gateway delivered again; they count once."}),
		skipped:     f.NewCounter(prometheus.CounterOpts{Name: "gatehound_ingest_skipped_total", Help: "Objects that were understood and are no requests: control messages, continuations."}),
		formats:     f.NewCounterVec(prometheus.CounterOpts{Name: "gatehound_ingest_events_by_format_total", Help: "Events by the log format that was found."}, []string{"format"}),
		rejected:    f.NewCounterVec(prometheus.CounterOpts{Name: "gatehound_ingest_rejects_by_reason_total", Help: "Rejects by reason."}, []string{"stage", "reason"}),
		redacted:    f.NewCounterVec(prometheus.CounterOpts{Name: "gatehound_ingest_redactions_total", Help: "What was taken out of records, by kind."}, []string{"kind"}),
		batches:     f.NewCounter(prometheus.CounterOpts{Name: "gatehound_pipeline_batches_total", Help: "Batches made durable."}),
		stored:      f.NewCounter(prometheus.CounterOpts{Name: "gatehound_pipeline_events_durable_total", Help: "Events made durable, in the store or in the spool."}),
		spooled:     f.NewCounter(prometheus.CounterOpts{Name: "gatehound_pipeline_batches_spooled_total", Help: "Batches that went to the spool because the store was away."}),
		refused:     f.NewCounter(prometheus.CounterOpts{Name: "gatehound_pipeline_batches_refused_total", Help: "Batches that the store refused for good; they are kept in the spool."}),
		errors:      f.NewCounterVec(prometheus.CounterOpts{Name: "gatehound_pipeline_errors_total", Help: "Errors by what was tried."}, []string{"act"}),
		stage:       f.NewCounterVec(prometheus.CounterOpts{Name: "gatehound_pipeline_stage_busy_seconds_total", Help: "Time that a stage was busy."}, []string{"stage"}),
		age: f.NewHistogram(prometheus.HistogramOpts{Name: "gatehound_pipeline_batch_durable_seconds",
			Help: "From a batch's first chunk to its being durable.", Buckets: prometheus.ExponentialBuckets(0.05, 2, 12)}),
		size: f.NewHistogram(prometheus.HistogramOpts{Name: "gatehound_pipeline_batch_events",
			Help: "Events a batch.", Buckets: prometheus.ExponentialBuckets(10, 4, 8)}),
		snapshot: f.NewGauge(prometheus.GaugeOpts{Name: "gatehound_pipeline_snapshot_bytes", Help: "Size of the last snapshot of the detectors."}),
	}
	for _, act := range []string{"store", "spool", "checkpoint", "dead_letter", "commit", "redo", "recover"} {
		m.errors.WithLabelValues(act)
	}
	for k := range schemas.RedactionKinds {
		m.redacted.WithLabelValues(k.String())
	}
	return m
}

func (m *metrics) busy(stage string, start time.Time) {
	m.stage.WithLabelValues(stage).Add(time.Since(start).Seconds())
}

// normalized counts what ingest made; formats, reasons and kinds are ours, not
// input.
func (m *metrics) normalized(part *schemas.Part) {
	m.events.Add(float64(len(part.Events)))
	m.rejects.Add(float64(len(part.Rejects)))
	m.skipped.Add(float64(part.Skipped))
	for i := 0; i < len(part.Events); { // formats come in runs
		format, start := part.Events[i].Format, i
		for i < len(part.Events) && part.Events[i].Format == format {
			i++
		}
		m.formats.WithLabelValues(format).Add(float64(i - start))
	}
	for i := range part.Rejects {
		m.rejected.WithLabelValues(part.Rejects[i].Stage, part.Rejects[i].Reason).Inc()
	}
	var sum [schemas.RedactionKinds]int
	for i := range part.Events {
		for k, n := range part.Events[i].Redacted {
			sum[k] += int(n)
		}
	}
	for k, n := range sum {
		if n > 0 {
			m.redacted.WithLabelValues(schemas.RedactionKind(k).String()).Add(float64(n))
		}
	}
}

func (m *metrics) batch(u *unit) {
	m.batches.Inc()
	m.stored.Add(float64(u.batch.Len()))
	m.size.Observe(float64(u.batch.Len()))
	m.age.Observe(time.Since(u.started).Seconds())
}
