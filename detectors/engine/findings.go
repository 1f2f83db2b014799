package engine

import (
	"cmp"
	"slices"

	"github.com/gatehound/gatehound/detectors/engine/internal/shard"
)

// collect moves the shards' findings into the result, in an order that does
// not depend on the shards.
func (e *Engine) collect() {
	var all []shard.Found
	for _, s := range e.shards {
		all = append(all, s.Found...)
		clear(s.Found)
		s.Found = s.Found[:0]
	}
	slices.SortStableFunc(all, func(a, b shard.Found) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Watch, b.Watch), cmp.Compare(a.Key, b.Key))
	})
	for i := range all {
		e.findings = append(e.findings, all[i].Finding)
		e.metrics.Finding(all[i].Finding.Severity, e.watches[all[i].Watch].Spec.ID)
		if f := &all[i]; f.Rule > 0 {
			e.metrics.Excepted.Inc()
			e.tell(e.hidden.Hide(e.shared.Allow, f.Rule, &f.Finding))
		} else if f.Expired > 0 {
			e.tell(e.hidden.Lapse(e.shared.Allow, f.Expired, &f.Finding))
		}
	}
	for _, f := range e.retired {
		e.tell(f)
	}
	e.retired = nil
}
