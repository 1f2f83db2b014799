package main

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

// attack is a log of the time at, hostile text in it, of an address that tries
// passwords.
func attack(at time.Time) string {
	var b strings.Builder
	for i := range 600 {
		user, addr, status := fmt.Sprintf("team-%d", i%20), fmt.Sprintf("192.0.2.%d", i%20), 200
		if i%2 == 0 {
			user, addr, status = fmt.Sprintf("victim-%d", i), "203.0.113.66", 401
		}
		fmt.Fprintf(&b, `{"time":%q,"ip":%q,"method":"POST","path":"/login","status":%d,"user":%q,"user_agent":"\u001b[2J\u202eevil\u0007","duration_ms":12}`+"\n",
			at.Add(time.Duration(i)*200*time.Millisecond).Format(time.RFC3339Nano), addr, status, user)
	}
	return b.String()
}

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.String()
}

// alerts are the lines of a replay, each checked against the schema.
func alerts(t *testing.T, out string) (all []map[string]any) {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile("../../schemas/json/alert.v1.schema.json")
	require.NoError(t, err)
	for line := range strings.Lines(out) {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
		require.NoError(t, err, line)
		require.NoError(t, schema.Validate(doc), line)
		all = append(all, doc.(map[string]any))
	}
	return all
}

func TestASimulationReplaysTheSameEachTime(t *testing.T) {
	dir := t.TempDir()
	r := gatehound(t, dir, "", "simulate", "--out", "s.log.gz", "--backlog", "10m", "--live", "6m", "--rate", "4", "--clients", "100")
	require.Zero(t, r.code, r.stderr)
	require.Contains(t, r.stderr, "the truth in s.log.gz.truth.json")
	truth, err := os.ReadFile(filepath.Join(dir, "s.log.gz.truth.json"))
	require.NoError(t, err)
	require.True(t, json.Valid(truth))

	first := gatehound(t, dir, "", "replay", "s.log.gz")
	require.Zero(t, first.code, first.stderr)
	require.Greater(t, len(alerts(t, first.stdout)), 3)
	require.Regexp(t, `(?m)^[\d,]+ events in .*, 0 rejects, \d+ findings, \d+ alerts$`, first.stderr)
	for _, format := range []string{"appjson", "envoy", "kong", "litellm", "nginx"} {
		require.Regexp(t, "(?m)^formats .*"+format, first.stderr)
	}
	require.Regexp(t, `(?m)^redacted .*principal`, first.stderr)
	for range 2 {
		require.Equal(t, first.stdout, gatehound(t, dir, "", "replay", "s.log.gz").stdout)
	}
	stored := gatehound(t, dir, "", "replay", "--store", "ev", "s.log.gz")
	require.Zero(t, stored.code, stored.stderr)
	require.Equal(t, first.stdout, stored.stdout, "the store changes no alert")
}

func TestReplayReadsEveryKindOfFile(t *testing.T) {
	dir, text := t.TempDir(), attack(time.Now().Add(-time.Hour).UTC())
	z, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	write(t, filepath.Join(dir, "logs", "a.log"), text)
	write(t, filepath.Join(dir, "b.log.gz"), gzipped(t, text))
	write(t, filepath.Join(dir, "c.log.zst"), string(z.EncodeAll([]byte(text), nil)))
	require.NoError(t, z.Close())
	for _, args := range [][]string{{"logs/a.log"}, {"logs/*.log"}, {"b.log.gz"}, {"c.log.zst"}, {"-"}, {}} {
		r := gatehound(t, dir, text, append([]string{"replay"}, args...)...)
		require.Zero(t, r.code, r.stderr)
		require.Contains(t, r.stderr, "600 events", "%v", args)
		require.NotEmpty(t, alerts(t, r.stdout), "%v", args)
		require.NotContains(t, r.stdout, "203.0.113.66")
		require.NotContains(t, r.stdout, "victim-")
	}
}

func TestFailOnTellsByTheExitCode(t *testing.T) {
	dir := t.TempDir()
	text := attack(time.Now().Add(-time.Hour).UTC())
	require.Equal(t, exitFound, gatehound(t, dir, text, "replay", "--fail-on", "low").code)
	quiet := `{"time":"2026-05-04T10:00:00Z","ip":"192.0.2.1","method":"GET","path":"/","status":200}` + "\n"
	require.Zero(t, gatehound(t, dir, quiet, "replay", "--fail-on", "info").code)
}

func TestABrokenFileDoesNotKeepTheOthersFromBeingRead(t *testing.T) {
	dir, text := t.TempDir(), attack(time.Now().Add(-time.Hour).UTC())
	whole := gzipped(t, text)
	write(t, filepath.Join(dir, "broken.gz"), whole[:len(whole)/2])
	write(t, filepath.Join(dir, "good.log"), text)
	r := gatehound(t, dir, "", "replay", "broken.gz", "good.log")
	require.Equal(t, exitError, r.code)
	require.Contains(t, r.stderr, "broken.gz")
	require.Contains(t, r.stderr, "unexpected EOF")
	require.NotEmpty(t, alerts(t, r.stdout))
}

func TestWhatReplayKeepsIsQueried(t *testing.T) {
	dir := t.TempDir()
	// The log is years old: no TTL may take it away.
	write(t, filepath.Join(dir, "old.log"), attack(time.Date(2019, 3, 1, 12, 0, 0, 0, time.UTC)))
	r := gatehound(t, dir, "", "replay", "--store", "ev", "old.log")
	require.Zero(t, r.code, r.stderr)
	require.Contains(t, r.stderr, "2019-03-01T12:00:00Z")
	query := func(args ...string) result {
		return gatehound(t, dir, "", append([]string{"query", "--store", "ev"}, args...)...)
	}
	const count = "SELECT count() AS n, toString(toDate(min(time))) AS day FROM events"
	r = query(count)
	require.Zero(t, r.code, r.stderr)
	require.Regexp(t, `^n +day\n600 +2019-03-01\n$`, r.stdout)
	require.Empty(t, r.stderr, "nothing but the answer")

	r = query("-o", "json", count)
	var array []map[string]any
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &array))
	require.Equal(t, []map[string]any{{"n": 600., "day": "2019-03-01"}}, array)
	r = query("-o", "json", "SELECT 1 WHERE 0")
	require.Equal(t, "[]\n", r.stdout)
	r = query("SELECT client FROM events WHERE status = 599")
	require.Equal(t, "no rows\n", r.stdout)
	r = query("-o", "csv", "SELECT client FROM events WHERE status = 599")
	require.Empty(t, r.stdout)
	r = query("-o", "ndjson", "SELECT detector FROM findings FINAL")
	for line := range strings.Lines(r.stdout) {
		require.True(t, json.Valid([]byte(line)), line)
	}
	require.NotEmpty(t, r.stdout)
	r = query("-o", "csv", "SELECT 'a,\"b\"' AS c, sum(requests) AS n FROM rollup_address")
	rows, err := csv.NewReader(strings.NewReader(r.stdout)).ReadAll()
	require.NoError(t, err)
	require.Equal(t, [][]string{{"c", "n"}, {`a,"b"`, "600"}}, rows, r.stderr)

	r = query("SELECT * FROM events LIMIT 3")
	require.Contains(t, r.stdout, "evil", "the agent is shown")
	for _, c := range []string{"\x1b", "\x07", "\u202e"} {
		require.NotContains(t, r.stdout, c, "what the terminal would obey")
	}

	for sql, want := range map[string]string{
		"INSERT INTO events SELECT * FROM events":           "only SELECT",
		"DROP TABLE events":                                 "only SELECT",
		"SELECT 1; DROP TABLE events":                       "more than one statement",
		"SELECT * FROM file('/etc/passwd', 'LineAsString')": "query:",
		"SELECT number FROM numbers(100000)":                "Limit for result exceeded",
		"SELECT nothing FROM events":                        "nothing",
	} {
		r := query(sql)
		require.Equal(t, exitError, r.code, "%s: %s%s", sql, r.stdout, r.stderr)
		require.Contains(t, r.stderr, want)
		require.NotContains(t, r.stdout, "root:")
	}
	require.Equal(t, exitError, query("--max-seconds", "1", "SELECT count() FROM numbers(1000000000000)").code)
	require.Regexp(t, `^n +day\n600 `, query(count).stdout, "all is still there")
}

// TestAReplayIsNotRouted: routes are for sinks that a replay does not have, and mute
// times and escalation for the people who are on call now.
func TestAReplayIsNotRouted(t *testing.T) {
	dir, text := t.TempDir(), attack(time.Now().Add(-time.Hour).UTC())
	write(t, filepath.Join(dir, "routed.yaml"), `
alerting:
  sinks:
    - {name: oncall, kind: stdout}
  routing:
    assets:
      - {name: crown, matchers: ["severity>=info"], raise: 4}
    routes:
      - {name: all, sinks: [oncall], mute: [always], escalate: [{after: 1m, sinks: [oncall]}]}
    mute_times:
      - {name: always, times: ["00:00-24:00"]}
`)
	r := gatehound(t, dir, text, "replay", "--config", "routed.yaml", "-")
	require.Zero(t, r.code, r.stderr)
	told := alerts(t, r.stdout)
	require.NotEmpty(t, told)
	for _, a := range told {
		require.Equal(t, "critical", a["severity"], "assets count")
	}
}
