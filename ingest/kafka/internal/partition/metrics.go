package partition

import (
	"log/slog"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/ingest/kafka/internal/broker"
)

// The reasons of a reset of a partition's position.
const (
	ResetBelowStart = "below_log_start"
	ResetAboveEnd   = "above_log_end"
)

// Metrics of all Readers of a source.
type Metrics struct {
	Fetches, Redials, Watchdog, Lost, Markers, Chunks prometheus.Counter
	Resets, Cut                                       *prometheus.CounterVec

	messages, bytes *prometheus.CounterVec
}

// NewMetrics makes and registers them.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	counters := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "gatehound_ingest_kafka_" + name, Help: help}, labels)
	}
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "gatehound_ingest_kafka_" + name, Help: help})
	}
	m := &Metrics{
		Fetches:  counter("fetches_total", "Answers to fetch requests."),
		Redials:  counter("redials_total", "Connections to a leader made again after an error."),
		Watchdog: counter("watchdog_resets_total", "Partitions dialled anew because they stood still while the log went on."),
		Lost:     counter("lost_offsets_total", "Offsets that were gone from the log, or could not be read, before they were read."),
		Markers:  counter("control_records_total", "Transaction markers, which are left out."),
		Chunks:   counter("chunks_total", "Chunks handed on."),
		Resets:   counters("offset_resets_total", "Positions outside of the log that were moved to its start, by reason.", "reason"),
		Cut:      counters("cut_messages_total", "Messages handed on without their content, by reason.", "reason"),
		messages: counters("messages_total", "Messages handed on.", "topic", "partition"),
		bytes:    counters("bytes_total", "Bytes of messages handed on.", "topic", "partition"),
	}
	reg.MustRegister(m.Fetches, m.Redials, m.Watchdog, m.Lost, m.Markers, m.Chunks, m.Resets, m.Cut, m.messages, m.bytes)
	return m
}

// of returns the counters of one partition.
func (m *Metrics) of(p broker.Partition) (messages, bytes prometheus.Counter) {
	id := strconv.Itoa(int(p.ID))
	return m.messages.WithLabelValues(p.Topic, id), m.bytes.WithLabelValues(p.Topic, id)
}

// Within returns offset, or the log's start if the log does not reach from
// offset on. Below the start, offsets are lost: retention was faster. Above the
// end, the topic was deleted and made again (or an unclean election cut its
// end off): everything in the log is new, or may be, and is read.
func (m *Metrics) Within(log *slog.Logger, p broker.Partition, offset int64, at broker.Span) int64 {
	switch {
	case offset < at.Start:
		m.Resets.WithLabelValues(ResetBelowStart).Inc()
		m.Lost.Add(float64(at.Start - offset))
		log.Error("offsets were deleted before they were read: retention is too short, or this group was away too long",
			"topic", p.Topic, "partition", p.ID, "offset", offset, "log_start", at.Start, "lost", at.Start-offset)
		return at.Start
	case offset > at.End:
		m.Resets.WithLabelValues(ResetAboveEnd).Inc()
		log.Error("the log ends before the committed offset: the topic was made anew or its end was cut off; it is read from its start",
			"topic", p.Topic, "partition", p.ID, "offset", offset, "log_start", at.Start, "log_end", at.End)
		return at.Start
	}
	return offset
}
