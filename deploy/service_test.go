package deploy

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// TestServiceRunsWithComposeConfiguration starts `gatehound run` with the compose
// file's configuration, the topics that its script makes and the health check of
// its image. A broker in the test's process and the embedded engine stand in for
// the two servers; all else is as in the compose file.
func TestServiceRunsWithComposeConfiguration(t *testing.T) {
	topics := topicsMade(t)
	broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(3, topics...))
	require.NoError(t, err)
	defer broker.Close()
	addr, dir := freeAddr(t), t.TempDir()
	_, port, err := net.SplitHostPort(addr)
	require.NoError(t, err)
	logs, err := os.Create(filepath.Join(dir, "log"))
	require.NoError(t, err)
	defer logs.Close()

	cmd := exec.Command(gatehound, "run", "--config", "compose/gatehound.yaml")
	cmd.Env = append(os.Environ(), "GATEHOUND_DATA_DIR="+dir, "GATEHOUND_CONSOLE_LISTEN="+addr,
		"GATEHOUND_KAFKA_BROKERS="+strings.Join(broker.ListenAddrs(), ","), "GATEHOUND_STORAGE_MODE=embedded", "GATEHOUND_API_LISTEN="+freeAddr(t))
	cmd.Stdout, cmd.Stderr = logs, logs
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		if t.Failed() {
			t.Log(read(t, logs.Name()))
		}
	})
	alive := func() {
		t.Helper()
		select {
		case err := <-ended:
			t.Fatalf("gatehound ended: %v", err)
		default:
		}
	}
	healthy := func(path string) bool {
		alive()
		return exec.Command("docker/healthcheck", path, "127.0.0.1", port).Run() == nil
	}
	waitFor(t, time.Minute, "/healthz", func() bool { return healthy("/healthz") })
	waitFor(t, time.Minute, "/readyz", func() bool { return healthy("/readyz") })

	// Lines of gateways in Filebeat's envelope, and what is no record at all.
	lines := append(envelopes(t), "\x00\xff no record", `{"truncated":`)
	produce(t, broker.ListenAddrs(), topics[0], lines)
	waitFor(t, 30*time.Second, "every line to be durable", func() bool {
		alive()
		n := metric(t, addr, "gatehound_ingest_events_total")
		return n == 3 && metric(t, addr, "gatehound_pipeline_events_durable_total") == 3 &&
			metric(t, addr, "gatehound_ingest_kafka_commits_total") > 0
	})
	letters := consume(t, broker.ListenAddrs(), topics[1], 2)
	for _, l := range letters {
		require.NotEmpty(t, l["reason"])
		require.NotContains(t, l, "raw")
	}
	// The commands find the API, as in `docker compose exec gatehound gatehound alerts list`.
	list := exec.Command(gatehound, "alerts", "list", "--config", "compose/gatehound.yaml")
	list.Env = cmd.Env
	answer, err := list.CombinedOutput()
	require.NoError(t, err, string(answer))
	require.NotContains(t, string(answer), "no service answers")
	// What rules and dashboard ask for is there in the service as in the demo,
	// except what begins with the first finding.
	families, err := scrape(addr)
	require.NoError(t, err)
	first := map[string]bool{"gatehound_alerting_alerts_total": true, "gatehound_detectors_findings_total": true}
	for line := range strings.Lines(read(t, "prometheus/metrics.txt")) {
		name, _, _ := strings.Cut(line, " ")
		if !first[name] {
			require.Contains(t, families, name)
		}
	}
	for _, line := range served {
		name, _, _ := strings.Cut(line, " ")
		require.Equal(t, line, families[name])
	}
	for _, r := range rules(t) {
		for _, s := range regexp.MustCompile(`gatehound_api_\w+(?:\{[^}]*\})?`).FindAllString(r.Expr, -1) {
			require.True(t, exposes(t, addr, s), "%s: %s", r.Alert, s)
		}
	}
	for name := range families {
		require.True(t, known(t)[name] || rare[name], "%s is not in prometheus/metrics.txt", name)
	}

	require.NoError(t, cmd.Process.Signal(syscall.SIGHUP)) // ExecReload
	waitFor(t, 10*time.Second, "the reload", func() bool { return strings.Contains(read(t, logs.Name()), "reloaded") })
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	select {
	case err := <-ended:
		require.NoError(t, err, "a stop is no failure")
	case <-time.After(55 * time.Second):
		t.Fatal("it does not stop within stop_grace_period")
	}
	for line := range strings.Lines(read(t, logs.Name())) {
		require.True(t, json.Valid([]byte(line)), "log.format is json: %s", line)
	}
}

// exposes reports whether a series stands in what a console says.
func exposes(t *testing.T, addr, series string) bool {
	t.Helper()
	resp, err := http.Get("http://" + addr + "/metrics")
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return strings.Contains(string(text), "\n"+series+" ")
}

// metric returns the sum of a metric, 0 if it is not there.
func metric(t *testing.T, addr, name string) (sum float64) {
	t.Helper()
	resp, err := http.Get("http://" + addr + "/metrics")
	require.NoError(t, err)
	defer resp.Body.Close()
	families, err := parse(resp.Body)
	require.NoError(t, err)
	for _, m := range families[name].GetMetric() {
		sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
	}
	return sum
}

func produce(t *testing.T, brokers []string, topic string, lines []string) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...))
	require.NoError(t, err)
	defer client.Close()
	for _, l := range lines {
		require.NoError(t, client.ProduceSync(t.Context(), &kgo.Record{Topic: topic, Value: []byte(l)}).FirstErr())
	}
}

// consume returns n messages of a topic, which are JSON.
func consume(t *testing.T, brokers []string, topic string, n int) (out []map[string]any) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.ConsumeTopics(topic))
	require.NoError(t, err)
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for len(out) < n {
		fetches := client.PollFetches(ctx)
		require.NoError(t, fetches.Err(), "after %d of %d dead letters", len(out), n)
		fetches.EachRecord(func(r *kgo.Record) {
			var v map[string]any
			require.NoError(t, json.Unmarshal(r.Value, &v))
			out = append(out, v)
		})
	}
	return out
}
