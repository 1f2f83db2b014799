package main

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestARotatedKeyIsInForceAfterAReload: the service goes over to the new key
// without a restart, and the old and the new pseudonym are joined.
func TestARotatedKeyIsInForceAfterAReload(t *testing.T) {
	t.Parallel()
	w, dir := newWorld(t), t.TempDir()
	path := w.config(t, dir, embedded)
	lines := strings.Split(strings.TrimSpace(attack(time.Now().Add(-time.Hour).UTC())), "\n")
	p := start(t, dir, nil, "run", "--config", path)
	p.waitFor(t, "/readyz is 200", 30*time.Second, func() bool { status, _ := p.get("/readyz"); return status == 200 })
	w.send(t, lines[:100]...)
	p.waitFor(t, "the first are committed", 30*time.Second, func() bool { return w.committed(t, "gatehound") == 100 })

	rotated := gatehound(t, dir, "", "keys", "rotate", "--config", path)
	require.Zero(t, rotated.code, rotated.stderr)
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGHUP))
	p.waitFor(t, "the reload is said", 10*time.Second, func() bool { return strings.Contains(p.err.String(), "keys reloaded") })
	w.send(t, lines[100:200]...)
	p.waitFor(t, "the rest is committed", 30*time.Second, func() bool { return w.committed(t, "gatehound") == 200 })
	_, metrics := p.get("/metrics")
	require.Contains(t, metrics, "gatehound_redact_leaks_total")
	require.Zero(t, p.stop(t, syscall.SIGTERM, 20*time.Second), p.err.String())

	ask := func(sql string) int64 {
		return number(t, gatehound(t, dir, "", "query", "--config", path, "-o", "csv", sql).stdout)
	}
	require.Equal(t, int64(100), ask("SELECT countIf(startsWith(principal, 'h1:k1:')) FROM events WHERE message_offset < 100"))
	require.Equal(t, int64(100), ask("SELECT countIf(key_id = 'k2' AND startsWith(principal, 'h1:k2:')) FROM events WHERE message_offset >= 100"))
	require.Positive(t, ask("SELECT count() FROM aliases"), "who came after the rotation is joined")
}
