package scoring

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func scoreText(t *testing.T, in string, o Options) (string, Report, error) {
	t.Helper()
	if o.Output == "" {
		o.Output = "csv"
	}
	if o.Threshold == 0 {
		o.Threshold = 0.5
	}
	var out strings.Builder
	r, err := Series(t.Context(), strings.NewReader(in), &out, o)
	return out.String(), r, err
}

// TestScoreKeepsRows wants every byte of the input back, with a field more.
func TestScoreKeepsRows(t *testing.T) {
	cases := map[string]struct{ in, want string }{
		"header":          {"timestamp,value\n2026-01-01 00:00:00,1\n", "timestamp,value,anomaly_score\n2026-01-01 00:00:00,1,0.000000\n"},
		"no header":       {"2026-01-01 00:00:00,1\n", "2026-01-01 00:00:00,1,0.000000\n"},
		"line ends":       {"timestamp,value\r\n1,1\r\n", "timestamp,value,anomaly_score\r\n1,1,0.000000\r\n"},
		"no last end":     {"1,1\n2,2", "1,1,0.000000\n2,2,0.000000\n"},
		"other columns":   {"id,value,note,timestamp\n=1+1,5,\"a, \"\"b\"\"\",60\n", "id,value,note,timestamp,anomaly_score\n=1+1,5,\"a, \"\"b\"\"\",60,0.000000\n"},
		"lines in quotes": {"timestamp,value,note\n1,2,\"a\nb\"\n2,3,c\n", "timestamp,value,note,anomaly_score\n1,2,\"a\nb\",0.000000\n2,3,c,0.000000\n"},
		"semicolons":      {"timestamp;value\n1;1.5\n", "timestamp;value;anomaly_score\n1;1.5;0.000000\n"},
		"tabs":            {"1\t1.5\n", "1\t1.5\t0.000000\n"},
		"mark":            {"\ufefftimestamp,value\n1,1\n", "\ufefftimestamp,value,anomaly_score\n1,1,0.000000\n"},
		"bare values":     {"value\n1\n2\n", "value,anomaly_score\n1,0.000000\n2,0.000000\n"},
		"bare, no name":   {"1\n-2e3\n", "1,0.000000\n-2e3,0.000000\n"},
		"other names":     {"when,load\n1,1\n", "when,load,anomaly_score\n1,1,0.000000\n"},
		"empty lines":     {"1,1\n\n2,2\n\n", "1,1,0.000000\n2,2,0.000000\n"},
		"gaps":            {"timestamp,value\n1,\n2,NaN\n3,null\n", "timestamp,value,anomaly_score\n1,,0.000000\n2,NaN,0.000000\n3,null,0.000000\n"},
		"nothing":         {"", ""},
		"a header alone":  {"timestamp,value\n", "timestamp,value,anomaly_score\n"},
		"spaces":          {"timestamp, value\n 1 , 2 \n", "timestamp, value,anomaly_score\n 1 , 2 ,0.000000\n"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, _, err := scoreText(t, c.in, Options{})
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestScoreRefuses(t *testing.T) {
	long := "1," + strings.Repeat("1", maxRow) + "\n"
	for name, c := range map[string]struct{ in, want string }{
		"value":       {"timestamp,value\n1,1\n2,secret\n", "line 3: the value is no finite number"},
		"infinite":    {"1,1\n2,inf\n", "line 2: the value"},
		"time":        {"timestamp,value\nsecret,1\n", "line 2: the timestamp is in no known form"},
		"year":        {"timestamp,value\n9999-01-01,1\n", "line 2: the timestamp is not between"},
		"few columns": {"timestamp,value\n1\n", "line 2: 1 columns, want at least 2"},
		"quotes":      {"timestamp,value\n1,a\"b\"c\n", "line 2: the quotes do not match"},
		"open quote":  {"timestamp,value\n1,\"1\n", "line 2: the quotes do not match"},
		"long":        {long, "line 1: the row has more than 1048576 bytes"},
		"again":       {"timestamp,value,anomaly_score\n1,1,0\n", "line 1: there is a column anomaly_score already"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := scoreText(t, c.in, Options{})
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), "secret", "input is not quoted")
		})
	}
	_, _, err := scoreText(t, "a,b\n1,1\n", Options{ValueColumn: "c"})
	require.ErrorContains(t, err, "--value-column: no column of the first row has this name")
	_, _, err = scoreText(t, "a,b\n1,1\n", Options{TimeColumn: "c"})
	require.ErrorContains(t, err, "--time-column")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Series(ctx, strings.NewReader("1,1\n"), &strings.Builder{}, Options{Output: "csv"})
	require.ErrorIs(t, err, context.Canceled)
}

func TestScoreSkipsBadRows(t *testing.T) {
	got, r, err := scoreText(t, "timestamp,value\n1,1\nx,2\n2,y\n1,3\n", Options{SkipBad: true})
	require.NoError(t, err)
	require.Equal(t, 5, strings.Count(got, "\n"), "each row is still there")
	require.Equal(t, Report{Rows: 4, Bad: 2}, r)
	_, r, err = scoreText(t, "timestamp,value\n60,1\n1,2\n120,\n", Options{})
	require.NoError(t, err)
	require.Equal(t, Report{Rows: 3, Gaps: 1, Backwards: 1}, r)
}

// TestScoreFindsTheSpike plants one spike into a noisy day and wants it told,
// once, at its line.
func TestScoreFindsTheSpike(t *testing.T) {
	var in strings.Builder
	in.WriteString("timestamp,cpu,value\n")
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for i := range 3000 {
		v := 50 + 5*math.Sin(float64(i)/46) + math.Mod(float64(i)*0.618, 1)
		if i == 2500 {
			v = 140
		}
		fmt.Fprintf(&in, "%s,x,%.3f\n", start.Add(time.Duration(i)*5*time.Minute).Format("2006-01-02 15:04:05"), v)
	}
	var told []Scored
	o := Options{Output: "ndjson", Anomaly: func(s *Scored) { told = append(told, *s) }}
	got, r, err := scoreText(t, in.String(), o)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(got), "\n")
	require.Len(t, lines, 3000)
	var s Scored
	require.NoError(t, json.Unmarshal([]byte(lines[2500]), &s))
	require.True(t, s.Anomaly)
	require.Equal(t, int64(2502), s.Line)
	require.InDelta(t, 140, *s.Value, 0)
	require.Less(t, s.High, 100.0)
	require.Contains(t, told, s)
	require.LessOrEqual(t, r.Anomalies, int64(8), "one event, and little else, is told")
	require.Equal(t, int(r.Anomalies), len(told))

	// The future changes nothing that was said.
	head := strings.Join(strings.SplitAfter(in.String(), "\n")[:2002], "")
	part, _, err := scoreText(t, head, Options{Output: "ndjson"})
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(got, part))

	o.Output, o.Anomaly = "json", nil
	list, _, err := scoreText(t, in.String(), o)
	require.NoError(t, err)
	var all []Scored
	require.NoError(t, json.Unmarshal([]byte(list), &all))
	require.Len(t, all, 3000)
	empty, _, err := scoreText(t, "", o)
	require.NoError(t, err)
	require.JSONEq(t, "[]", empty)
}

func TestTimeForms(t *testing.T) {
	want := time.Date(2026, 2, 13, 14, 5, 0, 0, time.UTC)
	for _, text := range []string{
		"2026-02-13T14:05:00Z", "2026-02-13T15:05:00+01:00", "2026-02-13T14:05:00.000Z", "2026-02-13T14:05:00",
		"2026-02-13 14:05:00", "2026-02-13 14:05:00.000", "2026-02-13 14:05", "2026/02/13 14:05:00", "2026/2/13 14:05",
		"2/13/2026 14:05", "13/2/2026 14:05", "2/13/26 14:05", "13.2.2026 14:05", "13/Feb/2026:14:05:00 +0000",
		"20260213T140500Z", "20260213140500", "1770991500", "1770991500.0", "1770991500000", "1770991500000000",
		"1770991500000000000", "1.7709915e9", " 2026-02-13 14:05:00 ", "Fri, 13 Feb 2026 14:05:00 UTC",
	} {
		var r timeReader
		for range 2 {
			got, err := r.read(text)
			require.NoError(t, err, text)
			require.True(t, want.Equal(got), "%s is read as %v", text, got)
		}
	}
	for _, text := range []string{"", "x", "NaN", "inf", "-9223372036854775808", "1e300", "2026-13-13", strings.Repeat("1", 100)} {
		_, err := new(timeReader).read(text)
		require.Error(t, err, text)
	}
}

func FuzzScore(f *testing.F) {
	f.Add("timestamp,value\n2026-01-01 00:00:00,1\n", true)
	f.Add("1\t\"2\n\"\n\xff,;", false)
	f.Fuzz(func(t *testing.T, in string, skip bool) {
		for _, output := range []string{"csv", "json"} {
			var out strings.Builder
			_, err := Series(t.Context(), strings.NewReader(in), &out, Options{Output: output, Threshold: 0.5, SkipBad: skip})
			if err == nil && output == "json" && !json.Valid([]byte(out.String())) {
				t.Fatalf("no JSON")
			}
		}
	})
}
