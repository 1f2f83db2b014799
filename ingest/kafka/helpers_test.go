package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"
	"go.uber.org/goleak"

	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// cluster starts a broker in the process.
func cluster(t testing.TB, opts ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(3), kfake.GroupMinSessionTimeout(time.Second)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// config is a configuration for tests: as by default, but quicker.
func config(c *kfake.Cluster, topics ...string) Config {
	cfg := DefaultConfig()
	if c != nil {
		cfg.Brokers = c.ListenAddrs()
	}
	cfg.Topics = topics
	cfg.MaxWait = 50 * time.Millisecond
	cfg.SessionTimeout = 6 * time.Second
	cfg.RebalanceTimeout = 6 * time.Second
	cfg.Heartbeat = 100 * time.Millisecond
	cfg.PartitionWatch = 100 * time.Millisecond
	cfg.CommitInterval = 20 * time.Millisecond
	cfg.DialTimeout = 2 * time.Second
	return cfg
}

// source makes a Source with metrics of its own.
func source(t testing.TB, cfg Config) *Source {
	t.Helper()
	var out io.Writer = io.Discard
	if testing.Verbose() {
		out = os.Stderr
	}
	s, err := New(cfg, slog.New(slog.NewTextHandler(out, nil)), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// produce writes n values ("prefix-0" …) spread over the topic's partitions.
func produce(t testing.TB, brokers []string, topic, prefix string, n int, codec kafka.Compression) {
	t.Helper()
	tr := &kafka.Transport{MetadataTTL: 100 * time.Millisecond} // leaders move in the tests
	defer tr.CloseIdleConnections()
	w := &kafka.Writer{Addr: kafka.TCP(brokers...), Topic: topic, BatchTimeout: 2 * time.Millisecond, RequiredAcks: kafka.RequireAll,
		Compression: codec, MaxAttempts: 300, WriteBackoffMin: 5 * time.Millisecond, WriteBackoffMax: 50 * time.Millisecond,
		Balancer: &kafka.RoundRobin{}, Transport: tr}
	defer w.Close()
	ms := make([]kafka.Message, n)
	for i := range ms {
		ms[i].Value = fmt.Appendf(nil, "%s-%d", prefix, i)
	}
	if err := w.WriteMessages(context.Background(), ms...); err != nil {
		t.Fatal(err)
	}
}

// pipeline is a handler that stores what it gets: after a while, in order, and
// then commits it.
type pipeline struct {
	src   *Source
	store *store
	delay time.Duration
	hold  chan struct{} // if set, Chunk blocks until it is closed

	mu       sync.Mutex
	assigned []ingest.Assignment
	revoked  int
	drain    time.Duration
	work     chan *ingest.Chunk
	pending  sync.WaitGroup
	stop     sync.WaitGroup
}

// store is what the members of a group store into.
type store struct {
	mu     sync.Mutex
	values map[string]int
	cuts   []ingest.Cut
	ranges map[Partition]int64
	gaps   int
}

func newStore() *store { return &store{values: map[string]int{}, ranges: map[Partition]int64{}} }

func (s *store) put(c *ingest.Chunk) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from := 0
	for _, end := range c.Ends {
		s.values[string(c.Slab[from:end])]++
		from = end
	}
	s.cuts = append(s.cuts, c.Cut...)
	p := Partition{Topic: c.Topic, ID: c.Partition}
	if next, ok := s.ranges[p]; ok && next != c.First {
		s.gaps++
	}
	s.ranges[p] = c.Next
	if !slices.IsSorted(c.Offsets) || len(c.Offsets) != len(c.Ends) {
		s.gaps++
	}
	if c.Free != nil {
		c.Free()
	}
}

// count returns how many different values there are, and how many repeats.
func (s *store) count() (distinct, repeats int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.values {
		repeats += n - 1
	}
	return len(s.values), repeats
}

func newPipeline(src *Source, st *store, delay time.Duration) *pipeline {
	p := &pipeline{src: src, store: st, delay: delay, work: make(chan *ingest.Chunk, 16)}
	p.stop.Go(func() {
		for c := range p.work {
			if p.delay > 0 {
				time.Sleep(rand.N(p.delay))
			}
			r := schemas.Range{Topic: c.Topic, Partition: c.Partition, First: c.First, Next: c.Next}
			p.store.put(c)
			_ = p.src.Commit(context.Background(), []schemas.Range{r})
			p.pending.Done()
		}
	})
	return p
}

func (p *pipeline) close() { close(p.work); p.stop.Wait() }

func (p *pipeline) Assigned(_ context.Context, as []ingest.Assignment) ([]int64, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.assigned = as
	out := make([]int64, len(as))
	for i, a := range as {
		out[i] = a.Committed
	}
	return out, nil
}

func (p *pipeline) Chunk(ctx context.Context, c *ingest.Chunk) error {
	if p.hold != nil {
		select {
		case <-p.hold:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	p.pending.Add(1)
	select {
	case p.work <- c:
		return nil
	case <-ctx.Done():
		p.pending.Done()
		return ctx.Err()
	}
}

func (p *pipeline) Revoked(ctx context.Context, as []ingest.Assignment) {
	started := time.Now()
	done := make(chan struct{})
	go func() { p.pending.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
		<-done // the tests end with nothing under way
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.revoked++
	p.drain = time.Since(started)
}

func (p *pipeline) partitions() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.assigned)
}

// member is a Source that runs.
type member struct {
	*pipeline
	cancel context.CancelFunc
	done   chan error
}

func run(t testing.TB, cfg Config, st *store, delay time.Duration) *member {
	t.Helper()
	src := source(t, cfg)
	return start(t, src, newPipeline(src, st, delay))
}

func start(t testing.TB, src *Source, p *pipeline) *member {
	ctx, cancel := context.WithCancel(context.Background())
	m := &member{pipeline: p, cancel: cancel, done: make(chan error, 1)}
	go func() { m.done <- src.Run(ctx, p) }()
	t.Cleanup(func() { m.leave(t) })
	return m
}

// leave stops a member and waits for it.
func (m *member) leave(t testing.TB) {
	t.Helper()
	if m.done == nil {
		return
	}
	m.cancel()
	select {
	case err := <-m.done:
		if err != nil && !errors.Is(err, errBoom) {
			t.Errorf("Run: %v", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("Run does not return")
	}
	m.done = nil
	m.close()
}

var errBoom = errors.New("boom")

// eventually waits for what happens in other goroutines and brokers.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute) // for machines that do much else
	for !cond() {
		if time.Now().After(deadline) {
			t.Fatalf("not within a minute: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// committed returns what the group has committed, as the broker knows it.
func committed(c *kfake.Cluster, group, topic string) map[int32]int64 {
	out := map[int32]int64{}
	if gi := c.GroupInfo(group); gi != nil {
		for p, oc := range gi.Commits[topic] {
			out[p] = oc.Offset
		}
	}
	return out
}

// ends returns the log ends of a topic.
func ends(c *kfake.Cluster, topic string) map[int32]int64 {
	out := map[int32]int64{}
	for _, p := range c.PartitionInfos(topic) {
		out[p.Partition] = p.HighWatermark
	}
	return out
}

// allCommitted tells whether the group is at the end of the topic.
func allCommitted(c *kfake.Cluster, group, topic string) func() bool {
	return func() bool { return maps.Equal(committed(c, group, topic), ends(c, topic)) }
}
