// Package partition reads one partition of a topic as chunks, over connections
// that break, from leaders that move, past records that cannot be read.
package partition

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/segmentio/kafka-go"

	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/ingest/kafka/internal/broker"
)

// poisonAttempts is how often, each time over a new connection, a place of the
// log must prove unreadable before it is passed over.
const poisonAttempts = 3

// ErrGone is the error of a range that the log does not hold (any more).
var ErrGone = errors.New("range is gone from the log")

var errStalled = errors.New("no progress")

// LogEvery is the least time between two warnings of one thing that is tried
// again and again.
const LogEvery = 30 * time.Second

// Settings of a Reader, as in the source's Config.
type Settings struct {
	MinBytes, MaxBytes, MaxMessageBytes int
	MaxWait, Timeout, Watchdog          time.Duration
}

// State is what others may watch of a Reader: the log's first offset and the
// one after its last, and the next offset to read.
type State struct{ Start, End, Position atomic.Int64 }

// Reader reads one partition forward, over one connection after another. The
// exported fields are set before Run and not changed after.
type Reader struct {
	Dialer    *broker.Dialer
	Settings  Settings
	Partition broker.Partition
	Log       *slog.Logger
	Metrics   *Metrics
	State     *State
	// Until is the offset to stop before; math.MaxInt64 for never.
	Until int64
	// Moved, if not nil, is called when the position was not in the log, with
	// the one to go on at.
	Moved func(offset int64)

	// off is the next offset to read, covered the end of what the chunks handed
	// on so far cover, end the log's end as of the last fetch.
	off, covered, end int64
	conn              *kafka.Conn
	// whole makes the next fetch read message by message into memory of their
	// own: one of them does not fit a slab.
	whole           bool
	slab            *slab
	messages, bytes prometheus.Counter
}

// Emit hands a chunk on. It may block for as long as the pipeline is full.
type Emit func(*ingest.Chunk) error

// handlerError marks an error as that of the function that takes the chunks.
type handlerError struct{ error }

// Run reads from an offset on until ctx is done or Until is reached. It redials
// by itself: its errors are those of out, and ErrGone if Until is set and the
// log does not reach there.
func (r *Reader) Run(ctx context.Context, from int64, out Emit) error {
	r.off, r.covered = from, from
	r.messages, r.bytes = r.Metrics.of(r.Partition)
	defer r.hangUp()
	var (
		failures, poison int
		logged           time.Time
		progress         = time.Now()
	)
	for ctx.Err() == nil && r.off < r.Until {
		before := r.off
		err := r.step(ctx, out)
		if h, ok := err.(*handlerError); ok {
			if ctx.Err() != nil {
				return nil
			}
			return h.error
		}
		if ctx.Err() != nil {
			return nil
		}
		r.State.Position.Store(r.off)
		if r.off != before {
			failures, poison, progress = 0, 0, time.Now()
		}
		if err == nil {
			if time.Since(progress) >= r.Settings.Watchdog {
				r.restart(ctx)
				progress = time.Now()
			}
			continue
		}
		r.hangUp()
		r.Metrics.Redials.Inc()
		switch {
		case errors.Is(err, kafka.OffsetOutOfRange):
			if r.Until != math.MaxInt64 {
				return ErrGone
			}
			err = r.reset(ctx)
		case errors.As(err, new(*poisonError)):
			if poison++; poison >= poisonAttempts {
				err = r.pass(ctx, out)
				if h, ok := err.(*handlerError); ok && ctx.Err() == nil {
					return h.error
				}
				poison = 0
			}
		}
		if err == nil {
			continue
		}
		if time.Since(logged) > LogEvery && ctx.Err() == nil {
			r.Log.Warn("reading a partition failed, will be tried again", "topic", r.Partition.Topic, "partition", r.Partition.ID, "offset", r.off, "error", err)
			logged = time.Now()
		}
		_ = Sleep(ctx, Backoff(failures))
		failures++
	}
	return nil
}

// step makes one fetch, over the connection that is there or a new one.
func (r *Reader) step(ctx context.Context, out Emit) error {
	if r.conn == nil {
		c, err := r.Dialer.Leader(ctx, r.Partition.Topic, int(r.Partition.ID))
		if err != nil {
			return err
		}
		r.conn = c
	}
	conn := r.conn
	// Close would wait for the end of a long poll otherwise.
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	return r.fetch(out)
}

func (r *Reader) hangUp() {
	if r.conn != nil {
		r.conn.Close()
		r.conn = nil
	}
}

// restart dials anew a partition that stands still: a leader that was cut off
// goes on answering that there is nothing new. It counts as a reset if the new
// connection shows that the log did go on.
func (r *Reader) restart(ctx context.Context) {
	r.hangUp()
	at, err := r.span(ctx)
	if err != nil {
		return // the next step dials, and tells
	}
	if at.End > r.off {
		r.Metrics.Watchdog.Inc()
		r.Log.Warn("a partition stood still while its log went on, its leader was dialled anew",
			"topic", r.Partition.Topic, "partition", r.Partition.ID, "offset", r.off, "log_end", at.End)
	}
}

// reset moves a position that the log does not hold.
func (r *Reader) reset(ctx context.Context) error {
	at, err := r.span(ctx)
	if err != nil {
		return err
	}
	off := r.Metrics.Within(r.Log, r.Partition, r.off, at)
	if off == r.off {
		return fmt.Errorf("offset %d of %s/%d: %w", off, r.Partition.Topic, r.Partition.ID, kafka.OffsetOutOfRange)
	}
	r.off, r.covered = off, off
	if r.Moved != nil {
		r.Moved(off)
	}
	return nil
}

// span asks the leader for the log's span.
func (r *Reader) span(ctx context.Context) (broker.Span, error) {
	at, err := r.Dialer.Spans(ctx, map[string][]int{r.Partition.Topic: {int(r.Partition.ID)}})
	if err != nil {
		return broker.Span{}, err
	}
	s := at[r.Partition]
	r.State.Start.Store(s.Start)
	r.State.End.Store(s.End)
	return s, nil
}
