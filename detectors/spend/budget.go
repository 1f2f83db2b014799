package spend

import (
	"math"
	"slices"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/spend/internal/plan"
	"github.com/gatehound/gatehound/schemas"
)

// The units of spending and the periods of budgets.
const (
	usd, tokens, units = plan.USD, plan.Tokens, plan.Units
	day, periods       = plan.Day, plan.Periods
	nano               = plan.Nano
)

// compiled returns the budgets of one kind of entity.
func compiled(list []Budget, kind schemas.EntityKind) *plan.Budgets {
	out := plan.New()
	for i := range list {
		b := &list[i]
		name := b.Principal
		if kind == schemas.EntityTenant {
			name = b.Tenant
		}
		if name == "" {
			continue
		}
		p := &plan.Plan{Thresholds: b.Thresholds}
		if len(p.Thresholds) == 0 {
			p.Thresholds = []int{50, 80, 100}
		}
		unit, amount := tokens, b.Amount
		if b.Currency == "usd" {
			unit, amount = usd, b.Amount*nano
		}
		p.Amount = uint64(max(amount, 1))
		out.Add(name, unit, slices.Index(plan.PeriodNames[:], b.Period), p)
	}
	out.Inherit()
	return out
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
		if n, _, _ := plan.PeriodOf(kind, start); n == number {
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
	p := d.budgets.Of(x, s.alias)
	for unit := range units {
		for kind := range periods {
			own, a := p[unit][kind], &s.accounts[unit][kind]
			if own == nil {
				continue
			}
			number, _, _ := plan.PeriodOf(kind, x.WindowStart)
			if number < a.said {
				continue
			}
			if number > a.said {
				a.said, a.told, a.forecast = number, 0, false
			}
			spent := s.spentIn(x, unit, kind, number)
			passed := 0
			for _, t := range own.Thresholds {
				at := uint64(math.Ceil(float64(own.Amount) / 100 * float64(t)))
				if spent >= at {
					passed = t
				} else {
					h.due[unit] = min(h.due[unit], h.spent[unit]+at-spent)
					break
				}
			}
			if passed > int(a.told) {
				a.told = uint16(passed)
				x.Emit(d.budgetFinding(x, h, own, unit, kind, passed, spent))
			}
		}
	}
}

// settle adds a closing hour to the accounts and looks ahead.
func (d *watch) settle(x *detectors.Context, s *State) {
	h := &s.open[x.Slot]
	for unit := range units {
		for kind := range periods {
			number, begin, end := plan.PeriodOf(kind, x.WindowStart)
			a := &s.accounts[unit][kind]
			if number != a.period {
				a.period, a.spent = number, 0
			}
			a.spent += h.spent[unit]
			own := d.budgets.Of(x, s.alias)[unit][kind]
			if own == nil || a.said != number || a.forecast || a.spent >= own.Amount || h.calls == 0 {
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
			if elapsed < least || pace <= 0 || 5*a.spent < own.Amount {
				continue
			}
			hours := float64(own.Amount-a.spent) / pace
			if at := x.Now + int64(hours*float64(time.Hour)); hours < 24*31 && at < end {
				a.forecast = true
				x.Emit(d.forecastFinding(h, own, unit, kind, a.spent, pace, at))
			}
		}
	}
}
