package engine

import (
	"math/bits"
	"slices"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/engine/internal/cputime"
	"github.com/gatehound/gatehound/detectors/engine/internal/entities"
	"github.com/gatehound/gatehound/detectors/engine/internal/told"
	"github.com/gatehound/gatehound/schemas"
)

// shard holds the states of a part of all entities. One goroutine at a time
// works on it.
type shard struct {
	engine *Engine
	id     int
	dirs   [kinds]*entities.Directory // nil of a kind that is not watched
	items  []entities.Item
	hints  [entities.Ahead]uint32
	// cohort is what Gather adds to, sized for the largest of the watches.
	cohort []uint64
	// costs are the measures of the watches' CPU time.
	costs []cputime.Meter

	x     *detectors.Context
	found []found
	told  *told.Told

	// What is being done, for Emit and for a panic; event is nil at the close
	// of a window, place is that of the entity, -1 if none is meant.
	watch *watch
	place int
	event *schemas.Event
	order uint64
	// closing is the place of the state whose window closes, else -1.
	closing int
	// skip is the first watch that is yet to see the event.
	skip int
	// names are those of the profiles that are being copied, name is the last,
	// profiling the CPU time that it took.
	names     arena
	name      []byte
	profiling time.Duration
	// touched keeps the compiler from leaving out the reads of warm.
	touched uint64
}

func newShard(e *Engine, id int) *shard {
	s := &shard{engine: e, id: id, told: told.New(e.settings.Config.Findings / e.settings.Config.Shards), place: -1, closing: -1}
	s.x = detectors.NewContext(s.emit)
	s.x.Key = e.key
	return s
}

// observe lets the detectors see the dealt items.
func (s *shard) observe() {
	for i := 0; i < len(s.items); {
		i = s.observeFrom(i)
	}
	s.items = s.items[:0]
	s.event, s.place = nil, -1
}

// observeFrom observes from item i on, until the end or until a detector
// panics; it returns the item to go on with.
func (s *shard) observeFrom(i int) (next int) {
	defer s.rescue()
	if i%entities.Ahead != 0 {
		clear(s.hints[:])
	}
	for ; i < len(s.items); i++ {
		if i%entities.Ahead == 0 {
			s.warm(s.items[i:min(i+entities.Ahead, len(s.items))])
		}
		next = i // should a detector panic, the others see the item still
		it := &s.items[i]
		s.event = &s.engine.batch.Parts[it.Part].Events[it.Event]
		s.order = uint64(it.Part)<<32 | uint64(it.Event)
		s.one(it, s.hints[i%entities.Ahead])
		s.skip = 0
	}
	return i
}

// warm touches what the items will need: their events, which lie in the order of
// time while a shard takes few of them, and what is known of their entities.
func (s *shard) warm(items []entities.Item) {
	for i := range items {
		ev := &s.engine.batch.Parts[items[i].Part].Events[items[i].Event]
		s.touched += uint64(ev.Time) + uint64(ev.Status) + uint64(len(ev.Credential)) + uint64(ev.ClientClass) +
			uint64(ev.Latency) + uint64(ev.InputTokens) + ev.PromptFingerprint +
			uint64(len(ev.Tenant)) + uint64(ev.Network) + uint64(len(ev.Route)) + uint64(len(ev.Model))
	}
	s.touched += entities.Warm(s.dirs[:], items, &s.hints)
}

// one lets the detectors of a kind see the event on behalf of the entity.
func (s *shard) one(it *entities.Item, hint uint32) {
	ev, x, d := s.event, s.x, s.dirs[it.Kind]
	place, ok := 0, false
	if s.skip > 0 {
		place, ok = d.Find(it.Key, hint)
	} else {
		place, ok = d.See(it.Key, hint, s.engine.traits(it, ev))
	}
	if !ok {
		return
	}
	s.place = place
	r := d.At(place)
	if r.Rule == 0 {
		r.Rule = s.engine.allow.Ask(it.Kind, ev)
	}
	callers := r.Callers()
	x.Callers = float64(callers)
	for wants := it.Wants; wants != 0; wants &= wants - 1 {
		w := s.engine.byKind[it.Kind][bits.TrailingZeros32(wants)]
		start := w.frame.Start
		if ev.Time < start || w.index < s.skip || w.disabled.Load() {
			continue
		}
		if ev.Time >= start+w.frame.Window {
			start += w.frame.Window
		}
		h := d.State(place, w.slot)
		if h == nil {
			if int(r.Count) < w.spec.MinEvents {
				continue
			}
			if h = d.Earn(place, w.slot, ev); h == nil {
				continue
			}
		}
		slot := w.frame.Slot(start)
		h.Open |= 1 << slot
		h.Callers = callers
		s.watch = w
		x.Slot, x.WindowStart, x.Now, x.Window = slot, start, ev.Time, w.spec.Window
		x.Entity = detectors.EntityRef{Kind: it.Kind, ID: it.Key}
		if c := &s.costs[w.index]; c.Due() && s.engine.settings.Config.Budget > 0 {
			c.Observing(func() { w.Observe(x, h.Memory(), ev) })
		} else {
			w.Observe(x, h.Memory(), ev)
		}
	}
	d.Sample(place, ev)
}

// at sets the context to the close of the window of w that starts at start.
func (s *shard) at(w *watch, start int64) {
	s.watch, s.place, s.event, s.order = w, -1, nil, 0
	s.x.Slot, s.x.WindowStart, s.x.Now, s.x.Window = w.frame.Slot(start), start, start+w.frame.Window, w.spec.Window
	s.x.Entity, s.x.Callers = detectors.EntityRef{Kind: schemas.EntityGlobal, ID: globalKey}, 0
}

// gather adds every entity's window to the shard's cohort.
func (s *shard) gather(w *watch, start int64) {
	t := s.states(w)
	if t.Used() == 0 {
		return
	}
	s.at(w, start)
	clear(s.cohort[:len(w.total)])
	s.guarded(w, func() {
		s.metered(w, start, t.Used(), func() {
			for i := range t.Used() {
				h := t.At(i)
				s.x.Entity, s.x.Callers = detectors.EntityRef{Kind: w.spec.Entity, ID: h.Key}, float64(h.Callers)
				w.Gather(s.x, h.Memory(), pointer(s.cohort))
			}
		})
	})
}

// conclude lets the detector judge the whole; it is called on one shard.
func (s *shard) conclude(w *watch, start int64) {
	s.at(w, start)
	s.guarded(w, func() { w.Conclude(s.x, pointer(w.prev), pointer(w.total)) })
}

// close judges every entity and drops those that are not worth keeping.
func (s *shard) close(w *watch, start int64) {
	t, d := s.states(w), s.dirs[w.spec.Entity]
	s.at(w, start)
	closing := uint8(1) << s.x.Slot
	s.guarded(w, func() {
		s.metered(w, start, t.Used(), func() {
			for i := t.Used() - 1; i >= 0; i-- {
				h := t.At(i)
				s.closing = i
				s.x.Entity, s.x.Callers = detectors.EntityRef{Kind: w.spec.Entity, ID: h.Key}, float64(h.Callers)
				keep := w.Close(s.x, h.Memory(), pointer(w.total))
				// Who has events in the window after this one stays in any case.
				if h.Open &^= closing; !keep && h.Open == 0 {
					d.Drop(w.slot, i)
				}
			}
		})
	})
	s.closing = -1
}

// metered does what closes so many states, and measures it on some of the
// shards, in turn: the clock is read for each, and many have few states.
func (s *shard) metered(w *watch, start int64, states int, do func()) {
	if s.engine.settings.Config.Budget > 0 && (start/w.frame.Window+int64(s.id))%meteredShards == 0 {
		s.costs[w.index].Closing(states, do)
		return
	}
	do()
}

// meteredShards is one of how many shards is measured at the end of a window.
const meteredShards = 8

// states are those of w in the shard.
func (s *shard) states(w *watch) *entities.States { return s.dirs[w.spec.Entity].States(w.slot) }

// guarded calls do, in which only w's methods can panic.
func (s *shard) guarded(w *watch, do func()) {
	defer s.rescue()
	s.watch = w
	do()
}

// rescue disables the detector that panicked, so that the others go on.
func (s *shard) rescue() {
	cause := recover()
	if cause == nil {
		return
	}
	if s.watch == nil {
		panic(cause)
	}
	if s.closing = -1; s.event != nil { // the others see the event still
		s.skip = s.watch.index + 1
	}
	s.engine.panicked(s.watch, cause, s.event)
}

// keepTold drops what was told by detectors that are not among watches, and
// that no end of a window would drop.
func (s *shard) keepTold(watches []*watch) {
	s.told.Forget(func(t told.Once) bool {
		return !slices.ContainsFunc(watches, func(w *watch) bool { return w.spec.ID == t.Watch && !w.disabled.Load() })
	})
}
