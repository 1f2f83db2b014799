package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/cmd/internal/query"
	"github.com/gatehound/gatehound/ingest/files"
	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse"
)

// What is planted: an address and two keys that nothing else contains. They are
// put together here so that no literal key stands in the source.
var (
	plantedMail  = "planted.person" + "@" + "leak-example.org"
	plantedKey   = "sk-" + "proj-" + strings.Repeat("Qz7", 19) + "T3Blbk" + "FJ" + strings.Repeat("w4X", 19)
	plantedToken = "gh" + "p_" + strings.Repeat("aB3d", 9)
)

// traces are what may be found of the plants: parts of them too. The domain of
// the address is none: behind an "@" in a URL it is the host.
var traces = []string{"planted.person", "planted%2Eperson", "planted%2eperson", "Qz7Qz7", "w4Xw4X", "aB3daB3d"}

// plantedLines are the golden records of every format with the plants put into
// every text field, one field at a time and all at once; into the keys of
// objects; and into lines that do not decode.
func plantedLines(t *testing.T) [][]byte {
	inputs, err := filepath.Glob("../../../ingest/decode/*/testdata/*/input.log")
	require.NoError(t, err)
	whole, err := filepath.Glob("../../../ingest/decode/*/testdata/*/message.json")
	require.NoError(t, err)
	require.NotEmpty(t, inputs)
	require.NotEmpty(t, whole)
	plant := " " + plantedMail + " " + plantedKey + " " + plantedToken
	var out [][]byte
	add := func(line []byte) { out = append(out, append(bytes.ReplaceAll(line, []byte("\n"), []byte(" ")), '\n')) }
	for _, name := range append(inputs, whole...) {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		if filepath.Ext(name) == ".json" {
			text = bytes.ReplaceAll(text, []byte("\n"), []byte(" "))
		}
		for line := range bytes.Lines(text) {
			line = bytes.TrimSpace(line)
			var doc any
			if json.Unmarshal(line, &doc) != nil {
				for i, b := range line { // text: at every place where a field begins or ends
					if b == ' ' || b == '"' || b == '/' || b == '=' {
						add([]byte(string(line[:i]) + string(b) + strings.TrimSpace(plant) + string(line[i:])))
					}
				}
				continue
			}
			n := countLeaves(doc)
			for i := -1; i < n; i++ {
				at := 0
				b, err := json.Marshal(planted(doc, plant, i, &at))
				require.NoError(t, err)
				add(b)
				add(b[:len(b)*2/3]) // truncated: a reject with an excerpt
			}
		}
	}
	return out
}

func countLeaves(v any) int {
	switch v := v.(type) {
	case map[string]any:
		n := 0
		for _, c := range v {
			n += countLeaves(c)
		}
		return n
	case []any:
		n := 0
		for _, c := range v {
			n += countLeaves(c)
		}
		return n
	case string:
		return 1
	}
	return 0
}

// planted copies v with the plant in its i-th text, or in all of them if i is
// negative. A text that is itself JSON gets it inside.
func planted(v any, plant string, i int, at *int) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for _, k := range sorted(v) {
			out[k] = planted(v[k], plant, i, at)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for j, c := range v {
			out[j] = planted(c, plant, i, at)
		}
		return out
	case string:
		mine := i < 0 || *at == i
		*at++
		if !mine {
			return v
		}
		var inner any
		if len(v) > 0 && v[0] == '{' && json.Unmarshal([]byte(v), &inner) == nil {
			zero := 0
			b, err := json.Marshal(planted(inner, plant, -1, &zero))
			if err == nil {
				return string(b)
			}
		}
		return v + plant
	}
	return v
}

func sorted(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	for i := range keys {
		for j := i; j > 0 && keys[j] < keys[j-1]; j-- {
			keys[j], keys[j-1] = keys[j-1], keys[j]
		}
	}
	return keys
}

// loudLines are failed logins whose every text is planted, so that alerts are
// raised about them.
func loudLines() [][]byte {
	var out [][]byte
	for i := range 600 {
		out = append(out, fmt.Appendf(nil, `{"time":"2026-05-01T10:00:%02d.%03dZ","ip":"203.0.113.7","method":"POST","path":"/login/%s?key=%s","status":401,"user":"%s-%d","user_agent":"x %s","request_id":"%s %d","host":"%s.example"}`+"\n",
			i/12, i%12, plantedMail, plantedKey, plantedMail, i, plantedToken, plantedMail, i, plantedToken))
	}
	return out
}

func TestNothingPlantedComesOut(t *testing.T) {
	require.False(t, leaks(t, "an innocent text"))
	require.True(t, leaks(t, "x "+plantedMail), "the check finds what is there")
	dir := t.TempDir()
	lines := plantedLines(t)
	require.Greater(t, len(lines), 500)
	var log logBuffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	file := filepath.Join(dir, "planted.log")
	require.NoError(t, os.WriteFile(file, bytes.Join(append(lines, loudLines()...), nil), 0o600))

	cfg := DefaultConfig()
	cfg.DataDir = filepath.Join(dir, "data")
	EmbeddedAt(cfg, filepath.Join(cfg.DataDir, "clickhouse"))
	cfg.Decode.MaxBytes = 1 << 20
	from := files.DefaultConfig()
	from.Paths = []string{file}
	sink := &keepingSink{}
	r, err := Replay(t.Context(), cfg, from, sink, logger, nil)
	require.NoError(t, err)
	t.Logf("%d events, %d rejects, %d alerts", r.Events.Load(), r.Rejects.Load(), len(sink.got))
	require.Greater(t, r.Events.Load(), int64(1000))
	require.Greater(t, r.Rejects.Load(), int64(100))
	require.NotEmpty(t, sink.got)

	for _, a := range sink.got {
		text, err := json.Marshal(a)
		require.NoError(t, err)
		require.False(t, leaks(t, string(text)), "alert %s", a.Detector)
	}
	require.False(t, leaks(t, log.String()), "the log")
	require.NoError(t, WithStore(cfg, logger, func(st *clickhouse.Store) error {
		for _, table := range []string{"events", "rejects", "findings", "alerts", "rollup_principal", "rollup_address", "rollup_route"} {
			columns := "*"
			if strings.HasPrefix(table, "rollup_") {
				columns = "COLUMNS('^(tenant|principal|client|method|route)$')" // the others are sums
			}
			res, err := st.Query(t.Context(), "SELECT "+columns+" FROM "+table, clickhouse.DefaultLimits())
			require.NoError(t, err)
			rows := 0
			for row, err := range res.Rows() {
				require.NoError(t, err)
				rows++
				shown := query.Texts(row, false)
				for i, v := range row {
					require.False(t, leaks(t, shown[i]+fmt.Sprintf("%v", v)), "%s.%s of row %d", table, res.Columns[i], rows)
				}
			}
			require.NoError(t, res.Close())
			require.NotZero(t, rows, table)
		}
		return nil
	}))
	require.NoError(t, filepath.WalkDir(cfg.DataDir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() { // ClickHouse links its tables
			return err
		}
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		require.False(t, leaks(t, string(b)), "the file %s", path)
		return nil
	}))
}

func leaks(t *testing.T, s string) bool {
	t.Helper()
	for _, trace := range traces {
		if i := strings.Index(s, trace); i >= 0 {
			t.Logf("found %q in %q", trace, s[max(0, i-200):min(len(s), i+100)])
			return true
		}
	}
	return false
}

// keepingSink keeps every alert.
type keepingSink struct{ got []schemas.Alert }

func (k *keepingSink) Name() string { return "keep" }

func (k *keepingSink) Check(context.Context) error { return nil }

func (k *keepingSink) Notify(_ context.Context, a *schemas.Alert, _ string, _ alerting.Ref) (alerting.Ref, error) {
	k.got = append(k.got, *a)
	return "", nil
}
