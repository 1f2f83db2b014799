package engine

import (
	"fmt"
	"math"
	"runtime"
	"runtime/debug"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/engine/internal/entities"
	"github.com/gatehound/gatehound/schemas"
)

// item is an event dealt to a shard on behalf of one of its entities.
type item struct {
	key   uint64
	event uint32 // place in the part
	part  uint32 // place of the part in the batch, and above partBits the kind
}

const partBits = 28

// shard holds the states of a part of all entities. One goroutine at a time
// works on it.
type shard struct {
	engine *Engine
	id     int
	tables []*entities.Table // by watch
	seen   [kinds]*entities.Frequency
	items  []item
	// cohort is what Gather adds to, sized for the largest of the watches.
	cohort []uint64

	x     *detectors.Context
	found []found
	told  map[told]schemas.Severity

	// What is being done, for Emit and for a panic; event is nil at the close
	// of a window, place is -1 if no entity is meant.
	watch *watch
	place int
	event *schemas.Event
	order uint64
	// skip is the first watch that is yet to see the event.
	skip int
	// touched keeps the compiler from leaving out the reads of warm.
	touched uint32
}

func newShard(e *Engine, id int) *shard {
	s := &shard{engine: e, id: id, told: map[told]schemas.Severity{}}
	s.x = detectors.NewContext(s.emit)
	s.x.Key = e.key
	return s
}

// estimate makes the sketches that newcomers of the watched kinds need, of
// bytes together, and room for the largest cohort.
func (s *shard) estimate(byKind *[kinds][]*watch, bytes int) {
	watched, cohort := 0, 0
	for kind, watches := range byKind {
		if len(watches) > 0 && kind != int(schemas.EntityGlobal) {
			watched++
		}
		for _, w := range watches {
			cohort = max(cohort, len(w.total))
		}
	}
	s.cohort = make([]uint64, cohort)
	for kind, watches := range byKind {
		switch {
		case len(watches) == 0:
			s.seen[kind] = nil
		case kind == int(schemas.EntityGlobal):
			s.seen[kind] = entities.NewFrequency(64)
		default:
			if s.seen[kind] == nil || !s.seen[kind].Fits(bytes/watched) {
				s.seen[kind] = entities.NewFrequency(bytes / watched)
			}
		}
	}
}

// observe lets the detectors see the dealt items.
func (s *shard) observe() {
	for i := 0; i < len(s.items); {
		i = s.observeFrom(i)
	}
	s.items = s.items[:0]
	s.event = nil
}

// observeFrom observes from item i on, until the end or until a detector
// panics; it returns the item to go on with.
func (s *shard) observeFrom(i int) (next int) {
	defer s.rescue()
	for ; i < len(s.items); i++ {
		if i%ahead == 0 {
			s.warm(s.items[i:min(i+ahead, len(s.items))])
		}
		next = i // should a detector panic, the others see the item still
		it := s.items[i]
		part := it.part & (1<<partBits - 1)
		s.event = &s.engine.batch.Parts[part].Events[it.event]
		s.order = uint64(part)<<32 | uint64(it.event)
		s.one(it.key, schemas.EntityKind(it.part>>partBits))
		s.skip = 0
	}
	return i
}

// ahead is how many items are looked up at once: about as many as a core has
// reads from memory under way.
const ahead = 16

// warm touches what the items will need. With a million entities nearly every
// access misses the caches; one after the other they would take most of the
// time.
func (s *shard) warm(items []item) {
	for w, t := range s.tables {
		if t.Used < warmFrom {
			continue
		}
		kind, places := s.engine.watches[w].spec.Entity, [ahead]uint32{}
		for i, it := range items {
			if schemas.EntityKind(it.part>>partBits) == kind {
				places[i] = t.Peek(it.key)
			}
		}
		for _, place := range places[:len(items)] {
			if place > 0 {
				s.touched += t.At(int(place - 1)).Count
			}
		}
	}
}

// warmFrom is the number of entities from which a table is taken not to be in
// the caches.
const warmFrom = 256

// one lets the detectors of a kind see the event on behalf of the entity.
func (s *shard) one(key uint64, kind schemas.EntityKind) {
	ev, x, seen := s.event, s.x, uint8(0)
	for _, w := range s.engine.byKind[kind] {
		start := w.frame.Start
		if ev.Time < start || w.index < s.skip || w.disabled.Load() || w.spec.Wants != nil && !w.spec.Wants(ev) {
			continue
		}
		if ev.Time >= start+w.frame.Window {
			start += w.frame.Window
		}
		t := s.tables[w.index]
		place, ok := t.Find(key)
		if !ok {
			if seen == 0 {
				seen = s.seen[kind].Add(key)
			}
			if int(seen) < w.spec.MinEvents {
				continue
			}
			if place, ok = t.Insert(key, seen); !ok {
				continue
			}
			t.SetName(place, ev)
		}
		e := t.At(place)
		e.Last = max(e.Last, ev.Time)
		if e.Count < math.MaxUint32 {
			e.Count++
		}
		if e.Freq < math.MaxUint8 {
			e.Freq++
		}
		if kind == schemas.EntityAddress && e.Generation != s.engine.allow.generation {
			s.engine.allow.remember(e, ev.ClientAddr)
		}
		if ev.Subject != "" && kind == schemas.EntityPrincipal && e.Generation != s.engine.allow.generation {
			s.engine.allow.rememberPrincipal(e, s.engine.key.String(ev.Principal))
		}
		s.watch, s.place = w, place
		x.Slot, x.WindowStart, x.Now, x.Window = w.frame.Slot(start), start, ev.Time, w.spec.Window
		x.Entity = detectors.EntityRef{Kind: kind, ID: key}
		w.Observe(x, t.State(place), ev)
	}
}

// at sets the context to the close of the window of w that starts at start.
func (s *shard) at(w *watch, start int64) {
	s.watch, s.place, s.event, s.order = w, -1, nil, 0
	s.x.Slot, s.x.WindowStart, s.x.Now, s.x.Window = w.frame.Slot(start), start, start+w.frame.Window, w.spec.Window
	s.x.Entity = detectors.EntityRef{Kind: schemas.EntityGlobal, ID: globalKey}
}

func (s *shard) entity(t *entities.Table, place int) {
	s.place = place
	s.x.Entity = detectors.EntityRef{Kind: t.Kind, ID: t.At(place).Key}
}

// gather adds every entity's window to the shard's cohort.
func (s *shard) gather(w *watch, start int64) {
	t := s.tables[w.index]
	if t.Used == 0 {
		return
	}
	s.at(w, start)
	clear(s.cohort)
	s.guarded(w, func() {
		for i := range t.Used {
			s.entity(t, i)
			w.Gather(s.x, t.State(i), pointer(s.cohort))
		}
	})
}

// conclude lets the detector judge the whole; it is called on one shard.
func (s *shard) conclude(w *watch, start int64) {
	s.at(w, start)
	s.guarded(w, func() { w.Conclude(s.x, pointer(w.prev), pointer(w.total)) })
}

// close judges every entity and drops those that are not worth keeping.
func (s *shard) close(w *watch, start int64) {
	t := s.tables[w.index]
	s.at(w, start)
	s.guarded(w, func() {
		for i := t.Used - 1; i >= 0; i-- {
			s.entity(t, i)
			// Who has events in the window after this one stays in any case.
			if !w.Close(s.x, t.State(i), pointer(w.total)) && t.At(i).Last < s.x.Now {
				t.Remove(i)
			}
		}
	})
}

// guarded calls do, in which only w's methods can panic.
func (s *shard) guarded(w *watch, do func()) {
	defer s.rescue()
	s.watch = w
	do()
}

// rescue disables the detector that panicked, so that the others go on. The
// panic's value is not logged unless it is the runtime's, as it may quote
// input.
func (s *shard) rescue() {
	cause := recover()
	if cause == nil {
		return
	}
	if s.watch == nil {
		panic(cause)
	}
	s.skip = s.watch.index + 1
	text := fmt.Sprintf("%T", cause)
	if err, ok := cause.(runtime.Error); ok {
		text = err.Error()
	}
	if s.watch.disabled.CompareAndSwap(false, true) {
		s.engine.metrics.disabled.Inc()
		s.engine.log.Error("detector panicked and is disabled", "detector", s.watch.spec.ID,
			"cause", text, "stack", string(debug.Stack()))
	}
}
