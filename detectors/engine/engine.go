package engine

import (
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
	"github.com/gatehound/gatehound/detectors/engine/internal/timeline"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// ErrClosed is returned by an engine that was closed.
var ErrClosed = errors.New("engine is closed")

// kinds is the number of kinds of entities.
const kinds = int(schemas.EntityHost) + 1

// Engine runs detectors. Its methods may be called by any goroutine and take
// turns.
type Engine struct {
	settings Settings
	log      *slog.Logger
	key      sketch.Key
	metrics  *metrics.Metrics

	// mu keeps a reload or a snapshot, which come from other goroutines, out
	// of an Observe.
	mu       sync.Mutex
	closed   bool
	watches  []*watch
	byKind   [kinds][]*watch
	kinds    [kinds]kindOf
	shards   []*shard
	pages    *entities.Pages
	shift    uint // a key's bits above it are its shard
	pool     *pool.Pool
	helpers  int // workers besides the caller
	timeline *timeline.Timeline
	allow    *exceptions.List
	hidden   exceptions.Hidden

	// batch is what the dealt items refer to, dealt how many there are.
	batch    *schemas.Batch
	dealt    int
	findings []schemas.Finding
	// retired are the reports of detectors that were disabled.
	retired []*schemas.Finding
	// handed are the kinds to which the event was dealt, a bit each.
	handed uint32
	// hashes are those of texts that many events of the batch share.
	hashes memo
	// asking is the watch whose Wants is called.
	asking *watch
	// rotated tells that a principal's pseudonym may not be that of all his
	// events.
	rotated bool
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
		log:      settings.Log,
		key:      sketch.NewKey(settings.EntityKey),
		metrics:  metrics.New(registerer),
		pages:    entities.NewPages(),
		shift:    uint(64 - bits.TrailingZeros(uint(c.Shards))),
		timeline: timeline.New(c.Lateness, c.Idle, c.Jump),
		hidden:   exceptions.NewHidden(c.AllowReport, settings.Table),
	}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	e.allow = exceptions.New(c.Allow, e.key)
	for i := range c.Shards {
		e.shards = append(e.shards, newShard(e, i))
	}
	if err := e.install(watchers); err != nil {
		return nil, err
	}
	e.helpers = c.workers() - 1
	e.pool = pool.New(e.helpers, c.Shards)
	return e, nil
}

// Close ends the workers and waits for them. The state is gone.
func (e *Engine) Close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.closed {
		e.closed = true
		e.pool.Stop()
	}
}

// Observe lets the detectors see the events of b, in order, and returns what
// they found. Events of a partition with an offset below what from returns for
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
	if e.closed {
		return nil, ErrClosed
	}
	e.batch, e.findings = b, nil
	for i, part := range b.Parts {
		e.deal(uint32(i), part, first[i])
	}
	e.work()
	e.batch, e.hashes = nil, memo{}
	e.measure()
	return e.findings, nil
}

// Flush closes all open windows, as the end of a replay does, and returns what
// that found. Events of those windows are too late afterwards.
func (e *Engine) Flush() []schemas.Finding {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.findings = nil
	if e.closed || e.timeline.Clock == math.MinInt64 {
		return nil
	}
	for range 2 {
		for _, w := range e.inOrderOfEnd() {
			if w.frame.Opened && w.frame.Start <= e.timeline.Clock {
				e.closeWindow(w)
			}
		}
	}
	for _, f := range e.hidden.EndDay(e.allow, e.timeline.Clock) {
		e.tell(f)
	}
	e.reckon()
	e.measure()
	return e.findings
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
	e.allow = exceptions.New(allow, e.key)
	e.hidden.Keep(e.allow)
	e.unrule()
	return nil
}

// unrule makes all entities ask the allowlist anew.
func (e *Engine) unrule() {
	for _, s := range e.shards {
		for _, d := range s.dirs {
			if d != nil {
				d.Unrule()
			}
		}
	}
}

// Replace puts other watchers in force, such as the same with other
// thresholds. A watcher whose Spec and layout are those of an old one goes on
// with its state; the others begin with none.
func (e *Engine) Replace(watchers []detectors.Watcher) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.install(watchers)
}

// deal walks over the events of a part from the offset first on.
func (e *Engine) deal(index uint32, part *schemas.Part, first int64) {
	place := e.timeline.Place(part.Range.Topic, part.Range.Partition)
	p := &e.timeline.Partitions[place]
	lateness := int64(e.settings.Config.Lateness)
	for i := range part.Events {
		ev := &part.Events[i]
		if ev.Position.Offset < first {
			e.metrics.Skipped.Inc()
			continue
		}
		switch e.timeline.See(p, ev.Time) {
		case timeline.Unbelieved:
			e.metrics.Unbelieved.Inc()
			continue
		case timeline.TurnedBack:
			e.turnBack()
		case timeline.Believed:
		}
		if ev.Time >= e.force || p.Clock-lateness >= e.due && e.timeline.Watermark() >= e.due {
			e.advance(ev.Time)
		}
		if ev.Time < e.missed {
			e.metrics.Late.Inc()
			if ev.Time < e.lost {
				continue
			}
		}
		if e.dealt >= dealtAtOnce {
			e.work()
		}
		e.dealt++
		for e.handed = 0; !e.hand(ev, index, uint32(i)); {
			e.retire() // a detector panicked; the others see the event
		}
	}
	p.Next = max(p.Next, part.Range.Next)
}

// rescue disables the detector that panicked when it was asked whether it wants
// an event.
func (e *Engine) rescue(ev *schemas.Event) {
	if cause := recover(); cause != nil {
		if e.asking == nil {
			panic(cause)
		}
		e.panicked(e.asking, cause, ev)
		e.asking = nil
	}
}

// kindOf is what the dealer knows of a kind of entity.
type kindOf struct {
	// always are the watches that want all events, a bit each; picky are the
	// others that are not disabled.
	always uint32
	picky  []*watch
	// counts tells that every event is dealt, wanted or not: because it counts
	// for a state, or for the principals behind an address.
	counts, watched bool
}

// hand gives an event to the shards of its entities; not those of kinds in
// handed. It is done unless a detector panicked.
func (e *Engine) hand(ev *schemas.Event, part, index uint32) (done bool) {
	defer e.rescue(ev)
	it := entities.Item{Event: index, Part: part}
	if ev.Principal != "" && (e.kinds[schemas.EntityPrincipal].watched || e.kinds[schemas.EntityAddress].watched) {
		caller := e.key.String(detectors.Caller(ev))
		e.rotated = e.rotated || ev.Subject != ""
		if e.wanted(schemas.EntityPrincipal, ev, &it) {
			e.put(&it, caller)
		}
		if ev.Auth == schemas.AuthSuccess {
			it.Caller = uint8(caller>>58) + 1
		}
	}
	if a := detectors.Client(ev); a.IsValid() && e.wanted(schemas.EntityAddress, ev, &it) {
		e.put(&it, e.key.Addr(detectors.Network(a)))
	}
	it.Caller = 0
	if ev.Route != "" && e.wanted(schemas.EntityRoute, ev, &it) {
		e.put(&it, exceptions.RouteKey(e.key, e.hash(ev.Method), e.hash(ev.Route)))
	}
	if ev.Model != "" && e.wanted(schemas.EntityModel, ev, &it) {
		e.put(&it, e.key.Words(e.hash(ev.Provider), e.hash(ev.Model)))
	}
	if ev.Tenant != "" && e.wanted(schemas.EntityTenant, ev, &it) {
		e.put(&it, e.hash(ev.Tenant))
	}
	if ev.Host != "" && e.wanted(schemas.EntityHost, ev, &it) {
		e.put(&it, e.hash(ev.Host))
	}
	if e.wanted(schemas.EntityGlobal, ev, &it) {
		e.put(&it, globalKey)
	}
	return true
}

// wanted notes in the item which watches of a kind want the event, and tells
// whether it is dealt to the kind.
func (e *Engine) wanted(kind schemas.EntityKind, ev *schemas.Event, it *entities.Item) bool {
	k := &e.kinds[kind]
	if !k.watched || e.handed&(1<<kind) != 0 {
		return false
	}
	wants := k.always
	for _, w := range k.picky {
		if e.asking = w; w.spec.Wants(ev) {
			wants |= 1 << w.slot
		}
	}
	e.asking = nil
	e.handed |= 1 << kind
	it.Kind, it.Wants = kind, wants
	return wants != 0 || k.counts
}

// hash returns the hash of a text of which few differ in a batch.
func (e *Engine) hash(text string) uint64 { return e.hashes.hash(e.key, text) }

func (e *Engine) put(it *entities.Item, key uint64) {
	it.Key = key
	s := e.shards[e.shardOf(key)]
	s.items = append(s.items, *it)
}

// traits is what the record of an entity notes of an event.
func (e *Engine) traits(it *entities.Item, ev *schemas.Event) *entities.Traits {
	return &entities.Traits{
		Time: ev.Time, Class: ev.ClientClass, Network: ev.Network,
		Tenant: e.allow.Tenant(ev.Tenant), Caller: it.Caller,
	}
}

// globalKey is the key of the one entity of kind EntityGlobal.
const globalKey = 1

func (e *Engine) shardOf(key uint64) int { return int(key >> e.shift) }

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
	e.run(e.dealt, (*shard).observe)
	e.dealt = 0
	e.collect()
}

// run calls do for each shard; load says how much there is to do.
func (e *Engine) run(load int, do func(*shard)) {
	helpers := e.helpers
	if load < fewItems {
		helpers = 0
	}
	e.pool.Run(helpers, func(i int) { do(e.shards[i]) })
	e.weigh()
	e.retire()
}
