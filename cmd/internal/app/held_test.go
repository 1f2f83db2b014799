package app

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/schemas"
)

func TestHeldNotificationsComeByEventTime(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	keep := &keepingSink{}
	h := &heldSink{Sink: keep}
	for _, a := range []schemas.Alert{
		{ID: "c", LastSeen: at(3), Severity: schemas.SeverityCritical},
		{ID: "a", LastSeen: at(1), Sequence: 1},
		{ID: "b", LastSeen: at(1), Sequence: 3, State: schemas.AlertUpdated},
		{ID: "b", LastSeen: at(1), Sequence: 2, State: schemas.AlertUpdated},
		{ID: "b", LastSeen: at(1), Sequence: 1},
	} {
		_, err := h.Notify(t.Context(), &a, "", "")
		require.NoError(t, err)
	}
	require.Empty(t, keep.got, "the batch is not done")
	require.NoError(t, h.release(t.Context()))
	var got []string
	for _, a := range keep.got {
		got = append(got, a.ID+string(rune('0'+a.Sequence)))
	}
	require.Equal(t, []string{"a1", "b1", "b3", "c0"}, got, "the update that another made needless is left out")
}

func TestASinkThatFailsEndsTheReplayWithItsError(t *testing.T) {
	full := errors.New("full")
	h := &heldSink{Sink: failingSink{err: full}}
	_, err := h.Notify(t.Context(), &schemas.Alert{ID: "a"}, "", "")
	require.NoError(t, err)
	require.ErrorIs(t, h.release(t.Context()), full)
}

// failingSink takes nothing.
type failingSink struct {
	alerting.Sink
	err error
}

func (f failingSink) Notify(context.Context, *schemas.Alert, string, alerting.Ref) (alerting.Ref, error) {
	return "", f.err
}
