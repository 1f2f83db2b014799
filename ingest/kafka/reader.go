package kafka

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/segmentio/kafka-go"

	"github.com/gatehound/gatehound/ingest"
)

// poisonAttempts is how often, each time over a new connection, a place of the
// log must prove unreadable before it is passed over.
const poisonAttempts = 3

var (
	errTopicsChanged = errors.New("the topics that exist have changed")
	errStalled       = errors.New("no progress")
)

// reader reads one partition forward, over one connection after another.
type reader struct {
	*Source
	p    Partition
	acct *account
	// off is the next offset to read, until the one to stop before. covered is
	// the end of what the chunks handed on so far cover.
	off, until, covered int64
	// end is the log's end as of the last fetch.
	end  int64
	conn *kafka.Conn
	// whole makes the next fetch read message by message into memory of their
	// own: one of them does not fit a slab.
	whole bool
	slab  *slab
}

func newReader(s *Source, p Partition, from int64) *reader {
	s.ledger.mu.Lock()
	acct := s.ledger.owned[p]
	s.ledger.mu.Unlock()
	if acct == nil { // ReadRange, outside of the group
		acct = &account{gauges: s.metrics.partition(p)}
	}
	return &reader{Source: s, p: p, acct: acct, off: from, covered: from, until: math.MaxInt64}
}

// emit hands a chunk on. It may block for as long as the pipeline is full.
type emit func(*ingest.Chunk) error

// run reads until ctx is done or, if until is set, until that offset is
// reached. It redials by itself: its errors are the handler's.
func (r *reader) run(ctx context.Context, out emit) error {
	defer r.hangUp()
	var (
		failures, poison int
		logged           time.Time
		progress         = time.Now()
	)
	for ctx.Err() == nil && r.off < r.until {
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
		r.acct.position.Store(r.off)
		if r.off != before {
			failures, poison, progress = 0, 0, time.Now()
		}
		if err == nil {
			if time.Since(progress) >= r.cfg.Watchdog {
				r.restart(ctx)
				progress = time.Now()
			}
			continue
		}
		r.hangUp()
		r.metrics.redials.Inc()
		switch {
		case errors.Is(err, kafka.OffsetOutOfRange):
			if r.until != math.MaxInt64 {
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
		if time.Since(logged) > logEvery && ctx.Err() == nil {
			r.log.Warn("reading a partition failed, will be tried again", "topic", r.p.Topic, "partition", r.p.ID, "offset", r.off, "error", err)
			logged = time.Now()
		}
		_ = sleep(ctx, backoff(failures))
		failures++
	}
	return nil
}

// step makes one fetch, over the connection that is there or a new one.
func (r *reader) step(ctx context.Context, out emit) error {
	if r.conn == nil {
		c, err := r.dialer.leader(ctx, r.p.Topic, int(r.p.ID))
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

func (r *reader) hangUp() {
	if r.conn != nil {
		r.conn.Close()
		r.conn = nil
	}
}

// restart dials anew a partition that stands still: a leader that was cut off
// goes on answering that there is nothing new. It counts as a reset if the new
// connection shows that the log did go on.
func (r *reader) restart(ctx context.Context) {
	r.hangUp()
	at, err := r.span(ctx)
	if err != nil {
		return // the next step dials, and tells
	}
	if at.end > r.off {
		r.metrics.watchdog.Inc()
		r.log.Warn("a partition stood still while its log went on, its leader was dialled anew",
			"topic", r.p.Topic, "partition", r.p.ID, "offset", r.off, "log_end", at.end)
	}
}

// reset moves a position that the log does not hold.
func (r *reader) reset(ctx context.Context) error {
	at, err := r.span(ctx)
	if err != nil {
		return err
	}
	off := r.within(r.p, r.off, at)
	if off == r.off {
		return fmt.Errorf("offset %d of %s/%d: %w", off, r.p.Topic, r.p.ID, kafka.OffsetOutOfRange)
	}
	r.off, r.covered = off, off
	r.ledger.rebase(r.p, off)
	return nil
}

// span asks the leader for the log's span.
func (r *reader) span(ctx context.Context) (span, error) {
	at, err := r.bounds(ctx, map[string][]int{r.p.Topic: {int(r.p.ID)}})
	if err != nil {
		return span{}, err
	}
	s := at[r.p]
	r.acct.start.Store(s.start)
	r.acct.end.Store(s.end)
	return s, nil
}
