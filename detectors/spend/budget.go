package spend

import (
	"math"
	"sync/atomic"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// The units of spending: nano-dollars and tokens, so that sums are exact.
const (
	usd = iota
	tokens
	units
)

// nano is how many nano-dollars make a dollar.
const nano = 1e9

// The periods of budgets.
const (
	day = iota
	week
	month
	periods
)

var periodNames = [periods]string{"day", "week", "month"}

// plan is one budget.
type plan struct {
	amount     uint64 // in its unit
	thresholds []int
}

// plans are the budgets of one principal or tenant; nil where there is none.
type plans [units][periods]*plan

// named has the plans by the keyed hash of their owners' names.
type named struct {
	key   sketch.Key
	plans map[uint64]*plans
}

// budgets are those of one kind of entity. The hashes of the names need the
// engine's key, so they are made when the first event shows it; they depend on
// nothing else, so it does not matter on which shard that is.
type budgets struct {
	list  map[string]*plans
	all   plans
	any   bool
	names atomic.Pointer[named]
}

func newBudgets(list []Budget, kind schemas.EntityKind) *budgets {
	out := &budgets{list: map[string]*plans{}}
	for i := range list {
		b := &list[i]
		name := b.Principal
		if kind == schemas.EntityTenant {
			name = b.Tenant
		}
		if name == "" {
			continue
		}
		p := &plan{thresholds: b.Thresholds}
		if len(p.thresholds) == 0 {
			p.thresholds = []int{50, 80, 100}
		}
		unit, amount := tokens, b.Amount
		if b.Currency == "usd" {
			unit, amount = usd, b.Amount*nano
		}
		p.amount = uint64(max(amount, 1))
		into := &out.all
		if name != "*" {
			if out.list[name] == nil {
				out.list[name] = &plans{}
			}
			into = out.list[name]
		}
		for i, n := range periodNames {
			if n == b.Period {
				into[unit][i] = p
			}
		}
		out.any = true
	}
	// Who has a budget of his own keeps those of all in the other periods.
	for _, own := range out.list {
		for u := range units {
			for p := range periods {
				if own[u][p] == nil {
					own[u][p] = out.all[u][p]
				}
			}
		}
	}
	return out
}

// named returns the plans by hash.
func (b *budgets) named(x *detectors.Context) map[uint64]*plans {
	if n := b.names.Load(); n != nil && n.key == x.Key {
		return n.plans
	}
	n := &named{x.Key, make(map[uint64]*plans, len(b.list))}
	for name, p := range b.list {
		n.plans[x.Key.String(name)] = p
	}
	b.names.Store(n)
	return n.plans
}

// of returns the plans of the entity, or of the name that it goes by.
func (b *budgets) of(x *detectors.Context, alias uint64) *plans {
	names := b.named(x)
	if p := names[x.Entity.ID]; p != nil {
		return p
	}
	if p := names[alias]; alias != 0 && p != nil {
		return p
	}
	return &b.all
}

// account is what was spent of one budget in its period.
type account struct {
	spent uint64 // in closed hours
	// period is the number of the period that spent belongs to, said that of
	// the period in which the share told, in percent, was told.
	period, said uint32
	told         uint16
	forecast     bool
}

// periodOf returns the number of the period that at, in Unix nanoseconds,
// belongs to, and when it begins and ends.
func periodOf(kind int, at int64) (number uint32, begin, end int64) {
	t := time.Unix(0, at).UTC()
	y, m, d := t.Date()
	from := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	to := from.AddDate(0, 0, 1)
	switch kind {
	case week:
		from = from.AddDate(0, 0, -int(t.Weekday()+6)%7)
		to = from.AddDate(0, 0, 7)
	case month:
		from = time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
		to = from.AddDate(0, 1, 0)
	}
	return uint32(from.Unix() / 3600), from.UnixNano(), to.UnixNano()
}

// spentIn returns what the account has in the period, with the open hours.
func (s *State) spentIn(x *detectors.Context, unit, kind int, number uint32) uint64 {
	a, sum := &s.accounts[unit][kind], uint64(0)
	if a.period == number {
		sum = a.spent
	}
	for slot := range s.open {
		start := x.WindowStart
		if slot != x.Slot {
			start = s.open[slot].start
		}
		if s.open[slot].calls == 0 {
			continue
		}
		if n, _, _ := periodOf(kind, start); n == number {
			sum += s.open[slot].spent[unit]
		}
	}
	return sum
}

// reckon tells the thresholds that are passed in the period of the hour, and
// sets at which sum of the hour the next one is.
func (d *watch) reckon(x *detectors.Context, s *State) {
	h := &s.open[x.Slot]
	h.due = [units]uint64{math.MaxUint64, math.MaxUint64}
	p := d.budgets.of(x, s.alias)
	for unit := range units {
		for kind := range periods {
			plan, a := p[unit][kind], &s.accounts[unit][kind]
			if plan == nil {
				continue
			}
			number, _, _ := periodOf(kind, x.WindowStart)
			if number < a.said {
				continue
			}
			if number > a.said {
				a.said, a.told, a.forecast = number, 0, false
			}
			spent := s.spentIn(x, unit, kind, number)
			passed := 0
			for _, t := range plan.thresholds {
				at := uint64(math.Ceil(float64(plan.amount) / 100 * float64(t)))
				if spent >= at {
					passed = t
				} else {
					h.due[unit] = min(h.due[unit], h.spent[unit]+at-spent)
					break
				}
			}
			if passed > int(a.told) {
				a.told = uint16(passed)
				x.Emit(d.budgetFinding(x, h, plan, unit, kind, passed, spent))
			}
		}
	}
}

// settle adds a closing hour to the accounts and looks ahead.
func (d *watch) settle(x *detectors.Context, s *State) {
	h := &s.open[x.Slot]
	for unit := range units {
		for kind := range periods {
			number, begin, end := periodOf(kind, x.WindowStart)
			a := &s.accounts[unit][kind]
			if number != a.period {
				a.period, a.spent = number, 0
			}
			a.spent += h.spent[unit]
			plan := d.budgets.of(x, s.alias)[unit][kind]
			if plan == nil || a.said != number || a.forecast || a.spent >= plan.amount || h.calls == 0 {
				continue
			}
			// The pace of a day is that of its last hours; that of more is its
			// mean, so that nights and weekends are in it.
			elapsed := float64(x.Now-begin) / float64(time.Hour)
			pace := float64(s.pace[unit])
			least := 3.0
			if kind != day {
				pace, least = float64(a.spent)/elapsed, 48
			}
			if elapsed < least || pace <= 0 || 5*a.spent < plan.amount {
				continue
			}
			hours := float64(plan.amount-a.spent) / pace
			if at := x.Now + int64(hours*float64(time.Hour)); hours < 24*31 && at < end {
				a.forecast = true
				x.Emit(d.forecastFinding(h, plan, unit, kind, a.spent, pace, at))
			}
		}
	}
}
