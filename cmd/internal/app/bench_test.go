package app

import (
	"fmt"
	"log/slog"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/simulate"
	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/detectors/engine"
	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
)

// benchChunks renders a fleet of one format as chunks of messages, and returns
// how many messages and how long they are on average.
func benchChunks(tb testing.TB, f gateway.Format, count int) (chunks []*ingest.Chunk, events, mean int) {
	cfg := simulate.Default(7, time.Now().Add(-time.Hour).Truncate(time.Second), 0, time.Hour)
	cfg.Formats, cfg.Filebeat, cfg.Plants, cfg.Rate = []gateway.Format{f}, 0, nil, 200
	fleet, err := simulate.New(cfg)
	require.NoError(tb, err)
	bytes := 0
	for offset := int64(0); events < count; {
		c := &ingest.Chunk{Topic: "bench", First: offset}
		for len(c.Ends) < 1400 && events < count {
			r, ok := fleet.Next()
			if !ok {
				break
			}
			c.Slab = r.AppendTo(c.Slab)
			c.Ends, c.Offsets = append(c.Ends, len(c.Slab)), append(c.Offsets, offset)
			offset++
			events++
		}
		c.Next = offset
		bytes += len(c.Slab)
		chunks = append(chunks, c)
		if len(c.Ends) == 0 {
			break
		}
	}
	return chunks, events, bytes / events
}

// cpuTime is the processor time of the whole process, user and system.
func cpuTime(tb testing.TB) time.Duration {
	var u syscall.Rusage
	require.NoError(tb, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkIngestAndDetect is the per-event path: decode, redact, enrich and all
// detectors, on one thread.
func BenchmarkIngestAndDetect(b *testing.B) {
	for _, f := range []gateway.Format{gateway.NginxJSON, gateway.NginxCombined, gateway.Envoy, gateway.Kong, gateway.LiteLLM, gateway.App} {
		for _, detect := range []bool{false, true} {
			name := fmt.Sprintf("%s/detect=%v", f, detect)
			b.Run(name, func(b *testing.B) { benchPath(b, f, detect) })
		}
	}
}

func benchPath(b *testing.B, f gateway.Format, detect bool) {
	chunks, events, mean := benchChunks(b, f, 50_000)
	cfg := DefaultConfig()
	cfg.Engine.Workers = 1
	keys, err := redact.GenerateKeys()
	require.NoError(b, err)
	n, err := NewNormalizer(cfg, keys, slog.New(slog.DiscardHandler))
	require.NoError(b, err)
	watchers, err := cfg.Detectors.Watchers()
	require.NoError(b, err)
	e, err := engine.New(engine.Settings{Config: cfg.Engine, EntityKey: keys.EntityKey(), Log: slog.New(slog.DiscardHandler)}, watchers, nil)
	require.NoError(b, err)
	defer e.Close()
	var later int64 // each round is later than the one before
	round := func() {
		batch := &schemas.Batch{}
		defer func() { later += int64(time.Hour) }()
		for _, c := range chunks {
			part := n.Normalize(c)
			if len(part.Rejects) > 0 {
				b.Fatalf("rejected: %s", part.Rejects[0].Reason)
			}
			for i := range part.Events {
				part.Events[i].Time += later
			}
			batch.Parts = append(batch.Parts, part)
		}
		if detect {
			if _, err := e.Observe(batch, nil); err != nil {
				b.Fatal(err)
			}
		}
	}
	round()
	b.ReportAllocs()
	b.ResetTimer()
	cpu := cpuTime(b)
	rounds := 0
	for b.Loop() {
		round()
		rounds++
	}
	spent := cpuTime(b) - cpu
	n2 := float64(rounds * events)
	b.ReportMetric(n2/spent.Seconds(), "events/cpu-s")
	b.ReportMetric(float64(spent.Nanoseconds())/n2, "cpu-ns/event")
	b.ReportMetric(float64(mean), "bytes/line")
}
