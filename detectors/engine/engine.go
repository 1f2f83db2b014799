package engine

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"math/bits"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/engine/internal/entities"
	"github.com/gatehound/gatehound/detectors/engine/internal/exceptions"
	"github.com/gatehound/gatehound/detectors/engine/internal/metrics"
	"github.com/gatehound/gatehound/detectors/engine/internal/pool"
	"github.com/gatehound/gatehound/detectors/engine/internal/shard"
	"github.com/gatehound/gatehound/detectors/engine/internal/timeline"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// ErrClosed is returned by an engine that was closed.
var ErrClosed = errors.New("engine is closed")

// Engine runs detectors. Its methods may be called by any goroutine and take
// turns.
type Engine struct {
	settings Settings
	metrics  *metrics.Metrics
	// shared is what the shards have in common.
	shared shard.Shared

	// mu keeps a reload or a snapshot, which come from other goroutines, out
	// of an Observe.
	mu sync.Mutex
	// ctx is done from Close on, stop ends it.
	ctx      context.Context
	stop     context.CancelFunc
	stopped  bool
	watches  []*shard.Watch
	kinds    [shard.Kinds]kindOf
	shards   []*shard.Shard
	pages    *entities.Pages
	shift    uint // a key's bits above it are its shard
	pool     *pool.Pool
	helpers  int // workers besides the caller
	timeline *timeline.Timeline
	hidden   exceptions.Hidden

	// dealt is how many events were dealt and not yet observed.
	dealt    int
	findings []schemas.Finding
	// pending are findings of correlators that were not returned yet.
	pending []schemas.Finding
	// ceased is what ended and was not fetched yet, minute the watermark at which
	// it is looked for again.
	ceased []schemas.Ceased
	minute int64
	// retired are the reports of detectors that were disabled.
	retired []*schemas.Finding
	// handed are the kinds to which the event was dealt, a bit each.
	handed uint32
	// hashes are those of texts that many events of the batch share.
	hashes memo
	// asking is the watch whose Wants is called.
	asking *shard.Watch
	// A watermark of due ends a window, an event at force forces one to end; an
	// event before missed is too late for some detector, before lost for all.
	due, force, missed, lost int64
}

// New returns an engine for watchers, whose ids must differ. It starts the
// workers; Close ends them. The metrics go to registerer unless it is nil.
func New(settings Settings, watchers []detectors.Watcher, registerer prometheus.Registerer) (*Engine, error) {
	c := &settings.Config
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if settings.Table == "" {
		settings.Table = "events"
	}
	if !entities.TableName(settings.Table) {
		return nil, errors.New("table is not a name: want letters, digits and _, with at most one dot")
	}
	e := &Engine{
		settings: settings,
		metrics:  metrics.New(registerer),
		pages:    entities.NewPages(),
		shift:    uint(64 - bits.TrailingZeros(uint(c.Shards))),
		timeline: timeline.New(c.Lateness, c.Idle, c.Jump),
		hidden:   exceptions.NewHidden(c.AllowReport, settings.Table),
	}
	e.ctx, e.stop = context.WithCancel(context.Background())
	e.shared = shard.Shared{
		Key: sketch.NewKey(settings.EntityKey), Log: settings.Log, Table: settings.Table, Budget: c.Budget,
		Findings: c.Findings / c.Shards, Causes: maxCauses / c.Shards, Suppressed: e.metrics.Suppressed,
	}
	if e.shared.Log == nil {
		e.shared.Log = slog.New(slog.DiscardHandler)
	}
	e.shared.Allow = exceptions.New(c.Allow, e.shared.Key)
	for i := range c.Shards {
		e.shards = append(e.shards, shard.New(&e.shared, i))
	}
	if err := e.install(watchers); err != nil {
		e.stop()
		return nil, err
	}
	e.helpers = c.workers() - 1
	e.pool = pool.New(e.helpers, c.Shards)
	return e, nil
}

// Close ends the workers and the correlators and waits for them. The state is
// gone.
func (e *Engine) Close() {
	e.stop() // an Observe may be waiting for a correlator
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stopped {
		return
	}
	e.stopped = true
	e.pool.Stop()
	for _, w := range e.watches {
		w.Stop()
	}
}

func (e *Engine) closed() bool { return e.ctx.Err() != nil }

// Observe lets the detectors see the events of b, in order, and returns what
// they found, with what correlators found since. Events of a partition with an offset below what from returns for
// it are passed over, as seen before; a nil from passes over none. The findings
// share no memory with b.
func (e *Engine) Observe(b *schemas.Batch, from func(topic string, partition int32) int64) ([]schemas.Finding, error) {
	first := make([]int64, len(b.Parts))
	for i, part := range b.Parts {
		// from may be Next, which takes the lock.
		if first[i] = math.MinInt64; from != nil {
			first[i] = from(part.Range.Topic, part.Range.Partition)
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed() {
		return nil, ErrClosed
	}
	e.shared.Batch, e.findings = b, nil
	for i, part := range b.Parts {
		e.deal(uint32(i), part, first[i])
	}
	e.work()
	e.shared.Batch, e.hashes = nil, memo{}
	found := e.deliver()
	e.measure()
	return found, nil
}

// Flush closes all open windows, as the end of a replay does, and returns what
// that found. Events of those windows are too late afterwards.
func (e *Engine) Flush() []schemas.Finding {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.findings = nil
	if e.closed() {
		return nil
	}
	if e.timeline.Clock != math.MinInt64 {
		e.closeAll()
	}
	e.settleAll()
	found := e.deliver()
	e.measure()
	return found
}

// Next returns the offset after the last one of the partition that the engine
// has seen, 0 if it has seen none: the from of a recovery.
func (e *Engine) Next(topic string, number int32) int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	if p := e.timeline.Find(topic, number); p != nil {
		return p.Next
	}
	return 0
}

// Watermark returns the event time before which no event is expected any more,
// and false as long as there has been none.
func (e *Engine) Watermark() (time.Time, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	w := e.timeline.Watermark()
	return time.Unix(0, w).UTC(), w != math.MinInt64
}

// Reload puts another allowlist in force.
func (e *Engine) Reload(allow []Allow) error {
	if err := exceptions.Validate(allow); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.shared.Allow = exceptions.New(allow, e.shared.Key)
	e.hidden.Keep(e.shared.Allow)
	e.unrule()
	return nil
}

// unrule makes all entities ask the allowlist anew.
func (e *Engine) unrule() {
	for _, s := range e.shards {
		for _, d := range s.Dirs {
			if d != nil {
				d.Unrule()
			}
		}
	}
}

// Replace puts other watchers in force, such as the same with other
// thresholds. A watcher whose Spec and layout are those of an old one goes on
// with its state; the others begin with none. It waits for correlators.
func (e *Engine) Replace(watchers []detectors.Watcher) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.install(watchers)
}

// dealtAtOnce is how many events are dealt before they are observed: so many
// that the shards are worth waking, and so few that they are in the caches.
const dealtAtOnce = 2048

// fewItems is how many events the dealer rather drives alone: waking a worker
// costs about as much as observing a hundred.
const fewItems = 256

// work lets the shards observe what was dealt, and collects the findings.
func (e *Engine) work() {
	if e.dealt == 0 {
		return
	}
	e.metrics.Observed.Add(float64(e.dealt))
	e.run(e.dealt, (*shard.Shard).Observe)
	e.dealt = 0
	e.collect()
}

// run calls do for each shard; load says how much there is to do.
func (e *Engine) run(load int, do func(*shard.Shard)) {
	helpers := e.helpers
	if load < fewItems {
		helpers = 0
	}
	e.pool.Run(helpers, func(i int) { do(e.shards[i]) })
	e.weigh()
	e.retire()
}
