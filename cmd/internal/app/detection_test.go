package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
)

// manyCalls is a rule of a user's own: 30 requests of one principal.
const manyCalls = `title: Call
name: call
logsource: {product: gatehound, service: access}
detection:
  all: {format: kong}
  condition: all
---
title: Many calls
correlation:
  type: event_count
  rules: [call]
  group-by: [principal]
  timespan: 1h
  condition: {gte: 30}
level: high
`

func newDetection(t *testing.T, keys *redact.Keys, rules string) *Detection {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Rules.Paths = []string{rules}
	d, err := OpenDetection(cfg, keys, true, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	require.NoError(t, err)
	t.Cleanup(d.Close)
	return d
}

// calls is a batch of twenty events and as many rejects.
func calls(first int64) *schemas.Batch {
	part := &schemas.Part{Range: schemas.Range{Topic: "t", First: first, Next: first + 40}}
	for o := range int64(20) {
		at := schemas.Position{Topic: "t", Offset: first + o}
		part.Rejects = append(part.Rejects, schemas.Reject{Position: at, Stage: "decode", Reason: "no_time", Format: "kong"})
		at.Offset += 20
		part.Events = append(part.Events, schemas.Event{Position: at, Format: "kong", Time: time.Now().UnixNano(), Principal: "p"})
	}
	return &schemas.Batch{Parts: []*schemas.Part{part}}
}

// TestDetectionRestoresAll: the rejects and the calls that the first one counted,
// and the callers that it knows, are there after a restart.
func TestDetectionRestoresAll(t *testing.T) {
	from := func(string, int32) int64 { return 0 }
	rules := filepath.Join(t.TempDir(), "calls.yml")
	require.NoError(t, os.WriteFile(rules, []byte(manyCalls), 0o600))
	keys, err := redact.GenerateKeys()
	require.NoError(t, err)
	first := newDetection(t, keys, rules)
	none, err := first.Observe(calls(0), from)
	require.NoError(t, err)
	require.Empty(t, none)
	snapshot, err := first.Snapshot()
	require.NoError(t, err)

	next := newDetection(t, keys, rules)
	require.NoError(t, next.Restore(snapshot))
	require.Equal(t, first.Seen(), next.Seen())
	findings, err := next.Observe(calls(40), next.Next) // which moves on meanwhile
	require.NoError(t, err)
	var told []string
	for _, f := range append(findings, next.Flush()...) {
		told = append(told, f.Detector)
	}
	require.Equal(t, []string{"rules.many_calls", "feed.rejects"}, told)

	engineOnly, err := first.Engine.Snapshot()
	require.NoError(t, err)
	for _, other := range [][]byte{nil, {1, 2}, engineOnly, snapshot[:len(snapshot)/2]} {
		require.Error(t, newDetection(t, keys, rules).Restore(other))
	}
}
