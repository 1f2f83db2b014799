package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/schemas"
)

const topic = "t"

// world is what outlives a process: the log, the committed offsets, the store,
// the spool and the notification log.
type world struct {
	mu        sync.Mutex
	messages  map[int32]int64 // messages a partition
	committed map[int32]int64
	intents   []schemas.Intent
	tokens    map[string]bool
	events    map[schemas.Position]int
	sealed    map[schemas.Position]int
	aliases   map[string]int
	findings  map[string]int
	notified  map[string]int
	ceased    []string        // detectors of what ended, in order
	alerts    []string        // ids of stored alerts
	changed   []schemas.Alert // without a finding, since the last call
	saved     *schemas.Checkpoint
	saving    time.Duration // how long a snapshot takes to be saved
	spooled   []*schemas.Batch
	handles   []string
	refused   []*schemas.Batch
	serial    int
	room      int
	slow      map[int32]time.Duration // pause of a partition's reader after a chunk
	early     []schemas.Position      // committed before they were durable
	// fail, if set, is asked before each write to the store.
	fail func(ctx context.Context) error
}

func newWorld(partitions int, each int64) *world {
	w := &world{messages: map[int32]int64{}, committed: map[int32]int64{}, tokens: map[string]bool{},
		events: map[schemas.Position]int{}, sealed: map[schemas.Position]int{}, aliases: map[string]int{}, findings: map[string]int{}, notified: map[string]int{}, room: 1000}
	for p := range partitions {
		w.messages[int32(p)] = each
	}
	return w
}

func (w *world) assignments() []ingest.Assignment {
	w.mu.Lock()
	defer w.mu.Unlock()
	var as []ingest.Assignment
	for p := range int32(len(w.messages)) {
		as = append(as, ingest.Assignment{Topic: topic, Partition: p, Committed: w.committed[p]})
	}
	return as
}

// pause is how long a partition's reader rests after each chunk.
func (w *world) pause(p int32) time.Duration { return w.slow[p] }

func chunkOf(p int32, first, next int64) *ingest.Chunk {
	c := &ingest.Chunk{Topic: topic, Partition: p, First: first, Next: next}
	for o := first; o < next; o++ {
		c.Slab = append(c.Slab, "x"...)
		c.Ends, c.Offsets = append(c.Ends, len(c.Slab)), append(c.Offsets, o)
	}
	return c
}

// process is one life of a pipeline over a world.
type process struct {
	*Pipeline
	w      *world
	engine *countEngine
	cancel context.CancelFunc
	ended  chan error
}

func start(t *testing.T, w *world, change func(*Settings, *Parts)) *process {
	t.Helper()
	set := Settings{Group: "g", Workers: 2, BatchEvents: 50, BatchAge: 20 * time.Millisecond, CheckpointEvery: 50 * time.Millisecond,
		WriteTimeout: 10 * time.Second, StallAfter: time.Second, Retryable: func(err error) bool { return !errors.Is(err, errRefused) }}
	engine := &countEngine{seen: map[int32]int64{}, records: map[uint64]int{}}
	parts := Parts{Source: w, Normalizers: func() (Normalizer, error) { return normalizer{}, nil }, Engine: engine,
		Alerts: w, Store: (*memoryStore)(w), Spool: (*memorySpool)(w),
		Logger: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry()}
	if change != nil {
		change(&set, &parts)
	}
	p, err := New(set, parts)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	pr := &process{Pipeline: p, w: w, engine: engine, cancel: cancel, ended: make(chan error, 1)}
	go func() { pr.ended <- p.Run(ctx) }()
	return pr
}

// feed drives the pipeline as a source does: it reads every partition from
// where Assigned says to its end.
func (pr *process) feed(ctx context.Context, chunk int64) error {
	as := pr.w.assignments()
	starts, err := pr.Assigned(ctx, as)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	for i, a := range as {
		wg.Go(func() {
			pr.w.mu.Lock()
			end := pr.w.messages[a.Partition]
			pr.w.mu.Unlock()
			for o := starts[i]; o < end; o += chunk {
				c := chunkOf(a.Partition, o, min(o+chunk, end))
				c.More = c.Next < end
				if pr.Chunk(ctx, c) != nil {
					return
				}
				time.Sleep(pr.w.pause(a.Partition))
			}
		})
	}
	wg.Wait()
	return nil
}

func (pr *process) stop(t *testing.T) {
	t.Helper()
	pr.cancel()
	require.NoError(t, <-pr.ended)
}

func (w *world) Commit(_ context.Context, rs []schemas.Range) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range rs {
		for o := w.committed[r.Partition]; o < r.Next; o++ {
			pos := schemas.Position{Topic: topic, Partition: r.Partition, Offset: o}
			if w.events[pos] == 0 && !w.isSpooled(pos) {
				w.early = append(w.early, pos)
			}
		}
		w.committed[r.Partition] = max(w.committed[r.Partition], r.Next)
	}
	return nil
}

func (w *world) isSpooled(pos schemas.Position) bool {
	for _, list := range [][]*schemas.Batch{w.spooled, w.refused} {
		for _, b := range list {
			for _, part := range b.Parts {
				for i := range part.Events {
					if part.Events[i].Position == pos {
						return true
					}
				}
			}
		}
	}
	return false
}

func (w *world) ReadRange(_ context.Context, r schemas.Range, take func(*ingest.Chunk) error) error {
	return take(chunkOf(r.Partition, r.First, r.Next))
}

func (w *world) Offer(_ context.Context, fs []schemas.Finding) ([]schemas.Alert, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range fs {
		w.notified[f.ID]++
	}
	out := w.changed
	w.changed = nil
	return out, nil
}

func (w *world) Cease(_ context.Context, ended []schemas.Ceased) ([]schemas.Alert, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []schemas.Alert
	for _, c := range ended {
		w.ceased = append(w.ceased, c.Detector)
		out = append(out, schemas.Alert{ID: c.Detector})
	}
	return out, nil
}

func (w *world) Advance(context.Context, time.Time) ([]schemas.Alert, error) { return nil, nil }

type normalizer struct{}

func (normalizer) Normalize(c *ingest.Chunk) *schemas.Part {
	part := &schemas.Part{Range: schemas.Range{Topic: c.Topic, Partition: c.Partition, First: c.First, Next: c.Next}}
	for _, o := range c.Offsets {
		part.Events = append(part.Events, schemas.Event{
			Position: schemas.Position{Topic: c.Topic, Partition: c.Partition, Offset: o}, Time: 1 + o})
	}
	return part
}

// countEngine finds something at every tenth event of a partition.
type countEngine struct {
	mu   sync.Mutex
	seen map[int32]int64
	runs int
	// records is how often each delivery was seen, over all lives.
	records map[uint64]int
	// quiet, if set, is how long after last something is found once.
	quiet time.Duration
	last  time.Time
	// ceased is what Ceased returns next.
	ceased []schemas.Ceased
	// correlating is what Correlating returns.
	correlating bool
}

func (e *countEngine) Observe(b *schemas.Batch, from func(string, int32) int64) ([]schemas.Finding, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var fs []schemas.Finding
	for _, part := range b.Parts {
		for i := range part.Events {
			pos := part.Events[i].Position
			if pos.Offset < from(pos.Topic, pos.Partition) {
				continue
			}
			e.runs++
			if d := part.Events[i].Delivery; d != 0 {
				e.records[d]++
			}
			e.seen[pos.Partition] = pos.Offset + 1
			if pos.Offset%10 == 0 {
				fs = append(fs, schemas.Finding{ID: fmt.Sprintf("%d/%d", pos.Partition, pos.Offset)})
			}
		}
	}
	return fs, nil
}

func (e *countEngine) Idle(now time.Time) []schemas.Finding {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.quiet > 0 && now.After(e.last.Add(e.quiet)) {
		e.quiet = 0
		return []schemas.Finding{{ID: "quiet"}}
	}
	return nil
}

func (e *countEngine) Ceased() []schemas.Ceased {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := e.ceased
	e.ceased = nil
	return out
}

func (e *countEngine) Correlating() bool        { return e.correlating }
func (e *countEngine) Flush() []schemas.Finding { return []schemas.Finding{{ID: "flushed"}} }
func (e *countEngine) Fingerprint() string      { return "f" }

func (e *countEngine) Watermark() (time.Time, bool) { return time.Unix(1, 0), true }

func (e *countEngine) Seen() []schemas.Range {
	e.mu.Lock()
	defer e.mu.Unlock()
	var rs []schemas.Range
	for p, o := range e.seen {
		rs = append(rs, schemas.Range{Topic: topic, Partition: p, Next: o})
	}
	return rs
}

func (e *countEngine) Snapshot() ([]byte, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []byte
	for p, o := range e.seen {
		out = fmt.Appendf(out, "%d %d\n", p, o)
	}
	for d, n := range e.records {
		out = fmt.Appendf(out, "- %d %d\n", d, n)
	}
	return out, nil
}

func (e *countEngine) Restore(state []byte) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	for line := range splitLines(string(state)) {
		var p int32
		var o int64
		if d, n := uint64(0), 0; line[0] == '-' {
			if _, err := fmt.Sscan(line[1:], &d, &n); err != nil {
				return err
			}
			e.records[d] = n
			continue
		}
		if _, err := fmt.Sscan(line, &p, &o); err != nil {
			return err
		}
		e.seen[p] = o
	}
	return nil
}

func splitLines(s string) func(func(string) bool) {
	return func(yield func(string) bool) {
		from := 0
		for i := range s {
			if s[i] == '\n' {
				if !yield(s[from:i]) {
					return
				}
				from = i + 1
			}
		}
	}
}

var (
	errAway    = errors.New("connection refused")
	errRefused = errors.New("type mismatch")
)

// exactlyOnce asserts that every event is stored once, and every finding was
// told and stored.
func (w *world) exactlyOnce(t *testing.T) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	want := 0
	for p, n := range w.messages {
		for o := range n {
			want++
			require.Equal(t, 1, w.events[schemas.Position{Topic: topic, Partition: p, Offset: o}], "event %d/%d", p, o)
			if o%10 == 0 {
				id := fmt.Sprintf("%d/%d", p, o)
				require.NotZero(t, w.notified[id], "finding %s was not told", id)
				require.NotZero(t, w.findings[id], "finding %s was not stored", id)
			}
		}
		require.Equal(t, n, w.committed[p], "committed of %d", p)
	}
	require.Len(t, w.events, want)
	require.Empty(t, w.early, "committed before it was durable")
}
