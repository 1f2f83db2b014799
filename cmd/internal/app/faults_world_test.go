package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/cmd/internal/receivers"
	"github.com/gatehound/gatehound/ingest/redact"
)

// The tests of faults run the service as `gatehound run` does, in processes of
// its own, between an embedded broker, the real engine behind HTTP that can be
// made to misbehave, and doubles of the receivers that can be too.
const (
	serviceEnv = "GATEHOUND_TEST_SERVICE"
	faultTopic = "gateway"
	// patience bounds what is waited for on a busy machine.
	patience = 40 * time.Second
)

// serve runs the service on a configuration in JSON until SIGTERM.
func serve(text string) int {
	cfg := DefaultConfig()
	err := json.Unmarshal([]byte(text), cfg)
	if err == nil {
		err = cfg.Validate()
	}
	if err == nil {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		err = Run(ctx, cfg, slog.New(slog.NewTextHandler(os.Stderr, nil)), nil)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "service:", err)
		return 1
	}
	return 0
}

// faultWorld is what surrounds the services of a test.
type faultWorld struct {
	broker *kfake.Cluster
	store  *storeFront
	siem   *receivers.SIEM
	keys   *redact.Keys
	ring   string // the keys' file
	sent   int    // events that were produced
	dead   string // the dead-letter topic, if there is one
}

func newFaultWorld(t *testing.T, partitions int32, opts ...kfake.Opt) *faultWorld {
	opts = append([]kfake.Opt{kfake.NumBrokers(1), kfake.SeedTopics(partitions, faultTopic), kfake.GroupMinSessionTimeout(time.Second)}, opts...)
	broker, err := kfake.NewCluster(opts...)
	require.NoError(t, err)
	t.Cleanup(broker.Close)
	siem, err := receivers.NewSIEM(receivers.SIEMOptions{Secrets: []string{crashSecret}})
	require.NoError(t, err)
	t.Cleanup(func() { siem.Close() })
	w := &faultWorld{broker: broker, siem: siem, store: newStoreFront(t), ring: filepath.Join(t.TempDir(), "ring.json")}
	w.keys, _, err = redact.LoadKeys(w.ring)
	require.NoError(t, err)
	return w
}

// config is that of a service with a data folder of its own.
func (w *faultWorld) config(t *testing.T) *Config {
	cfg := DefaultConfig()
	cfg.DataDir = t.TempDir()
	cfg.Redact.KeyFile = w.ring
	cfg.Kafka.Brokers, cfg.Kafka.Topics = w.broker.ListenAddrs(), []string{faultTopic}
	cfg.Kafka.SessionTimeout, cfg.Kafka.Heartbeat = 2*time.Second, 100*time.Millisecond
	cfg.Kafka.RebalanceTimeout = 12 * time.Second
	cfg.Kafka.PartitionWatch = 200 * time.Millisecond
	cfg.Kafka.MaxWait, cfg.Kafka.CommitInterval = 50*time.Millisecond, 20*time.Millisecond
	cfg.DeadLetters.Topic = w.dead
	cfg.Storage.ClickHouse.Addresses = []string{strings.TrimPrefix(w.store.server.URL, "http://")}
	cfg.Storage.ClickHouse.Protocol, cfg.Storage.ClickHouse.Compression = "http", "none"
	cfg.Pipeline.BatchEvents, cfg.Pipeline.BatchAge = 500, 50*time.Millisecond
	cfg.Pipeline.StallAfter, cfg.Pipeline.WriteTimeout = 300*time.Millisecond, 2*time.Second
	cfg.Console.Listen, cfg.API.Listen = "127.0.0.1:0", "127.0.0.1:0" // several services run at once
	cfg.Alerting.BackoffMin, cfg.Alerting.BackoffMax = 50*time.Millisecond, 500*time.Millisecond
	cfg.Alerting.Sinks = []alerting.SinkConfig{w.toSIEM("siem", w.siem.URL())}
	return cfg
}

func (w *faultWorld) toSIEM(name, url string) alerting.SinkConfig {
	return alerting.SinkConfig{Name: name, Kind: "webhook", OnStorm: "delay", PerMinute: 10_000, Timeout: time.Second,
		Options: map[string]any{"url": url, "secrets": []string{crashSecret}}}
}

// produce sends messages, spread over the partitions.
func (w *faultWorld) produce(t *testing.T, values ...[]byte) {
	p := &kafkago.Writer{Addr: kafkago.TCP(w.broker.ListenAddrs()...), Topic: faultTopic, RequiredAcks: kafkago.RequireAll,
		Balancer: &kafkago.RoundRobin{}, BatchTimeout: time.Millisecond, BatchBytes: 64 << 20, MaxAttempts: 40,
		WriteBackoffMin: 50 * time.Millisecond, Transport: &kafkago.Transport{MetadataTTL: 200 * time.Millisecond}}
	var ms []kafkago.Message
	for _, v := range values {
		ms = append(ms, kafkago.Message{Value: v})
	}
	require.NoError(t, p.WriteMessages(t.Context(), ms...))
	require.NoError(t, p.Close())
	p.Transport.(*kafkago.Transport).CloseIdleConnections()
}

// traffic sends n harmless requests.
func (w *faultWorld) traffic(t *testing.T, n int) {
	var ms [][]byte
	for i := range n {
		w.sent++
		ms = append(ms, fmt.Appendf(nil, `{"time":%q,"ip":"198.51.100.%d","method":"POST","path":"/v1/x","status":200,"user":"team-%d","request_id":"r-%d","duration_ms":12}`,
			time.Now().UTC().Format(time.RFC3339Nano), i%50, i%40, w.sent))
	}
	w.produce(t, ms...)
}

// attack sends failed logins of an address to many accounts and returns the name of the
// entity that alerts will speak of.
func (w *faultWorld) attack(t *testing.T, addr string) string {
	var ms [][]byte
	for i := range 60 {
		w.sent++
		ms = append(ms, fmt.Appendf(nil, `{"time":%q,"ip":%q,"method":"POST","path":"/login","status":401,"user":"victim-%d","request_id":"r-%d"}`,
			time.Now().UTC().Format(time.RFC3339Nano), addr, i, w.sent))
	}
	w.produce(t, ms...)
	return w.keys.Address(netip.MustParseAddr(addr)).String()
}

// told waits until a SIEM has an alert about an entity.
func (w *faultWorld) told(t *testing.T, siem *receivers.SIEM, entity string, s *service) receivers.Delivery {
	var found receivers.Delivery
	s.eventually(t, "an alert about the attack", func() bool {
		for _, d := range siem.Deliveries() {
			if strings.Contains(string(d.Body), `"`+entity+`"`) {
				found = d
				return true
			}
		}
		return false
	})
	return found
}

// storedOnce waits until everything that was sent is stored, and checks that
// it is there once, in the events and in every roll-up.
func (w *faultWorld) storedOnce(t *testing.T, s *service) {
	t.Helper()
	queries := []string{
		"SELECT count() FROM events",
		"SELECT uniqExact(request_id) FROM events",
		"SELECT uniqExact(topic, partition, message_offset, record_index) FROM events",
		"SELECT sum(requests) FROM rollup_principal",
		"SELECT sum(requests) FROM rollup_address",
		"SELECT sum(requests) FROM rollup_route",
	}
	s.eventually(t, fmt.Sprintf("%d events to be stored", w.sent), func() bool {
		for _, q := range queries {
			if w.store.number(t, q) < w.sent {
				return false
			}
		}
		return true
	})
	for _, q := range queries {
		require.Equal(t, w.sent, w.store.number(t, q), "%s\n%s", q, s.log)
	}
}

// service is a running process.
type service struct {
	cmd  *exec.Cmd
	log  *logBuffer
	done chan error
	base string // of the console
}

// start starts a service and waits until it owns partitions, if it is to.
func (w *faultWorld) start(t *testing.T, cfg *Config, owns bool) *service {
	text, err := json.Marshal(cfg)
	require.NoError(t, err)
	s := &service{cmd: exec.Command(os.Args[0]), log: &logBuffer{}, done: make(chan error, 1)}
	s.cmd.Env = append(os.Environ(), serviceEnv+"="+string(text))
	s.cmd.Stderr = s.log
	require.NoError(t, s.cmd.Start())
	go func() { s.done <- s.cmd.Wait() }()
	t.Cleanup(func() { _ = s.cmd.Process.Kill() })
	at := regexp.MustCompile(`metrics=(http://[0-9.:]+)/metrics`)
	s.eventually(t, "the console", func() bool {
		m := at.FindStringSubmatch(s.log.String())
		if m != nil {
			s.base = m[1]
		}
		return m != nil
	})
	if owns {
		s.eventually(t, "partitions", func() bool { return s.metric(t, "gatehound_ingest_kafka_assigned_partitions") > 0 })
	}
	return s
}

// stop ends the service in order.
func (s *service) stop(t *testing.T) {
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, <-s.done, "%s", s.log)
}

// kill ends it with SIGKILL.
func (s *service) kill(t *testing.T) {
	require.NoError(t, s.cmd.Process.Kill())
	<-s.done
}

// eventually waits for cond.
func (s *service) eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !cond(); time.Sleep(20 * time.Millisecond) {
		select {
		case err := <-s.done:
			t.Fatalf("waiting for %s: the service ended: %v\n%s", what, err, s.log)
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("waiting for %s took too long\n%s", what, s.log)
		}
	}
}

// logged waits for a line of the log that has all the parts.
func (s *service) logged(t *testing.T, parts ...string) {
	t.Helper()
	s.eventually(t, fmt.Sprintf("a log line with %q", parts), func() bool {
	lines:
		for line := range strings.Lines(s.log.String()) {
			for _, p := range parts {
				if !strings.Contains(line, p) {
					continue lines
				}
			}
			return true
		}
		return false
	})
}

// metric returns the sum of a metric's series that have all the labels, as in
// `sink="siem"`.
func (s *service) metric(t *testing.T, name string, labels ...string) float64 {
	sum := 0.0
series:
	for line := range strings.Lines(s.metrics(t)) {
		rest, ok := strings.CutPrefix(line, name)
		if !ok || rest[0] != ' ' && rest[0] != '{' {
			continue
		}
		for _, l := range labels {
			if !strings.Contains(rest, l) {
				continue series
			}
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(rest[strings.LastIndexByte(rest, ' '):]), 64)
		require.NoError(t, err)
		sum += v
	}
	return sum
}

func (s *service) metrics(t *testing.T) string {
	resp, err := http.Get(s.base + "/metrics")
	require.NoError(t, err, "%s", s.log)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(text)
}

// ready returns the status of /readyz.
func (s *service) ready(t *testing.T) int {
	resp, err := http.Get(s.base + "/readyz")
	require.NoError(t, err, "%s", s.log)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode
}
