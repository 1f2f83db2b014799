package main

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"
)

const embedded = `storage: {mode: embedded}
console: {listen: "127.0.0.1:0"}
dead_letters: {topic: dead-letters}
`

func TestTheServiceFromStartToStop(t *testing.T) {
	t.Parallel()
	w, dir := newWorld(t), t.TempDir()
	path := w.config(t, dir, embedded)
	lines := strings.Split(strings.TrimSpace(attack(time.Now().Add(-time.Hour).UTC())), "\n")
	const broken = `{"time": truncated, mail jo.doe@example.com, key sk-proj-Zx81Kq9TbW3nV7cR2mLpA5dF`
	w.send(t, append(lines, broken)...)
	all := int64(len(lines) + 1)

	p := start(t, dir, nil, "run", "--config", path)
	p.waitFor(t, "/readyz is 200", 30*time.Second, func() bool { status, _ := p.get("/readyz"); return status == 200 })
	for _, name := range []string{"pipeline", "source", "store"} {
		_, problem := p.component(t, name)
		require.Empty(t, problem, name)
	}
	status, body := p.get("/healthz")
	require.Equal(t, 200, status, body)
	p.waitFor(t, "all is committed", 30*time.Second, func() bool { return w.committed(t, "gatehound") == all })

	var metrics string
	p.waitFor(t, "the lag is 0", 15*time.Second, func() bool {
		_, metrics = p.get("/metrics")
		return regexp.MustCompile(`(?m)^gatehound_ingest_kafka_lag_messages(\{.*\})? 0$`).MatchString(metrics)
	})
	for _, name := range []string{"ingest_kafka_messages_total", "ingest_events_total", "ingest_rejects_by_reason_total",
		"ingest_redactions_total", "ingest_dead_letters_total", "pipeline_batches_total", "pipeline_events_durable_total",
		"storage_rows_total", "detectors_findings_total"} {
		require.Regexp(t, `(?m)^gatehound_`+name+`(\{.*\})? [1-9]`, metrics)
	}

	// The dead letter says where and why, and nothing more.
	reader := kafkago.NewReader(kafkago.ReaderConfig{Brokers: w.broker.ListenAddrs(), Topic: letters, MaxWait: 100 * time.Millisecond})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	m, err := reader.ReadMessage(ctx)
	require.NoError(t, err)
	require.NoError(t, reader.Close())
	require.True(t, json.Valid(m.Value))
	require.Equal(t, "gateway/0/600", string(m.Key))
	require.Contains(t, string(m.Value), `"reason":"`)
	require.Contains(t, string(m.Value), "[EMAIL]")

	// A bad configuration changes nothing; a good one is put in force.
	good, err := os.ReadFile(path)
	require.NoError(t, err)
	append1(t, path, "bogus: 1\n")
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGHUP))
	p.waitFor(t, "the bad one is said", 10*time.Second, func() bool {
		return strings.Contains(p.err.String(), "not reloaded") && strings.Contains(p.err.String(), "unknown key bogus")
	})
	write(t, path, string(good)+"detectors:\n  authfail:\n    failures: 30\n")
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGHUP))
	p.waitFor(t, "the good one is said", 10*time.Second, func() bool {
		return strings.Contains(p.err.String(), "thresholds, allowlists, tables, routing and keys reloaded")
	})

	// A second one must not open the same store.
	second := gatehound(t, dir, "", "run", "--config", path)
	require.Equal(t, exitError, second.code)
	require.Regexp(t, `(?i)(lock|in use|another)`, second.stderr)
	require.Contains(t, second.stderr, dir)

	w.send(t, lines[:100]...)
	require.Zero(t, p.stop(t, syscall.SIGTERM, 20*time.Second), p.err.String())
	require.Contains(t, p.err.String(), "gatehound stops")
	for _, s := range append(secrets, "203.0.113.66", "victim-") {
		require.NotContains(t, p.err.String()+string(m.Value)+metrics, s)
	}
	r := gatehound(t, dir, "", "query", "--config", path, "-o", "csv", "SELECT count() FROM events")
	require.Equal(t, int64(len(lines)), min(w.committed(t, "gatehound")-1, int64(len(lines))))
	require.Equal(t, w.committed(t, "gatehound")-1, number(t, r.stdout), "what is committed is stored")
}

// number is the one cell of a CSV answer.
func number(t *testing.T, csv string) (n int64) {
	t.Helper()
	_, cell, ok := strings.Cut(strings.TrimSpace(csv), "\n")
	require.True(t, ok, csv)
	require.NoError(t, json.Unmarshal([]byte(cell), &n))
	return n
}

func TestABrokerThatGoesAndComesBackIsTold(t *testing.T) {
	t.Parallel()
	w, dir := newWorld(t), t.TempDir()
	p := start(t, dir, nil, "run", "--config", w.config(t, dir, "storage: {mode: none}\nconsole: {listen: \"127.0.0.1:0\"}\n"))
	ready := func() bool { status, _ := p.get("/readyz"); return status == 200 }
	p.waitFor(t, "ready", 30*time.Second, ready)
	w.door.set(true)
	p.waitFor(t, "/readyz names the source", 40*time.Second, func() bool {
		status, problem := p.component(t, "source")
		return status == 503 && problem != ""
	})
	status, _ := p.get("/healthz")
	require.Equal(t, 200, status, "a restart would not help")
	w.door.set(false)
	p.waitFor(t, "ready again", 40*time.Second, ready)
	require.Zero(t, p.stop(t, syscall.SIGTERM, 20*time.Second), p.err.String())
}

func TestTheServiceWaitsForAStoreThatIsAway(t *testing.T) {
	t.Parallel()
	w, dir := newWorld(t), t.TempDir()
	away := closedPort(t)
	p := start(t, dir, nil, "run", "--config", w.config(t, dir,
		"storage: {mode: clickhouse, clickhouse: {addresses: [\""+away+"\"]}}\nconsole: {listen: \"127.0.0.1:0\"}\n"))
	p.waitFor(t, "/readyz says why", 30*time.Second, func() bool {
		status, problem := p.component(t, "store")
		return status == 503 && strings.Contains(problem, "refused")
	})
	require.Contains(t, p.err.String(), "store is not there yet, trying again")
	require.Zero(t, p.stop(t, syscall.SIGTERM, 5*time.Second), p.err.String())
}

func TestAPortThatIsTakenIsSaid(t *testing.T) {
	t.Parallel()
	w, dir := newWorld(t), t.TempDir()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	r := gatehound(t, dir, "", "run", "--config", w.config(t, dir, "storage: {mode: none}\nconsole: {listen: \""+l.Addr().String()+"\"}\n"))
	require.Equal(t, exitError, r.code)
	require.Contains(t, r.stderr, "console.listen")
	require.Contains(t, r.stderr, "address already in use")
}

func TestCheckSaysWhatCannotBeReached(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "g.yaml"), `kafka: {brokers: ["`+closedPort(t)+`"], topics: [x], sasl: {mechanism: plain, username: u, password: hunter2hunter2}}
storage: {clickhouse: {addresses: ["`+closedPort(t)+`"], password: hunter2hunter2}}
`)
	began := time.Now()
	r := gatehound(t, dir, "", "check", "--config", path)
	require.Less(t, time.Since(began), 45*time.Second)
	require.Equal(t, exitError, r.code, r.stdout+r.stderr)
	require.Regexp(t, `(?m)^FAIL  kafka .*refused`, r.stdout)
	require.Regexp(t, `(?m)^FAIL  store .*refused`, r.stdout)
	require.Contains(t, r.stdout, "ok    configuration")
	require.Contains(t, r.stderr, "2 of the parts failed")
	require.NotContains(t, r.stdout+r.stderr, "hunter2hunter2")

	w := newWorld(t)
	r = gatehound(t, dir, "", "check", "--config", w.config(t, dir, "storage: {mode: embedded}\n"))
	require.Zero(t, r.code, r.stdout+r.stderr)
	require.Contains(t, r.stdout, "ok    kafka")
	require.Contains(t, r.stdout, "ok    store")
}

func TestTheDemoRunsToItsEnd(t *testing.T) {
	t.Parallel()
	tmp := t.TempDir()
	p := start(t, tmp, []string{"TMPDIR=" + tmp}, "demo", "--for", "3s", "--backlog", "5m", "--rate", "20")
	select {
	case <-p.done:
	case <-time.After(time.Minute):
		t.Fatal(p.out.String() + p.err.String())
	}
	require.Zero(t, p.cmd.ProcessState.ExitCode(), p.err.String())
	for _, want := range []string{"metrics and health: http://127.0.0.1:", "WHAT HAPPENED", "PLANTED AND FOUND", "FALSE ALERTS", "EVIDENCE OF THE FIRST ALERT", "signed webhooks"} {
		require.Contains(t, p.out.String(), want)
	}
	require.Empty(t, p.err.String())
	left, err := os.ReadDir(tmp)
	require.NoError(t, err)
	require.Empty(t, left, "the temporary folder is removed")
}

func TestAnInterruptedDemoReports(t *testing.T) {
	t.Parallel()
	tmp := t.TempDir()
	p := start(t, tmp, []string{"TMPDIR=" + tmp}, "demo", "--for", "0", "--backlog", "1m", "--rate", "5")
	p.waitFor(t, "it is live", 30*time.Second, func() bool { return strings.Contains(p.out.String(), "live") })
	require.Zero(t, p.stop(t, syscall.SIGINT, 30*time.Second), p.err.String())
	require.Contains(t, p.out.String(), "WHAT HAPPENED")
	left, err := os.ReadDir(tmp)
	require.NoError(t, err)
	require.Empty(t, left)
}
