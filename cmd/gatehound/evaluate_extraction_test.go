package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/evaluate/extraction"
)

func TestEvaluateExtractionMeasures(t *testing.T) {
	args := []string{"evaluate", "extraction", "--seeds", "3", "--days", "2", "--principals", "60", "--rate", "0.1", "--scenarios", "burst"}
	r := gatehound(t, t.TempDir(), "", append(args, "--output", "json", "--fail")...)
	var report extraction.Report
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &report))
	require.Equal(t, []uint64{3}, report.Seeds)
	require.Len(t, report.Scenarios, 1)
	require.Equal(t, "burst", report.Scenarios[0].Name)
	require.Equal(t, 2, report.Worlds)

	want := 0
	for _, target := range report.Targets {
		if !target.Met {
			want = exitFound
		}
	}
	require.Equal(t, want, r.code, r.stdout)
}

func TestEvaluateExtractionRefuses(t *testing.T) {
	for args, want := range map[string]string{
		"--seeds x":                  "seeds: want numbers and ranges",
		"--days 1":                   "days is 1: want 2 to 60",
		"--rate -1":                  "rate is -1: want 0.01 to 1000",
		"--principals 1":             "principals is 1: want 20 to",
		"--parallel 0":               "parallel is 0",
		"--format nginx":             "format is none: want one of",
		"--scenarios bogus":          "scenarios: there is no such attack",
		"--output xml":               "--output: unknown; allowed are human, json and csv",
		"--prompts --format envoy":   "prompts: the format envoy has none",
		"extra":                      "unknown command",
		"--config /nowhere/at.yaml ": "/nowhere/at.yaml",
	} {
		r := gatehound(t, t.TempDir(), "", append([]string{"evaluate", "extraction"}, strings.Fields(args)...)...)
		require.Equal(t, exitUsage, r.code, "%s: %s", args, r.stderr)
		require.Contains(t, r.stderr, want, args)
		require.Empty(t, r.stdout)
	}
}

func TestEvaluateExtractionTeaches(t *testing.T) {
	r := gatehound(t, t.TempDir(), "", "evaluate", "extraction", "--help")
	require.Zero(t, r.code)
	for _, want := range []string{"under 10 % of their set", "Scenarios: burst, ", "--scenarios attacks", "KEYS NAMED"} {
		require.Contains(t, r.stdout, want)
	}
	for line := range strings.SplitSeq(r.stdout, "\n") {
		if !strings.HasPrefix(strings.TrimSpace(line), "-") { // flags wrap as cobra does
			require.LessOrEqual(t, len(line), 90, line)
		}
	}
}
