package pipeline

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestSnapshotIsPutOffForCorrelators: but not for ever, or a crash would cost
// hours.
func TestSnapshotIsPutOffForCorrelators(t *testing.T) {
	e := &countEngine{}
	p := &Pipeline{parts: Parts{Engine: e}, set: Settings{CheckpointEvery: time.Minute}}
	require.False(t, p.due(59*time.Second))
	require.True(t, p.due(time.Minute))
	e.correlating = true
	require.False(t, p.due(9*time.Minute))
	require.True(t, p.due(10*time.Minute))
}
