package app

import (
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/detectors/engine"
	"github.com/gatehound/gatehound/detectors/feed"
	"github.com/gatehound/gatehound/schemas"
)

func newWatching(t *testing.T) *watching {
	t.Helper()
	watchers, err := DefaultConfig().Detectors.Watchers()
	require.NoError(t, err)
	e, err := engine.New(engine.Settings{Config: engine.DefaultConfig(), Log: slog.New(slog.DiscardHandler)}, watchers, prometheus.NewRegistry())
	require.NoError(t, err)
	t.Cleanup(e.Close)
	sources, err := feed.New(feed.DefaultConfig(), "events", true)
	require.NoError(t, err)
	return &watching{e, sources}
}

// TestWatchingRestoresBoth: the rejects that the first one counted and the
// callers that it knows are there after a restart.
func TestWatchingRestoresBoth(t *testing.T) {
	from := func(string, int32) int64 { return 0 }
	part := &schemas.Part{Range: schemas.Range{Topic: "t", Next: 40}}
	for o := range int64(20) {
		at := schemas.Position{Topic: "t", Offset: o}
		part.Rejects = append(part.Rejects, schemas.Reject{Position: at, Stage: "decode", Reason: "no_time", Format: "kong"})
		at.Offset += 20
		part.Events = append(part.Events, schemas.Event{Position: at, Format: "kong", Time: time.Now().UnixNano(), Principal: "p"})
	}
	first := newWatching(t)
	_, err := first.Observe(&schemas.Batch{Parts: []*schemas.Part{part}}, from)
	require.NoError(t, err)
	snapshot, err := first.Snapshot()
	require.NoError(t, err)

	next := newWatching(t)
	require.NoError(t, next.Restore(snapshot))
	require.Equal(t, first.Seen(), next.Seen())
	findings := next.Flush()
	require.Len(t, findings, 1)
	require.Equal(t, "feed.rejects", findings[0].Detector)

	engineOnly, err := first.Engine.Snapshot()
	require.NoError(t, err)
	for _, other := range [][]byte{nil, {1, 2}, engineOnly, snapshot[:len(snapshot)/2]} {
		require.Error(t, newWatching(t).Restore(other))
	}
}
