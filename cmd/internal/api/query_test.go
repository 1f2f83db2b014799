package api

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/cmd/internal/api/wire"
)

func TestFiltersAreRead(t *testing.T) {
	now := time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)
	for raw, want := range map[string]alerting.Filter{
		"":                                  {},
		"open":                              {Open: true},
		"open=1&limit=7":                    {Open: true, Limit: 7},
		"open=false":                        {},
		"since=90m":                         {Since: now.Add(-90 * time.Minute)},
		"since=2026-11-01T00:00:00%2B01:00": {Since: time.Date(2026, 10, 31, 23, 0, 0, 0, time.UTC)},
		"matcher=severity%3E%3Dhigh&matcher=tenant%3Da": {Matchers: []string{"severity>=high", "tenant=a"}},
		"after=0123ab": {After: "0123ab"},
	} {
		f, _, err := parseFilter(raw, now)
		require.Nil(t, err, raw)
		f.Since = f.Since.UTC()
		want.Since = want.Since.UTC()
		require.Equal(t, want, f, raw)
	}
}

// FuzzParseFilter: whatever the query, the filter is within its bounds or there
// is a problem that quotes nothing.
func FuzzParseFilter(f *testing.F) {
	for _, s := range []string{"open=true&limit=5", "matcher=a%3Db&since=24h", "a;b", "%zz", "limit=-1", "since=9999999h", "after=" + strings.Repeat("a", 70), "matcher=\xff"} {
		f.Add(s)
	}
	now := time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, raw string) {
		got, p, err := parseFilter(raw, now)
		if err != nil {
			if err.Status < 400 || err.Status > 499 || err.Title == "" || err.Detail == "" {
				t.Fatalf("a problem that is none: %+v", err)
			}
			return
		}
		if got.Limit < 0 || got.Limit > maxPage || len(got.Matchers) > 16 || got.After != "" && !wire.IsID(got.After) || got.Since.After(now) && got.Since.Year() > 9999 || p == nil {
			t.Fatalf("out of bounds: %+v", got)
		}
		if checkMatchers(got.Matchers) != nil {
			t.Fatal("matchers that cannot be read were taken")
		}
	})
}

func TestProblemsQuoteNoNames(t *testing.T) {
	_, _, err := parseFilter("limit=1&limit=2", time.Now())
	require.Equal(t, "give limit once", err.Detail)
	_, _, err = parseFilter("evil%0a=1", time.Now())
	require.NotContains(t, err.Error(), "evil")
}
