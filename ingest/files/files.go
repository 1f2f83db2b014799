// Package files reads log files as chunks of raw lines: plain, gzip or zstd,
// from paths, patterns or standard input.
//
// A file is a partition: its topic is its name, its partition its place in the
// list, an offset is a line's number from 0. Empty lines have an offset and are
// not handed on. The handler is driven as by any source: Assigned once for all
// files, Chunk from one goroutine a file, Revoked once at the end. Back-pressure
// is the handler blocking.
//
// The package decodes nothing and starts nothing before Run. It does not follow
// files that grow: that is the work of a shipper such as Filebeat, through
// Kafka.
package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/schemas"
)

// drainTimeout bounds the last Revoked once the context of Run is done.
const drainTimeout = 30 * time.Second

// ErrGone is the error of a range that the files do not hold.
var ErrGone = errors.New("range is gone from the file")

// Source reads a list of files. Run may be called once; the other methods are
// safe for concurrent use.
type Source struct {
	cfg     Config
	log     *slog.Logger
	metrics *metrics
	files   []file
	stdin   io.Reader
	// done counts the bytes read so far, as they are in the files.
	done atomic.Int64
}

// New validates cfg, expands its patterns and looks up the files' sizes. It
// opens none of them.
func New(cfg Config, log *slog.Logger, reg prometheus.Registerer) (*Source, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	fs, err := expand(cfg.Paths)
	if err != nil {
		return nil, err
	}
	return &Source{cfg: cfg, log: log, metrics: newMetrics(reg), files: fs, stdin: os.Stdin}, nil
}

// Progress returns how many bytes of the files, as they are on disk, have been
// read and how many there are; total is 0 if standard input is among them. It
// does not say what of it the handler is done with.
func (s *Source) Progress() (done, total int64) {
	for _, f := range s.files {
		if f.path == stdinPath {
			return s.done.Load(), 0
		}
		total += f.size
	}
	return s.done.Load(), total
}

// Run reads all files and returns when the handler has drained. A file that
// cannot be read, or whose compression is broken, does not keep the others from
// being read: its error is returned at the end. If ctx is done, Run stops
// reading, gives the handler 30 seconds to drain and returns no error for that.
func (s *Source) Run(ctx context.Context, h ingest.Handler) error {
	as := make([]ingest.Assignment, len(s.files))
	for i, f := range s.files {
		as[i] = ingest.Assignment{Topic: f.topic, Partition: f.partition}
	}
	starts, err := h.Assigned(ctx, as)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("take over %d files: %w", len(as), err)
	}
	if len(starts) != len(as) {
		return fmt.Errorf("take over %d files: the handler gave %d offsets", len(as), len(starts))
	}
	rctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	errs := make([]error, len(s.files))
	var readers sync.WaitGroup
	slots := make(chan struct{}, s.cfg.Parallel)
	for i, f := range s.files {
		slots <- struct{}{}
		readers.Go(func() {
			defer func() { <-slots }()
			if rctx.Err() != nil {
				return
			}
			err := s.read(rctx, f, starts[i], func(c *ingest.Chunk) error {
				if err := h.Chunk(rctx, c); err != nil {
					stop(&handlerError{err})
					return err
				}
				return nil
			})
			if err != nil && rctx.Err() == nil {
				s.metrics.errors.Inc()
				s.log.Error("reading a file failed, what came before is kept", "path", f.path, "error", err)
				errs[i] = err
			}
			s.metrics.files.Inc()
		})
	}
	readers.Wait()

	dctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		t := time.AfterFunc(drainTimeout, cancel)
		context.AfterFunc(dctx, func() { t.Stop() })
	})()
	h.Revoked(dctx, as)
	if herr, ok := context.Cause(rctx).(*handlerError); ok && ctx.Err() == nil {
		return herr.error
	}
	return errors.Join(errs...)
}

// handlerError marks what ended the reading as the handler's error.
type handlerError struct{ error }

// Commit notes nothing: files have no offsets to commit. It is there so that a
// pipeline drives every source alike.
func (s *Source) Commit(context.Context, []schemas.Range) error { return nil }

// ReadRange reads exactly the lines of a range, and calls fn with chunks that
// cover them. Its error is fn's, ctx's, or ErrGone if the file does not have
// them, or is standard input.
func (s *Source) ReadRange(ctx context.Context, rg schemas.Range, fn func(*ingest.Chunk) error) error {
	if rg.Partition < 0 || int(rg.Partition) >= len(s.files) || s.files[rg.Partition].topic != rg.Topic ||
		s.files[rg.Partition].path == stdinPath || rg.First < 0 || rg.Next < rg.First {
		return fmt.Errorf("read %s/%d from %d to %d: %w", rg.Topic, rg.Partition, rg.First, rg.Next, ErrGone)
	}
	f := s.files[rg.Partition]
	r, err := os.Open(f.path)
	if err != nil {
		return fmt.Errorf("read %s/%d from %d to %d: %w", rg.Topic, rg.Partition, rg.First, rg.Next, err)
	}
	defer r.Close()
	next, err := s.chunks(ctx, f, r, rg.First, rg.Next, fn)
	if err == nil && next < rg.Next {
		err = ErrGone
	}
	if err != nil {
		return fmt.Errorf("read %s/%d from %d to %d: %w", rg.Topic, rg.Partition, rg.First, rg.Next, err)
	}
	return nil
}
