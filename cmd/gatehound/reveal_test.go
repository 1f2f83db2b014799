package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRevealWithAnAuditFile(t *testing.T) {
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "g.yaml"), "storage: {mode: none}\n")
	line := `{"time":"2026-05-01T10:00:00Z","ip":"203.0.113.9","method":"POST","path":"/v1/x","status":200}`
	decoded := gatehound(t, dir, line, "decode", "--config", path)
	var out struct{ Event struct{ Client string } }
	require.NoError(t, json.Unmarshal([]byte(strings.SplitN(decoded.stdout, "\n", 2)[0]), &out), decoded.stdout)
	require.NotEqual(t, "203.0.113.9", out.Event.Client)

	r := gatehound(t, dir, "", "reveal", out.Event.Client, "--config", path, "--key", "k1", "--reason", "INC-1")
	require.NotZero(t, r.code)
	require.Empty(t, r.stdout, "no audit, no answer")
	require.Contains(t, r.stderr, "--audit-file")

	file := filepath.Join(dir, "audit.ndjson")
	for range 2 {
		r = gatehound(t, dir, "", "reveal", out.Event.Client, "--config", path, "--key", "k1", "--reason", "INC-1", "--audit-file", file, "-o", "json")
		require.Zero(t, r.code, r.stderr)
		require.Contains(t, r.stdout, `"address":"203.0.113.9"`)
	}
	body, err := os.ReadFile(file)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(body)), "\n")
	require.Len(t, lines, 2, "every answer")
	require.Contains(t, lines[0], `"action":"reveal address","what":"`+out.Event.Client+` under k1","reason":"INC-1"`)
	require.NotContains(t, string(body), "203.0.113.9")
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())

	// What is stored under another policy is no pseudonym.
	strict := write(t, filepath.Join(dir, "strict.yaml"), "storage: {mode: none}\nredact: {preset: strict}\n")
	r = gatehound(t, dir, "", "reveal", out.Event.Client, "--config", strict, "--reason", "INC-1", "--audit-file", file)
	require.Contains(t, r.stderr, "is no pseudonym")
	require.Empty(t, r.stdout)

	// What cannot be noted is not shown.
	r = gatehound(t, dir, "", "reveal", out.Event.Client, "--config", path, "--key", "k1", "--reason", "INC-1", "--audit-file", dir)
	require.NotZero(t, r.code)
	require.Empty(t, r.stdout)
	for _, args := range [][]string{{"nowhere"}, {out.Event.Client, "--prompt", "x"}, {}, {out.Event.Client, "--key", "k9"}, {out.Event.Client}, {"--prompt", "r1"}} {
		r := gatehound(t, dir, "", append([]string{"reveal", "--config", path, "--reason", "INC-1", "--audit-file", file}, args...)...)
		require.NotZero(t, r.code, args)
		require.Empty(t, r.stdout)
	}
}

// TestRevealAPromptAndForgetIt seals a prompt, opens it with a trace, and erases
// it with its caller.
func TestRevealAPromptAndForgetIt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "g.yaml"), "storage: {mode: embedded, clickhouse: {ttl: {events: 0, sealed: 0}}}\nprompts: {keep: seal}\ndata_dir: "+filepath.Join(dir, "data")+"\n")
	log := write(t, filepath.Join(dir, "l.log"), `{"id":"req-77","call_type":"acompletion","spend":0.1,"total_tokens":10,"prompt_tokens":5,"completion_tokens":5,"startTime":"2026-05-01T10:00:00.000Z","endTime":"2026-05-01T10:00:01.000Z","model":"gpt-4o","user":"joanne","messages":[{"role":"user","content":"Translate: my mail is jo@example.com"}],"response":{}}`+"\n")
	stored := gatehound(t, dir, "", "replay", "--config", path, "--store", filepath.Join(dir, "data", "clickhouse"), log)
	require.Zero(t, stored.code, stored.stderr)
	for _, of := range []string{"req-77", "l.log/0/0", "l.log/0/0/0"} {
		r := gatehound(t, dir, "", "reveal", "--config", path, "--prompt", of, "--reason", "INC-9")
		require.Zero(t, r.code, r.stderr)
		require.Contains(t, r.stdout, "Translate: my mail is [EMAIL]")
	}
	audit := rowsOf(t, dir, path, "SELECT DISTINCT action, what, reason FROM audit")
	require.Equal(t, [][]string{{"reveal prompt", "l.log/0/0/0 under k1", "INC-9"}}, audit)
	done := gatehound(t, dir, "", "forget", "--config", path, "--principal", "joanne", "--reason", "DSR-1", "--yes")
	require.Zero(t, done.code, done.stderr)
	require.Empty(t, rowsOf(t, dir, path, "SELECT 1 FROM sealed_prompts"))
	gone := gatehound(t, dir, "", "reveal", "--config", path, "--prompt", "req-77", "--reason", "INC-9")
	require.NotZero(t, gone.code)
	require.Contains(t, gone.stderr, "no sealed prompt")
}
