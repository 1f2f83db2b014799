package rules

import (
	"maps"

	"github.com/gatehound/gatehound/schemas"
)

// told is what was told of which entity, so that it is not told again soon.
type told struct {
	// Last is when a rule was told of an entity, in Unix nanoseconds.
	Last map[toldKey]int64
	// Many counts, by rule, the entities of a window of Config.Repeat.
	Many map[uint64]window
}

type toldKey struct{ Rule, Entity uint64 }

type window struct{ Start, Entities int64 }

func (t *told) clear() {
	t.Last, t.Many = map[toldKey]int64{}, map[uint64]window{}
}

// maxTold bounds the entities that are remembered, over all rules: about 5 MB.
const maxTold = 1 << 16

// pass tells whether a rule is to be told of an entity at a time. If it found
// too many entities, it says so once instead.
func (t *told) pass(m *Monitor, r *rule, entity uint64, at int64) bool {
	repeat := int64(m.settings.Config.Repeat)
	key := toldKey{m.key.String(r.detector), entity}
	if last, ok := t.Last[key]; ok && abs(at-last) < repeat {
		return false
	}
	start := at - at%repeat
	w := t.Many[key.Rule]
	if start > w.Start {
		w = window{Start: start}
	}
	w.Entities++
	t.Many[key.Rule] = w
	limit := int64(m.settings.Config.Findings)
	if w.Entities > limit {
		m.metrics.suppressed.Inc()
		if w.Entities == limit+1 {
			m.crowd(r, at, limit)
		}
		return false
	}
	if len(t.Last) >= maxTold {
		maps.DeleteFunc(t.Last, func(_ toldKey, last int64) bool { return abs(at-last) >= repeat })
		if len(t.Last) >= maxTold {
			m.metrics.suppressed.Inc()
			return false
		}
	}
	t.Last[key] = at
	return true
}

func abs(v int64) int64 { return max(v, -v) }

// crowd tells that a rule found more entities than are told one by one.
func (m *Monitor) crowd(r *rule, at, limit int64) {
	f := m.finding(r, schemas.Entity{Kind: schemas.EntityGlobal, Name: "global"}, at)
	f.Events = limit + 1
	describeCrowd(&f, r, limit, m.settings.Config.Repeat)
	m.send(f, nil)
}
