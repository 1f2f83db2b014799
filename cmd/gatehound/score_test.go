package main

import (
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// machine returns two weeks of a machine's load with one hour that is out of
// the ordinary, which begins in row 3,000.
func machine() string {
	var b strings.Builder
	b.WriteString("timestamp,value\n")
	for i := range 4000 {
		v := 30 + i*7919%13
		if h := i / 12 % 24; h >= 9 && h < 18 {
			v += 40
		}
		if i >= 3000 && i < 3012 {
			v = 160
		}
		fmt.Fprintf(&b, "%d,%d\n", 1_767_571_200+300*i, v)
	}
	return b.String()
}

func TestScore(t *testing.T) {
	dir := t.TempDir()
	r := gatehound(t, dir, machine(), "score", "--summary")
	require.Zero(t, r.code, r.stderr)
	lines := strings.Split(strings.TrimSpace(r.stdout), "\n")
	require.Len(t, lines, 4001)
	require.Equal(t, "timestamp,value,anomaly_score", lines[0])
	require.Regexp(t, `^\d+,160,(1\.0|0\.[5-9])`, lines[3001])
	require.Contains(t, r.stderr, "line 3002  2026-01-15T10:00:00Z  160, expected")
	require.Contains(t, r.stderr, "4,000 rows")
	require.LessOrEqual(t, strings.Count(r.stderr, "line "), 4, "one event is not twelve alarms")
	require.Empty(t, gatehound(t, dir, machine(), "score").stderr)

	same := gatehound(t, dir, machine(), "score", "-")
	require.Equal(t, r.stdout, same.stdout)
}

func TestScoreFiles(t *testing.T) {
	dir := t.TempDir()
	plain := write(t, filepath.Join(dir, "in", "a.csv"), machine())
	packed := filepath.Join(dir, "in", "b.csv.gz")
	f, err := os.Create(packed)
	require.NoError(t, err)
	z := gzip.NewWriter(f)
	_, err = z.Write([]byte(machine()))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	require.NoError(t, f.Close())

	out := filepath.Join(dir, "out")
	r := gatehound(t, dir, "", "score", "--dir", out, plain, packed)
	require.Zero(t, r.code, r.stderr)
	require.Empty(t, r.stdout)
	a, err := os.ReadFile(filepath.Join(out, "a.csv"))
	require.NoError(t, err)
	b, err := os.ReadFile(filepath.Join(out, "b.csv"))
	require.NoError(t, err)
	require.Equal(t, string(a), string(b), "each file is a series of its own")
	require.Equal(t, gatehound(t, dir, "", "score", plain).stdout, string(a))

	bad := write(t, filepath.Join(dir, "bad.csv"), "timestamp,value\n1,1\n2,secret\n")
	r = gatehound(t, dir, "", "score", bad)
	require.Equal(t, exitError, r.code)
	require.Contains(t, r.stderr, "line 3: the value is no finite number")
	require.NotContains(t, r.stderr, "secret")
	r = gatehound(t, dir, "", "score", "--skip-bad", bad)
	require.Zero(t, r.code)
	require.Contains(t, r.stderr, "2 rows, no anomalies, no gaps, 1 bad row, no rows out of order\n")
}

func TestScoreUsage(t *testing.T) {
	dir := t.TempDir()
	plain := write(t, filepath.Join(dir, "a.csv"), "1,1\n")
	other := write(t, filepath.Join(dir, "sub", "a.csv"), "1,1\n")
	for _, args := range [][]string{
		{"-o", "xml"}, {"--threshold", "0"}, {"--threshold", "2"}, {"--threshold", "NaN"}, {filepath.Join(dir, "none.csv")},
		{"--dir", "x", "-"}, {"--dir", dir, plain}, {"--dir", filepath.Join(dir, "out"), plain, other}, {dir},
	} {
		require.Equal(t, exitUsage, gatehound(t, dir, "1,1\n", append([]string{"score"}, args...)...).code, args)
	}
	left, err := os.ReadFile(plain)
	require.NoError(t, err)
	require.Equal(t, "1,1\n", string(left))
}
