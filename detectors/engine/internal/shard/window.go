package shard

import (
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/engine/internal/cputime"
	"github.com/gatehound/gatehound/schemas"
)

// GlobalKey is the key of the one entity of kind EntityGlobal.
const GlobalKey = 1

// at sets the context to the close of the window of w that starts at start.
func (s *Shard) at(w *Watch, start int64) {
	s.watch, s.place, s.event, s.order = w, -1, nil, 0
	s.x.Slot, s.x.WindowStart, s.x.Now, s.x.Window = w.Frame.Slot(start), start, start+w.Frame.Window, w.Spec.Window
	s.x.Entity, s.x.Callers = detectors.EntityRef{Kind: schemas.EntityGlobal, ID: GlobalKey}, 0
}

// Gather adds every entity's window to the shard's cohort.
func (s *Shard) Gather(w *Watch, start int64) {
	t := s.States(w)
	if t.Used() == 0 {
		return
	}
	s.at(w, start)
	clear(s.cohort[:len(w.Total)])
	s.Guarded(w, func() {
		s.metered(w, start, t.Used(), func() {
			for i := range t.Used() {
				h := t.At(i)
				s.x.Entity, s.x.Callers = detectors.EntityRef{Kind: w.Spec.Entity, ID: h.Key}, float64(h.Callers)
				w.Gather(s.x, h.Memory(), Pointer(s.cohort))
			}
		})
	})
}

// Merge adds what was gathered to w's cohort; shards take turns.
func (s *Shard) Merge(w *Watch) {
	if s.States(w).Used() > 0 && !w.Disabled() {
		s.Guarded(w, func() { w.Merge(Pointer(w.Total), Pointer(s.cohort)) })
	}
}

// Conclude lets the detector judge the whole; it is called on one shard.
func (s *Shard) Conclude(w *Watch, start int64) {
	s.at(w, start)
	s.Guarded(w, func() { w.Conclude(s.x, Pointer(w.Prev), Pointer(w.Total)) })
}

// Close judges every entity and drops those that are not worth keeping.
func (s *Shard) Close(w *Watch, start int64) {
	t, d := s.States(w), s.Dirs[w.Spec.Entity]
	s.at(w, start)
	closing := uint8(1) << s.x.Slot
	s.Guarded(w, func() {
		s.metered(w, start, t.Used(), func() {
			for i := t.Used() - 1; i >= 0; i-- {
				h := t.At(i)
				s.closing = i
				s.x.Entity, s.x.Callers = detectors.EntityRef{Kind: w.Spec.Entity, ID: h.Key}, float64(h.Callers)
				keep := w.Close(s.x, h.Memory(), Pointer(w.Total))
				// Who has events in the window after this one stays in any case.
				if h.Open &^= closing; !keep && h.Open == 0 {
					d.Drop(w.Slot, i)
				}
			}
		})
	})
	s.closing = -1
}

// metered does what closes so many states, and measures it on some of the
// shards, in turn: the clock is read for each, and many have few states.
func (s *Shard) metered(w *Watch, start int64, states int, do func()) {
	if s.Budget > 0 && (start/w.Frame.Window+int64(s.id))%meteredShards == 0 {
		s.costs[w.Index].Closing(states, do)
		return
	}
	do()
}

// meteredShards is one of how many shards is measured at the end of a window.
const meteredShards = 8

// Profile copies what w's correlator compares of the shard's entities, and tells
// what CPU time that took.
func (s *Shard) Profile(w *Watch, start int64) (cpu time.Duration) {
	t, d := s.States(w), s.Dirs[w.Spec.Entity]
	if t.Used() == 0 {
		return 0
	}
	s.at(w, start)
	s.Guarded(w, func() {
		cpu = cputime.Of(func() {
			for i := range t.Used() {
				h, place := t.At(i), d.Owner(w.Slot, i)
				if s.Allow.LeavesOut(w.Spec.ID, w.Spec.Entity, h.Key, d.Client(place), d.At(place), s.x.Now) {
					continue
				}
				s.x.Entity, s.x.Callers = detectors.EntityRef{Kind: w.Spec.Entity, ID: h.Key}, float64(h.Callers)
				if name := w.Runs.Profile(s.x, s.id, h.Memory(), Pointer(w.Total)); name != nil {
					s.name = d.AppendName(s.name[:0], place)
					*name = s.names.keep(s.name)
				}
			}
		})
	})
	s.names = arena{}
	return cpu
}
