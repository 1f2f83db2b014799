package main

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/evaluate"
)

func TestEvaluateMeasures(t *testing.T) {
	args := []string{"evaluate", "--seeds", "3", "--hours", "1", "--rate", "20", "--attacks", "key_guessing,brute_force", "--strengths", "1"}
	r := gatehound(t, t.TempDir(), "", append(args, "--fail", "--output", "json")...)
	require.Zero(t, r.code, r.stderr)
	var report evaluate.Report
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &report))
	require.Equal(t, []uint64{3}, report.Seeds)
	require.Greater(t, report.BenignEvents, int64(50_000))
	require.Len(t, report.Attacks, 2)
	for _, a := range report.Attacks {
		require.Equal(t, 1, a.Found, a.Kind)
		require.Contains(t, strings.Join(a.Detectors, " "), "authfail.")
	}

	again := gatehound(t, t.TempDir(), "", append(args, "--output", "json")...)
	require.Equal(t, r.stdout, again.stdout, "a seed gives the same report")

	r = gatehound(t, t.TempDir(), "", append(args, "--output", "csv")...)
	rows, err := csv.NewReader(strings.NewReader(r.stdout)).ReadAll()
	require.NoError(t, err)
	require.Contains(t, rows, []string{"attack", "key_guessing at 1", "found", "1"})

	r = gatehound(t, t.TempDir(), "", append(args, "--verbose", "--detectors", "extraction")...)
	require.Zero(t, r.code, r.stderr)
	require.NotContains(t, r.stdout, "key_guessing", "no detector that is judged should find it")
	require.Contains(t, r.stdout, "false alerts in a million benign events")
}

func TestEvaluateRefuses(t *testing.T) {
	for args, want := range map[string]string{
		"--seeds x":         "seeds: want numbers and ranges",
		"--seeds 9-1":       "seeds: want numbers and ranges",
		"--hours 0":         "hours is 0: want 1 to 336",
		"--rate -1":         "rate is -1",
		"--clients 1":       "clients is 1",
		"--parallel 0":      "parallel is 0",
		"--attacks bogus":   "want all, none, or some of",
		"--strengths 0":     "strengths has 0",
		"--strengths a":     "strengths: want numbers",
		"--output xml":      "--output: unknown; allowed are human, json and csv",
		"--detectors=,rate": "detectors has an empty name",
		"--detectors nope":  "detectors has a family that is none: want authfail, campaign, errors,",
		"--detectors rat":   "or a rule of one such as rate.spike",
		"extra":             "unknown command",
	} {
		r := gatehound(t, t.TempDir(), "", append([]string{"evaluate"}, strings.Fields(args)...)...)
		require.Equal(t, exitUsage, r.code, "%s: %s", args, r.stderr)
		require.Contains(t, r.stderr, want, args)
		require.Empty(t, r.stdout)
	}
}
