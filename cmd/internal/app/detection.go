package app

import (
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/cmd/internal/pipeline"
	"github.com/gatehound/gatehound/detectors/engine"
	"github.com/gatehound/gatehound/detectors/feed"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
)

// Detection is what batches are shown to: the engine with the detectors of
// callers, and the monitor of the sources.
type Detection struct {
	*engine.Engine
	feed *feed.Monitor
}

var _ pipeline.Engine = (*Detection)(nil)

// OpenDetection makes what cfg asks for. With live the sources may fall silent,
// which in a replay they do at its end. log and reg may be nil. Close ends it.
func OpenDetection(cfg *Config, keys *redact.Keys, live bool, log *slog.Logger, reg prometheus.Registerer) (*Detection, error) {
	watchers, err := cfg.Detectors.Watchers()
	if err != nil {
		return nil, fmt.Errorf("detectors: %w", err)
	}
	sources, err := feed.New(cfg.Feed, eventsTable, live)
	if err != nil {
		return nil, fmt.Errorf("feed: %w", err)
	}
	settings := engine.Settings{Config: cfg.Engine, EntityKey: keys.EntityKey(), Table: eventsTable, Log: log}
	e, err := engine.New(settings, watchers, reg)
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	return &Detection{e, sources}, nil
}

// eventsTable is what the findings' queries read.
const eventsTable = "events"

// Reload puts the thresholds and exceptions of cfg in force.
func (d *Detection) Reload(cfg *Config) error {
	watchers, err := cfg.Detectors.Watchers()
	if err != nil {
		return fmt.Errorf("detectors: %w", err)
	}
	return errors.Join(d.Engine.Replace(watchers), d.Engine.Reload(cfg.Engine.Allow))
}

// Observe shows a batch to both.
func (d *Detection) Observe(b *schemas.Batch, from func(topic string, partition int32) int64) ([]schemas.Finding, error) {
	findings, err := d.Engine.Observe(b, from)
	return append(findings, d.feed.Observe(b, from, time.Now())...), err
}

// Idle tells the monitor the time; the engine goes by event time only.
func (d *Detection) Idle(now time.Time) []schemas.Finding { return d.feed.Idle(now) }

// Flush closes the windows of both.
func (d *Detection) Flush() []schemas.Finding { return append(d.Engine.Flush(), d.feed.Flush()...) }

// Snapshot is the length of the engine's snapshot, that, and the monitor's.
func (d *Detection) Snapshot() ([]byte, error) {
	state, err := d.Engine.Snapshot()
	if err != nil {
		return nil, err
	}
	sources, err := d.feed.Snapshot()
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, 8+len(state)+len(sources))
	out = binary.BigEndian.AppendUint64(out, uint64(len(state)))
	return append(append(out, state...), sources...), nil
}

// Restore gives both their parts. The monitor's is worth less: without it the
// sources are learnt anew.
func (d *Detection) Restore(snapshot []byte) error {
	if len(snapshot) < 8 {
		return errors.New("the snapshot is cut off")
	}
	n := binary.BigEndian.Uint64(snapshot)
	if snapshot = snapshot[8:]; n > uint64(len(snapshot)) {
		return errors.New("the snapshot is cut off, or of an older version")
	}
	if err := d.Engine.Restore(snapshot[:n]); err != nil {
		return err
	}
	return d.feed.Restore(snapshot[n:])
}
