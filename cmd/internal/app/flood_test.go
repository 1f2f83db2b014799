package app

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/detectors/engine"
	"github.com/gatehound/gatehound/schemas"
)

// statesOf returns a metric of the states by detector.
func statesOf(t *testing.T, r *prometheus.Registry, name string) map[string]float64 {
	t.Helper()
	families, err := r.Gather()
	require.NoError(t, err)
	out := map[string]float64{}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if l.GetName() == "detector" {
					out[l.GetValue()] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
				}
			}
		}
	}
	return out
}

// TestFloodOfKeysEvictsNoBaseline fills an engine of an eighth of the default memory
// with callers that have two days of history, as many as an eighth of 50,000, and
// then with throw-away keys: 400,000 that come once and 100,000 that come six times,
// so that they earn states. No detector may lose what it knows of the callers.
func TestFloodOfKeysEvictsNoBaseline(t *testing.T) {
	const callers, each, batchOf = 6250, 60, 10_000
	cfg := DefaultConfig()
	cfg.Engine.Memory /= 8
	watchers, err := cfg.Detectors.Watchers()
	require.NoError(t, err)
	registry := prometheus.NewRegistry()
	e, err := engine.New(engine.Settings{Config: cfg.Engine, Log: slog.New(slog.DiscardHandler)}, watchers, registry)
	require.NoError(t, err)
	defer e.Close()
	part := &schemas.Part{Range: schemas.Range{Topic: "t"}}
	at, offset := time.Date(2026, 5, 1, 10, 0, 0, 0, time.UTC).UnixNano(), int64(0)
	feed := func(count int, over time.Duration, name func(i int) string) {
		for i := range count {
			at += int64(over) / int64(count)
			who := name(i)
			part.Events = append(part.Events, schemas.Event{
				Position: schemas.Position{Topic: "t", Offset: offset}, Time: at, Method: "POST", Route: "/v1/chat/completions",
				Operation: "chat", Provider: "p", Model: "m", Known: schemas.HasStatus | schemas.HasInputTokens | schemas.HasOutputTokens,
				Status: 200, InputTokens: 300, OutputTokens: 200, Auth: schemas.AuthSuccess, Principal: who, Credential: who,
			})
			if offset++; len(part.Events) < batchOf && i < count-1 {
				continue
			}
			part.Range.Next = offset
			_, err := e.Observe(&schemas.Batch{Parts: []*schemas.Part{part}}, nil)
			require.NoError(t, err)
			part.Events = part.Events[:0]
		}
	}
	feed(callers*each, 48*time.Hour, func(i int) string { return fmt.Sprintf("h1:k1:caller%016d", i%callers) })
	const evicted = "gatehound_detectors_evicted_entities_total"
	known, before := statesOf(t, registry, "gatehound_detectors_state_entities"), statesOf(t, registry, evicted)
	feed(1_000_000, 20*time.Minute, func(i int) string {
		if i%10 < 6 {
			return fmt.Sprintf("h1:k1:six%019d", i/10)
		}
		return fmt.Sprintf("h1:k1:once%018d", i)
	})
	after := statesOf(t, registry, evicted)
	for _, id := range []string{"campaign.principal", "extraction.principal", "keyabuse.principal", "rate.principal", "spend.principal"} {
		n := known[id]
		require.Greater(t, n, 1000.0, id)
		require.Contains(t, after, id)
		require.LessOrEqual(t, after[id]-before[id], n/100, id)
		t.Logf("%s: %v states, %v of them evicted", id, n, after[id]-before[id])
	}
}
