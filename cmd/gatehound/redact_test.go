package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/privacy"
)

func TestRedactExplains(t *testing.T) {
	dir := t.TempDir()
	in := "nothing\nmail jo@example.com from 203.0.113.9\n"
	r := gatehound(t, dir, in, "redact", "--explain", "-o", "json")
	require.Zero(t, r.code, r.stderr)
	var hits []map[string]any
	for line := range strings.Lines(r.stdout) {
		var h map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &h))
		hits = append(hits, h)
	}
	require.Len(t, hits, 2)
	require.Equal(t, "email", hits[0]["kind"])
	require.InDelta(t, 2, hits[0]["line"], 0)
	require.InDelta(t, 5, hits[0]["start"], 0)
	require.InDelta(t, 19, hits[0]["end"], 0)
	require.NotEmpty(t, hits[0]["recogniser"])
	require.Equal(t, "address", hits[1]["kind"])
	require.NotContains(t, r.stdout, "jo@", "it shows places, not what stands there")
	table := gatehound(t, dir, in, "redact", "--explain")
	require.Regexp(t, `(?m)^2 +5 +19 +email +\S`, table.stdout)
	require.Equal(t, exitUsage, gatehound(t, dir, in, "redact", "--explain", "--audit").code)
	require.Equal(t, exitUsage, gatehound(t, dir, in, "redact", "--explain", "-o", "xml").code)
}

func TestRedactAudits(t *testing.T) {
	dir := t.TempDir()
	good := `{"time":"2026-05-01T10:00:00Z","ip":"203.0.113.9","method":"POST","path":"/u/jo@example.com","status":200,"user":"jo@example.com"}` + "\nmail jo@example.com\n"
	r := gatehound(t, dir, good, "redact", "--audit")
	require.Zero(t, r.code, r.stdout+r.stderr)
	require.Contains(t, r.stdout, "2 lines, 1 events, 1 rejects")
	require.Contains(t, r.stdout, "nothing is left")
	report := gatehound(t, dir, good, "redact", "--audit", "-o", "json")
	require.JSONEq(t, `{"lines":2,"events":1,"rejects":1,"leaks":null}`, report.stdout)

	// What policy keeps is passed over in events.
	path := write(t, filepath.Join(dir, "g.yaml"), "redact: {preset: forensic}\n")
	kept := gatehound(t, dir, good, "decode", "--config", path)
	require.Contains(t, kept.stdout, "/u/jo@example.com")
	require.Zero(t, gatehound(t, dir, good, "redact", "--audit", "--config", path).code)
}

func TestRedactAuditTellsWhatIsLeft(t *testing.T) {
	leaky := func() *privacy.AuditReport {
		return &privacy.AuditReport{Lines: 3, Events: 3, Leaks: []privacy.Leak{{Output: "event", Kind: "email", Count: 2, Lines: []int64{1, 3}, Excerpts: []string{"jo… 9", "an… 12"}}}}
	}
	var out strings.Builder
	err := printAudit(&out, leaky(), "table")
	require.ErrorContains(t, err, "something is left")
	require.Regexp(t, `(?m)^event +email +2 +lines \[1 3\]`, out.String())
	out.Reset()
	require.Error(t, printAudit(&out, leaky(), "json"))
	require.Contains(t, out.String(), `"kind":"email","count":2`)
}

func TestKeysOfTheRing(t *testing.T) {
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "g.yaml"), "storage: {mode: none}\n")
	at := func(args ...string) result {
		return gatehound(t, dir, "", append(append([]string{"keys"}, args...), "--config", path)...)
	}
	require.NotZero(t, at("list").code, "there is none")
	require.Zero(t, gatehound(t, dir, "x", "redact", "--config", path).code)
	require.Regexp(t, `(?m)^k1 +current`, at("list").stdout)
	require.NotZero(t, at("destroy", "k1", "--yes").code, "the current one")
	require.Equal(t, "k2 is the current key\n", at("rotate").stdout)
	require.Regexp(t, `(?m)^k1 +overlaps until \S+ \S+ +\S+ \S+ +\S+ \S+\nk2 +current`, at("list").stdout)
	require.Equal(t, "k1 is retired\n", at("retire", "k1").stdout)
	require.Regexp(t, `(?m)^k1 +kept to reveal and forget`, at("list").stdout)
	require.Equal(t, exitUsage, at("destroy", "k1").code, "without --yes")
	require.Equal(t, "k1 is destroyed\n", at("destroy", "k1", "--yes").stdout)
	require.Regexp(t, `(?m)^k1 +destroyed`, at("list").stdout)
	list := at("list", "-o", "json")
	require.NotContains(t, list.stdout, "secret")
	var states []map[string]any
	require.NoError(t, json.Unmarshal([]byte(list.stdout), &states))
	require.Len(t, states, 2)
	require.Equal(t, exitUsage, at("retire").code)
	require.Equal(t, exitUsage, at("list", "-o", "xml").code)
}
