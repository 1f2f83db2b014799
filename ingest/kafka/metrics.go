package kafka

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics of a Source. The labels topic and partition are those of the
// configured topics; reason is one of the constants here.
type metrics struct {
	lag, start, end, position, committed *prometheus.GaugeVec
	messages, bytes                      *prometheus.CounterVec

	assigned                                              prometheus.Gauge
	fetches, redials, rebalances, groupErrors             prometheus.Counter
	commits, commitErrors, watchdog, lost, marks, handled prometheus.Counter
	resets, cut                                           *prometheus.CounterVec
}

// The reasons of a reset of a partition's position.
const (
	resetBelowStart = "below_log_start"
	resetAboveEnd   = "above_log_end"
)

// gauges are the metrics of one partition, looked up once.
type gauges struct {
	lag, start, end, position, committed prometheus.Gauge
	messages, bytes                      prometheus.Counter
}

var byPartition = []string{"topic", "partition"}

func newMetrics(reg prometheus.Registerer) *metrics {
	gauge := func(name, help string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "gatehound_ingest_kafka_" + name, Help: help}, byPartition)
	}
	counters := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "gatehound_ingest_kafka_" + name, Help: help}, labels)
	}
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "gatehound_ingest_kafka_" + name, Help: help})
	}
	m := &metrics{
		lag:       gauge("lag_messages", "Offsets of the log that are not committed."),
		start:     gauge("log_start_offset", "First offset of the log."),
		end:       gauge("log_end_offset", "Offset after the last one of the log."),
		position:  gauge("position_offset", "Next offset to read."),
		committed: gauge("committed_offset", "Offset that is committed."),
		messages:  counters("messages_total", "Messages handed on.", byPartition...),
		bytes:     counters("bytes_total", "Bytes of messages handed on.", byPartition...),
		assigned: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "gatehound_ingest_kafka_assigned_partitions", Help: "Partitions that this member owns."}),
		fetches:      counter("fetches_total", "Answers to fetch requests."),
		redials:      counter("redials_total", "Connections to a leader made again after an error."),
		rebalances:   counter("rebalances_total", "Generations of the group that this member took part in."),
		groupErrors:  counter("group_errors_total", "Failed attempts to join the group or to look up its topics."),
		commits:      counter("commits_total", "Commits that succeeded."),
		commitErrors: counter("commit_errors_total", "Commits that failed; they are tried again while the partition is owned."),
		watchdog:     counter("watchdog_resets_total", "Partitions dialled anew because they stood still while the log went on."),
		lost:         counter("lost_offsets_total", "Offsets that were gone from the log, or could not be read, before they were read."),
		marks:        counter("control_records_total", "Transaction markers, which are left out."),
		handled:      counter("chunks_total", "Chunks handed on."),
		resets:       counters("offset_resets_total", "Positions outside of the log that were moved to its start, by reason.", "reason"),
		cut:          counters("cut_messages_total", "Messages handed on without their content, by reason.", "reason"),
	}
	reg.MustRegister(m.lag, m.start, m.end, m.position, m.committed, m.messages, m.bytes, m.assigned, m.fetches,
		m.redials, m.rebalances, m.groupErrors, m.commits, m.commitErrors, m.watchdog, m.lost, m.marks, m.handled,
		m.resets, m.cut)
	return m
}

func (m *metrics) partition(p Partition) *gauges {
	id := strconv.Itoa(int(p.ID))
	return &gauges{
		lag:       m.lag.WithLabelValues(p.Topic, id),
		start:     m.start.WithLabelValues(p.Topic, id),
		end:       m.end.WithLabelValues(p.Topic, id),
		position:  m.position.WithLabelValues(p.Topic, id),
		committed: m.committed.WithLabelValues(p.Topic, id),
		messages:  m.messages.WithLabelValues(p.Topic, id),
		bytes:     m.bytes.WithLabelValues(p.Topic, id),
	}
}

// forget drops the gauges of a partition that another member reports now. The
// counters stay: a counter that goes away and comes back looks like a restart.
func (m *metrics) forget(p Partition) {
	id := strconv.Itoa(int(p.ID))
	for _, g := range []*prometheus.GaugeVec{m.lag, m.start, m.end, m.position, m.committed} {
		g.DeleteLabelValues(p.Topic, id)
	}
}
