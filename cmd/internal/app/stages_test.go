package app

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sort"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/cmd/internal/lifecycle"
	"github.com/gatehound/gatehound/cmd/internal/receivers"
	"github.com/gatehound/gatehound/cmd/internal/simulate"
	"github.com/gatehound/gatehound/detectors/engine"
	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/ingest/kafka"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
)

const benchTopic = "bench"

// benchBroker is an embedded broker with a topic of about so many records of the
// fleet; it returns how many.
func benchBroker(b *testing.B, about int) (brokers []string, records int) {
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(4, benchTopic))
	require.NoError(b, err)
	b.Cleanup(c.Close)
	if about == 0 {
		return c.ListenAddrs(), 0
	}
	w := benchWriter(b, c.ListenAddrs())
	cfg := simulate.Default(11, time.Now().Add(-time.Hour), time.Hour, time.Minute)
	cfg.Rate = float64(about) / 3600
	fleet, err := simulate.New(cfg)
	require.NoError(b, err)
	var batch [][]byte
	for {
		r, ok := fleet.Next()
		if !ok {
			break
		}
		records++
		if batch = append(batch, r.AppendTo(nil)); len(batch) == 2000 {
			require.NoError(b, write(b.Context(), w, batch))
			batch = batch[:0]
		}
	}
	require.NoError(b, write(b.Context(), w, batch))
	return c.ListenAddrs(), records
}

func benchWriter(b *testing.B, brokers []string) *kafka.Writer {
	cfg := kafka.DefaultConfig()
	cfg.Brokers, cfg.Topics = brokers, []string{benchTopic}
	w, err := kafka.NewWriter(cfg, benchTopic)
	require.NoError(b, err)
	b.Cleanup(func() { w.Close() })
	return w
}

func benchConfig(b *testing.B, brokers []string, group string) *Config {
	cfg := DefaultConfig()
	cfg.DataDir = b.TempDir()
	cfg.Kafka.Brokers, cfg.Kafka.Topics, cfg.Kafka.Group = brokers, []string{benchTopic}, group
	cfg.Storage.Mode = StoreEmbedded
	return cfg
}

// collector takes chunks and does nothing with them.
type collector struct {
	mu     sync.Mutex // partitions are read side by side
	chunks []*ingest.Chunk
	n      atomic.Int64
}

func (c *collector) Assigned(_ context.Context, as []ingest.Assignment) ([]int64, error) {
	starts := make([]int64, len(as))
	for i := range as {
		starts[i] = as[i].Committed
	}
	return starts, nil
}

func (c *collector) Chunk(_ context.Context, chunk *ingest.Chunk) error {
	c.mu.Lock()
	c.chunks = append(c.chunks, chunk)
	c.mu.Unlock()
	c.n.Add(int64(len(chunk.Ends)))
	return nil
}

func (c *collector) Revoked(context.Context, []ingest.Assignment) {}

// BenchmarkStages gives the CPU time an event of each stage alone, and of all
// of them in the running service, over the fleet's mix of formats.
func BenchmarkStages(b *testing.B) {
	log := slog.New(slog.DiscardHandler)
	brokers, records := benchBroker(b, 200_000)
	per := func(b *testing.B, spent time.Duration, n int) {
		b.ReportMetric(float64(spent.Microseconds())/float64(n), "cpu-us/event")
		b.ReportMetric(0, "ns/op")
	}
	cfg := benchConfig(b, brokers, "stages")
	var runs int // every run reads the topic anew
	group := func() string { runs++; return fmt.Sprintf("bench-%d", runs) }
	var read *collector
	b.Run("1-read", func(b *testing.B) {
		read = &collector{}
		cfg.Kafka.Group = group()
		source, err := kafka.New(cfg.Kafka, log, prometheus.NewRegistry())
		require.NoError(b, err)
		ctx, cancel := context.WithCancel(b.Context())
		cpu := cpuTime(b)
		done := make(chan error, 1)
		go func() { done <- source.Run(ctx, read) }()
		for read.n.Load() < int64(records) {
			time.Sleep(time.Millisecond)
		}
		per(b, cpuTime(b)-cpu, records)
		cancel()
		require.NoError(b, <-done)
	})
	keys, err := redact.GenerateKeys()
	require.NoError(b, err)
	var parts []*schemas.Part
	b.Run("2-decode-redact-enrich", func(b *testing.B) {
		n, err := NewNormalizer(cfg, keys, slog.New(slog.DiscardHandler))
		require.NoError(b, err)
		parts = nil
		cpu := cpuTime(b)
		for _, c := range read.chunks {
			c.Free = nil
			parts = append(parts, n.Normalize(c))
		}
		per(b, cpuTime(b)-cpu, records)
	})
	parts = slices.DeleteFunc(parts, func(p *schemas.Part) bool { return len(p.Events) == 0 })
	sort.Slice(parts, func(i, j int) bool { return parts[i].Events[0].Time < parts[j].Events[0].Time })
	b.Run("3-detect", func(b *testing.B) {
		watchers, err := cfg.Detectors.Watchers()
		require.NoError(b, err)
		e, err := engine.New(engine.Settings{Config: cfg.Engine, EntityKey: keys.EntityKey(), Log: log}, watchers, nil)
		require.NoError(b, err)
		defer e.Close()
		cpu := cpuTime(b)
		for _, p := range parts {
			_, err := e.Observe(&schemas.Batch{Parts: []*schemas.Part{p}}, nil)
			require.NoError(b, err)
		}
		per(b, cpuTime(b)-cpu, records)
	})
	b.Run("4-store", func(b *testing.B) {
		cfg := benchConfig(b, brokers, "store")
		stops := lifecycle.Stack{Log: log}
		st, err := OpenStore(cfg, log, prometheus.NewRegistry(), &stops)
		require.NoError(b, err)
		_, err = st.Migrate(b.Context())
		require.NoError(b, err)
		cpu := cpuTime(b)
		batch := &schemas.Batch{}
		for i, p := range parts {
			if batch.Parts = append(batch.Parts, p); batch.Len() < 50_000 && i < len(parts)-1 {
				continue
			}
			batch.Seal()
			require.NoError(b, st.WriteBatch(b.Context(), batch))
			batch = &schemas.Batch{}
		}
		per(b, cpuTime(b)-cpu, records)
		require.NoError(b, stops.Run())
	})
	b.Run("5-all", func(b *testing.B) {
		cfg := benchConfig(b, brokers, group())
		source, err := kafka.New(cfg.Kafka, log, prometheus.NewRegistry())
		require.NoError(b, err)
		counts := &Replayed{}
		s, err := NewService(cfg, Options{Source: source, Group: cfg.Kafka.Group, Keys: keys, Logger: log, Metrics: prometheus.NewRegistry(), Observed: counts.Observe})
		require.NoError(b, err)
		ctx, cancel := context.WithCancel(b.Context())
		cpu, from := cpuTime(b), time.Now()
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		for counts.Events.Load()+counts.Rejects.Load() < int64(records) || s.pipe.Stuck() > 0 {
			time.Sleep(time.Millisecond)
		}
		per(b, cpuTime(b)-cpu, records)
		b.ReportMetric(float64(records)/time.Since(from).Seconds(), "events/s")
		cancel()
		require.NoError(b, <-done)
		require.NoError(b, s.Close())
	})
}

// BenchmarkAlertLatency measures from an event's acknowledgement by the broker
// to the arrival of the signed webhook that tells of it, under load.
func BenchmarkAlertLatency(b *testing.B) {
	const (
		load    = 30_000 // events a second beside the attacks, about half of what the machine takes
		attacks = 120
		burst   = 12 // accounts that an attack tries; it is told at the tenth
	)
	log := slog.New(slog.DiscardHandler)
	brokers, _ := benchBroker(b, 0)
	cfg := benchConfig(b, brokers, "latency")
	secret := "whsec_" + base64.StdEncoding.EncodeToString([]byte(rand.Text()+"01234567"))
	var mu sync.Mutex
	arrived := map[string]time.Time{}
	siem, err := receivers.NewSIEM(receivers.SIEMOptions{Secrets: []string{secret}, OnDelivery: func(d receivers.Delivery) {
		var in struct {
			Data schemas.Alert `json:"data"`
		}
		if err := json.Unmarshal(d.Body, &in); err != nil {
			b.Error(err)
		}
		if in.Data.State == schemas.AlertOpen {
			mu.Lock()
			arrived[in.Data.Entity.Name] = d.Arrived
			mu.Unlock()
		}
	}})
	require.NoError(b, err)
	defer siem.Close()
	cfg.Alerting.Sinks = []alerting.SinkConfig{{Name: "siem", Kind: "webhook", OnStorm: "delay", PerMinute: 100_000,
		Options: map[string]any{"url": siem.URL(), "secrets": []string{secret}}}}
	source, err := kafka.New(cfg.Kafka, log, prometheus.NewRegistry())
	require.NoError(b, err)
	s, err := NewService(cfg, Options{Source: source, Group: "latency", Logger: log, Metrics: prometheus.NewRegistry()})
	require.NoError(b, err)
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()

	w := benchWriter(b, brokers)
	loadCtx, stopLoad := context.WithCancel(b.Context())
	loaded := make(chan struct{})
	go func() {
		defer close(loaded)
		fleetCfg := simulate.Default(5, time.Now(), 0, 0)
		fleetCfg.Plants, fleetCfg.Rate = nil, load
		fleet, err := simulate.New(fleetCfg)
		if err == nil {
			_, _ = simulate.Produce(loadCtx, benchLoad{benchWriter(b, brokers)}, fleet, simulate.Pace{Speed: 1})
		}
	}()
	time.Sleep(3 * time.Second) // the service has joined and the load is steady
	sent := map[string]time.Time{}
	for i := range attacks {
		ip := netip.AddrFrom4([4]byte{203, 0, 113, byte(i + 1)})
		var ms [][]byte
		for n := range burst {
			ms = append(ms, fmt.Appendf(nil, `{"time":%q,"ip":%q,"method":"POST","path":"/login","status":401,"user":"user-%d","request_id":"%d-%d"}`,
				time.Now().UTC().Format(time.RFC3339Nano), ip, n, i, n))
		}
		require.NoError(b, write(b.Context(), w, ms))
		sent[s.Keys.Address(ip).String()] = time.Now()
		time.Sleep(100 * time.Millisecond)
	}
	deadline := time.Now().Add(10 * time.Second)
	var took []time.Duration
	for len(took) < attacks && time.Now().Before(deadline) {
		time.Sleep(50 * time.Millisecond)
		took = took[:0]
		mu.Lock()
		for name, at := range sent {
			if got, ok := arrived[name]; ok {
				took = append(took, got.Sub(at))
			}
		}
		mu.Unlock()
	}
	stopLoad()
	<-loaded
	cancel()
	require.NoError(b, <-done)
	require.NoError(b, s.Close())
	require.Len(b, took, attacks, "every attack was told")
	sort.Slice(took, func(i, j int) bool { return took[i] < took[j] })
	b.ReportMetric(float64(took[len(took)/2].Milliseconds()), "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Milliseconds()), "p99-ms")
	b.ReportMetric(0, "ns/op")
}

// benchLoad lets a fleet write to a topic, by a connection of its own.
type benchLoad struct{ w *kafka.Writer }

func (l benchLoad) Write(ctx context.Context, ms [][]byte) error { return write(ctx, l.w, ms) }

// write sends messages with null keys, as Filebeat does.
func write(ctx context.Context, w *kafka.Writer, batch [][]byte) error {
	messages := make([]kafka.Message, len(batch))
	for i := range batch {
		messages[i].Value = batch[i]
	}
	return w.Write(ctx, messages)
}
