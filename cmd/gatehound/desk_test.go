package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestTheCommandsFindTheServiceThatRuns: from the first start on, without a token
// that somebody had to make, and without the service once it has stopped.
func TestTheCommandsFindTheServiceThatRuns(t *testing.T) {
	t.Parallel()
	w, dir := newWorld(t), t.TempDir()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := free.Addr().String()
	require.NoError(t, free.Close())
	path := w.config(t, dir, "storage: {mode: none}\nconsole: {listen: \"127.0.0.1:0\"}\nalerting: {sinks: [{name: out, kind: stdout}]}\n")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	write(t, path, strings.Replace(string(text), `api: {listen: "127.0.0.1:0"}`, `api: {listen: "`+address+`"}`, 1))

	p := start(t, dir, nil, "run", "--config", path)
	p.waitFor(t, "the API is up", 30*time.Second, func() bool { return strings.Contains(p.err.String(), "api is up") })
	info, err := os.Stat(filepath.Join(dir, "data", "api-token"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	do := func(args ...string) result { return gatehound(t, dir, "", append(args, "--config", path)...) }
	r := do("alerts", "list")
	require.Zero(t, r.code, r.stderr)
	require.Equal(t, "no alert is open (--all shows the resolved ones)\n", r.stderr)
	r = do("sinks", "test", "out")
	require.Regexp(t, `^ok    out accepted the test alert after \S+\n$`, r.stdout, r.stderr)
	require.Contains(t, p.out.String(), `"test":true`, "the service sent it")
	r = do("silence", "add", "tenant=acme", "--for", "2h", "-m", "load test")
	require.Zero(t, r.code, r.stderr)
	r = do("allow", "add", "--client", "192.0.2.1", "--for", "2h", "-m", "pentest")
	require.Zero(t, r.code, r.stderr)
	token, err := os.ReadFile(filepath.Join(dir, "data", "api-token"))
	require.NoError(t, err)
	require.NotContains(t, p.err.String(), strings.TrimSpace(string(token)))
	require.Zero(t, p.stop(t, syscall.SIGTERM, 20*time.Second), p.err.String())

	r = do("silence", "list")
	require.Contains(t, r.stderr, "no service answers")
	require.Contains(t, r.stdout, "load test", "it is still there")
	require.Contains(t, do("allow", "list").stdout, "client 192.0.2.1")
}
