package kafka

import (
	"log/slog"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gatehound/gatehound/ingest/kafka/internal/broker"
	"github.com/gatehound/gatehound/schemas"
)

// sum adds up the samples of every metric.
func sum(t *testing.T, reg *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			out[f.GetName()] += m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return out
}

// TestMetrics has everything happen that the metrics count which no other test
// looks at.
func TestMetrics(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(2, "in"))
	cfg := config(c, "in")
	produce(t, cfg.Brokers, "in", "x", 100, 0)
	if err := c.DeleteRecords("in", 0, 5); err != nil {
		t.Fatal(err)
	}
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.JoinGroup}, Group: cfg.Group, Err: kerr.CoordinatorNotAvailable, Count: 1})
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Topic: "in", Err: kerr.UnknownServerError, Count: 2})
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.OffsetCommit}, Topic: "in", Err: kerr.InvalidCommitOffsetSize, Count: 1})
	reg := prometheus.NewRegistry()
	src, err := New(cfg, slog.New(slog.DiscardHandler), reg)
	if err != nil {
		t.Fatal(err)
	}
	st := newStore()
	m := start(t, src, newPipeline(src, st, 0))
	eventually(t, "all is committed", allCommitted(c, cfg.Group, "in"))
	name := func(s string) string { return "gatehound_ingest_kafka_" + s }
	for metric, want := range map[string]float64{
		"messages_total": 95, "log_start_offset": 5, "log_end_offset": 100, "position_offset": 100,
		"committed_offset": 100, "lag_messages": 0, "assigned_partitions": 2, "commit_errors_total": 1, "group_errors_total": 1,
	} {
		eventually(t, metric, func() bool { return sum(t, reg)[name(metric)] == want })
	}
	got := sum(t, reg)
	for _, metric := range []string{"bytes_total", "fetches_total", "chunks_total", "redials_total", "rebalances_total", "commits_total"} {
		if got[name(metric)] == 0 {
			t.Errorf("%s is 0", metric)
		}
	}
	m.leave(t)
	got = sum(t, reg)
	for _, metric := range []string{"log_end_offset", "committed_offset", "position_offset", "lag_messages", "assigned_partitions"} {
		if got[name(metric)] != 0 {
			t.Errorf("%s is %v after leaving", metric, got[name(metric)])
		}
	}
	if len(src.Lag()) != 0 {
		t.Errorf("lag is %v after leaving", src.Lag())
	}
}

// TestTwoTopics reads topics of different sizes with two members.
func TestTwoTopics(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(3, "big"), kfake.SeedTopics(1, "small"))
	cfg := config(c, "big", "small")
	st := newStore()
	a, b := run(t, cfg, st, 0), run(t, cfg, st, 0)
	eventually(t, "both have some", func() bool { return a.partitions()+b.partitions() == 4 && a.partitions() > 0 && b.partitions() > 0 })
	produce(t, cfg.Brokers, "big", "b", 200, kafka.Lz4)
	produce(t, cfg.Brokers, "small", "s", 100, kafka.Gzip)
	eventually(t, "all is read", func() bool { n, _ := st.count(); return n == 300 })
	eventually(t, "one is committed", allCommitted(c, cfg.Group, "big"))
	eventually(t, "the other is committed", allCommitted(c, cfg.Group, "small"))
	if _, repeats := st.count(); repeats != 0 {
		t.Errorf("%d repeats", repeats)
	}
}

// TestOneBrokerOfManyIsEnough has brokers in the list that are away.
func TestOneBrokerOfManyIsEnough(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(2, "in"))
	cfg := config(c, "in")
	cfg.Brokers = []string{"127.0.0.1:1", c.ListenAddrs()[0], "127.0.0.1:2"}
	produce(t, c.ListenAddrs(), "in", "x", 100, 0)
	st := newStore()
	run(t, cfg, st, 0)
	eventually(t, "all is read", func() bool { n, _ := st.count(); return n == 100 })
	eventually(t, "all is committed", allCommitted(c, cfg.Group, "in"))
}

// TestLedger walks an account through what can happen to it.
func TestLedger(t *testing.T) {
	l := newLedger(newMetrics(prometheus.NewRegistry()))
	p := Partition{Topic: "in", ID: 1}
	at := func(next int64) []schemas.Range { return []schemas.Range{{Topic: "in", Partition: 1, Next: next}} }
	pending := func(want int64) {
		t.Helper()
		got, ok := l.pending()["in"][1]
		if want < 0 && ok || want >= 0 && got != want {
			t.Errorf("pending is %v (%v), want %d", got, ok, want)
		}
	}
	mark := func(next int64) {
		t.Helper()
		if err := l.mark(at(next)); err != nil {
			t.Error(err)
		}
	}
	l.own(p, -1, 0, broker.Span{End: 100})
	pending(0) // the start is committed, so that it stands
	l.settle(l.pending())
	pending(-1)
	mark(30)
	mark(20) // not backwards
	pending(30)
	offsets := l.pending()
	mark(40) // while the commit is under way
	l.settle(offsets)
	pending(40)
	mark(500) // beyond the log
	pending(40)
	l.settle(l.pending())
	if lag := l.lag()[p]; lag != 60 {
		t.Errorf("lag is %d", lag)
	}
	l.rebase(p, 5) // the topic was made anew
	pending(5)
	l.observe(map[Partition]broker.Span{p: {Start: 3, End: 200}})
	mark(150)
	pending(150)
	l.disown()
	pending(-1)
	if err := l.mark(at(160)); err == nil {
		t.Error("marked what is not owned")
	}
}
