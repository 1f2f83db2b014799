package app

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
)

// leakPlant is a text that must not come out, and what may be seen of it if it does.
type leakPlant struct{ name, text, trace string }

// leakPlants are put together here, so that no literal key stands in the source.
func leakPlants() []leakPlant {
	const r = "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5zA7bC9dE1fG3hI5jK7lM9nO1pQ3rS5tU7vW9xY1zA3bC5dE7fG9"
	jwt := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"1"}`)) + "." + r[:43]
	return []leakPlant{
		{"e-mail", "zorblax.quux@leak-example.org", "zorblax"},
		{"e-mail escaped twice", "zorblax.quux%2540leak-example.org", "zorblax"},
		{"e-mail in JSON's escapes", `zorblax.quux\u0040leak-example.org`, "zorblax"},
		{"nested JSON", `{"user":{"email":"zorblax.quux@leak-example.org"},"password":"hunter-zwei"}`, "zorblax"},
		{"nested password", `{"a":"{\"password\":\"hunter-zwei\"}"}`, "hunter-zwei"},
		{"iban", "DE89370400440532013000", "370400440532013000"},
		{"address", "198.51.100.77", "198.51.100.77"},
		{"address and port", "198.51.100.77:44321", "198.51.100.77"},
		{"mapped address", "::ffff:198.51.100.77", "198.51.100.77"},
		{"list of addresses", "198.51.100.77, 198.51.100.78", "198.51.100.7"},
		{"IPv6", "2001:db8:85a3::8a2e:370:7334", "8a2e:370"},
		{"openai", "sk-" + "proj-" + r, r[8:40]}, {"anthropic", "sk-" + "ant-api03-" + r, r[8:40]},
		{"aws", "AK" + "IA" + "QRSTUVWXYZ234567", "QRSTUVWXYZ"}, {"github", "gh" + "p_" + r[:36], r[8:30]},
		{"google", "AI" + "za" + r[:35], r[8:30]}, {"token", jwt, r[:43]}, {"in base64", base64.StdEncoding.EncodeToString([]byte("sk-" + "ant-api03-" + r)), "c2stYW50"},
		{"basic", "Basic " + base64.StdEncoding.EncodeToString([]byte("zorblax:hunter-zwei")), base64.StdEncoding.EncodeToString([]byte("zorblax:hunter"))},
		{"URL", "https://zorblax:hunter-zwei@leak.example/x?api_key=hunter-zwei", "hunter-zwei"},
		{"header", "Authorization: Bearer " + r[:30], r[:30]},
	}
}

// numberedPlants are those that an id may hold: there a number names nobody.
func numberedPlants() []leakPlant {
	return []leakPlant{{"card", "4111 1111 1111 1111", "1111 1111"}, {"phone", "+1 415 555 2671", "555 2671"}, {"SSN", "536-22-8726", "22-8726"}}
}

// goldenDocuments returns the golden records of every format that are JSON.
func goldenDocuments(t *testing.T) map[string]any {
	t.Helper()
	docs := map[string]any{}
	for _, pattern := range []string{"input.log", "message.json"} {
		names, err := filepath.Glob("../../../ingest/decode/*/testdata/*/" + pattern)
		require.NoError(t, err)
		for _, name := range names {
			b, err := os.ReadFile(name)
			require.NoError(t, err)
			if pattern == "message.json" {
				b = bytes.ReplaceAll(b, []byte("\n"), []byte(" "))
			}
			n := 0
			for line := range bytes.Lines(b) {
				var doc any
				if json.Unmarshal(bytes.TrimSpace(line), &doc) == nil {
					n++
					docs[fmt.Sprintf("%s:%d", strings.TrimPrefix(name, "../../../ingest/decode/"), n)] = doc
				}
			}
		}
	}
	return docs
}

// places calls each with every variant of doc in which one text, or one member's
// name, is another. is tells what was there; texts that are JSON are walked, too.
func places(doc any, with func(was string) string, each func(path string)) {
	var walk func(v any, path string, set func(any))
	root := doc
	walk = func(v any, path string, set func(any)) {
		switch v := v.(type) {
		case map[string]any:
			for _, k := range sorted(v) {
				c := v[k]
				walk(c, path+"."+k, func(n any) { v[k] = n })
				name := with(k)
				if _, taken := v[name]; taken {
					continue
				}
				delete(v, k)
				v[name] = c
				each(path + "." + k + " as a name")
				delete(v, name)
				v[k] = c
			}
		case []any:
			for i, c := range v {
				walk(c, fmt.Sprintf("%s[%d]", path, i), func(n any) { v[i] = n })
			}
		case string:
			set(with(v))
			each(path)
			set(v)
			var inner any
			if len(v) > 1 && (v[0] == '{' || v[0] == '[') && json.Unmarshal([]byte(v), &inner) == nil {
				places(inner, with, func(at string) {
					b, err := json.Marshal(inner)
					if err == nil {
						set(string(b))
						each(path + "(JSON)" + at)
					}
				})
				set(v)
			}
		}
	}
	walk(root, "", func(any) {})
}

// TestNoPlaceOfAnyFormatLeaks plants each kind into every text and every name of
// a member of the golden records of all formats, in the place of what was there
// and beside it.
func TestNoPlaceOfAnyFormatLeaks(t *testing.T) {
	n, log := newTestNormalizer(t, DefaultConfig())
	docs := goldenDocuments(t)
	require.Greater(t, len(docs), 150)
	ways := []func(was, p string) string{
		func(_, p string) string { return p },
		func(was, p string) string { return was + " " + p },
		func(_, p string) string { return "/v1/" + p + "/x" },
		func(_, p string) string { return "https://gw.example/v1?q=1&v=" + p },
		func(was, p string) string { return was + "\x00\r\n\x1b[31m" + p },
	}
	tried, events, told := 0, 0, 0
	all := append(leakPlants(), numberedPlants()...)
	for _, name := range slices.Sorted(maps.Keys(docs)) {
		doc := docs[name]
		for i, p := range all {
			way := ways[(tried+i)%len(ways)]
			place := 0
			places(doc, func(was string) string { return way(was, p.text) }, func(at string) {
				if place++; (place+i)%4 != 0 {
					return // each place gets a quarter of the kinds, and each kind a quarter of the places
				}
				line, err := json.Marshal(doc)
				require.NoError(t, err)
				tried++
				out, got := normalized(t, n, line)
				events += got
				if strings.Contains(at, "ersion") || strings.HasPrefix(at, ".v") || strings.Contains(at, "dataset") || strings.Contains(at, "module") || at == ".p" {
					return // four numbers behind that word are a version; a dataset and a module are cut at their full stop
				}
				if i >= len(leakPlants()) && (strings.Contains(strings.ToLower(at), "id") || strings.Contains(strings.ToLower(at), "key")) {
					return // a number within an id
				}
				// A key's value ends at a space; behind it stands no whole number any more.
				out = strings.ReplaceAll(out, "[SECRET] "+p.trace, "")
				if strings.Contains(out, p.trace) {
					if told++; told < 40 {
						t.Errorf("%s: %s in %s leaks: …%s…", name, p.name, at, around(out, p.trace))
					}
				}
			})
		}
	}
	t.Logf("%d plants, %d events", tried, events)
	require.Greater(t, tried, 50_000)
	require.Greater(t, events, 20_000)
	for _, p := range all {
		require.NotContains(t, log.String(), p.trace, "the log")
	}
}

func around(s, trace string) string {
	i := strings.Index(s, trace)
	return s[max(0, i-60):min(len(s), i+len(trace)+30)]
}

func newTestNormalizer(t *testing.T, cfg *Config) (*ingest.Normalizer, *logBuffer) {
	t.Helper()
	log := &logBuffer{}
	keys, err := redact.GenerateKeys()
	require.NoError(t, err)
	n, err := NewNormalizer(cfg, keys, slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	require.NoError(t, err)
	return n, log
}

// normalized returns all that ingest makes of a line, as JSON whose signs are not
// escaped, and how many events that are.
func normalized(t *testing.T, n *ingest.Normalizer, line []byte) (string, int) {
	t.Helper()
	part := n.Normalize(&ingest.Chunk{Topic: "input", Slab: line, Ends: []int{len(line)}, Offsets: []int64{1}, First: 1, Next: 2})
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	require.NoError(t, enc.Encode(struct {
		Events  []schemas.Event
		Rejects []schemas.Reject
		Aliases []schemas.Alias
	}{part.Events, part.Rejects, part.Aliases}))
	return b.String(), len(part.Events)
}
