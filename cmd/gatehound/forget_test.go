package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/privacy"
)

// besieged is a log in which one account is attacked from many addresses and
// has calls of its own.
func besieged(from, n int) (lines []string) {
	for i := from; i < from+n; i++ {
		at := time.Now().Add(-10*time.Minute + time.Duration(i)*100*time.Millisecond).UTC().Format(time.RFC3339Nano)
		lines = append(lines,
			fmt.Sprintf(`{"time":%q,"ip":"203.0.113.%d","method":"POST","path":"/v1/chat/completions","status":401,"user":"jane.doe","request_id":"a%d"}`, at, i%60, i),
			fmt.Sprintf(`{"time":%q,"ip":"192.0.2.7","method":"POST","path":"/v1/chat/completions","status":200,"user":"team-%d","request_id":"b%d"}`, at, i%5, i))
	}
	return lines
}

// rowsOf asks the store and returns the rows.
func rowsOf(t *testing.T, dir, path, sql string) [][]string {
	t.Helper()
	r := gatehound(t, dir, "", "query", "--config", path, "-o", "csv", sql)
	require.Zero(t, r.code, r.stderr)
	rows, err := csv.NewReader(strings.NewReader(r.stdout)).ReadAll()
	require.NoError(t, err)
	return rows[min(1, len(rows)):] // an answer without rows has no head
}

// TestRevealAndForget runs the service over a rotation of the ring, reveals an
// address, and forgets a person whom the store knows under both keys.
func TestRevealAndForget(t *testing.T) {
	t.Parallel()
	w, dir := newWorld(t), t.TempDir()
	path := w.config(t, dir, "  checkpoint_every: 1s\n"+embedded)
	sent := int64(0)
	send := func(lines []string) {
		w.send(t, lines...)
		sent += int64(len(lines))
	}
	run := func(last []string) {
		p := start(t, dir, nil, "run", "--config", path)
		committed := func() bool { return w.committed(t, "gatehound") == sent }
		p.waitFor(t, "all is committed", 40*time.Second, committed)
		send(last)
		p.waitFor(t, "all is committed", 40*time.Second, committed)
		require.Zero(t, p.stop(t, syscall.SIGTERM, 20*time.Second), p.err.String())
	}
	send(besieged(0, 300))
	run(besieged(300, 100))
	rotated := gatehound(t, dir, "", "keys", "rotate", "--config", path)
	require.Equal(t, "k2 is the current key\n", rotated.stdout, rotated.stderr)
	require.Contains(t, gatehound(t, dir, "", "keys", "list", "--config", path).stdout, "overlaps until")
	send(besieged(400, 100))
	run(besieged(500, 100))

	// The two names of the person are joined.
	names := rowsOf(t, dir, path, "SELECT principal, count() FROM events WHERE status = 401 GROUP BY 1 ORDER BY 2 DESC")
	require.Len(t, names, 2)
	require.Equal(t, [][]string{{names[0][0], names[1][0]}}, rowsOf(t, dir, path,
		fmt.Sprintf("SELECT old, new FROM aliases FINAL WHERE old = '%s'", names[0][0])))
	found := rowsOf(t, dir, path, "SELECT entity, count() FROM findings FINAL WHERE entity_kind = 'principal' GROUP BY 1")
	require.Len(t, found, 1, "the attack has one name over the rotation")
	require.Equal(t, names[0][0], found[0][0])

	// Reveal: no reason, no answer; an answer leaves a trace.
	stored := rowsOf(t, dir, path, "SELECT replaceOne(toString(client), '::ffff:', '') FROM events WHERE principal LIKE 'h1:k1:%' AND status = 200 LIMIT 1")[0][0]
	require.Equal(t, exitUsage, gatehound(t, dir, "", "reveal", stored, "--config", path).code)
	shown := gatehound(t, dir, "", "reveal", stored, "--config", path, "--reason", "INC-4711")
	require.Equal(t, "192.0.2.7\t(under k1)\n", shown.stdout, shown.stderr)
	audit := rowsOf(t, dir, path, "SELECT action, what, reason, who FROM audit ORDER BY time")
	require.Len(t, audit, 1)
	require.Equal(t, []string{"reveal address", stored + " under k1", "INC-4711"}, audit[0][:3])
	require.Equal(t, privacy.Actor(), audit[0][3])

	// Forget: asked twice, counted, done, signed.
	forget := func(more ...string) result {
		return gatehound(t, dir, "", append([]string{"forget", "--config", path, "--principal", "jane.doe"}, more...)...)
	}
	require.Equal(t, exitUsage, forget("--reason", "DSR-12").code, "without --yes")
	require.Equal(t, exitUsage, forget("--reason", "x", "--yes").code, "a reason that says nothing")
	require.Equal(t, exitUsage, forget("--reason", "DSR-12", "--token", "h1:k1:pW9xO8sQv0mZr3tYk2uLbA", "--yes").code, "two names")
	for _, wrong := range [][]string{{"--token", "h1:k1:short"}, {"--token", "jane"}, {"--address", "nowhere"}} {
		require.Equal(t, exitUsage, gatehound(t, dir, "", append([]string{"forget", "--config", path, "--reason", "DSR-12", "--dry-run"}, wrong...)...).code, "%v", wrong)
	}
	require.Contains(t, forget("--reason", "for Jane.Doe", "--yes").stderr, "it names the person")
	dry := forget("--reason", "DSR-12", "--dry-run")
	require.Contains(t, dry.stdout, "600 of 1200 rows would be erased", dry.stderr)
	require.Len(t, rowsOf(t, dir, path, "SELECT 1 FROM events WHERE status = 401"), 600)
	log := filepath.Join(dir, "data", "alerts.db")
	require.True(t, fileHas(t, log, names[0][0]), "the notification log names the person")

	done := forget("--reason", "DSR-12", "--yes")
	require.Zero(t, done.code, done.stderr)
	var receipt privacy.Receipt
	require.NoError(t, json.Unmarshal([]byte(done.stdout), &receipt))
	require.True(t, receipt.Complete)
	require.Empty(t, receipt.Mentions)
	require.Positive(t, receipt.Snapshots.Changed, "the detectors' state knew the person")
	require.Positive(t, receipt.Local.Notifications)
	for _, name := range append(names[0][:1], names[1][0], "jane") {
		require.NotContains(t, done.stdout, name, "the receipt names nobody")
		require.False(t, fileHas(t, log, name), "the notification log")
	}
	require.Empty(t, rowsOf(t, dir, path, "SELECT 1 FROM events WHERE status = 401"))
	require.Len(t, rowsOf(t, dir, path, "SELECT 1 FROM events WHERE status = 200"), 600, "others stay")
	again := forget("--reason", "DSR-12", "--dry-run", "-o", "json")
	var left privacy.Receipt
	require.NoError(t, json.Unmarshal([]byte(again.stdout), &left), again.stderr)
	require.Empty(t, left.Mentions)
	for _, table := range left.Tables {
		require.Zero(t, table.Removed, table.Table)
	}
	require.Equal(t, []string{"forget", "receipt " + receipt.ID, "DSR-12"},
		rowsOf(t, dir, path, "SELECT action, what, reason FROM audit WHERE action = 'forget'")[0])

	file := write(t, filepath.Join(dir, "receipt.json"), done.stdout)
	require.Contains(t, gatehound(t, dir, "", "forget", "--config", path, "--verify", file).stdout, "is as it was given")
	write(t, file, strings.Replace(done.stdout, "DSR-12", "DSR-13", 1))
	require.Equal(t, exitError, gatehound(t, dir, "", "forget", "--config", path, "--verify", file).code)

	// The service goes on from the state that was changed.
	send(besieged(600, 3))
	run(besieged(603, 2))
	require.Len(t, rowsOf(t, dir, path, "SELECT 1 FROM events WHERE status = 401"), 5)
}

func fileHas(t *testing.T, path, text string) bool {
	t.Helper()
	body, err := os.ReadFile(path)
	require.NoError(t, err)
	return bytes.Contains(body, []byte(text))
}

func TestForgetWithoutAStore(t *testing.T) {
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "g.yaml"), "storage: {mode: none}\n")
	require.Contains(t, gatehound(t, dir, "", "forget", "--config", path, "--principal", "jo", "--reason", "DSR", "--yes").stderr, "there is no key ring")
	require.Zero(t, gatehound(t, dir, "x", "redact", "--config", path).code) // makes one
	r := gatehound(t, dir, "", "forget", "--config", path, "--principal", "joanne", "--reason", "DSR", "--yes", "-o", "json")
	require.Zero(t, r.code, r.stderr)
	var receipt privacy.Receipt
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &receipt))
	require.True(t, receipt.Complete)
	require.Len(t, receipt.Names, 1, "the pseudonym, by its hash; of the name itself there is none")
	for _, args := range [][]string{{}, {"--principal", "a1", "--token", "h1:k1:x"}, {"--token", "k1"}, {"--address", "nowhere"}, {"--principal", "joanne", "--store-only", "--local-only"}} {
		r := gatehound(t, dir, "", append([]string{"forget", "--config", path, "--reason", "DSR", "--yes"}, args...)...)
		require.NotZero(t, r.code, args)
		require.NotEmpty(t, r.stderr)
	}
}
