package spend

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gatehound/gatehound/detectors/bounds"
	"github.com/gatehound/gatehound/detectors/spend/internal/plan"
)

// Config has the settings of both detectors.
type Config struct {
	// Factor is how many times the usual hour, or day, makes a surge. Default
	// 10: Sysdig's figure for a stolen key is ten times the median of seven
	// days. 2 to 1,000.
	Factor float64 `mapstructure:"factor"`
	// FloorUSD and FloorTokens are the least spending of an hour that can be a
	// surge. Default 20 and 5,000,000, about the same at common prices; 0.01 to
	// 1e9, and 1,000 to 1e15.
	FloorUSD    float64 `mapstructure:"floor_usd"`
	FloorTokens float64 `mapstructure:"floor_tokens"`
	// AlarmUSD and AlarmTokens are the spending of an hour from which a surge
	// is told as medium without a second sign, and as it happens. Default 200
	// and 50,000,000: a stolen key was seen to cost 46,000 dollars a day, 1,900
	// an hour. 0.01 to 1e9, and 1,000 to 1e15.
	AlarmUSD    float64 `mapstructure:"alarm_usd"`
	AlarmTokens float64 `mapstructure:"alarm_tokens"`
	// MinHours is how many active hours make a past of one's own. Default 6;
	// 3 to 1,000.
	MinHours int `mapstructure:"min_hours"`
	// StuffingTokens is the least input of one call that can be stuffing, if it
	// is also eight times the usual; StuffingCalls how many of them an hour
	// has. Default 32,000 and 10; 1,000 to 1e8, and 5 to 1e6.
	StuffingTokens int `mapstructure:"stuffing_tokens"`
	StuffingCalls  int `mapstructure:"stuffing_calls"`
	// CachedShare is the least usual share of cached input whose end is
	// reported. Default 0.5; 0.1 to 1.
	CachedShare float64 `mapstructure:"cached_share"`
	// ReasoningFactor is how many times the usual reasoning of a call is
	// reported. Default 5: OverThink (2025) measured 18 to 46. 2 to 1,000.
	ReasoningFactor float64 `mapstructure:"reasoning_factor"`
	// AbortedCalls is how many billed calls of an hour clients cut before they
	// are reported. Default 50; 10 to 1e6.
	AbortedCalls int `mapstructure:"aborted_calls"`
	// LoopSteps is for how many calls in a row the input grows by the same
	// amount before it is a loop. Default 40: agent frameworks stop honest ones
	// after 10 to 25. 10 to 1,000.
	LoopSteps int `mapstructure:"loop_steps"`
	// RepeatHours is for how long a rule is silent about who it has reported,
	// unless it got worse. Default 24; 1 to 8,760.
	RepeatHours int `mapstructure:"repeat_hours"`
	// Budgets lists what principals and tenants may spend. Days, weeks (from
	// Monday) and months are those of UTC. Default none.
	Budgets []Budget `mapstructure:"budgets"`
}

// Budget is what one or each of some may spend in a period.
type Budget struct {
	// Principal or Tenant, one of the two, is whose it is, as findings show it;
	// "*" is each that has none of its own in that currency and period.
	Principal string `mapstructure:"principal"`
	Tenant    string `mapstructure:"tenant"`
	// Amount is the budget in Currency, "usd" or "tokens". Above 0 to 1e9
	// dollars, or to 1e15 tokens.
	Amount   float64 `mapstructure:"amount"`
	Currency string  `mapstructure:"currency"`
	// Period is "day", "week" or "month".
	Period string `mapstructure:"period"`
	// Thresholds are the shares in percent that are told, once a period each.
	// Default 50, 80 and 100; at most eight, 1 to 1,000, rising.
	Thresholds []int `mapstructure:"thresholds"`
}

// DefaultConfig returns the defaults.
func DefaultConfig() Config {
	return Config{
		Factor: 10, FloorUSD: 20, FloorTokens: 5e6, AlarmUSD: 200, AlarmTokens: 5e7, MinHours: 6,
		StuffingTokens: 32_000, StuffingCalls: 10, CachedShare: 0.5, ReasoningFactor: 5,
		AbortedCalls: 50, LoopSteps: 40, RepeatHours: 24,
	}
}

// maxBudgets bounds the list of budgets.
const maxBudgets = 10_000

// Validate returns every setting that is out of its bounds.
func (c *Config) Validate() error {
	err := errors.Join(
		bounds.Within("factor", c.Factor, 2, 1000),
		bounds.Within("floor_usd", c.FloorUSD, 0.01, 1e9), bounds.Within("floor_tokens", c.FloorTokens, 1000, 1e15),
		bounds.Within("alarm_usd", c.AlarmUSD, 0.01, 1e9), bounds.Within("alarm_tokens", c.AlarmTokens, 1000, 1e15),
		bounds.Within("min_hours", c.MinHours, 3, 1000),
		bounds.Within("stuffing_tokens", c.StuffingTokens, 1000, 100_000_000),
		bounds.Within("stuffing_calls", c.StuffingCalls, 5, 1_000_000),
		bounds.Within("cached_share", c.CachedShare, 0.1, 1),
		bounds.Within("reasoning_factor", c.ReasoningFactor, 2, 1000),
		bounds.Within("aborted_calls", c.AbortedCalls, 10, 1_000_000),
		bounds.Within("loop_steps", c.LoopSteps, 10, 1000),
		bounds.Within("repeat_hours", c.RepeatHours, 1, 8760),
	)
	if len(c.Budgets) > maxBudgets {
		return errors.Join(err, fmt.Errorf("budgets has %d entries, want at most %d", len(c.Budgets), maxBudgets))
	}
	type one struct{ principal, tenant, currency, period string }
	seen := map[one]bool{}
	for i := range c.Budgets {
		b := &c.Budgets[i]
		if e := b.validate(); e != nil {
			err = errors.Join(err, fmt.Errorf("budgets[%d].%w", i, e))
		}
		key := one{b.Principal, b.Tenant, b.Currency, b.Period}
		if seen[key] {
			err = errors.Join(err, fmt.Errorf("budgets[%d] is there twice, want one budget for each currency and period", i))
		}
		seen[key] = true
	}
	return err
}

func (b *Budget) validate() error {
	if (b.Principal == "") == (b.Tenant == "") {
		return errors.New(`principal and tenant: want one of the two, a name or "*"`)
	}
	most := 1e9
	switch b.Currency {
	case "usd":
	case "tokens":
		most = 1e15
	default:
		return errors.New(`currency is unknown, want "usd" or "tokens"`)
	}
	if !slices.Contains(plan.PeriodNames[:], b.Period) {
		return errors.New(`period is unknown, want "day", "week" or "month"`)
	}
	if !(b.Amount > 0 && b.Amount <= most) {
		return fmt.Errorf("amount is %v, want above 0 to %v", b.Amount, most)
	}
	if len(b.Thresholds) > 8 {
		return fmt.Errorf("thresholds has %d entries, want at most 8", len(b.Thresholds))
	}
	for i, t := range b.Thresholds {
		if t < 1 || t > 1000 || i > 0 && t <= b.Thresholds[i-1] {
			return fmt.Errorf("thresholds[%d] is %d, want rising from 1 to 1000", i, t)
		}
	}
	return nil
}
