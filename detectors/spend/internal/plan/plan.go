// Package plan knows what principals and tenants may spend, and in which periods.
package plan

import (
	"sync/atomic"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/sketch"
)

// The units of spending: nano-dollars and tokens, so that sums are exact.
const (
	USD = iota
	Tokens
	Units
)

// Nano is how many nano-dollars make a dollar.
const Nano = 1e9

// The periods of budgets.
const (
	Day = iota
	Week
	Month
	Periods
)

// PeriodNames are the periods as they are written.
var PeriodNames = [Periods]string{"day", "week", "month"}

// Plan is one budget.
type Plan struct {
	// Amount is in its unit.
	Amount uint64
	// Thresholds are the shares in percent that are told, rising.
	Thresholds []int
}

// Plans are the budgets of one principal or tenant; nil where there is none.
type Plans [Units][Periods]*Plan

// named has the plans by the keyed hash of their owners' names.
type named struct {
	key   sketch.Key
	plans map[uint64]*Plans
}

// Budgets are those of one kind of entity. The hashes of the names need the
// engine's key, so they are made when the first event shows it; they depend on
// nothing else, so it does not matter on which shard that is.
type Budgets struct {
	list map[string]*Plans
	all  Plans
	// Any tells that there is a budget at all.
	Any   bool
	names atomic.Pointer[named]
}

// New returns no budgets.
func New() *Budgets { return &Budgets{list: map[string]*Plans{}} }

// Add gives name a budget, or "*" to all that have none of their own.
func (b *Budgets) Add(name string, unit, period int, p *Plan) {
	into := &b.all
	if name != "*" {
		if b.list[name] == nil {
			b.list[name] = &Plans{}
		}
		into = b.list[name]
	}
	into[unit][period], b.Any = p, true
}

// Inherit gives who has a budget of its own those of all in the other units and
// periods. It is called once, after the last Add.
func (b *Budgets) Inherit() {
	for _, own := range b.list {
		for u := range Units {
			for p := range Periods {
				if own[u][p] == nil {
					own[u][p] = b.all[u][p]
				}
			}
		}
	}
}

// byHash returns the plans by hash.
func (b *Budgets) byHash(x *detectors.Context) map[uint64]*Plans {
	if n := b.names.Load(); n != nil && n.key == x.Key {
		return n.plans
	}
	n := &named{x.Key, make(map[uint64]*Plans, len(b.list))}
	for name, p := range b.list {
		n.plans[x.Key.String(name)] = p
	}
	b.names.Store(n)
	return n.plans
}

// Of returns the plans of the context's entity, or else those of the name whose
// hash is alias, if that is not 0.
func (b *Budgets) Of(x *detectors.Context, alias uint64) *Plans {
	names := b.byHash(x)
	if p := names[x.Entity.ID]; p != nil {
		return p
	}
	if p := names[alias]; alias != 0 && p != nil {
		return p
	}
	return &b.all
}

// PeriodOf returns the number of the period that at, in Unix nanoseconds,
// belongs to, and when it begins and ends, in UTC. Weeks begin on Monday.
func PeriodOf(period int, at int64) (number uint32, begin, end int64) {
	t := time.Unix(0, at).UTC()
	y, m, d := t.Date()
	from := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	to := from.AddDate(0, 0, 1)
	switch period {
	case Week:
		from = from.AddDate(0, 0, -int(t.Weekday()+6)%7)
		to = from.AddDate(0, 0, 7)
	case Month:
		from = time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
		to = from.AddDate(0, 1, 0)
	}
	return uint32(from.Unix() / 3600), from.UnixNano(), to.UnixNano()
}
