package kafka

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/ingest/kafka/internal/partition"
	"github.com/gatehound/gatehound/schemas"
)

// commitOutside sets what a group has committed.
func commitOutside(t *testing.T, cfg Config, topic string, offset int64) {
	t.Helper()
	client, done := source(t, cfg).dialer.Client()
	defer done()
	res, err := client.OffsetCommit(t.Context(), &kafka.OffsetCommitRequest{GroupID: cfg.Group, GenerationID: -1,
		Topics: map[string][]kafka.OffsetCommit{topic: {{Partition: 0, Offset: offset}}}})
	if err != nil || res.Topics[topic][0].Error != nil {
		t.Fatal(err, res)
	}
}

func TestCommittedBelowLogStart(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(1, "in"))
	cfg := config(c, "in")
	produce(t, cfg.Brokers, "in", "x", 100, 0)
	commitOutside(t, cfg, "in", 10)
	if err := c.DeleteRecords("in", 0, 60); err != nil {
		t.Fatal(err)
	}
	st := newStore()
	m := run(t, cfg, st, 0)
	eventually(t, "all is committed", allCommitted(c, cfg.Group, "in"))
	if n, _ := st.count(); n != 40 {
		t.Errorf("read %d messages, want the 40 that are left", n)
	}
	if got := testutil.ToFloat64(m.src.metrics.reader.Lost); got != 50 {
		t.Errorf("lost_offsets_total is %v, want 50", got)
	}
	if got := testutil.ToFloat64(m.src.metrics.reader.Resets.WithLabelValues(partition.ResetBelowStart)); got != 1 {
		t.Errorf("offset_resets_total is %v", got)
	}
}

func TestCommittedAboveLogEnd(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(1, "in"))
	cfg := config(c, "in")
	produce(t, cfg.Brokers, "in", "x", 100, 0)
	commitOutside(t, cfg, "in", 500)
	st := newStore()
	m := run(t, cfg, st, 0)
	eventually(t, "the topic that was made anew is read and committed from its start", allCommitted(c, cfg.Group, "in"))
	if n, _ := st.count(); n != 100 {
		t.Errorf("read %d messages", n)
	}
	if got := testutil.ToFloat64(m.src.metrics.reader.Resets.WithLabelValues(partition.ResetAboveEnd)); got != 1 {
		t.Errorf("offset_resets_total is %v", got)
	}
}

// ahead is a handler that wants to start where the log is not.
type ahead struct {
	*pipeline
	at int64
}

func (a *ahead) Assigned(ctx context.Context, as []ingest.Assignment) ([]int64, error) {
	out, err := a.pipeline.Assigned(ctx, as)
	for i := range out {
		out[i] = a.at
	}
	return out, err
}

func TestPositionFallsOutOfTheLog(t *testing.T) {
	for _, at := range []int64{3, 700} {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			c := cluster(t, kfake.SeedTopics(1, "in"))
			cfg := config(c, "in")
			produce(t, cfg.Brokers, "in", "x", 100, 0)
			if err := c.DeleteRecords("in", 0, 10); err != nil {
				t.Fatal(err)
			}
			src, st := source(t, cfg), newStore()
			h := &ahead{newPipeline(src, st, 0), at}
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- src.Run(ctx, h) }()
			eventually(t, "all is committed", allCommitted(c, cfg.Group, "in"))
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
			h.close()
			if n, _ := st.count(); n != 90 {
				t.Errorf("read %d messages, want 90", n)
			}
		})
	}
}

func TestReadRange(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(1, "in"))
	cfg := config(c, "in")
	for _, codec := range []kafka.Compression{0, kafka.Zstd, kafka.Snappy} {
		produce(t, cfg.Brokers, "in", codec.String(), 500, codec)
	}
	src := source(t, cfg)
	read := func(first, next int64) (offsets []int64, last int64, err error) {
		last = first
		err = src.ReadRange(t.Context(), schemas.Range{Topic: "in", First: first, Next: next}, func(c *ingest.Chunk) error {
			if c.First != last {
				t.Errorf("a chunk begins at %d, want %d", c.First, last)
			}
			last = c.Next
			offsets = append(offsets, c.Offsets...)
			return nil
		})
		return offsets, last, err
	}
	for _, r := range [][2]int64{{0, 1500}, {0, 1}, {7, 7}, {499, 501}, {750, 1250}, {1499, 1500}} {
		offsets, last, err := read(r[0], r[1])
		if err != nil || last != r[1] || int64(len(offsets)) != r[1]-r[0] {
			t.Errorf("range %v: %d messages up to %d, %v", r, len(offsets), last, err)
		}
		for i, o := range offsets {
			if o != r[0]+int64(i) {
				t.Fatalf("range %v: message %d has offset %d", r, i, o)
			}
		}
	}
	if err := c.DeleteRecords("in", 0, 100); err != nil {
		t.Fatal(err)
	}
	for _, r := range [][2]int64{{50, 200}, {1400, 1501}} {
		if _, _, err := read(r[0], r[1]); !errors.Is(err, ErrGone) {
			t.Errorf("range %v: %v, want ErrGone", r, err)
		}
	}
	if err := src.ReadRange(t.Context(), schemas.Range{Topic: "none", Next: 1}, nil); !errors.Is(err, ErrGone) {
		t.Errorf("no topic: %v, want ErrGone", err)
	}
	if err := src.ReadRange(t.Context(), schemas.Range{Topic: "in", First: 5, Next: 3}, nil); err == nil || errors.Is(err, ErrGone) {
		t.Errorf("not a range: %v", err)
	}
	if err := src.ReadRange(t.Context(), schemas.Range{Topic: "in", First: 200, Next: 300}, func(*ingest.Chunk) error { return errBoom }); !errors.Is(err, errBoom) {
		t.Errorf("the function failed: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := src.ReadRange(ctx, schemas.Range{Topic: "in", First: 200, Next: 300}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("context done: %v", err)
	}
}

func TestReadRangeWhileLeadersMove(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(1, "in"))
	cfg := config(c, "in")
	for i := range 20 {
		produce(t, cfg.Brokers, "in", fmt.Sprint(i, strings.Repeat("x", 5000)), 200, 0)
	}
	seen := 0
	err := source(t, cfg).ReadRange(t.Context(), schemas.Range{Topic: "in", First: 100, Next: 3900}, func(ch *ingest.Chunk) error {
		seen += len(ch.Offsets)
		return c.MoveTopicPartition("in", 0, (c.LeaderFor("in", 0)+1)%3)
	})
	if err != nil || seen != 3800 {
		t.Errorf("%d messages, %v", seen, err)
	}
}

// TestTransactions: markers are left out, but covered, so that the group gets
// to the log's end. Aborted messages are handed over: kafka-go cannot tell.
func TestTransactions(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(1, "in"))
	cfg := config(c, "in")
	cl, err := kgo.NewClient(kgo.SeedBrokers(cfg.Brokers...), kgo.DefaultProduceTopic("in"), kgo.TransactionalID("t"))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	for i, end := range []kgo.TransactionEndTry{kgo.TryCommit, kgo.TryAbort} {
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
	m := run(t, cfg, st, 0)
	eventually(t, "all is committed, the last marker too", func() bool { return committed(c, cfg.Group, "in")[0] == 4 })
	if n, repeats := st.count(); n != 2 || repeats != 0 {
		t.Errorf("%d messages, %d repeats", n, repeats)
	}
	if got := testutil.ToFloat64(m.src.metrics.reader.Markers); got != 2 {
		t.Errorf("control_records_total is %v", got)
	}
}

// TestWatchdog has a leader that answers, for ever, that there is nothing new.
func TestWatchdog(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(1, "in"), kfake.NumBrokers(1))
	cfg := config(c, "in")
	cfg.Watchdog = time.Second
	st := newStore()
	m := run(t, cfg, st, 0)
	produce(t, cfg.Brokers, "in", "a", 10, 0)
	eventually(t, "the first are read", func() bool { n, _ := st.count(); return n == 10 })
	var stale = true
	c.ControlKey(int16(kmsg.Fetch), func(r kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		if m.src != nil && testutil.ToFloat64(m.src.metrics.reader.Watchdog) > 0 {
			stale = false
		}
		if !stale {
			return nil, nil, false
		}
		req := r.(*kmsg.FetchRequest)
		res := req.ResponseKind().(*kmsg.FetchResponse)
		time.Sleep(20 * time.Millisecond)
		rt := kmsg.NewFetchResponseTopic()
		rt.Topic = req.Topics[0].Topic
		rp := kmsg.NewFetchResponseTopicPartition()
		rp.HighWatermark = req.Topics[0].Partitions[0].FetchOffset
		rp.RecordBatches = []byte{}
		rt.Partitions = append(rt.Partitions, rp)
		res.Topics = append(res.Topics, rt)
		return res, nil, true
	})
	produce(t, cfg.Brokers, "in", "b", 10, 0)
	eventually(t, "the rest is read", func() bool { n, _ := st.count(); return n == 20 })
	if got := testutil.ToFloat64(m.src.metrics.reader.Watchdog); got != 1 {
		t.Errorf("watchdog_resets_total is %v", got)
	}
}

// TestFetchFaults answers fetches, commits and lookups with errors that brokers
// give while they are disturbed.
func TestFetchFaults(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(4, "in"))
	cfg := config(c, "in")
	st := newStore()
	run(t, cfg, st, 0)
	produce(t, cfg.Brokers, "in", "a", 100, 0)
	for _, e := range []*kerr.Error{kerr.NotLeaderForPartition, kerr.LeaderNotAvailable, kerr.KafkaStorageError, kerr.UnknownServerError} {
		c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Topic: "in", Err: e, Count: 5})
	}
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.OffsetCommit}, Group: cfg.Group, Err: kerr.CoordinatorLoadInProgress, Count: 3})
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.ListOffsets}, Topic: "in", Err: kerr.NotLeaderForPartition, Count: 3})
	produce(t, cfg.Brokers, "in", "b", 100, 0)
	eventually(t, "all is read", func() bool { n, _ := st.count(); return n == 200 })
	eventually(t, "all is committed", allCommitted(c, cfg.Group, "in"))
	if _, repeats := st.count(); repeats != 0 {
		t.Errorf("%d repeats", repeats)
	}
}
