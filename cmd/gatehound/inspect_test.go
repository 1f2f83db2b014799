package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
)

// secrets are planted; none may come out.
var secrets = []string{"jo.doe@example.com", "sk-proj-Zx81Kq9TbW3nV7cR2mLpA5dF", "4111111111111111", "hunter2hunter2", "198.51.100.77"}

const planted = `{"time":"2026-05-04T10:00:00Z","ip":"198.51.100.77","method":"POST","path":"/v1/chat?api_key=hunter2hunter2&mail=jo.doe@example.com","status":401,"user":"jo.doe@example.com","headers":{"authorization":"Bearer sk-proj-Zx81Kq9TbW3nV7cR2mLpA5dF"},"message":"card 4111111111111111"}`

// decoded are the lines that decode prints.
func decoded(t *testing.T, out string) (events, rejects []map[string]any) {
	t.Helper()
	for line := range strings.Lines(out) {
		var o struct{ Event, Reject map[string]any }
		require.NoError(t, json.Unmarshal([]byte(line), &o), line)
		if o.Event != nil {
			events = append(events, o.Event)
		} else {
			require.NotNil(t, o.Reject, line)
			rejects = append(rejects, o.Reject)
		}
	}
	return events, rejects
}

func TestDecodeReadsEverySample(t *testing.T) {
	samples, err := filepath.Glob("../../ingest/decode/*/testdata/*/input.log")
	require.NoError(t, err)
	require.Greater(t, len(samples), 10)
	dir := t.TempDir()
	formats := map[string]bool{}
	for i, path := range samples {
		samples[i], err = filepath.Abs(path)
		require.NoError(t, err)
	}
	r := gatehound(t, dir, "", append([]string{"decode"}, samples...)...)
	require.Zero(t, r.code, r.stderr)
	events, _ := decoded(t, r.stdout)
	for _, e := range events {
		formats[e["format"].(string)] = true
	}
	for _, f := range []string{"appjson", "envoy", "kong", "litellm", "nginx"} {
		require.True(t, formats[f], "%s of %v", f, formats)
	}
}

func TestDecodeAndRedactLetNoSecretOut(t *testing.T) {
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "in.log"), planted+"\n")
	for _, args := range [][]string{{"decode"}, {"decode", "-"}, {"decode", path}, {"redact"}, {"redact", path},
		{"decode", "--explain"}, {"decode", "--explain", "--output", "json", path}} {
		r := gatehound(t, dir, planted+"\nno format: "+planted+"\n", args...)
		require.Zero(t, r.code, r.stderr)
		require.NotEmpty(t, r.stdout)
		for _, s := range secrets {
			require.NotContains(t, r.stdout+r.stderr, s, "%v", args)
		}
	}
	r := gatehound(t, dir, "mail jo@example.com", "redact")
	require.Equal(t, "mail [EMAIL]\n", r.stdout, "as the help says")
}

func TestHostileLinesAreRejectedAndTheRestIsRead(t *testing.T) {
	hostile := []string{
		`{"time":"2026-05-04T10:00:00Z","status":`, "\x00\xff\xfe", "[]", "null", "{}", `"\u0000"`,
		strings.Repeat("[", 2000) + strings.Repeat("]", 2000), strings.Repeat("A", 2<<20),
		`{"time":"9999-99-99","status":1e400}`, "\x1b[2J\x1b]0;owned\x07 " + planted[1:],
	}
	in := planted + "\n" + strings.Join(hostile, "\n") + "\n" + planted
	for _, command := range []string{"decode", "redact"} {
		r := gatehound(t, t.TempDir(), in, command)
		require.Zero(t, r.code, r.stderr)
		require.NotContains(t, r.stdout, "\x1b", command)
		for _, s := range secrets {
			require.NotContains(t, r.stdout+r.stderr, s, command)
		}
		if command == "decode" {
			events, rejects := decoded(t, r.stdout)
			require.GreaterOrEqual(t, len(events), 2, "the first and the last")
			require.GreaterOrEqual(t, len(rejects), 4)
			for _, reject := range rejects {
				require.NotEmpty(t, reject["reason"])
			}
		}
	}
}

func TestTheKeyIsMadeOnceAndSaid(t *testing.T) {
	dir := t.TempDir()
	first := gatehound(t, dir, planted, "decode", "--quiet")
	require.Zero(t, first.code, first.stderr)
	key := filepath.Join(dir, "gatehound-data", "keys.json")
	info, err := os.Stat(key)
	require.NoError(t, err)
	require.EqualValues(t, 0o600, info.Mode().Perm())
	require.Contains(t, first.stderr, "made a new key")
	require.Contains(t, first.stderr, "keys.json")

	second := gatehound(t, dir, planted, "decode", "--quiet")
	require.Equal(t, first.stdout, second.stdout, "the same pseudonyms")
	require.Empty(t, second.stderr)

	other := gatehound(t, t.TempDir(), planted, "decode")
	require.NotEqual(t, first.stdout, other.stdout, "another key gives others")
}

const edgeMapping = `decode:
  custom:
    - name: acme
      match: {all: [ts, rc], equals: [{path: kind, value: access}]}
      fields:
        - {field: time, path: ts, layout: epoch_ms}
        - {field: target, path: call.uri}
        - {field: status, path: rc}
        - {field: principal, path: [who.key_id, who.name]}
        - {field: latency, path: took, unit: us}
    - name: acme-text
      line: '%{client} [%{time}] "%{request_line}" %{status}'
`

const edgeLines = `{"kind":"access","ts":1777888800000,"rc":401,"call":{"uri":"/v1/chat/completions"},"who":{"key_id":"key_7","name":"jo.doe@example.com"},"took":812400,"junk":{"a":[1,2]}}
198.51.100.77 [2026-05-04 10:00:00] "GET /v1/models HTTP/1.1" 200
no record at all
`

// explained are the tables that --explain prints, one a line, without runs of
// spaces.
func explained(out string) []string {
	var tables []string
	for _, table := range strings.Split(out, "line ")[1:] {
		for strings.Contains(table, "  ") {
			table = strings.ReplaceAll(table, "  ", " ")
		}
		tables = append(tables, table)
	}
	return tables
}

func TestExplainShowsWhereFieldsComeFrom(t *testing.T) {
	dir := t.TempDir()
	config := write(t, filepath.Join(dir, "mapping.yaml"), edgeMapping)
	r := gatehound(t, dir, edgeLines, "decode", "--explain", "--config", config)
	require.Zero(t, r.code, r.stderr)
	tables := explained(r.stdout)
	require.Len(t, tables, 3)
	for _, want := range []string{"1\n format: acme\n", " path /v1/chat/completions from call.uri\n", " status 401 from rc\n", " auth failure worked out from rc\n",
		" latency 812.4ms from took\n", " principal h1:k1:", " from who.key_id\n", "kind text, 6 bytes rejected: unknown_format",
		"who.name text, 18 bytes gives principal where who.key_id is missing", "not used\n junk object of 1"} {
		require.Contains(t, tables[0], want)
	}
	require.Contains(t, tables[1], "format: acme-text")
	require.Contains(t, tables[1], "status 200 from bytes 63-65")
	require.Contains(t, tables[2], "rejected: decode unknown_format")
	require.Contains(t, r.stderr, "lines: 3, events: 2 (acme 1, acme-text 1), rejected: 1 (decode unknown_format 1)\n")
	for _, s := range secrets {
		require.NotContains(t, r.stdout+r.stderr, s)
	}
}

func TestExplainAsJSONStopsAtTheLimit(t *testing.T) {
	dir := t.TempDir()
	r := gatehound(t, dir, strings.Repeat(planted+"\n", 15), "decode", "--explain", "--output", "json", "--limit", "2")
	require.Zero(t, r.code, r.stderr)
	lines := strings.Split(strings.TrimSpace(r.stdout), "\n")
	require.Len(t, lines, 2)
	var x struct {
		Line    int
		Records []struct {
			Format string
			Fields []struct {
				Field, Value, How string
				From              []string
			}
		}
		Unused []struct {
			Path, Kind string
			Size       int
		}
	}
	require.NoError(t, json.Unmarshal([]byte(lines[1]), &x))
	require.Equal(t, 2, x.Line)
	require.Equal(t, "appjson", x.Records[0].Format)
	require.Equal(t, []string{"time"}, x.Records[0].Fields[0].From)
	require.Equal(t, "message", x.Unused[0].Path)
	require.Contains(t, r.stderr, "lines: 2, events: 2 (appjson 2), rejected: 0; stopped there (--limit)")

	r = gatehound(t, dir, strings.Repeat(planted+"\n", 15), "decode", "--explain", "--quiet")
	require.Len(t, explained(r.stdout), 10, "as the help says")
	require.Empty(t, r.stderr)
}

func TestDecodeReadsPackedFiles(t *testing.T) {
	dir := t.TempDir()
	var gz, zst bytes.Buffer
	z := gzip.NewWriter(&gz)
	_, err := z.Write([]byte(edgeLines))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	s, err := zstd.NewWriter(&zst)
	require.NoError(t, err)
	_, err = s.Write([]byte(edgeLines))
	require.NoError(t, err)
	require.NoError(t, s.Close())
	config := write(t, filepath.Join(dir, "mapping.yaml"), edgeMapping)
	plain := gatehound(t, dir, edgeLines, "decode", "--config", config)
	require.Zero(t, plain.code, plain.stderr)
	for name, packed := range map[string]string{"a.log.gz": gz.String(), "b.log.zst": zst.String()} {
		path := write(t, filepath.Join(dir, name), packed)
		r := gatehound(t, dir, "", "decode", "--config", config, path)
		require.Zero(t, r.code, r.stderr)
		require.Equal(t, plain.stdout, r.stdout)
		require.Equal(t, 2, strings.Count(gatehound(t, dir, packed, "decode", "--explain", "--config", config).stdout, "format: "), "from stdin")
		cut := write(t, filepath.Join(dir, "cut-"+name), packed[:len(packed)-9])
		r = gatehound(t, dir, "", "decode", "--config", config, cut)
		require.Equal(t, 1, r.code, "%s: %s", name, r.stderr)
		require.Contains(t, r.stderr, "cut-"+name)
	}
}

func TestDecodeNamesWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	config := write(t, filepath.Join(dir, "mapping.yaml"), strings.NewReplacer("field: status", "field: sttus", "unit: us", "unit: minutes").Replace(edgeMapping))
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"--output", "xml"}, []string{"--output", "table and json"}},
		{[]string{"--output", "table"}, []string{"--explain"}},
		{[]string{"--limit", "-1"}, []string{"--limit"}},
		{[]string{"--format", "nosuch"}, []string{"--format", "kong"}},
		{[]string{"--config", config}, []string{"mapping.yaml:8: decode.custom[0].fields[2].field", "did you mean status?", "mapping.yaml:10: decode.custom[0].fields[4].unit", "ns, us, ms, s"}},
		{[]string{"nosuch.log"}, []string{"nosuch.log"}},
	} {
		r := gatehound(t, dir, edgeLines, append([]string{"decode"}, c.args...)...)
		require.Equal(t, 2, r.code, "%v: %s", c.args, r.stderr)
		for _, want := range c.want {
			require.Contains(t, r.stderr, want)
		}
	}
}

// TestTheHelpOfDecodeIsTrue reads the mapping in the help.
func TestTheHelpOfDecodeIsTrue(t *testing.T) {
	dir := t.TempDir()
	help := gatehound(t, dir, "", "decode", "--help")
	require.Zero(t, help.code, help.stderr)
	_, rest, found := strings.Cut(help.stdout, "<<'END'\n")
	require.True(t, found)
	text, _, found := strings.Cut(rest, "  END\n")
	require.True(t, found)
	var mapping strings.Builder
	for line := range strings.Lines(text) {
		mapping.WriteString(strings.TrimPrefix(line, "  "))
	}
	config := write(t, filepath.Join(dir, "mapping.yaml"), mapping.String())
	r := gatehound(t, dir, edgeLines, "decode", "--explain", "--limit", "1", "--config", config)
	require.Zero(t, r.code, r.stderr)
	require.Contains(t, r.stdout, "format: acme\n")
}
