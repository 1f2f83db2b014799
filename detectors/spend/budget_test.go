package spend

import (
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

// steady spends a dollar an hour, in calls of ten cents and 1,000 tokens.
func steady(key, tenant string, from, until int) []schemas.Event {
	var all []schemas.Event
	for m := from * 60; m < until*60; m += 6 {
		all = append(all, detectortest.Event(time.Duration(m)*time.Minute, func(ev *schemas.Event) {
			ev.Principal, ev.Tenant, ev.Operation, ev.Model = key, tenant, "chat", "gpt-4o"
			ev.InputTokens, ev.OutputTokens, ev.Cost = 900, 100, 0.1
			ev.Known |= schemas.HasInputTokens | schemas.HasOutputTokens | schemas.HasCost
		}))
	}
	return all
}

func budgeted(b ...Budget) Config {
	c := DefaultConfig()
	c.Budgets = b
	return c
}

// titles returns the titles of a rule's findings about an entity.
func titles(found []schemas.Finding, rule, name string) []string {
	var out []string
	for _, f := range found {
		if f.Detector == rule && f.Entity.Name == name {
			out = append(out, f.Detected.Format("02 15:04 ")+f.Severity.String()+" "+f.Title)
		}
	}
	return out
}

func check(t *testing.T, found []schemas.Finding, rule, name string, want ...string) {
	t.Helper()
	detectortest.Readable(t, found)
	if got := titles(found, rule, name); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s of %s:\n%s\nwant\n%s", rule, name, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestBudgets(t *testing.T) {
	found := run(t, budgeted(
		Budget{Principal: "*", Amount: 20, Currency: "usd", Period: "day"},
		Budget{Principal: key, Amount: 10, Currency: "usd", Period: "day", Thresholds: []int{50, 100, 200}},
		Budget{Principal: "h1:k1:rich", Amount: 100, Currency: "usd", Period: "day"},
		Budget{Tenant: "team", Amount: 100_000, Currency: "tokens", Period: "week", Thresholds: []int{90, 100}},
	), append(append(steady(key, "team", 0, 48), steady("h1:k1:other", "else", 0, 24)...), steady("h1:k1:rich", "else", 0, 48)...))
	// Ten events come before a state, so the sums are a dollar short at first.
	check(t, found, "spend.budget", key,
		"05 05:48 info Budget: 50 % of $10.00 a day are spent",
		"05 10:48 medium Budget: 100 % of $10.00 a day are spent",
		"05 20:48 high Budget: 200 % of $10.00 a day are spent",
		"06 04:54 info Budget: 50 % of $10.00 a day are spent",
		"06 09:54 medium Budget: 100 % of $10.00 a day are spent",
		"06 19:54 high Budget: 200 % of $10.00 a day are spent")
	check(t, found, "spend.budget", "h1:k1:other",
		"05 10:48 info Budget: 50 % of $20.00 a day are spent",
		"05 16:48 low Budget: 80 % of $20.00 a day are spent",
		"05 20:48 medium Budget: 100 % of $20.00 a day are spent")
	check(t, found, "spend.budget", "h1:k1:rich")
	check(t, found, "spend.budget", "else")
	check(t, found, "spend.budget", "team",
		"05 09:48 low Budget: 90 % of 100,000 tokens a week are spent",
		"05 10:48 medium Budget: 100 % of 100,000 tokens a week are spent")
}

func TestWeeklyTokens(t *testing.T) {
	c := budgeted(Budget{Tenant: "team", Amount: 400_000, Currency: "tokens", Period: "week", Thresholds: []int{90, 100}})
	found := run(t, c, steady(key, "team", 0, 24*9))
	check(t, found, "spend.budget", "team",
		"06 12:48 low Budget: 90 % of 400,000 tokens a week are spent",
		"06 16:48 medium Budget: 100 % of 400,000 tokens a week are spent",
		"13 11:54 low Budget: 90 % of 400,000 tokens a week are spent",
		"13 15:54 medium Budget: 100 % of 400,000 tokens a week are spent")
}

func TestForecast(t *testing.T) {
	c := budgeted(Budget{Principal: key, Amount: 18, Currency: "usd", Period: "day", Thresholds: []int{1000}})
	found := run(t, c, steady(key, "", 16, 48))
	check(t, found, "spend.forecast", key, "06 04:00 low Budget forecast: $18.00 a day are spent by 18:02 UTC")

	// A budget that lasts is no forecast, nor is a burst at the day's beginning.
	c.Budgets[0].Amount = 30
	check(t, run(t, c, steady(key, "", 24, 48)), "spend.forecast", key)
	check(t, run(t, c, steady(key, "", 24, 26)), "spend.forecast", key)
}

func TestMonthlyForecast(t *testing.T) {
	c := budgeted(Budget{Principal: key, Amount: 500, Currency: "usd", Period: "month"})
	got := titles(run(t, c, steady(key, "", 0, 24*20)), "spend.forecast", key)
	if len(got) != 1 || !strings.Contains(got[0], "$500.00 a month are spent by ") {
		t.Errorf("got %q", got)
	}
}

// TestRotation finds the budget of a principal under its new pseudonym while the
// old one is what it is kept under.
func TestRotation(t *testing.T) {
	all := steady("h1:k2:somebody", "", 0, 12)
	for i := range all {
		all[i].Subject = key
	}
	c := budgeted(Budget{Principal: "h1:k2:somebody", Amount: 5, Currency: "usd", Period: "day", Thresholds: []int{100}})
	if got := of(run(t, c, all), "spend.budget", schemas.EntityPrincipal); len(got) != 1 {
		t.Errorf("%d findings, want 1", len(got))
	}
}
