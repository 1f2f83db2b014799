package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/gatehound/gatehound/cmd/internal/receivers"
	"github.com/gatehound/gatehound/ingest/redact"
)

const (
	crashTopic      = "gateway"
	crashPartitions = 2
	crashEvents     = 6000
	crashSecret     = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
)

// crashQueries ask for everything that a crash could lose or double.
var crashQueries = []string{
	"SELECT count(), uniqExact(topic, partition, message_offset, record_index), sum(status), uniqExact(toDate(time)) FROM events",
	"SELECT sum(requests), sum(failures) FROM rollup_principal",
	"SELECT sum(requests), sum(failures) FROM rollup_address",
	"SELECT sum(requests), sum(failures) FROM rollup_route",
	"SELECT count(), uniqExact(topic, partition, message_offset) FROM rejects",
	"SELECT arrayStringConcat(arraySort(groupUniqArray(id)), ' ') FROM findings",
	"SELECT count(), uniqExact(request_id) FROM events",
	"SELECT count(), uniqExact(request_id), uniqExact(topic, partition, message_offset, record_index) FROM sealed_prompts",
	"SELECT count(), uniqExact(old), uniqExact(new) FROM aliases FINAL",
	"SELECT arrayStringConcat(arraySort(groupUniqArray(id)), ' ') FROM alerts",
}

// TestKillAtEveryStep kills the real service, on the real engine, with SIGKILL
// at each step of a batch, starts it again, and compares what is stored and
// told at the end with a run that was not killed. The events span midnight,
// some are delivered up to three times, prompts are sealed, and the key was
// rotated just before.
func TestKillAtEveryStep(t *testing.T) {
	w := newCrashWorld(t)
	want, told := w.finish(t, w.job(t))
	t.Logf("%q tell %q", want, told)
	require.Equal(t, fmt.Sprintf("%d,%d", crashEvents, crashEvents), strings.Join(strings.Split(want[0], ",")[:2], ","))
	require.True(t, strings.HasSuffix(want[0], ",2"), "the events span two days: %s", want[0])
	require.NotEmpty(t, want[5], "there is something to find")
	require.Equal(t, fmt.Sprintf("%d,%d", crashEvents, crashEvents), want[6], "each record counts once")
	require.Equal(t, fmt.Sprintf("%d,%[1]d,%[1]d", crashEvents/20), want[7], "each prompt is kept once")
	require.Equal(t, "41,41,41", want[8], "callers under two keys")
	require.NotEmpty(t, told, "there is something to tell")
	steps := []string{"observed", "offered", "before intent", "after intent", "after insert", "after findings",
		"before commit", "after commit", "checkpointed"}
	if testing.Short() {
		steps = []string{"after intent", "before commit"}
	}
	for _, step := range steps {
		t.Run(step, func(t *testing.T) {
			job := w.job(t)
			job.KillAt, job.Nth = step, 3
			if step == "checkpointed" {
				job.Nth = 1
			}
			w.killed(t, job)
			job.KillAt = ""
			got, toldNow := w.finish(t, job)
			require.Equal(t, want, got)
			require.Equal(t, told, toldNow, "every alert was told")
		})
	}
}

// crashWorld is a broker with records in it and a SIEM.
type crashWorld struct {
	brokers []string
	siem    *receivers.SIEM // of the latest job
	keys    string          // one ring for all runs: findings name pseudonyms
	serial  int
	// topic and partitions are where the records are, queries what is asked at the
	// end.
	topic      string
	partitions int
	queries    []string
}

func newCrashWorld(t *testing.T) *crashWorld {
	broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(crashPartitions, crashTopic), kfake.GroupMinSessionTimeout(time.Second))
	require.NoError(t, err)
	t.Cleanup(broker.Close)
	return fillCrashWorld(t, broker.ListenAddrs())
}

// fillCrashWorld writes the records to the topic, which is there.
func fillCrashWorld(t *testing.T, brokers []string) *crashWorld {
	return (&crashWorld{brokers: brokers, topic: crashTopic, partitions: crashPartitions, queries: crashQueries}).fill(t, crashRecords())
}

// fill writes records to the world's topic and makes its key ring.
func (world *crashWorld) fill(t *testing.T, records []kafkago.Message) *crashWorld {
	transport := &kafkago.Transport{}
	defer transport.CloseIdleConnections()
	w := &kafkago.Writer{Addr: kafkago.TCP(world.brokers...), Transport: transport, Topic: world.topic, RequiredAcks: kafkago.RequireAll,
		Balancer: &kafkago.RoundRobin{}, BatchTimeout: time.Millisecond}
	require.NoError(t, w.WriteMessages(t.Context(), records...))
	require.NoError(t, w.Close())
	keys := filepath.Join(t.TempDir(), "keys", "ring.json")
	_, _, err := redact.LoadKeys(keys)
	require.NoError(t, err)
	_, err = redact.RotateKeys(keys, time.Now())
	require.NoError(t, err)
	world.keys = keys
	return world
}

// crashRecords are requests of a minute before midnight and a minute after it,
// with an address among them that guesses passwords, and records that are not
// decodable.
func crashRecords() []kafkago.Message {
	midnight := time.Now().UTC().Truncate(24 * time.Hour)
	var ms, again []kafkago.Message
	for i := range crashEvents {
		at := midnight.Add(-time.Minute + time.Duration(i)*2*time.Minute/crashEvents)
		user, addr, status := fmt.Sprintf("team-%d", i%40), fmt.Sprintf("198.51.100.%d", i%50), 200
		if i%4 == 0 && i > crashEvents/4 {
			user, addr, status = "admin", "203.0.113.66", 401
		}
		prompt := ""
		if i%20 == 7 {
			prompt = fmt.Sprintf(`,"model":"m","messages":[{"role":"user","content":"What is the answer to question %d?"}]`, i)
		}
		m := kafkago.Message{Value: fmt.Appendf(nil,
			`{"time":%q,"ip":%q,"method":"POST","path":"/login","status":%d,"user":%q,"request_id":"r-%d","duration_ms":12%s}`,
			at.Format(time.RFC3339Nano), addr, status, user, i, prompt)}
		ms = append(ms, m)
		if i%50 == 0 {
			continue // of a whole second: nothing tells it from others
		}
		if i%9 == 1 {
			ms = append(ms, m) // at once, to the other partition
		}
		if i%11 < 3 {
			again = append(again, m)
		}
		if i == crashEvents/2 || i == crashEvents-1 { // across midnight, and all the batches once more
			ms, again = append(ms, again...), nil
		}
		if i%1000 == 999 {
			ms = append(ms, kafkago.Message{Value: fmt.Appendf(nil, `{"time": truncated %d`, i)})
		}
	}
	return ms
}

// job is a fresh job over the world's topic.
func (w *crashWorld) job(t *testing.T) childJob {
	w.serial++
	var err error
	w.siem, err = receivers.NewSIEM(receivers.SIEMOptions{Secrets: []string{crashSecret}})
	require.NoError(t, err)
	siem := w.siem
	t.Cleanup(func() { siem.Close() })
	return childJob{Dir: t.TempDir(), Brokers: w.brokers, Topic: w.topic, SIEM: w.siem.URL(),
		Secret: crashSecret, Batch: 700, Queries: w.queries, Group: fmt.Sprintf("group-%d", w.serial), Keys: w.keys}
}

func (w *crashWorld) start(t *testing.T, j childJob) (*exec.Cmd, *bytes.Buffer, *logBuffer) {
	text, err := json.Marshal(j)
	require.NoError(t, err)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+string(text))
	out, log := &bytes.Buffer{}, &logBuffer{}
	cmd.Stdout, cmd.Stderr = out, log
	require.NoError(t, cmd.Start())
	return cmd, out, log
}

// killed runs a job until it has killed itself.
func (w *crashWorld) killed(t *testing.T, j childJob) {
	cmd, _, log := w.start(t, j)
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		_ = cmd.Process.Kill()
		t.Fatalf("the step was not reached:\n%s", log)
	}
	status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	require.True(t, ok && status.Signaled() && status.Signal() == syscall.SIGKILL, "%v\n%s", cmd.ProcessState, log)
}

// finish runs a job until all is committed and told, stops it, and returns the
// answers to its queries and the fingerprints of the alerts that were told.
//
// What the store has of alerts has to be what the notification log has.
func (w *crashWorld) finish(t *testing.T, j childJob) (answers, told []string) {
	j.Queries = slices.Concat(w.queries, alertQueries)
	cmd, out, log := w.start(t, j)
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	transport := &kafkago.Transport{}
	defer transport.CloseIdleConnections()
	client := &kafkago.Client{Addr: kafkago.TCP(j.Brokers...), Timeout: 5 * time.Second, Transport: transport}
	deadline := time.Now().Add(90 * time.Second)
	for !strings.Contains(log.String(), "partitions are assigned") || !w.committed(t, client, j.Group) || spooled(t, j.Dir) {
		select {
		case err := <-done:
			t.Fatalf("the service ended: %v\n%s", err, log)
		case <-time.After(50 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			_ = cmd.Process.Kill()
			t.Fatalf("not all was committed:\n%s", log)
		}
	}
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, <-done, "%s", log)
	require.NoError(t, json.Unmarshal(out.Bytes(), &answers), "%s", out)
	requireStored(t, j, answers[len(w.queries):])
	answers = answers[:len(w.queries)]
	seen := map[string]bool{}
	for _, d := range w.siem.Deliveries() {
		var body struct {
			Data struct {
				Detector string `json:"detector"`
				State    string `json:"state"`
				Entity   struct{ Kind string }
			} `json:"data"`
		}
		require.NoError(t, json.Unmarshal(d.Body, &body))
		seen[body.Data.Detector+" "+body.Data.Entity.Kind] = true
	}
	for s := range seen {
		told = append(told, s)
	}
	sort.Strings(told)
	return answers, told
}

// spooled tells whether batches wait that a slow machine did not store in time.
func spooled(t *testing.T, dir string) bool {
	waiting, err := filepath.Glob(filepath.Join(dir, "spool", "*.batch"))
	require.NoError(t, err)
	return len(waiting) > 0
}

func (w *crashWorld) committed(t *testing.T, c *kafkago.Client, group string) bool {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	var partitions []int
	var ends []kafkago.OffsetRequest
	for p := range w.partitions {
		partitions = append(partitions, p)
		ends = append(ends, kafkago.LastOffsetOf(p))
	}
	offsets, err := c.OffsetFetch(ctx, &kafkago.OffsetFetchRequest{GroupID: group, Topics: map[string][]int{w.topic: partitions}})
	require.NoError(t, err)
	last, err := c.ListOffsets(ctx, &kafkago.ListOffsetsRequest{Topics: map[string][]kafkago.OffsetRequest{w.topic: ends}})
	require.NoError(t, err)
	for _, o := range offsets.Topics[w.topic] {
		for _, l := range last.Topics[w.topic] {
			if l.Partition == o.Partition && o.CommittedOffset != l.LastOffset {
				return false
			}
		}
	}
	return len(offsets.Topics[w.topic]) == w.partitions
}

// logBuffer is a buffer that a child's output goroutine writes.
type logBuffer struct {
	mu sync.Mutex // written while a failure is printed
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
