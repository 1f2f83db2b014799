package app

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/gatehound/gatehound/cmd/internal/pipeline"
	"github.com/gatehound/gatehound/detectors/engine"
	"github.com/gatehound/gatehound/detectors/feed"
	"github.com/gatehound/gatehound/schemas"
)

// watching is what the pipeline shows its batches to: the engine with the
// detectors of callers, and the monitor of the sources.
type watching struct {
	*engine.Engine
	feed *feed.Monitor
}

var _ pipeline.Engine = (*watching)(nil)

// Observe shows a batch to both.
func (w *watching) Observe(b *schemas.Batch, from func(topic string, partition int32) int64) ([]schemas.Finding, error) {
	findings, err := w.Engine.Observe(b, from)
	return append(findings, w.feed.Observe(b, from, time.Now())...), err
}

// Idle tells the monitor the time; the engine goes by event time only.
func (w *watching) Idle(now time.Time) []schemas.Finding { return w.feed.Idle(now) }

// Flush closes the windows of both.
func (w *watching) Flush() []schemas.Finding { return append(w.Engine.Flush(), w.feed.Flush()...) }

// Snapshot is the length of the engine's snapshot, that, and the monitor's.
func (w *watching) Snapshot() ([]byte, error) {
	state, err := w.Engine.Snapshot()
	if err != nil {
		return nil, err
	}
	sources, err := w.feed.Snapshot()
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, 8+len(state)+len(sources))
	out = binary.BigEndian.AppendUint64(out, uint64(len(state)))
	return append(append(out, state...), sources...), nil
}

// Restore gives both their parts. The monitor's is worth less: without it the
// sources are learnt anew.
func (w *watching) Restore(snapshot []byte) error {
	if len(snapshot) < 8 {
		return errors.New("the snapshot is cut off")
	}
	n := binary.BigEndian.Uint64(snapshot)
	if snapshot = snapshot[8:]; n > uint64(len(snapshot)) {
		return errors.New("the snapshot is cut off, or of an older version")
	}
	if err := w.Engine.Restore(snapshot[:n]); err != nil {
		return err
	}
	return w.feed.Restore(snapshot[n:])
}
