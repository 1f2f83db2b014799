package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// simulated writes a log with attacks and stores it in the folder "ev"; it
// returns what the replay said.
func simulated(t *testing.T, dir string) result {
	t.Helper()
	r := gatehound(t, dir, "", "simulate", "--out", "s.log.gz", "--backlog", "45m", "--live", "10m", "--rate", "4", "--clients", "100")
	require.Zero(t, r.code, r.stderr)
	r = gatehound(t, dir, "", "replay", "--store", "ev", "s.log.gz")
	require.Zero(t, r.code, r.stderr)
	return r
}

// outcome is what the test reads of `backtest --output json`.
type outcome struct {
	Events     int64   `json:"events"`
	Days       float64 `json:"days"`
	Candidates []struct {
		Name      string
		Detectors []struct {
			Detector string
			Alerts   int
			PerDay   float64 `json:"alerts_per_day"`
		}
		Total struct{ Alerts, Findings int }
	}
	Difference *struct {
		New, Gone []struct{ ID, Detector string }
		Changed   []any
		Same      int
	}
}

func backtested(t *testing.T, dir string, args ...string) (o outcome) {
	t.Helper()
	r := gatehound(t, dir, "", append([]string{"backtest", "--output", "json"}, args...)...)
	require.Zero(t, r.code, r.stderr)
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &o))
	return o
}

func TestABacktestCountsTheAlertsOfAReplay(t *testing.T) {
	dir := t.TempDir()
	replayed := simulated(t, dir)
	want := regexp.MustCompile(`(\d+) alerts`).FindStringSubmatch(replayed.stderr)[1]
	stored := backtested(t, dir, "--store", "ev")
	require.Equal(t, want, fmt.Sprint(stored.Candidates[0].Total.Alerts))
	fromFile := backtested(t, dir, "s.log.gz")
	require.Equal(t, stored.Events, fromFile.Events)
	require.Equal(t, want, fmt.Sprint(fromFile.Candidates[0].Total.Alerts))
	require.Equal(t, stored.Candidates[0].Detectors, fromFile.Candidates[0].Detectors)
	require.Nil(t, stored.Difference)
	for _, d := range stored.Candidates[0].Detectors {
		require.InDelta(t, float64(d.Alerts)/stored.Days, d.PerDay, 1e-6)
	}

	r := gatehound(t, dir, "", "backtest", "--store", "ev")
	require.Zero(t, r.code, r.stderr)
	require.Regexp(t, `(?m)^ *ALERTS A DAY +ALERTS +CRITICAL`, r.stdout)
	require.Regexp(t, `(?m)^ *[\d.e+]+ +`+want+` .* all$`, r.stdout)
	require.Contains(t, r.stderr, "less than a day")
	r = gatehound(t, dir, "", "backtest", "--store", "ev", "-o", "csv")
	rows, err := csv.NewReader(strings.NewReader(r.stdout)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, len(stored.Candidates[0].Detectors)+1)
	require.Equal(t, "alerts_per_day", rows[0][2])

	write(t, filepath.Join(dir, "new.yaml"), "detectors:\n  extraction:\n    logit_calls: 100000\n    calls: 100000\n")
	for _, args := range [][]string{{"--compare", "new.yaml"}, {"--config", "old.yaml", "--config", "new.yaml"}} {
		write(t, filepath.Join(dir, "old.yaml"), "log: {level: warn}\n")
		o := backtested(t, dir, append([]string{"--store", "ev"}, args...)...)
		require.Len(t, o.Candidates, 2)
		require.Equal(t, "new.yaml", o.Candidates[1].Name)
		require.NotEmpty(t, o.Difference.Gone)
		for _, f := range o.Difference.Gone {
			require.Regexp(t, `^extraction\.`, f.Detector)
		}
		require.Empty(t, o.Difference.New)
		require.Equal(t, o.Candidates[0].Total.Findings, o.Difference.Same+len(o.Difference.Gone))
	}
	r = gatehound(t, dir, "", "backtest", "--store", "ev", "--compare", "new.yaml")
	require.Regexp(t, `new\.yaml against defaults: 0 new, \d+ gone, 0 changed`, r.stdout)
	require.Regexp(t, `(?m)^Gone\n  [0-9a-f]{12}  .*  extraction\.`, r.stdout)

	write(t, filepath.Join(dir, "allow.yaml"), "engine:\n  allow:\n    - {address: 192.0.2.0/24, owner: me, reason: known}\n")
	r = gatehound(t, dir, "", "backtest", "--store", "ev", "--config", "allow.yaml")
	require.Contains(t, r.stderr, "allow.yaml: exceptions by address cover nothing here")

	// Nothing was stored besides, and what is not there is said.
	again := gatehound(t, dir, "", "query", "--store", "ev", "-o", "csv", "SELECT count() FROM events")
	require.Contains(t, again.stdout, fmt.Sprint(stored.Events))
	r = gatehound(t, dir, "", "backtest", "--store", "ev", "--from", "2019-01-01", "--to", "2019-02-01")
	require.Equal(t, exitError, r.code)
	require.Contains(t, r.stderr, "no events of that time")
	r = gatehound(t, dir, "", "tune", "rate", "--alerts-per-day", "1", "--store", "ev")
	require.Equal(t, exitError, r.code)
	require.Contains(t, r.stderr, "at least 48h")
}

func TestEveryFindingIsExplained(t *testing.T) {
	dir := t.TempDir()
	simulated(t, dir)
	explain := func(args ...string) result {
		return gatehound(t, dir, "", append([]string{"explain", "--store", "ev"}, args...)...)
	}
	list := explain("--output", "json")
	require.Zero(t, list.code, list.stderr)
	var all []struct {
		ID, Detector, Title, Summary, Query string
		Samples                             []string
	}
	require.NoError(t, json.Unmarshal([]byte(list.stdout), &all))
	require.NotEmpty(t, all)
	require.Contains(t, explain().stdout, all[0].Detector)
	seen := map[string]bool{}
	for _, f := range all {
		family, _, _ := strings.Cut(f.Detector, ".")
		if seen[family] || family == "feed" {
			continue
		}
		seen[family] = true
		r := explain(f.ID[:10])
		require.Zero(t, r.code, "%s\n%s", r.stderr, r.stdout)
		for _, want := range []string{f.ID, f.Title, f.Summary, f.Query, "WEIGHT  ", "https://", "Re-run over", "the same is found again"} {
			require.Contains(t, r.stdout, want)
		}
		for _, s := range f.Samples {
			require.Contains(t, r.stdout, s)
		}
		// The query is ready to be asked.
		q := gatehound(t, dir, "", "query", "--store", "ev", "-o", "csv", f.Query)
		require.Zero(t, q.code, q.stderr)
		require.Greater(t, strings.Count(q.stdout, "\n"), 1)
	}
	for _, family := range []string{"authfail", "extraction", "rate"} {
		require.True(t, seen[family], "%s: %v", family, seen)
	}

	one := all[0].ID
	r := explain("--no-rerun", one)
	require.Zero(t, r.code)
	require.NotContains(t, r.stdout, "Re-run")
	r = explain("--output", "json", "--history", "1h", one)
	var x struct {
		Finding struct{ ID string }
		Rerun   struct {
			Verdict string
			Events  int
		}
	}
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &x), r.stderr)
	require.Equal(t, one, x.Finding.ID)
	require.NotEmpty(t, x.Rerun.Verdict)

	// Other settings say something else, and the exit code says that.
	write(t, filepath.Join(dir, "new.yaml"), "detectors:\n  extraction: {logit_calls: 100000, calls: 100000}\n")
	for _, f := range all {
		if f.Detector == "extraction.logits" {
			r = explain("--config", "new.yaml", f.ID)
			require.Equal(t, exitDiffers, r.code, r.stderr)
			require.Contains(t, r.stdout, "it is not found again")
			require.Contains(t, r.stdout, "may have changed since")
		}
	}
	r = explain("0123456789")
	require.Equal(t, exitError, r.code)
	require.Contains(t, r.stderr, "no finding has this id: gatehound explain lists the latest")
	for _, id := range []string{"abc", "no such id", strings.Repeat("a", 65)} {
		r = explain(id)
		require.Equal(t, exitUsage, r.code)
		require.Contains(t, r.stderr, "6 and more hexadecimal digits")
	}
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "gatehound-data")))
	require.Contains(t, explain(one).stderr, "key ring")
}

func TestArgumentsOfThePast(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "x.log"), "{}\n")
	for args, want := range map[string]string{
		"explain --output xml abcdef":                           "allowed are human and json",
		"explain --history -1h abcdef":                          "--history",
		"explain --store nowhere abcdef":                        "holds no store",
		"backtest --output xml":                                 "allowed are human, json and csv",
		"backtest --from yesterday x.log":                       "--from: that is no time",
		"backtest --to 7x x.log":                                "--to: that is no time",
		"backtest --from 2026-05-02 --to 2026-05-01 x.log":      "before --to",
		"backtest --warmup -1h x.log":                           "--warmup",
		"backtest --store ev x.log":                             "name either",
		"backtest nofile":                                       "no file matches",
		"backtest --config a.yaml --config b --compare c x.log": "two configurations at most",
		"backtest --format nope x.log":                          "unknown format",
		"tune":                                                  "requires at least 1 arg",
		"tune rate":                                             "--alerts-per-day: missing",
		"tune rate --alerts-per-day -1":                         "--alerts-per-day",
		"tune rate --alerts-per-day NaN":                        "--alerts-per-day",
		"tune nothing --alerts-per-day 1":                       "there are authfail",
		"tune rate --alerts-per-day 1 --candidates 0":           "--candidates",
		"tune rate --alerts-per-day 1 -":                        "only once",
	} {
		r := gatehound(t, dir, "", strings.Fields(args)...)
		require.Equal(t, exitUsage, r.code, "%s: %s", args, r.stderr)
		require.Contains(t, r.stderr, want, args)
		require.Empty(t, r.stdout)
	}
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1, "nothing was begun")
}

func TestParseTime(t *testing.T) {
	now := time.Date(2026, 5, 8, 12, 0, 0, 0, time.UTC)
	for s, want := range map[string]string{
		"2026-05-04T10:00:00Z":      "2026-05-04T10:00:00Z",
		"2026-05-04T10:00:00+02:00": "2026-05-04T08:00:00Z",
		"2026-05-04T10:00":          "2026-05-04T10:00:00Z",
		"2026-05-04 10:00:00":       "2026-05-04T10:00:00Z",
		"2026-05-04":                "2026-05-04T00:00:00Z",
		"now":                       "2026-05-08T12:00:00Z",
		"7d":                        "2026-05-01T12:00:00Z",
		"7d ago":                    "2026-05-01T12:00:00Z",
		"1.5d":                      "2026-05-07T00:00:00Z",
		"36h":                       "2026-05-07T00:00:00Z",
		"90m ago":                   "2026-05-08T10:30:00Z",
	} {
		got, err := parseTime(s, now)
		require.NoError(t, err, s)
		require.Equal(t, want, got.Format(time.RFC3339), s)
	}
	for _, s := range []string{"x", "d", "-7d", "-1h", "ago", "7", "2026-13-01", "1e300d"} {
		_, err := parseTime(s, now)
		require.Error(t, err, s)
	}
	none, err := parseTime("", now)
	require.NoError(t, err)
	require.True(t, none.IsZero())
}
