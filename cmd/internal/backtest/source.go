package backtest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/cmd/internal/pipeline"
	"github.com/gatehound/gatehound/ingest/files"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse"
)

// Source gives the events of the past, in the order in which they came.
type Source interface {
	// Each calls take with one batch after another, until there are no more, ctx
	// is done or take returns an error. It can be called again, for another
	// pass. The batches are take's only until it returns.
	Each(ctx context.Context, take func(*schemas.Batch) error) error
	// Progress is how far Each is, and of how much; the latter is 0 if it is not
	// known. It may be called at any time.
	Progress() (done, total int64)
}

// Stored is a stretch of the events in the store.
type Stored struct {
	store   *clickhouse.Store
	history clickhouse.History
	total   int64
	done    atomic.Int64
}

var _ Source = (*Stored)(nil)

// NewStored returns a source of the stored events of a stretch, of which there
// are so many.
func NewStored(store *clickhouse.Store, history clickhouse.History, events int64) *Stored {
	return &Stored{store: store, history: history, total: events}
}

// Each implements Source.
func (s *Stored) Each(ctx context.Context, take func(*schemas.Batch) error) error {
	s.done.Store(0)
	for b, err := range s.store.Events(ctx, s.history) {
		if err != nil {
			return err
		}
		s.done.Add(int64(b.Len()))
		if err := take(b); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// Progress implements Source.
func (s *Stored) Progress() (done, total int64) { return s.done.Load(), s.total }

// Files are logs that go through ingest as replay reads them.
type Files struct {
	cfg    *app.Config
	from   files.Config
	keys   *redact.Keys
	log    *slog.Logger
	source atomic.Pointer[files.Source]
}

var _ Source = (*Files)(nil)

// NewFiles returns a source of log files. Standard input is refused if it is to
// be read again: a caller that calls Each more than once does not allow it.
func NewFiles(cfg *app.Config, from files.Config, keys *redact.Keys, log *slog.Logger) (*Files, error) {
	if _, err := files.New(from, log, prometheus.NewRegistry()); err != nil {
		return nil, err
	}
	return &Files{cfg: cfg, from: from, keys: keys, log: log}, nil
}

// Each implements Source.
func (f *Files) Each(ctx context.Context, take func(*schemas.Batch) error) (err error) {
	reg := prometheus.NewRegistry()
	source, err := files.New(f.from, f.log, reg)
	if err != nil {
		return err
	}
	f.source.Store(source)
	in, err := app.OpenIngest(f.cfg, f.keys, f.log, reg)
	if err != nil {
		return err
	}
	workers := f.cfg.Pipeline.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	p, err := pipeline.New(pipeline.Settings{
		Group: "backtest", Workers: workers,
		BatchEvents: f.cfg.Pipeline.BatchEvents, BatchAge: time.Hour, // as in a replay: batches end by their size alone
		CheckpointEvery: time.Hour, Redeliveries: f.cfg.Pipeline.Redeliveries,
		WriteTimeout: f.cfg.Pipeline.WriteTimeout, StallAfter: f.cfg.Pipeline.StallAfter,
	}, pipeline.Parts{
		Source:      source,
		Normalizers: func() (pipeline.Normalizer, error) { return in.Normalizer() },
		Engine:      taking{take}, Logger: f.log, Metrics: reg,
	})
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	pipeCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
	sourceCtx, stopSource := context.WithCancelCause(ctx)
	defer stopSource(nil)
	go func() {
		err := p.Run(pipeCtx)
		if err != nil {
			stopSource(err)
		}
		done <- err
	}()
	err = source.Run(sourceCtx, p)
	if err == nil && ctx.Err() == nil {
		err = p.Finish(ctx)
	}
	stop()
	if failed := <-done; failed != nil {
		return failed // why the source was stopped
	}
	return errors.Join(err, ctx.Err())
}

// Progress implements Source: bytes.
func (f *Files) Progress() (done, total int64) {
	if s := f.source.Load(); s != nil {
		return s.Progress()
	}
	return 0, 0
}

// taking stands where the pipeline has its detectors.
type taking struct {
	take func(*schemas.Batch) error
}

var _ pipeline.Engine = taking{}

// Observe hands a batch on.
func (t taking) Observe(b *schemas.Batch, _ func(string, int32) int64) ([]schemas.Finding, error) {
	return nil, t.take(b)
}

func (taking) Idle(time.Time) []schemas.Finding { return nil }
func (taking) Ceased() []schemas.Ceased         { return nil }
func (taking) Correlating() bool                { return false }
func (taking) Flush() []schemas.Finding         { return nil }
func (taking) Seen() []schemas.Range            { return nil }
func (taking) Watermark() (time.Time, bool)     { return time.Time{}, false }
func (taking) Fingerprint() string              { return "" }
func (taking) Snapshot() ([]byte, error)        { return nil, nil }
func (taking) Restore([]byte) error             { return nil }

// everything is the from of detectors that have seen nothing.
func everything(string, int32) int64 { return math.MinInt64 }

// Keys returns the key ring of cfg, or one for this process alone if there is
// none yet: a backtest leaves nothing behind.
func Keys(cfg *app.Config) (*redact.Keys, error) {
	keys, err := app.ExistingKeys(cfg)
	if err == nil {
		return keys, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		if keys, err = redact.GenerateKeys(); err == nil {
			return keys, nil
		}
	}
	return nil, fmt.Errorf("keys: %w", err)
}
