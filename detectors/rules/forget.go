package rules

import (
	"net/netip"
	"slices"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/rules/internal/field"
	"github.com/gatehound/gatehound/detectors/rules/internal/sigma"
	"github.com/gatehound/gatehound/schemas"
)

// Forget drops what is known of principals, by all their pseudonyms, and of
// clients, by their true addresses. It returns how many groups went. What stays
// are counters and keyed hashes in groups of others, which name nobody.
func (m *Monitor) Forget(principals []string, addresses []netip.Addr) (groups int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	keys := map[string][]uint64{}
	for _, p := range principals {
		m.forgetTold(schemas.EntityPrincipal, m.key.String(p))
		keys["principal"] = append(keys["principal"], m.key.Words(0, m.key.String(p)))
	}
	for _, a := range addresses {
		h := m.key.Addr(detectors.Network(a))
		m.forgetTold(schemas.EntityAddress, h)
		keys["client"] = append(keys["client"], m.key.Words(0, h))
	}
	for _, r := range m.set.correlations {
		gone := keys[onlyField(r.Correlation)]
		groups += r.table.Drop(func(key uint64, who schemas.Entity) bool {
			return slices.Contains(gone, key) || who.Kind == schemas.EntityPrincipal && slices.Contains(principals, who.Name)
		})
	}
	return groups
}

// onlyField returns the field by which a correlation groups, "" if there are
// none or several: the key of a group is of all of them then.
func onlyField(c *sigma.Correlation) string {
	if len(c.GroupBy) != 1 {
		return ""
	}
	return field.Of(c.GroupBy[0].Fields[0]).Name
}

func (m *Monitor) forgetTold(kind schemas.EntityKind, key uint64) {
	entity := m.key.Words(uint64(kind), key)
	for k := range m.told.Last {
		if k.Entity == entity {
			delete(m.told.Last, k)
		}
	}
}
