package spend

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

const none = schemas.Severity(255)

const key = "h1:k1:somebody"

// cases has a hit, a near miss and a benign case of each rule; want is the
// severity of the rule's finding on the principal, none if there is to be none.
var cases = []struct {
	name, rule string
	want       schemas.Severity
	events     func(seed uint64) []schemas.Event
}{
	{"a stolen key at fifty times the calls", "spend.surge", schemas.SeverityHigh, func(seed uint64) []schemas.Event {
		return events(seed, key, usual(40), use{from: 40.2, until: 41.5, perHour: 15000, in: 3000, out: 900, change: elsewhere})
	}},
	{"a stolen key, in tokens only", "spend.surge", schemas.SeverityHigh, func(seed uint64) []schemas.Event {
		u, v := usual(40), use{from: 40.2, until: 41.5, perHour: 20000, in: 3000, out: 900}
		u.change, v.change = noCost, mix(noCost, elsewhere)
		return events(seed, key, u, v)
	}},
	{"hundreds of dollars from the usual network", "spend.surge", schemas.SeverityMedium, func(seed uint64) []schemas.Event {
		return events(seed, key, usual(40), use{from: 40, until: 41, perHour: 14000, in: 6000, out: 900})
	}},
	{"hundreds of dollars by a newcomer", "spend.surge", schemas.SeverityMedium, func(seed uint64) []schemas.Event {
		return append(events(seed, "h1:k1:other", usual(43)), events(seed, key, use{from: 40, until: 41, perHour: 14000, in: 6000, out: 900})...)
	}},
	{"hundreds of dollars when all are new", "spend.surge", schemas.SeverityInfo, func(seed uint64) []schemas.Event {
		return append(events(seed, "h1:k1:other", usual(6)), events(seed, key, use{until: 5, perHour: 14000, in: 6000, out: 900})...)
	}},
	{"a monthly run at forty times the calls", "spend.surge", schemas.SeverityInfo, func(seed uint64) []schemas.Event {
		return events(seed, key, usual(80), use{from: 60, until: 62, perHour: 5000, in: 1500, out: 300})
	}},
	{"dozens of dollars by a key that spent cents", "spend.surge", schemas.SeverityMedium, func(seed uint64) []schemas.Event {
		return events(seed, key, usual(40), use{from: 40, until: 40.4, perHour: 4000, in: 6000, out: 3000})
	}},
	{"five times the calls from elsewhere", "spend.surge", none, func(seed uint64) []schemas.Event {
		return events(seed, key, usual(40), use{from: 40, until: 42, perHour: 300, in: 1500, out: 300, change: elsewhere})
	}},
	{"a daily batch that is known", "spend.surge", none, func(seed uint64) []schemas.Event {
		var all []use
		for i := range 6 {
			d := float64(i)
			all = append(all, use{from: 24 * d, until: 24*d + 1, perHour: 5000, in: 1500, out: 300})
		}
		return events(seed, key, append(all, usual(144))...)
	}},
	{"a day of many small surges", "spend.surge", schemas.SeverityInfo, func(seed uint64) []schemas.Event {
		var all []use
		for i := range 5 {
			d := float64(i)
			all = append(all, use{from: 24*d + 9, until: 24*d + 10, perHour: 1000, in: 1500, out: 300})
		}
		return events(seed, key, append(all, use{from: 120, until: 143, perHour: 2500, in: 1500, out: 300})...)
	}},

	{"full contexts by the thousand", "spend.stuffing", schemas.SeverityMedium, func(seed uint64) []schemas.Event {
		return events(seed, key, usual(30), use{from: 30, until: 31, perHour: 400, in: 110_000, out: 500, spread: 1.1})
	}},
	{"full contexts from elsewhere", "spend.stuffing", schemas.SeverityMedium, func(seed uint64) []schemas.Event {
		return events(seed, key, usual(30), use{from: 30, until: 31, perHour: 60, in: 110_000, out: 500, spread: 1.1, change: elsewhere})
	}},
	{"nine long documents", "spend.stuffing", none, func(seed uint64) []schemas.Event {
		return events(seed, key, usual(30), use{from: 30, until: 31, perHour: 5, in: 110_000, out: 500, spread: 1.1})
	}},
	{"a new use with long documents", "spend.stuffing", schemas.SeverityInfo, func(seed uint64) []schemas.Event {
		return events(seed, key, usual(30), use{from: 30, until: 34, perHour: 50, in: 60_000, out: 500, spread: 1.2})
	}},
	{"long conversations out of the cache", "spend.stuffing", none, func(seed uint64) []schemas.Event {
		return events(seed, key, usual(30), use{from: 30, until: 31, perHour: 400, in: 110_000, out: 500, spread: 1.1, change: func(_ *rand.Rand, _ int, ev *schemas.Event) {
			ev.CachedTokens = ev.InputTokens * 85 / 100
			ev.Known |= schemas.HasCachedTokens
		}})
	}},
	{"retrieval whose context grows for a week", "spend.stuffing", none, func(seed uint64) []schemas.Event {
		var all []use
		for i := range 168 {
			h := float64(i)
			all = append(all, use{from: h, until: h + 1, perHour: 40, in: 1500 + 500*h, out: 300})
		}
		return events(seed, key, all...)
	}},

	{"the cache defeated, at six times the calls", "spend.cache_busting", schemas.SeverityMedium, func(seed uint64) []schemas.Event {
		u, v := busy(30, cached(0.8)), busy(31, cached(0))
		v.from, v.perHour = 30, 2400
		return events(seed, key, u, v)
	}},
	{"the cache defeated for twelve minutes of an hour", "spend.cache_busting", schemas.SeverityMedium, func(seed uint64) []schemas.Event {
		u, v := busy(31, cached(0.9)), busy(30.5, cached(0))
		v.from, v.perHour = 30.3, 3600
		return events(seed, key, u, v)
	}},
	{"a quarter is still cached", "spend.cache_busting", none, func(seed uint64) []schemas.Event {
		u, v := busy(30, cached(0.8)), busy(31, cached(0.25))
		v.from, v.perHour = 30, 2400
		return events(seed, key, u, v)
	}},
	{"caching is off after a deployment", "spend.cache_busting", schemas.SeverityInfo, func(seed uint64) []schemas.Event {
		u, v := busy(30, cached(0.8)), busy(60, cached(0))
		v.from = 30
		return events(seed, key, u, v)
	}},
	{"an evaluation with other prompts", "spend.cache_busting", none, func(seed uint64) []schemas.Event {
		u, v := busy(32, cached(0.8)), use{from: 30, until: 31, perHour: 9000, in: 900, out: 20, change: cached(0)}
		return events(seed, key, u, v)
	}},

	{"decoys that make it reason, at many calls", "spend.reasoning", schemas.SeverityMedium, func(seed uint64) []schemas.Event {
		u, v := busy(30, thinking(300)), busy(31, thinking(9000))
		v.from, v.perHour = 30, 2400
		return events(seed, key, u, v)
	}},
	{"four times the reasoning", "spend.reasoning", none, func(seed uint64) []schemas.Event {
		u, v := busy(30, thinking(300)), busy(31, thinking(1100))
		v.from, v.perHour = 30, 2400
		return events(seed, key, u, v)
	}},
	{"another model that reasons", "spend.reasoning", none, func(seed uint64) []schemas.Event {
		u, v := busy(30, thinking(300)), busy(60, mix(thinking(9000), model("o3", 1)))
		v.from = 30
		return events(seed, key, u, v)
	}},
	{"a higher effort at the usual calls", "spend.reasoning", schemas.SeverityInfo, func(seed uint64) []schemas.Event {
		u, v := busy(30, thinking(300)), busy(60, thinking(4000))
		v.from = 30
		return events(seed, key, u, v)
	}},

	{"streams that are cut by the thousand", "spend.aborted", schemas.SeverityMedium, func(seed uint64) []schemas.Event {
		v := busy(31, cut(0.95, 9*time.Second, 1.5))
		v.from, v.perHour = 30, 2400
		return events(seed, key, busy(30, cut(0.05, 9*time.Second, 1.5)), v)
	}},
	{"a third is cut", "spend.aborted", none, func(seed uint64) []schemas.Event {
		v := busy(31, cut(0.33, 9*time.Second, 1.5))
		v.from, v.perHour = 30, 2400
		return events(seed, key, busy(30, cut(0.05, 9*time.Second, 1.5)), v)
	}},
	{"a client with a timeout, and its retries", "spend.aborted", none, func(seed uint64) []schemas.Event {
		v := busy(31, cut(0.95, 30*time.Second, 0.02))
		v.from, v.perHour = 30, 2400
		return events(seed, key, busy(30, cut(0.05, 9*time.Second, 1.5)), v)
	}},

	{"an agent that fails at the same tool", "spend.loop", schemas.SeverityMedium, func(seed uint64) []schemas.Event {
		return append(usualAgents(seed), agent(seed, key, 3*time.Hour, 70, 420, 0.05, tools)...)
	}},
	{"an agent that goes on all night", "spend.loop", schemas.SeverityHigh, func(seed uint64) []schemas.Event {
		return agent(seed, key, 3*time.Hour, 400, 150, 0.1, tools)
	}},
	{"an agent that is stopped after 30 steps", "spend.loop", none, func(seed uint64) []schemas.Event {
		return agent(seed, key, 3*time.Hour, 30, 420, 0.05, tools)
	}},
	{"an agent with a hundred honest steps", "spend.loop", none, func(seed uint64) []schemas.Event {
		return agent(seed, key, 3*time.Hour, 100, 900, 0.9, tools)
	}},
	{"a benchmark of lengths", "spend.loop", schemas.SeverityInfo, func(seed uint64) []schemas.Event {
		return agent(seed, key, 3*time.Hour, 120, 1000, 0, nil)
	}},
}

// busy is a service with 400 calls an hour.
func busy(until float64, change func(*rand.Rand, int, *schemas.Event)) use {
	return use{until: until, perHour: 400, in: 2500, out: 400, change: change}
}

// usualAgents are honest agents of the same key, side by side.
func usualAgents(seed uint64) []schemas.Event {
	var all []schemas.Event
	for i := range 40 {
		all = append(all, agent(seed*100+uint64(i), key, time.Duration(i)*9*time.Minute, 18, 1200, 0.9, tools)...)
	}
	return all
}

func TestCases(t *testing.T) {
	for _, c := range cases {
		t.Run(c.rule+"/"+c.name, func(t *testing.T) {
			for _, seed := range []uint64{1, 2} {
				found := run(t, DefaultConfig(), c.events(seed))
				detectortest.Readable(t, found)
				got := none
				for _, f := range of(found, c.rule, schemas.EntityPrincipal) {
					if got == none || f.Severity > got {
						got = f.Severity
					}
				}
				if got != c.want {
					t.Errorf("seed %d: severity %v, want %v", seed, got, c.want)
				}
				for _, f := range found {
					if f.Detector != c.rule && f.Severity > max(c.want, schemas.SeverityInfo) && c.want == none {
						t.Errorf("seed %d: also %s, %s: %s", seed, f.Detector, f.Severity, f.Summary)
					}
				}
			}
		})
	}
}

// TestEarly tells that what hurts is told before its hour is over.
func TestEarly(t *testing.T) {
	found := run(t, DefaultConfig(), cases[0].events(3))
	got := of(found, "spend.surge", schemas.EntityPrincipal)
	if len(got) == 0 || got[0].Detected.After(detectortest.Start.Add(41*time.Hour)) {
		t.Errorf("a theft that began at 40:12 was not told by 41:00")
	}
}

// TestTogether tells that a new table of prices is one finding.
func TestTogether(t *testing.T) {
	var all []schemas.Event
	for i := range 12 {
		name := key + string(rune('a'+i))
		v := usual(31)
		v.from, v.change = 30, model("gpt-4o", 300)
		all = append(all, events(uint64(i), name, usual(30), v)...)
	}
	c := DefaultConfig()
	c.AlarmUSD = 1e6
	found := run(t, c, all)
	detectortest.Readable(t, found)
	if got := of(found, "spend.surge", schemas.EntityGlobal); len(got) != 1 {
		t.Errorf("%d findings on everything, want 1", len(got))
	}
	if got := of(found, "spend.surge", schemas.EntityPrincipal); len(got) != 0 {
		t.Errorf("%d findings on principals, want none", len(got))
	}
}

// TestParts tells that an attack of minutes does not wait for its hour to end.
func TestParts(t *testing.T) {
	u, v := busy(31, cached(0.9)), busy(30.5, cached(0))
	v.from, v.perHour = 30.1, 3600
	got := of(run(t, DefaultConfig(), events(4, key, u, v)), "spend.cache_busting", schemas.EntityPrincipal)
	if len(got) == 0 || got[0].Detected.After(detectortest.Start.Add(30*time.Hour+25*time.Minute)) {
		t.Errorf("an attack that began at 30:06 was not told by 30:25: %v", got)
	}
}

// TestPartsOfOneSign wants a cache that is not used any more told within the
// hour, at the usual pace too, but not after a pause in which it ran out.
func TestPartsOfOneSign(t *testing.T) {
	for until, want := range map[float64]bool{30.2: false, 31.9: true} {
		u, v, w := busy(30, cached(0.9)), busy(until, cached(0)), busy(33, cached(0.9))
		u.perHour, v.perHour, w.perHour = 900, 900, 900
		v.from, w.from = 30, until
		got := of(run(t, DefaultConfig(), events(4, key, u, v, w)), "spend.cache_busting", schemas.EntityPrincipal)
		if told := len(got) > 0; told != want {
			t.Errorf("the cache was not used until %v: %v", until, got)
		}
		for _, f := range got {
			if f.Severity != schemas.SeverityInfo || f.Detected.After(detectortest.Start.Add(30*time.Hour+25*time.Minute)) {
				t.Errorf("%s at %v, want info by 30:25", f.Severity, f.Detected)
			}
		}
	}
}
