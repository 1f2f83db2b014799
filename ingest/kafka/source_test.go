package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/schemas"
)

// TestExactDelivery has members come and go, leaders move and coordinators
// change while messages arrive: every message is stored once.
func TestExactDelivery(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(8, "in"))
	cfg := config(c, "in")
	st := newStore()
	const rounds, each = 40, 100
	var producer sync.WaitGroup
	producer.Go(func() {
		codecs := []kafka.Compression{0, kafka.Gzip, kafka.Snappy, kafka.Lz4, kafka.Zstd}
		for i := range rounds {
			produce(t, cfg.Brokers, "in", fmt.Sprintf("r%d", i), each, codecs[i%len(codecs)])
			time.Sleep(100 * time.Millisecond)
		}
	})
	stable := func(n int) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := c.WaitGroupStable(ctx, cfg.Group, n); err != nil {
			t.Fatal(err)
		}
	}
	a := run(t, cfg, st, 20*time.Millisecond)
	stable(1)
	b := run(t, cfg, st, 20*time.Millisecond)
	stable(2)
	run(t, cfg, st, 20*time.Millisecond)
	stable(3)
	a.leave(t)
	stable(2)
	for p := range int32(8) {
		if err := c.MoveTopicPartition("in", p, (c.LeaderFor("in", p)+1)%3); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "some more is read", func() bool { n, _ := st.count(); return n > rounds*each/3 })
	c.ShufflePartitionLeaders()
	c.RehashCoordinators()
	time.Sleep(200 * time.Millisecond)
	b.leave(t)
	stable(1)
	producer.Wait()
	eventually(t, "all is read", func() bool { n, _ := st.count(); return n == rounds*each })
	eventually(t, "all is committed", allCommitted(c, cfg.Group, "in"))
	if _, repeats := st.count(); repeats != 0 {
		t.Errorf("%d repeats", repeats)
	}
	if st.gaps != 0 {
		t.Errorf("chunks of a partition do not follow one another in %d cases", st.gaps)
	}
	if a.revoked == 0 || b.revoked == 0 {
		t.Errorf("members that left were told %d and %d times", a.revoked, b.revoked)
	}
}

func TestLeavesAtOnce(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(4, "in"))
	cfg := config(c, "in")
	cfg.MaxWait = 10 * time.Second // a long poll does not delay it
	st := newStore()
	m := run(t, cfg, st, 0)
	eventually(t, "assigned", func() bool { return m.partitions() == 4 })
	time.Sleep(300 * time.Millisecond) // the long polls are under way
	started := time.Now()
	m.leave(t)
	if took := time.Since(started); took > 3*time.Second {
		t.Errorf("leaving took %v", took)
	}
	if gi := c.GroupInfo(cfg.Group); gi != nil && len(gi.Members) != 0 {
		t.Errorf("the group still has %d members", len(gi.Members))
	}
}

// TestSlowHandler blocks the handler for longer than the session: the member
// keeps its partitions, and nothing is read twice.
func TestSlowHandler(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(2, "in"))
	cfg := config(c, "in")
	cfg.SessionTimeout, cfg.RebalanceTimeout, cfg.Watchdog = time.Second, time.Second, time.Second
	st := newStore()
	src := source(t, cfg)
	p := newPipeline(src, st, 0)
	p.hold = make(chan struct{})
	start(t, src, p)
	produce(t, cfg.Brokers, "in", "x", 500, kafka.Zstd)
	eventually(t, "assigned", func() bool { return p.partitions() == 2 })
	gen := c.GroupInfo(cfg.Group).Epoch
	time.Sleep(3 * cfg.SessionTimeout)
	produce(t, cfg.Brokers, "in", "y", 500, kafka.Zstd)
	eventually(t, "lag shows what arrived meanwhile", func() bool {
		lag := src.Lag()
		return lag[Partition{Topic: "in", ID: 0}]+lag[Partition{Topic: "in", ID: 1}] == 1000
	})
	close(p.hold)
	eventually(t, "all is committed", allCommitted(c, cfg.Group, "in"))
	if n, repeats := st.count(); n != 1000 || repeats != 0 {
		t.Errorf("%d messages, %d repeats", n, repeats)
	}
	if now := c.GroupInfo(cfg.Group).Epoch; now != gen {
		t.Errorf("the group was rebalanced: generation %d, now %d", gen, now)
	}
}

// stuck is a handler that never finishes anything.
type stuck struct {
	*pipeline
	mu     sync.Mutex
	bounds []time.Duration
}

func (s *stuck) Chunk(context.Context, *ingest.Chunk) error { return nil }

func (s *stuck) Revoked(ctx context.Context, _ []ingest.Assignment) {
	started := time.Now()
	<-ctx.Done()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bounds = append(s.bounds, time.Since(started))
}

func TestDrainIsBounded(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(2, "in"))
	cfg := config(c, "in")
	cfg.SessionTimeout = 2 * time.Second
	src := source(t, cfg)
	h := &stuck{pipeline: newPipeline(src, newStore(), 0)}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- src.Run(ctx, h) }()
	produce(t, cfg.Brokers, "in", "x", 100, 0)
	eventually(t, "assigned", func() bool { return h.partitions() == 2 })
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	h.close()
	if len(h.bounds) != 1 || h.bounds[0] > cfg.drain()+500*time.Millisecond {
		t.Errorf("Revoked was given %v, want %v", h.bounds, cfg.drain())
	}
	if got := committed(c, cfg.Group, "in"); got[0] != 0 || got[1] != 0 {
		t.Errorf("committed %v of what was never done", got)
	}
}

func TestHandlerErrorsEndRun(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(2, "in"))
	cfg := config(c, "in")
	produce(t, cfg.Brokers, "in", "x", 10, 0)
	src := source(t, cfg)
	if err := src.Run(t.Context(), &failing{assigned: errBoom}); !errors.Is(err, errBoom) {
		t.Errorf("Assigned failed, Run returned %v", err)
	}
	h := &failing{chunk: errBoom}
	if err := source(t, cfg).Run(t.Context(), h); !errors.Is(err, errBoom) {
		t.Errorf("Chunk failed, Run returned %v", err)
	}
	if h.revoked != 1 {
		t.Errorf("Revoked was called %d times", h.revoked)
	}
	if gi := c.GroupInfo(cfg.Group); gi != nil && len(gi.Members) != 0 {
		t.Error("the group was not left")
	}
}

type failing struct {
	assigned, chunk error
	revoked         int
}

func (f *failing) Assigned(_ context.Context, as []ingest.Assignment) ([]int64, error) {
	return make([]int64, len(as)), f.assigned
}
func (f *failing) Chunk(context.Context, *ingest.Chunk) error   { return f.chunk }
func (f *failing) Revoked(context.Context, []ingest.Assignment) { f.revoked++ }

func TestPartitionAdded(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(2, "in"))
	cfg := config(c, "in")
	st := newStore()
	m := run(t, cfg, st, 0)
	produce(t, cfg.Brokers, "in", "a", 100, 0)
	eventually(t, "the first are read", func() bool { n, _ := st.count(); return n == 100 })
	tr := &kafka.Transport{}
	defer tr.CloseIdleConnections()
	cl := &kafka.Client{Addr: kafka.TCP(cfg.Brokers...), Transport: tr}
	res, err := cl.CreatePartitions(t.Context(), &kafka.CreatePartitionsRequest{Topics: []kafka.TopicPartitionsConfig{{Name: "in", Count: 5}}})
	if err != nil || res.Errors["in"] != nil {
		t.Fatal(err, res.Errors)
	}
	produce(t, cfg.Brokers, "in", "b", 100, 0)
	eventually(t, "the new partitions are read too", func() bool { n, _ := st.count(); return n == 200 })
	eventually(t, "all is committed", allCommitted(c, cfg.Group, "in"))
	if m.partitions() != 5 {
		t.Errorf("%d partitions are assigned", m.partitions())
	}
	if _, repeats := st.count(); repeats != 0 {
		t.Errorf("%d repeats", repeats)
	}
}

func TestTopicsComeAndGo(t *testing.T) {
	c := cluster(t)
	cfg := config(c, "early", "late")
	cfg.Start = StartLast
	st := newStore()
	m := run(t, cfg, st, 0)
	time.Sleep(200 * time.Millisecond)
	if err := c.CreateTopic("early", 2, nil); err != nil {
		t.Fatal(err)
	}
	produce(t, cfg.Brokers, "early", "e", 50, 0) // before the source can have noticed
	eventually(t, "the early topic is read from its start", func() bool { n, _ := st.count(); return n == 50 })
	if err := c.CreateTopic("late", 2, nil); err != nil {
		t.Fatal(err)
	}
	produce(t, cfg.Brokers, "late", "l", 50, 0)
	eventually(t, "the late topic is read", func() bool { n, _ := st.count(); return n == 100 })
	if err := c.DeleteTopic("early"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the deleted topic is given up", func() bool { return m.partitions() == 2 })
	produce(t, cfg.Brokers, "late", "m", 50, 0)
	eventually(t, "the other topic is read on", func() bool { n, _ := st.count(); return n == 150 })
	if _, repeats := st.count(); repeats != 0 {
		t.Errorf("%d repeats", repeats)
	}
}

// TestNothingAssigned has the member that deals partitions out see none: the
// others would have nothing for ever.
func TestNothingAssigned(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(2, "in"))
	cfg := config(c, "in")
	produce(t, cfg.Brokers, "in", "x", 20, 0)
	h := c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Metadata}, Topic: "in", Err: kerr.UnknownTopicOrPartition, Count: 1,
		When: func(r kmsg.Request) bool { return r.GetVersion() == 6 }}) // the one of the join
	st := newStore()
	run(t, cfg, st, 0)
	eventually(t, "all is read", func() bool { n, _ := st.count(); return n == 20 })
	if h.Hits() != 1 {
		t.Errorf("the fault hit %d times", h.Hits())
	}
}

func TestStartLast(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(4, "in"))
	cfg := config(c, "in")
	cfg.Start = StartLast
	produce(t, cfg.Brokers, "in", "old", 40, 0)
	st := newStore()
	m := run(t, cfg, st, 0)
	eventually(t, "assigned", func() bool { return m.partitions() == 4 })
	m.leave(t) // before anything was read
	produce(t, cfg.Brokers, "in", "new", 40, 0)
	run(t, cfg, st, 0)
	eventually(t, "what came between is read", func() bool { n, _ := st.count(); return n == 40 })
	for v := range st.values {
		if v[:3] != "new" {
			t.Errorf("read %s", v)
		}
	}
}

func TestBrokerDownAndBack(t *testing.T) {
	dir := t.TempDir()
	open := func(ports ...int) *kfake.Cluster {
		c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.Ports(ports...), kfake.DataDir(dir), kfake.SeedTopics(4, "in"), kfake.GroupMinSessionTimeout(time.Second))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := open(0)
	cfg := config(c, "in")
	st := newStore()
	m := run(t, cfg, st, 0)
	produce(t, cfg.Brokers, "in", "a", 100, 0)
	eventually(t, "the first are committed", allCommitted(c, cfg.Group, "in"))
	var port int
	if _, err := fmt.Sscanf(c.ListenAddrs()[0], "127.0.0.1:%d", &port); err != nil {
		t.Fatal(err)
	}
	c.Close()
	time.Sleep(time.Second)
	c = open(port)
	t.Cleanup(c.Close)
	produce(t, cfg.Brokers, "in", "b", 100, 0)
	eventually(t, "all is read", func() bool { n, _ := st.count(); return n == 200 })
	eventually(t, "all is committed", allCommitted(c, cfg.Group, "in"))
	if _, repeats := st.count(); repeats != 0 {
		t.Errorf("%d repeats", repeats)
	}
	m.leave(t)
}

func TestCommitOwnedOnly(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(1, "in"))
	cfg := config(c, "in")
	produce(t, cfg.Brokers, "in", "x", 10, 0)
	st := newStore()
	m := run(t, cfg, st, 0)
	eventually(t, "all is committed", allCommitted(c, cfg.Group, "in"))
	err := m.src.Commit(t.Context(), []schemas.Range{{Topic: "in", Partition: 0, First: 0, Next: 5}, {Topic: "other", Next: 3}, {Topic: "in", Next: 500}})
	if !errors.Is(err, ErrNotOwned) {
		t.Errorf("a partition that is not owned: %v", err)
	}
	time.Sleep(5 * cfg.CommitInterval)
	if got := committed(c, cfg.Group, "in")[0]; got != 10 {
		t.Errorf("committed %d, want 10: neither backwards nor beyond the log's end", got)
	}
	if lag := m.src.Lag(); len(lag) != 1 || lag[Partition{Topic: "in", ID: 0}] != 0 {
		t.Errorf("lag is %v", lag)
	}
	m.leave(t)
	if err := m.src.Commit(t.Context(), []schemas.Range{{Topic: "in", Next: 10}}); !errors.Is(err, ErrNotOwned) {
		t.Errorf("after leaving: %v", err)
	}
}
