package engine

import (
	"strings"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/engine/internal/cputime"
)

// profile copies what w's correlator compares of all entities.
func (e *Engine) profile(w *watch, start int64, load int) {
	rooms := make([]int, len(e.shards))
	for i, s := range e.shards {
		rooms[i] = s.states(w).Used()
	}
	w.runs.Begin(rooms)
	e.run(load, func(s *shard) { s.profile(w, start) })
	var cpu time.Duration
	for _, s := range e.shards {
		cpu += s.profiling
		s.profiling, s.names = 0, arena{}
	}
	e.metrics.CorrelationTime.WithLabelValues(w.spec.ID).Add(cpu.Seconds())
	e.metrics.Profiles.WithLabelValues(w.spec.ID).Set(float64(w.runs.Profiles()))
}

// profile copies what w's correlator compares of the shard's entities.
func (s *shard) profile(w *watch, start int64) {
	t, d := s.states(w), s.dirs[w.spec.Entity]
	if t.Used() == 0 {
		return
	}
	s.at(w, start)
	s.guarded(w, func() {
		s.profiling = cputime.Of(func() {
			for i := range t.Used() {
				h, place := t.At(i), d.Owner(w.slot, i)
				if s.engine.allow.LeavesOut(w.spec.ID, w.spec.Entity, h.Key, d.Client(place), d.At(place), s.x.Now) {
					continue
				}
				s.x.Entity, s.x.Callers = detectors.EntityRef{Kind: w.spec.Entity, ID: h.Key}, float64(h.Callers)
				if name := w.runs.Profile(s.x, s.id, h.Memory(), pointer(w.total)); name != nil {
					s.name = d.AppendName(s.name[:0], place)
					*name = s.names.keep(s.name)
				}
			}
		})
	})
}

// arena makes strings in few allocations. A block is the garbage collector's when
// none of its strings is in use any more; who keeps one string keeps the block, so
// blocks are small.
type arena struct{ block strings.Builder }

const arenaBlock = 4 << 10

// keep returns text as a string.
func (a *arena) keep(text []byte) string {
	if a.block.Cap()-a.block.Len() < len(text) {
		a.block.Reset()
		a.block.Grow(max(arenaBlock, len(text)))
	}
	from := a.block.Len()
	a.block.Write(text)
	return a.block.String()[from:]
}
