package lifecycle

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestRunStopsTheLastFirst and tells what went wrong by its name.
func TestRunStopsTheLastFirst(t *testing.T) {
	s := Stack{Log: slog.New(slog.DiscardHandler)}
	var order []string
	for _, name := range []string{"store", "pipeline", "source"} {
		s.Closes(name, func() error {
			order = append(order, name)
			if name == "pipeline" {
				return errors.New("broken pipe")
			}
			return nil
		})
	}
	require.EqualError(t, s.Run(), "stop pipeline: broken pipe")
	require.True(t, slices.Equal(order, []string{"source", "pipeline", "store"}), "%q", order)
	require.NoError(t, s.Run(), "what was stopped is not stopped again")
	require.Len(t, order, 3)
}

// TestAStopThatHangsIsBounded: those below it are stopped all the same.
func TestAStopThatHangsIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := Stack{Log: slog.New(slog.DiscardHandler)}
		below := false
		s.Closes("store", func() error { below = true; return nil })
		release := make(chan struct{})
		s.Push("sink", func(ctx context.Context) error {
			<-ctx.Done()
			<-release
			return nil
		})
		from := time.Now()
		require.EqualError(t, s.Run(), "stop sink: not done after 30s")
		require.Equal(t, stopTimeout, time.Since(from))
		require.True(t, below)
		close(release)
	})
}
