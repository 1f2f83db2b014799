package spend

import (
	"math"
	"testing"
	"unsafe"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

func TestConform(t *testing.T) {
	corpus := append(cases[0].events(1), agent(1, "h1:k1:loop", 0, 90, 300, 0.05, tools)...)
	corpus = append(corpus, steady("h1:k1:budget", "tenant", 0, 30)...)
	c := budgeted(Budget{Principal: "*", Amount: 9, Currency: "usd", Period: "day"}, Budget{Tenant: "*", Amount: 5000, Currency: "tokens", Period: "day"})
	detectortest.Conform(t, detectortest.Fresh(t, Watchers, c), corpus)
}

func TestConfig(t *testing.T) {
	day := Budget{Principal: "*", Amount: 1, Currency: "usd", Period: "day"}
	detectortest.Bounds(t, DefaultConfig, Watchers, map[string]func(*Config){
		"factor is 1, want 2 to 1000":                   func(c *Config) { c.Factor = 1 },
		"floor_usd is 0, want 0.01 to 1e+09":            func(c *Config) { c.FloorUSD = 0 },
		"floor_tokens is 1, want 1000 to 1e+15":         func(c *Config) { c.FloorTokens = 1 },
		"alarm_usd is NaN, want 0.01 to 1e+09":          func(c *Config) { c.AlarmUSD = math.NaN() },
		"alarm_tokens is 0, want 1000 to 1e+15":         func(c *Config) { c.AlarmTokens = 0 },
		"min_hours is 1, want 3 to 1000":                func(c *Config) { c.MinHours = 1 },
		"stuffing_tokens is 1, want 1000 to 100000000":  func(c *Config) { c.StuffingTokens = 1 },
		"stuffing_calls is 1, want 5 to 1000000":        func(c *Config) { c.StuffingCalls = 1 },
		"cached_share is 2, want 0.1 to 1":              func(c *Config) { c.CachedShare = 2 },
		"reasoning_factor is 1, want 2 to 1000":         func(c *Config) { c.ReasoningFactor = 1 },
		"aborted_calls is 1, want 10 to 1000000":        func(c *Config) { c.AbortedCalls = 1 },
		"loop_steps is 5, want 10 to 1000":              func(c *Config) { c.LoopSteps = 5 },
		"repeat_hours is 0, want 1 to 8760":             func(c *Config) { c.RepeatHours = 0 },
		"budgets has 10001 entries, want at most 10000": func(c *Config) { c.Budgets = make([]Budget, 10_001) },
		`budgets[0].period is unknown, want "day", "week" or "month"`: func(c *Config) {
			c.Budgets = []Budget{{Tenant: "x", Currency: "usd", Amount: 1}}
		},
		`budgets[0].principal and tenant: want one of the two, a name or "*"`: func(c *Config) {
			c.Budgets = []Budget{{Principal: "x", Tenant: "x"}}
		},
		`budgets[0].currency is unknown, want "usd" or "tokens"`: func(c *Config) {
			c.Budgets = []Budget{{Principal: "x", Currency: "euro"}}
		},
		"budgets[0].amount is 0, want above 0 to 1e+09": func(c *Config) {
			c.Budgets = []Budget{{Principal: "x", Currency: "usd", Period: "day"}}
		},
		"budgets[0].thresholds[1] is 50, want rising from 1 to 1000": func(c *Config) {
			b := day
			b.Thresholds = []int{50, 50}
			c.Budgets = []Budget{b}
		},
		"budgets[0].thresholds has 9 entries, want at most 8": func(c *Config) {
			b := day
			b.Thresholds = make([]int, 9)
			c.Budgets = []Budget{b}
		},
		"budgets[1] is there twice, want one budget for each currency and period": func(c *Config) {
			c.Budgets = []Budget{day, day}
		},
	})
}

func TestSizes(t *testing.T) {
	t.Logf("state %d bytes (hour %d, past %d), cohort %d bytes",
		unsafe.Sizeof(State{}), unsafe.Sizeof(hour{}), unsafe.Sizeof(past{}), unsafe.Sizeof(Cohort{}))
	if n := unsafe.Sizeof(State{}); n > 1200 {
		t.Errorf("a state takes %d bytes, want at most 1,200", n)
	}
	if n := unsafe.Sizeof(Cohort{}); n > 2048 {
		t.Errorf("a cohort takes %d bytes, want at most 2,048", n)
	}
}

// BenchmarkObserve folds calls into states that fit the cache, and into more
// than do.
func BenchmarkObserve(b *testing.B) {
	all := events(1, key, use{until: 1, perHour: 4000, in: 2500, out: 400, change: mix(cached(0.5), thinking(100))})
	for name, n := range map[string]int{"hot": 16, "cold": 10_000} {
		for _, kind := range []schemas.EntityKind{schemas.EntityPrincipal, schemas.EntityTenant} {
			b.Run(name+"/"+kind.String(), func(b *testing.B) {
				d := newWatch(kind, DefaultConfig())
				states := make([]State, n)
				x := detectors.NewContext(func(*detectors.Context, *schemas.Finding) {})
				x.WindowStart, x.Window = detectortest.At(0), d.Spec().Window
				b.ReportAllocs()
				i := 0
				for b.Loop() {
					ev := &all[i%len(all)]
					x.Now = ev.Time
					d.Observe(x, &states[i*7919%n], ev)
					i++
				}
			})
		}
	}
}

func BenchmarkClose(b *testing.B) {
	d := newWatch(schemas.EntityPrincipal, DefaultConfig())
	states := make([]State, 4096)
	x := detectors.NewContext(func(*detectors.Context, *schemas.Finding) {})
	x.Window = d.Spec().Window
	var c Cohort
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		n := i / len(states)
		x.WindowStart = detectortest.At(0) + int64(n)*int64(x.Window)
		x.Now, x.Slot = x.WindowStart+int64(x.Window), n%2
		s := &states[i%len(states)]
		s.last = x.WindowStart
		s.open[x.Slot].calls, s.open[x.Slot].work = uint32(i%7), uint64(i%7)*900
		d.Gather(x, s, &c)
		d.Close(x, s, &c)
		i++
	}
}
