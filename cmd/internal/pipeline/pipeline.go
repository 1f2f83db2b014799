// Package pipeline is the program on one page: chunks come from a source, are
// normalised by workers, merged by event time, cut into batches, shown to the
// detectors, whose findings are offered to alerting at once, and stored; then
// their offsets are committed.
//
//	source ──> workers ──> merge ──> detect ──> store ──> commit
//	(Chunk)    normalize   batches   findings    spool
//
// Every arrow is a bounded channel: a slow stage blocks the ones before it, and
// in the end the source. commit <= durable holds at every instant: an offset is
// committed only when its event is in the store or in the spool, and its
// findings are in the notification log.
//
// The package knows no concrete source, store or sink; cmd/internal/app wires
// them.
package pipeline

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/schemas"
)

// Source is what the pipeline needs of a source besides being driven by it.
type Source interface {
	// Commit records that everything before each range's Next is durable.
	Commit(ctx context.Context, rs []schemas.Range) error
	// ReadRange reads the messages of r again, in order.
	ReadRange(ctx context.Context, r schemas.Range, take func(*ingest.Chunk) error) error
}

// Normalizer makes a part of a chunk. Each worker has its own.
type Normalizer interface {
	Normalize(c *ingest.Chunk) *schemas.Part
}

// Engine runs the detectors. The pipeline calls it from one goroutine.
type Engine interface {
	// Observe folds the events of b, but for those with an offset below from.
	Observe(b *schemas.Batch, from func(topic string, partition int32) int64) ([]schemas.Finding, error)
	// Idle tells the time now and then: what does not come is found by it.
	Idle(now time.Time) []schemas.Finding
	// Ceased returns what has ended since the last call, in the order of event time.
	Ceased() []schemas.Ceased
	// Correlating tells that a Snapshot would have to wait for what is judged beside
	// the events.
	Correlating() bool
	// Flush closes every open window: there will be no more events.
	Flush() []schemas.Finding
	// Seen returns, for each partition, the offset to go on from.
	Seen() []schemas.Range
	// Watermark is how far event time has come; false if there is none yet.
	Watermark() (time.Time, bool)
	Fingerprint() string
	Snapshot() ([]byte, error)
	Restore(state []byte) error
}

// Alerter takes findings; when Offer returns they are durable in its log. It
// returns the alerts that changed, to be stored.
type Alerter interface {
	Offer(ctx context.Context, fs []schemas.Finding) ([]schemas.Alert, error)
	// Cease says what has ended of what was offered.
	Cease(ctx context.Context, ended []schemas.Ceased) ([]schemas.Alert, error)
	// Advance says how far event time has come: alerts end by it.
	Advance(ctx context.Context, to time.Time) ([]schemas.Alert, error)
}

// Store keeps batches. Writing a batch again changes nothing.
type Store interface {
	WriteIntent(ctx context.Context, in schemas.Intent) error
	Intents(ctx context.Context, group, topic string, partition int32, from int64) ([]schemas.Intent, error)
	WriteBatch(ctx context.Context, b *schemas.Batch) error
	WriteFindings(ctx context.Context, fs []schemas.Finding) error
	WriteAlerts(ctx context.Context, as []schemas.Alert) error
	SaveCheckpoint(ctx context.Context, c schemas.Checkpoint) error
	LoadCheckpoint(ctx context.Context, group, fingerprint string) (*schemas.Checkpoint, error)
	// Deliveries gives take the newest records that have a delivery, at most
	// limit of them, the newest first as far as it is known.
	Deliveries(ctx context.Context, limit int, take func(delivery uint64, at schemas.Position)) error
}

// Spool holds batches on disk while the store is away, oldest first.
type Spool interface {
	Append(b *schemas.Batch, group string) error
	// Next returns the oldest batch and its handle; nil if the spool is empty.
	Next() (b *schemas.Batch, handle string, err error)
	Remove(handle string) error
	// Refuse puts a batch aside that the store will not take.
	Refuse(handle string) error
	// Pending returns the ranges of all that is spooled or refused.
	Pending() []schemas.Range
	// Deliveries gives take the newest records that wait and have a delivery,
	// at most limit of them.
	Deliveries(limit int, take func(delivery uint64, at schemas.Position)) error
}

// DeadLetters takes rejects besides the store, for example a Kafka topic.
type DeadLetters interface {
	Write(ctx context.Context, rs []schemas.Reject) error
}

// Settings are the pipeline's bounds. All are positive.
type Settings struct {
	// Group names the consumer group in intents and checkpoints.
	Group string
	// Workers is the number of normalising goroutines.
	Workers int
	// BatchEvents and BatchAge close a batch, whichever comes first.
	BatchEvents int
	BatchAge    time.Duration
	// CheckpointEvery is the least time between two snapshots.
	CheckpointEvery time.Duration
	// WriteTimeout bounds one attempt to store a batch; StallAfter is how long
	// an attempt may take before batches go to the spool instead of waiting.
	WriteTimeout time.Duration
	StallAfter   time.Duration
	// Redeliveries is how many of the last records are remembered, so that one
	// which is delivered again counts once; 0 for none.
	Redeliveries int
	// Retryable says whether a store's error may pass by itself.
	Retryable func(error) bool
	// Report is told whether the store works: nil, or why it does not. Optional.
	Report func(err error)
	// Step, if set, is called at each step of a batch: tests stop the process
	// there.
	Step func(name string)
	// Observed, if set, is called with what each batch gave, after alerting.
	Observed func(b *schemas.Batch, findings []schemas.Finding)
}

// Parts are the stages that the pipeline drives. Store, Spool, Alerts and
// DeadLetters may be nil: then nothing is stored, spooled, sent.
type Parts struct {
	Source      Source
	Normalizers func() (Normalizer, error)
	Engine      Engine
	Alerts      Alerter
	Store       Store
	Spool       Spool
	DeadLetters DeadLetters
	Logger      *slog.Logger
	Metrics     prometheus.Registerer
}

// Pipeline is an ingest.Handler. New makes it inert; Run works until its
// context is done, while a source drives it.
type Pipeline struct {
	set     Settings
	parts   Parts
	metrics *metrics
	window  *window

	jobs    chan *job  // to the workers
	lanes   *lanes     // from the workers, in order, to merge
	batches chan *unit // from merge to detect
	stored  chan *unit // from detect to store

	draining atomic.Bool // the readers have stopped: merge waits for nobody

	mu         sync.Mutex // guards the fields below between Assigned, Chunk, Revoked and the stages
	generation int
	inflight   int            // chunks that are taken over and not durable
	moved      time.Time      // when that last fell, or rose from 0
	drained    chan struct{}  // closed when inflight falls to 0; nil if nobody waits
	storeFrom  map[lane]int64 // events before are in the store already
	seenFrom   map[lane]int64 // events before are in the detectors' state already
	shownFrom  map[lane]int64 // where the detectors began to see each partition
	recovered  bool           // the checkpoint has been looked for
	lost       bool           // something was dropped before it was durable
	orphans    []schemas.Alias
	failed     error
	stopped    chan struct{} // closed when failed is set
}

var _ ingest.Handler = (*Pipeline)(nil)

// lane names a partition.
type lane struct {
	topic     string
	partition int32
}

// unit is a batch on its way from merge to commit.
type unit struct {
	generation int
	chunks     int
	// observe has all the events, batch those that are not stored yet. They
	// are the same batch except after a restart.
	observe, batch *schemas.Batch
	// started is when the first part came.
	started time.Time
	// checkpoint, if set, is saved when all before it is durable.
	checkpoint *schemas.Checkpoint
	// flush asks the engine to close its windows: there is nothing after it.
	// snapshot asks for a checkpoint now.
	flush, snapshot bool
}

// ErrStopped is returned to a source that goes on after the pipeline ended.
var ErrStopped = errors.New("pipeline has stopped")

// New returns an inert pipeline.
func New(set Settings, parts Parts) (*Pipeline, error) {
	p := &Pipeline{
		set: set, parts: parts,
		metrics:   newMetrics(parts.Metrics),
		window:    newWindow(set.Redeliveries),
		jobs:      make(chan *job, set.Workers),
		lanes:     newLanes(),
		batches:   make(chan *unit),
		stored:    make(chan *unit, 2),
		storeFrom: map[lane]int64{},
		shownFrom: map[lane]int64{},
		stopped:   make(chan struct{}),
	}
	if p.set.Step == nil {
		p.set.Step = func(string) {}
	}
	if p.set.Report == nil {
		p.set.Report = func(error) {}
	}
	return p, nil
}

// Run starts the stages and waits for them. When ctx is done it drops what is
// not durable (it was not committed either) and returns: stop the source first,
// it drains the pipeline through Revoked. A stage's error ends Run.
func (p *Pipeline) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	normalizers := make([]Normalizer, p.set.Workers)
	for i := range normalizers {
		n, err := p.parts.Normalizers()
		if err != nil {
			return err
		}
		normalizers[i] = n
	}
	var wg sync.WaitGroup
	stage := func(f func(context.Context) error) {
		wg.Go(func() {
			if err := f(ctx); err != nil && ctx.Err() == nil {
				cancel(err)
			}
		})
	}
	for _, n := range normalizers {
		stage(func(ctx context.Context) error { return p.work(ctx, n) })
	}
	stage(p.merge)
	stage(p.detect)
	stage(p.store)
	<-ctx.Done()
	err := context.Cause(ctx)
	p.mu.Lock()
	p.failed = ErrStopped
	if !errors.Is(err, context.Canceled) {
		p.failed = err
	}
	close(p.stopped)
	p.wake()
	p.mu.Unlock()
	wg.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// Finish closes every open window of the detectors, as at the end of a replay,
// and waits until what they found is durable. It is called once, after the
// source has returned and before Run's context is done.
func (p *Pipeline) Finish(ctx context.Context) error { return p.ask(ctx, &unit{flush: true}) }

// ask sends a unit without events down the pipeline and waits for its end.
func (p *Pipeline) ask(ctx context.Context, u *unit) error {
	u.generation, u.chunks, u.started = p.current(), 1, time.Now()
	u.observe = &schemas.Batch{}
	u.batch = u.observe
	p.took()
	select {
	case p.batches <- u:
		return p.Idle(ctx)
	case <-p.stopped:
		return p.err()
	case <-ctx.Done():
		p.done(1)
		return ctx.Err()
	}
}

func (p *Pipeline) current() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.generation
}

func (p *Pipeline) err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failed
}

// Idle waits until everything that was taken over is durable.
func (p *Pipeline) Idle(ctx context.Context) error {
	for {
		p.mu.Lock()
		if p.inflight == 0 || p.failed != nil {
			err := p.failed
			p.mu.Unlock()
			return err
		}
		if p.drained == nil {
			p.drained = make(chan struct{})
		}
		wait := p.drained
		p.mu.Unlock()
		select {
		case <-wait:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// took and done count the chunks in flight.
func (p *Pipeline) took() {
	p.mu.Lock()
	if p.inflight == 0 {
		p.moved = time.Now()
	}
	p.inflight++
	p.mu.Unlock()
}

// Stuck returns for how long nothing became durable although something was to:
// 0 if all is done.
func (p *Pipeline) Stuck() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.inflight == 0 {
		return 0
	}
	return time.Since(p.moved)
}

func (p *Pipeline) done(chunks int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inflight -= chunks
	p.moved = time.Now()
	if p.inflight == 0 {
		p.wake()
	}
}

// wake is called with mu held.
func (p *Pipeline) wake() {
	if p.drained != nil {
		close(p.drained)
		p.drained = nil
	}
}
