// Package shard has the states of a part of all entities and runs the detectors on
// them: it lets them see events, gathers, closes and copies profiles at the end of a
// window, and keeps what they emit until the engine collects it. It knows neither
// when a window is over nor what becomes of a finding.
//
// One goroutine at a time works on a shard, and several work on different shards;
// what they share is changed only while none is at work.
package shard

import (
	"log/slog"
	"runtime/debug"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/engine/internal/ceased"
	"github.com/gatehound/gatehound/detectors/engine/internal/codec"
	"github.com/gatehound/gatehound/detectors/engine/internal/cputime"
	"github.com/gatehound/gatehound/detectors/engine/internal/entities"
	"github.com/gatehound/gatehound/detectors/engine/internal/exceptions"
	"github.com/gatehound/gatehound/detectors/engine/internal/told"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// Kinds is the number of kinds of entities.
const Kinds = int(schemas.EntityHost) + 1

// Shared is what all shards of an engine have in common.
type Shared struct {
	Key sketch.Key
	// Table is that of events, Findings how many a shard tells of in the open
	// windows; Suppressed counts the others.
	Table    string
	Findings int
	// Causes is how many findings a shard watches for the end of their causes.
	Causes     int
	Suppressed prometheus.Counter
	Log        *slog.Logger
	// Budget is the CPU time of a call; 0 is none.
	Budget time.Duration

	// Batch is what the dealt items refer to.
	Batch *schemas.Batch
	// ByKind are the watches of each kind of entity.
	ByKind [Kinds][]*Watch
	Allow  *exceptions.List
	// Rotated tells that a principal's pseudonym may not be that of all his
	// events.
	Rotated bool
}

// Shard has the states of a part of all entities.
type Shard struct {
	*Shared
	// Dirs are the directories of the kinds, nil of one that is not watched.
	Dirs [Kinds]*entities.Directory
	Told *told.Told
	// Causes is what was told and may have an end.
	Causes *ceased.Causes
	// Found is what was emitted, until it is collected, Ended what has ended since.
	Found []Found
	Ended []schemas.Ceased

	id    int
	items []entities.Item
	hints [entities.Ahead]uint32
	// cohort is what Gather adds to, sized for the largest of the watches.
	cohort []uint64
	// costs are the measures of the watches' CPU time.
	costs []cputime.Meter
	x     *detectors.Context

	// What is being done, for emit and for a panic; event is nil at the close
	// of a window, place is that of the entity, -1 if none is meant.
	watch *Watch
	place int
	event *schemas.Event
	other uint64 // Item.Other
	order uint64
	// closing is the place of the state whose window closes, else -1.
	closing int
	// skip is the first watch that is yet to see the event.
	skip int
	// names are those of the profiles that are being copied, name is the last.
	names arena
	name  []byte
	// touched keeps the compiler from leaving out the reads of warm.
	touched uint64
}

// New returns the shard number id.
func New(shared *Shared, id int) *Shard {
	s := &Shard{Shared: shared, id: id, Told: told.New(shared.Findings), Causes: ceased.New(shared.Causes), place: -1, closing: -1}
	s.x = detectors.NewContext(s.emit)
	s.x.Key = shared.Key
	return s
}

// Put deals an item to the shard, for Observe.
func (s *Shard) Put(it *entities.Item) { s.items = append(s.items, *it) }

// States are those of w in the shard, Meter measures what it takes there.
func (s *Shard) States(w *Watch) *entities.States { return s.Dirs[w.Spec.Entity].States(w.Slot) }

// Meter is described with States.
func (s *Shard) Meter(w *Watch) *cputime.Meter { return &s.costs[w.Index] }

// Equip gives the shard directories for other watches: byKind, of which cohort
// words is the largest cohort. old has, by the index of each, the watch whose states
// it goes on with, or nil.
func (s *Shard) Equip(byKind *[Kinds][]*Watch, old []*Watch, cohort int, p *entities.Plan) {
	s.cohort, s.costs = make([]uint64, cohort), make([]cputime.Meter, len(old))
	var all []*Watch
	for k, of := range byKind {
		all = append(all, of...)
		kind, d := schemas.EntityKind(k), s.Dirs[k]
		switch {
		case len(of) == 0:
			if d != nil {
				d.Clear()
			}
			s.Dirs[k] = nil
		case d == nil:
			s.Dirs[k] = entities.New(kind, p.Limits(kind))
		default:
			from := make([]int, len(of))
			for i, w := range of {
				if from[i] = -1; old[w.Index] != nil {
					from[i] = old[w.Index].Slot
				}
			}
			s.Dirs[k] = d.Reshape(p.Limits(kind), from)
		}
	}
	s.KeepTold(all)
}

// KeepTold drops what was told by detectors that are not among watches, and
// that no end of a window would drop. The others' causes go by their new places.
func (s *Shard) KeepTold(watches []*Watch) {
	s.Told.Forget(func(t told.Once) bool {
		return !slices.ContainsFunc(watches, func(w *Watch) bool { return w.Spec.ID == t.Watch && !w.Disabled() })
	})
	s.Causes.Keep(func(id string) (slot int, signs, ok bool) {
		i := slices.IndexFunc(watches, func(w *Watch) bool { return w.Spec.ID == id && !w.Disabled() })
		if i < 0 {
			return 0, false, false
		}
		return watches[i].Slot, watches[i].Spec.Signs != nil, true
	})
}

// Clear drops all states and what was told.
func (s *Shard) Clear() {
	for _, d := range s.Dirs {
		if d != nil {
			d.Clear()
		}
	}
	s.Told.Clear()
	s.Causes.Clear()
	s.Ended = nil
}

// Encode writes the shard: its directories, what was told and the causes of it.
func (s *Shard) Encode() []byte {
	var w codec.Writer
	for _, d := range s.Dirs {
		if d != nil {
			d.Encode(&w)
		}
	}
	s.Told.Encode(&w)
	s.Causes.Encode(&w)
	return w.B
}

// Guarded calls do, in which only w's methods can panic.
func (s *Shard) Guarded(w *Watch, do func()) {
	defer s.rescue()
	s.watch = w
	do()
}

// rescue disables the detector that panicked, so that the others go on.
func (s *Shard) rescue() {
	cause := recover()
	if cause == nil {
		return
	}
	if s.watch == nil {
		panic(cause)
	}
	if s.closing = -1; s.event != nil { // the others see the event still
		s.skip = s.watch.Index + 1
	}
	s.Panicked(s.watch, cause, debug.Stack(), s.event)
}

// Panicked takes a detector out of service that panicked where stack was taken; ev
// is the event at hand, if there is one.
func (s *Shared) Panicked(w *Watch, cause any, stack []byte, ev *schemas.Event) {
	if text, first := w.Panicked(cause, ev); first {
		s.Log.Error("detector panicked and is disabled", "detector", w.Spec.ID, "cause", text, "stack", string(stack))
	}
}
