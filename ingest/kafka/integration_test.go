//go:build kafka

package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/ingest/kafka/kafkatest"
	"github.com/gatehound/gatehound/schemas"
)

// TestRealKafka runs against one node of Apache Kafka; the subtests use topics
// and groups of their own.
func TestRealKafka(t *testing.T) {
	node := kafkatest.New(t)
	base := func(topics ...string) Config {
		cfg := config(nil, topics...)
		cfg.Brokers = []string{node.Addr}
		cfg.Group = "group-of-" + topics[0]
		return cfg
	}
	t.Run("compression", func(t *testing.T) { realCompression(t, node, base("compression")) })
	t.Run("rebalance", func(t *testing.T) { realRebalance(t, node, base("rebalance")) })
	t.Run("partition added", func(t *testing.T) { realPartitionAdded(t, node, base("partition-added")) })
	t.Run("late topic", func(t *testing.T) { realLateTopic(t, node, base("late-topic")) })
	t.Run("start last", func(t *testing.T) { realStartLast(t, node, base("start-last")) })
	t.Run("read range", func(t *testing.T) { realReadRange(t, node, base("read-range")) })
	t.Run("transactions", func(t *testing.T) { realTransactions(t, node, base("transactions")) })
	t.Run("compacted", func(t *testing.T) { realCompacted(t, node, base("compacted")) })
	t.Run("retention", func(t *testing.T) { realRetention(t, node, base("retention")) })
	t.Run("sasl", func(t *testing.T) { realSASL(t, node, base("sasl")) })
	t.Run("restart", func(t *testing.T) { realRestart(t, node, base("restart")) })
}

// atEnd tells whether the group has committed all of the topic.
func atEnd(t *testing.T, cfg Config) func() bool {
	src := source(t, cfg)
	return func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		ids, err := src.dialer.Metadata(ctx)
		if err != nil {
			return false
		}
		at, err := src.dialer.Spans(ctx, ids)
		if err != nil {
			return false
		}
		want, got := map[Partition]int64{}, map[Partition]int64{}
		for p, s := range at {
			want[p] = s.End
		}
		client, done := src.dialer.Client()
		defer done()
		res, err := client.OffsetFetch(ctx, &kafka.OffsetFetchRequest{GroupID: cfg.Group, Topics: ids})
		if err != nil || res.Error != nil {
			return false
		}
		for topic, ps := range res.Topics {
			for _, p := range ps {
				got[Partition{Topic: topic, ID: int32(p.Partition)}] = p.CommittedOffset
			}
		}
		return maps.Equal(want, got)
	}
}

func holds(t *testing.T, st *store, want int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d messages are read", want), func() bool { n, _ := st.count(); return n >= want })
	if n, repeats := st.count(); n != want || repeats != 0 {
		t.Errorf("%d messages and %d repeats, want %d", n, repeats, want)
	}
}

func realCompression(t *testing.T, node *kafkatest.Server, cfg Config) {
	node.CreateTopic(cfg.Topics[0], 3)
	for _, codec := range []kafka.Compression{0, kafka.Gzip, kafka.Snappy, kafka.Lz4, kafka.Zstd} {
		produce(t, cfg.Brokers, cfg.Topics[0], codec.String()+strings.Repeat("x", 200), 1000, codec)
	}
	if err := source(t, cfg).Ping(t.Context()); err != nil {
		t.Error(err)
	}
	st := newStore()
	run(t, cfg, st, 0)
	holds(t, st, 5000)
	eventually(t, "all is committed", atEnd(t, cfg))
}

func realRebalance(t *testing.T, node *kafkatest.Server, cfg Config) {
	node.CreateTopic(cfg.Topics[0], 6)
	st := newStore()
	a := run(t, cfg, st, 5*time.Millisecond)
	produced := make(chan struct{})
	go func() {
		defer close(produced)
		for i := range 40 {
			produce(t, cfg.Brokers, cfg.Topics[0], fmt.Sprintf("r%d", i), 50, kafka.Zstd)
			time.Sleep(50 * time.Millisecond)
		}
	}()
	eventually(t, "the first member has all", func() bool { return a.partitions() == 6 })
	b := run(t, cfg, st, 5*time.Millisecond)
	eventually(t, "the members share", func() bool { return a.partitions() == 3 && b.partitions() == 3 })
	time.Sleep(200 * time.Millisecond)
	a.leave(t)
	eventually(t, "the second member has all", func() bool { return b.partitions() == 6 })
	<-produced
	holds(t, st, 2000)
	eventually(t, "all is committed", atEnd(t, cfg))
	if st.gaps != 0 {
		t.Errorf("%d gaps", st.gaps)
	}
}

func realPartitionAdded(t *testing.T, node *kafkatest.Server, cfg Config) {
	node.CreateTopic(cfg.Topics[0], 1)
	st := newStore()
	run(t, cfg, st, 0)
	produce(t, cfg.Brokers, cfg.Topics[0], "a", 100, 0)
	holds(t, st, 100)
	client, done := source(t, cfg).dialer.Client()
	defer done()
	res, err := client.CreatePartitions(t.Context(), &kafka.CreatePartitionsRequest{Topics: []kafka.TopicPartitionsConfig{{Name: cfg.Topics[0], Count: 4}}})
	if err != nil || res.Errors[cfg.Topics[0]] != nil {
		t.Fatal(err, res)
	}
	eventually(t, "the partitions are there", func() bool {
		ids, err := source(t, cfg).dialer.Metadata(t.Context())
		return err == nil && len(ids[cfg.Topics[0]]) == 4
	})
	produce(t, cfg.Brokers, cfg.Topics[0], "b", 400, 0)
	holds(t, st, 500)
	eventually(t, "all is committed", atEnd(t, cfg))
}

func realLateTopic(t *testing.T, node *kafkatest.Server, cfg Config) {
	st := newStore()
	run(t, cfg, st, 0)
	time.Sleep(500 * time.Millisecond)
	node.CreateTopic(cfg.Topics[0], 2)
	produce(t, cfg.Brokers, cfg.Topics[0], "x", 100, 0)
	holds(t, st, 100)
}

func realStartLast(t *testing.T, node *kafkatest.Server, cfg Config) {
	cfg.Start = StartLast
	node.CreateTopic(cfg.Topics[0], 2)
	produce(t, cfg.Brokers, cfg.Topics[0], "old", 100, 0)
	st := newStore()
	m := run(t, cfg, st, 0)
	eventually(t, "assigned", func() bool { return m.partitions() == 2 })
	m.leave(t)
	produce(t, cfg.Brokers, cfg.Topics[0], "new", 100, 0)
	run(t, cfg, st, 0)
	holds(t, st, 100)
}

func realReadRange(t *testing.T, node *kafkatest.Server, cfg Config) {
	node.CreateTopic(cfg.Topics[0], 1)
	produce(t, cfg.Brokers, cfg.Topics[0], "x", 1000, kafka.Zstd)
	src := source(t, cfg)
	for _, r := range [][2]int64{{0, 1000}, {0, 0}, {1, 2}, {333, 777}, {999, 1000}} {
		got := map[int64]bool{}
		next := r[0]
		err := src.ReadRange(t.Context(), schemas.Range{Topic: cfg.Topics[0], First: r[0], Next: r[1]}, func(c *ingest.Chunk) error {
			if c.First != next {
				t.Errorf("range %v: a chunk begins at %d, want %d", r, c.First, next)
			}
			next = c.Next
			for _, o := range c.Offsets {
				got[o] = true
			}
			return nil
		})
		if err != nil || next != r[1] || int64(len(got)) != r[1]-r[0] {
			t.Errorf("range %v: %d messages up to %d, %v", r, len(got), next, err)
		}
	}
	if err := src.ReadRange(t.Context(), schemas.Range{Topic: cfg.Topics[0], First: 900, Next: 1001}, func(*ingest.Chunk) error { return nil }); !errors.Is(err, ErrGone) {
		t.Errorf("beyond the end: %v", err)
	}
}

// realTransactions: aborted messages are handed over (kafka-go cannot tell),
// markers are not, and everything is committed.
func realTransactions(t *testing.T, node *kafkatest.Server, cfg Config) {
	node.CreateTopic(cfg.Topics[0], 1)
	cl, err := kgo.NewClient(kgo.SeedBrokers(node.Addr), kgo.DefaultProduceTopic(cfg.Topics[0]), kgo.TransactionalID("tx"))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	for i, end := range []kgo.TransactionEndTry{kgo.TryCommit, kgo.TryAbort, kgo.TryCommit} {
		if err := cl.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		if err := cl.ProduceSync(t.Context(), kgo.StringRecord(fmt.Sprintf("tx-%d", i))).FirstErr(); err != nil {
			t.Fatal(err)
		}
		if err := cl.EndTransaction(t.Context(), end); err != nil {
			t.Fatal(err)
		}
	}
	st := newStore()
	run(t, cfg, st, 0)
	holds(t, st, 3)
	eventually(t, "all is committed, markers too", atEnd(t, cfg))
}

// realCompacted: the log cleaner leaves gaps, and batches without records.
func realCompacted(t *testing.T, node *kafkatest.Server, cfg Config) {
	node.CreateTopic(cfg.Topics[0], 1, "cleanup.policy", "compact", "segment.ms", "100", "min.cleanable.dirty.ratio", "0.01", "delete.retention.ms", "0", "min.compaction.lag.ms", "0")
	cl, err := kgo.NewClient(kgo.SeedBrokers(node.Addr), kgo.DefaultProduceTopic(cfg.Topics[0]), kgo.ProducerLinger(0))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	for i := range 60 {
		r := &kgo.Record{Key: fmt.Append(nil, "k", i%3), Value: fmt.Append(nil, "v", i)}
		if err := cl.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond)
	}
	src := source(t, cfg)
	eventually(t, "the log is compacted", func() bool {
		n := 0
		err := src.ReadRange(t.Context(), schemas.Range{Topic: cfg.Topics[0], Next: 60}, func(c *ingest.Chunk) error { n += len(c.Ends); return nil })
		return err == nil && n < 20
	})
	st := newStore()
	run(t, cfg, st, 0)
	eventually(t, "the last is read", func() bool { st.mu.Lock(); defer st.mu.Unlock(); return st.values["v59"] == 1 })
	eventually(t, "all is committed, gaps too", atEnd(t, cfg))
}

func realRetention(t *testing.T, node *kafkatest.Server, cfg Config) {
	node.CreateTopic(cfg.Topics[0], 1, "segment.bytes", "1048576", "retention.bytes", "1")
	st := newStore()
	m := run(t, cfg, st, 0)
	produce(t, cfg.Brokers, cfg.Topics[0], "a", 10, 0)
	holds(t, st, 10)
	eventually(t, "all is committed", atEnd(t, cfg))
	m.leave(t)
	for i := range 6 {
		produce(t, cfg.Brokers, cfg.Topics[0], fmt.Sprint("b", i, strings.Repeat("x", 1000)), 1000, 0)
	}
	src := source(t, cfg)
	p := Partition{Topic: cfg.Topics[0], ID: 0}
	eventually(t, "retention deletes the log's start", func() bool {
		at, err := src.dialer.Spans(t.Context(), map[string][]int{p.Topic: {0}})
		return err == nil && at[p].Start > 10
	})
	run(t, cfg, st, 0)
	eventually(t, "all is committed", atEnd(t, cfg))
	if n, _ := st.count(); n <= 10 || n >= 6010 {
		t.Errorf("%d messages", n)
	}
}

func realSASL(t *testing.T, node *kafkatest.Server, cfg Config) {
	node.CreateTopic(cfg.Topics[0], 2)
	produce(t, cfg.Brokers, cfg.Topics[0], "x", 100, 0)
	cfg.Brokers = []string{node.SASLAddr}
	for _, mechanism := range []string{"plain", "scram-sha-256", "scram-sha-512"} {
		cfg.Group = mechanism
		cfg.SASL = SASL{Mechanism: mechanism, Username: kafkatest.Username, Password: kafkatest.Password}
		st := newStore()
		m := run(t, cfg, st, 0)
		holds(t, st, 100)
		m.leave(t)
		if err := source(t, cfg).Ping(t.Context()); err != nil {
			t.Errorf("%s: %v", mechanism, err)
		}
		w, err := NewWriter(cfg, cfg.Topics[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(t.Context(), nil); err != nil {
			t.Error(err)
		}
		w.Close()
		cfg.SASL.Password = "wrong"
		if err := source(t, cfg).Ping(t.Context()); err == nil || !strings.Contains(err.Error(), "check sasl.username") {
			t.Errorf("%s with a wrong password: %v", mechanism, err)
		}
	}
}

// realRestart kills the node while it is read, and starts it again.
func realRestart(t *testing.T, node *kafkatest.Server, cfg Config) {
	node.CreateTopic(cfg.Topics[0], 2)
	w, err := NewWriter(cfg, cfg.Topics[0])
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	write := func(prefix string) {
		t.Helper()
		var ms []Message
		for i := range 100 {
			ms = append(ms, Message{Value: fmt.Append(nil, prefix, i)})
		}
		if err := w.Write(t.Context(), ms); err != nil {
			t.Fatal(err)
		}
	}
	st := newStore()
	m := run(t, cfg, st, 0)
	write("a")
	holds(t, st, 100)
	eventually(t, "all is committed", atEnd(t, cfg))
	node.Stop()
	time.Sleep(time.Second)
	node.Run()
	write("b")
	holds(t, st, 200)
	eventually(t, "all is committed", atEnd(t, cfg))
	node.Kill()
	node.Run()
	write("c")
	holds(t, st, 300)
	m.leave(t)
}
