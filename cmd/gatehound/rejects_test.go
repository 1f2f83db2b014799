package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestRejectsAreListedShownAndReplayed: a bound was too small, records were
// rejected; once it is put right, they are read again and stored.
func TestRejectsAreListedShownAndReplayed(t *testing.T) {
	t.Parallel()
	w, dir := newWorld(t), t.TempDir()
	path := w.config(t, dir, embedded+"decode: {max_bytes: 1024}\n")
	line := func(i, padding int) string {
		return fmt.Sprintf(`{"time":%q,"method":"POST","path":"/v1/chat/completions","status":200,"user":"u%d","user_agent":"curl/8 %s"}`,
			time.Now().UTC().Format(time.RFC3339), i, strings.Repeat("x ", padding))
	}
	w.send(t, line(0, 1), line(1, 1000), "["+line(2, 1)+","+line(3, 1000)+"]", line(4, 1), "no log at all, mail jo.doe@example.com at noon")
	p := start(t, dir, nil, "run", "--config", path)
	p.waitFor(t, "/readyz is 200", 30*time.Second, func() bool { status, _ := p.get("/readyz"); return status == 200 })
	p.waitFor(t, "all is committed", 30*time.Second, func() bool { return w.committed(t, "gatehound") == 5 })
	busy := gatehound(t, dir, "", "rejects", "list", "--config", path)
	require.Equal(t, exitError, busy.code)
	require.Regexp(t, `in use by process \d+ .*: stop it, or choose another folder`, busy.stderr)
	require.Zero(t, p.stop(t, syscall.SIGTERM, 20*time.Second), p.err.String())

	count := func() int64 {
		return number(t, gatehound(t, dir, "", "query", "--config", path, "-o", "csv", "SELECT count() FROM events").stdout)
	}
	require.Equal(t, int64(3), count())
	list := gatehound(t, dir, "", "rejects", "list", "--config", path)
	require.Zero(t, list.code, list.stderr)
	require.Regexp(t, `(?m)^2 +gateway +- +frame +too_large `, list.stdout)
	require.Regexp(t, `(?m)^1 +gateway +- +decode +unknown_format `, list.stdout)
	each := gatehound(t, dir, "", "rejects", "list", "--config", path, "--each", "-o", "ndjson", "--reason", "unknown_format")
	var one map[string]any
	require.NoError(t, json.Unmarshal([]byte(each.stdout), &one))
	require.Contains(t, one["excerpt"], "[EMAIL]")
	shown := gatehound(t, dir, "", "rejects", "show", "--config", path, "gateway/0/4")
	require.Contains(t, shown.stdout, "reason       unknown_format")
	require.NotContains(t, shown.stdout+list.stdout+each.stdout, "jo.doe")

	again := gatehound(t, dir, "", "rejects", "replay", "--config", path)
	require.Contains(t, again.stdout, "3 messages: 0 events stored; 3 rejected again", again.stderr)

	fixed, err := os.ReadFile(path)
	require.NoError(t, err)
	write(t, path, strings.Replace(string(fixed), "max_bytes: 1024", "max_bytes: 1048576", 1))
	dry := gatehound(t, dir, "", "rejects", "replay", "--config", path, "--reason", "too_large", "--dry-run")
	require.Contains(t, dry.stdout, "2 messages: 2 events would be stored; 0 rejected again")
	require.Equal(t, int64(3), count())
	replayed := gatehound(t, dir, "", "rejects", "replay", "--config", path, "-o", "json")
	require.Zero(t, replayed.code, replayed.stderr)
	var sums []map[string]int
	require.NoError(t, json.Unmarshal([]byte(replayed.stdout), &sums))
	require.Equal(t, []map[string]int{{"messages": 3, "events": 2, "rejected": 1, "gone": 0, "ambiguous": 0, "files": 0}}, sums)
	require.Equal(t, int64(5), count())
	require.Equal(t, int64(5), number(t, gatehound(t, dir, "", "query", "--config", path, "-o", "csv",
		"SELECT uniqExact(principal) FROM events").stdout), "each record once")

	last := gatehound(t, dir, "", "rejects", "replay", "--config", path)
	require.Contains(t, last.stdout, "1 messages: 0 events stored; 1 rejected again")
	require.Equal(t, int64(5), count())

	for _, wrong := range [][]string{{"show", "gateway"}, {"show", "gateway/x/1"}, {"list", "--limit", "0"}, {"list", "-o", "xml"}, {"list", "--since", "-1h"}} {
		r := gatehound(t, dir, "", append([]string{"rejects", "--config", path}[:1], append(wrong, "--config", path)...)...)
		require.Equal(t, exitUsage, r.code, wrong)
		require.Contains(t, r.stderr, "allowed", wrong)
	}
	none := gatehound(t, dir, "", "rejects", "show", "--config", path, "gateway/0/0")
	require.Equal(t, exitError, none.code)
}

func TestAStoreThatIsAwayIsSaidHowToName(t *testing.T) {
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "gatehound.yaml"), "storage:\n  clickhouse:\n    addresses: [127.0.0.1:1]\n")
	require.Zero(t, gatehound(t, dir, "", "decode", "--config", path).code) // makes the key ring
	for _, args := range [][]string{
		{"rejects", "list"}, {"rejects", "list", "--each"}, {"rejects", "show", "gateway-logs/0/1"},
		{"reveal", "192.0.2.1", "--reason", "INC-4711"}, {"forget", "--principal", "jo@example.com", "--reason", "DSR-12", "--dry-run"},
	} {
		r := gatehound(t, dir, "", append(args, "--config", path)...)
		require.Equal(t, exitError, r.code, "%v: %s", args, r.stderr)
		require.Contains(t, r.stderr, "connection refused")
		require.Contains(t, r.stderr, "GATEHOUND_STORAGE_EMBEDDED_DIR", "%v", args)
		require.Empty(t, r.stdout)
	}
}
