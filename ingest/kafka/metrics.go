package kafka

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/ingest/kafka/internal/partition"
)

// metrics of a Source. The labels topic and partition are those of the
// configured topics.
type metrics struct {
	reader *partition.Metrics

	lag, start, end, position, committed           *prometheus.GaugeVec
	assigned                                       prometheus.Gauge
	rebalances, groupErrors, commits, commitErrors prometheus.Counter
}

// gauges are the metrics of one partition, looked up once.
type gauges struct{ lag, start, end, position, committed prometheus.Gauge }

func newMetrics(reg prometheus.Registerer) *metrics {
	gauge := func(name, help string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "gatehound_ingest_kafka_" + name, Help: help}, []string{"topic", "partition"})
	}
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "gatehound_ingest_kafka_" + name, Help: help})
	}
	m := &metrics{
		reader:    partition.NewMetrics(reg),
		lag:       gauge("lag_messages", "Offsets of the log that are not committed."),
		start:     gauge("log_start_offset", "First offset of the log."),
		end:       gauge("log_end_offset", "Offset after the last one of the log."),
		position:  gauge("position_offset", "Next offset to read."),
		committed: gauge("committed_offset", "Offset that is committed."),
		assigned: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "gatehound_ingest_kafka_assigned_partitions", Help: "Partitions that this member owns."}),
		rebalances:   counter("rebalances_total", "Generations of the group that this member took part in."),
		groupErrors:  counter("group_errors_total", "Failed attempts to join the group or to look up its topics."),
		commits:      counter("commits_total", "Commits that succeeded."),
		commitErrors: counter("commit_errors_total", "Commits that failed; they are tried again while the partition is owned."),
	}
	reg.MustRegister(m.lag, m.start, m.end, m.position, m.committed, m.assigned, m.rebalances, m.groupErrors, m.commits, m.commitErrors)
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
