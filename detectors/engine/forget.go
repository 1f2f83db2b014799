package engine

import (
	"net/netip"
	"slices"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/engine/internal/ceased"
	"github.com/gatehound/gatehound/detectors/engine/internal/correlation"
	"github.com/gatehound/gatehound/detectors/engine/internal/entities"
	"github.com/gatehound/gatehound/detectors/engine/internal/shard"
	"github.com/gatehound/gatehound/detectors/engine/internal/told"
	"github.com/gatehound/gatehound/schemas"
)

// Forget drops what is known of principals, by all their pseudonyms, and of
// clients, by their true addresses: also where others are tied to them, and what was
// told of them. It returns how many states went. What stays
// are counters and keyed hashes in summaries of others, which name nobody. It waits
// for correlators.
func (e *Engine) Forget(principals []string, addresses []netip.Addr) (states int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.settleAll()
	gone := map[schemas.EntityKind][]uint64{}
	names := map[string]bool{}
	for _, p := range principals {
		key := e.shared.Key.String(p)
		gone[schemas.EntityPrincipal] = append(gone[schemas.EntityPrincipal], key)
		names[entities.PrincipalName(p, key)] = true
	}
	for _, a := range addresses {
		gone[schemas.EntityAddress] = append(gone[schemas.EntityAddress], e.shared.Key.Addr(detectors.Network(a)))
	}
	for kind, keys := range gone {
		for _, key := range keys {
			s := e.shards[e.shardOf(key)]
			if s.Dirs[kind] == nil {
				continue
			}
			if place, ok := s.Dirs[kind].Find(key, 0); ok {
				if kind == schemas.EntityAddress {
					who := s.Dirs[kind].SubjectOf(place)
					names[who.Name] = true
				}
				states += max(1, s.Dirs[kind].Remove(place))
			}
			s.Causes.Forget(func(who ceased.Who, _ *ceased.Cause) bool { return who.Kind == kind && who.Key == key })
			s.Told.Forget(func(t told.Once) bool {
				return t.Key == key && slices.ContainsFunc(e.shared.ByKind[kind], func(w *shard.Watch) bool { return w.Spec.ID == t.Watch })
			})
		}
	}
	mentioned := 0
	for _, s := range e.shards {
		if d := s.Dirs[schemas.EntityAddress]; d != nil {
			mentioned += d.Disown(gone[schemas.EntityPrincipal])
		}
		if d := s.Dirs[schemas.EntityPrincipal]; d != nil {
			mentioned += d.Disown(gone[schemas.EntityAddress])
		}
		mentioned += s.Causes.Forget(func(_ ceased.Who, c *ceased.Cause) bool { return c.Names(names) })
	}
	e.ceased = slices.DeleteFunc(e.ceased, func(c schemas.Ceased) bool { return names[c.Entity.Name] })
	for _, w := range e.watches {
		if keys := gone[w.Spec.Entity]; w.Runs != nil && len(keys) > 0 && !w.Disabled() {
			e.shards[0].Guarded(w, func() {
				states += w.Runs.Forget(func(key uint64) bool { return slices.Contains(keys, key) })
			})
		}
	}
	// Who is in such a finding alone counts too: the snapshot that names him has to
	// be written anew.
	if n := correlation.Forget(e.pending, func(name string) bool { return names[name] }); states == 0 {
		states = n + mentioned
	}
	return states
}
