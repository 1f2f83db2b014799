package app

import (
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
)

func newDetection(t *testing.T, keys *redact.Keys) *Detection {
	t.Helper()
	d, err := OpenDetection(DefaultConfig(), keys, true, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	require.NoError(t, err)
	t.Cleanup(d.Close)
	return d
}

// TestDetectionRestoresAll: the rejects that the first one counted and the
// callers that it knows are there after a restart.
func TestDetectionRestoresAll(t *testing.T) {
	from := func(string, int32) int64 { return 0 }
	part := &schemas.Part{Range: schemas.Range{Topic: "t", Next: 40}}
	for o := range int64(20) {
		at := schemas.Position{Topic: "t", Offset: o}
		part.Rejects = append(part.Rejects, schemas.Reject{Position: at, Stage: "decode", Reason: "no_time", Format: "kong"})
		at.Offset += 20
		part.Events = append(part.Events, schemas.Event{Position: at, Format: "kong", Time: time.Now().UnixNano(), Principal: "p"})
	}
	keys, err := redact.GenerateKeys()
	require.NoError(t, err)
	first := newDetection(t, keys)
	_, err = first.Observe(&schemas.Batch{Parts: []*schemas.Part{part}}, from)
	require.NoError(t, err)
	snapshot, err := first.Snapshot()
	require.NoError(t, err)

	next := newDetection(t, keys)
	require.NoError(t, next.Restore(snapshot))
	require.Equal(t, first.Seen(), next.Seen())
	findings := next.Flush()
	require.Len(t, findings, 1)
	require.Equal(t, "feed.rejects", findings[0].Detector)

	engineOnly, err := first.Engine.Snapshot()
	require.NoError(t, err)
	for _, other := range [][]byte{nil, {1, 2}, engineOnly, snapshot[:len(snapshot)/2]} {
		require.Error(t, newDetection(t, keys).Restore(other))
	}
}
