package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
	for _, args := range [][]string{{"decode"}, {"decode", "-"}, {"decode", path}, {"redact"}, {"redact", path}} {
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
	first := gatehound(t, dir, planted, "decode")
	require.Zero(t, first.code, first.stderr)
	key := filepath.Join(dir, "gatehound-data", "keys.json")
	info, err := os.Stat(key)
	require.NoError(t, err)
	require.EqualValues(t, 0o600, info.Mode().Perm())
	require.Contains(t, first.stderr, "made a new key")
	require.Contains(t, first.stderr, "keys.json")

	second := gatehound(t, dir, planted, "decode")
	require.Equal(t, first.stdout, second.stdout, "the same pseudonyms")
	require.Empty(t, second.stderr)

	other := gatehound(t, t.TempDir(), planted, "decode")
	require.NotEqual(t, first.stdout, other.stdout, "another key gives others")
}
