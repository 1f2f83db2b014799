package engine

import (
	"net/netip"
	"slices"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/engine/internal/correlation"
	"github.com/gatehound/gatehound/detectors/engine/internal/entities"
	"github.com/gatehound/gatehound/detectors/engine/internal/told"
	"github.com/gatehound/gatehound/schemas"
)

// Forget drops what is known of principals, by all their pseudonyms, and of
// clients, by their true addresses. It returns how many states went. What stays
// are counters and keyed hashes in summaries of others, which name nobody. It waits
// for correlators.
func (e *Engine) Forget(principals []string, addresses []netip.Addr) (states int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.settleAll()
	gone := map[schemas.EntityKind][]uint64{}
	names := map[string]bool{}
	for _, p := range principals {
		key := e.key.String(p)
		gone[schemas.EntityPrincipal] = append(gone[schemas.EntityPrincipal], key)
		names[entities.PrincipalName(p, key)] = true
	}
	for _, a := range addresses {
		gone[schemas.EntityAddress] = append(gone[schemas.EntityAddress], e.key.Addr(detectors.Network(a)))
	}
	for kind, keys := range gone {
		for _, key := range keys {
			s := e.shards[e.shardOf(key)]
			if s.dirs[kind] == nil {
				continue
			}
			if place, ok := s.dirs[kind].Find(key, 0); ok {
				states += max(1, s.dirs[kind].Remove(place))
			}
			s.told.Forget(func(t told.Once) bool {
				return t.Key == key && slices.ContainsFunc(e.byKind[kind], func(w *watch) bool { return w.spec.ID == t.Watch })
			})
		}
	}
	for _, w := range e.watches {
		if keys := gone[w.spec.Entity]; w.runs != nil && len(keys) > 0 && !w.disabled.Load() {
			e.shards[0].guarded(w, func() {
				states += w.runs.Forget(func(key uint64) bool { return slices.Contains(keys, key) })
			})
		}
	}
	correlation.Forget(e.pending, func(name string) bool { return names[name] })
	return states
}
