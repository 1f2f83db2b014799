// Package rejects lists what ingest refused, and decodes it again.
package rejects

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sort"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/ingest/kafka"
	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse"
)

// List returns the rejects that f chooses.
func List(ctx context.Context, cfg *app.Config, f clickhouse.RejectFilter, log *slog.Logger) (out []clickhouse.StoredReject, err error) {
	err = app.WithStore(cfg, log, func(st *clickhouse.Store) error {
		out, err = st.Rejects(ctx, f)
		return err
	})
	return out, err
}

// Counts returns how many rejects of each kind f chooses.
func Counts(ctx context.Context, cfg *app.Config, f clickhouse.RejectFilter, log *slog.Logger) (out []clickhouse.RejectCount, err error) {
	err = app.WithStore(cfg, log, func(st *clickhouse.Store) error {
		out, err = st.RejectCounts(ctx, f)
		return err
	})
	return out, err
}

// Retried tells what became of rejected messages.
type Retried struct {
	// Messages is how many were tried, Events how many events they gave, that
	// were not stored before.
	Messages int `json:"messages"`
	Events   int `json:"events"`
	// Rejected is how many messages are rejected again, Gone how many the
	// topic does not hold any more, Ambiguous how many give other records now
	// than those that are stored of them: all of these stay in the list.
	Rejected  int `json:"rejected"`
	Gone      int `json:"gone"`
	Ambiguous int `json:"ambiguous"`
	// Files is how many rejects are of files, which are not read again.
	Files int `json:"files"`
}

// replayPage is how many messages of a partition are read, stored and taken off
// the list at once.
const replayPage = 1000

// rangeReader reads messages again.
type rangeReader interface {
	ReadRange(ctx context.Context, r schemas.Range, fn func(*ingest.Chunk) error) error
}

// Replay reads the messages of the rejects that f chooses from Kafka
// again, decodes them as the configuration is now, stores what has become
// events and takes their rejects off the list. The detectors do not see these
// events: their time is over. progress, if set, is told after each page. A run
// that was cut short can be repeated.
func Replay(ctx context.Context, cfg *app.Config, f clickhouse.RejectFilter, dry bool, log *slog.Logger, progress func(Retried)) (sum Retried, err error) {
	keys, err := app.LoadKeys(cfg, log)
	if err != nil {
		return sum, err
	}
	n, err := app.NewNormalizer(cfg, keys, log)
	if err != nil {
		return sum, err
	}
	source, err := kafka.New(cfg.Kafka, log, prometheus.NewRegistry())
	if err != nil {
		return sum, fmt.Errorf("kafka: %w", err)
	}
	err = app.WithStore(cfg, log, func(st *clickhouse.Store) error {
		rejects, err := st.RejectedPositions(ctx, f)
		if err != nil {
			return err
		}
		rejects, sum.Files = ofTopics(rejects)
		again := &replay{store: st, source: source, normalizer: n, dry: dry, sum: &sum}
		for len(rejects) > 0 && ctx.Err() == nil {
			rejects, err = again.page(ctx, rejects)
			if err != nil {
				return err
			}
			if progress != nil {
				progress(sum)
			}
		}
		return ctx.Err()
	})
	return sum, err
}

// ofTopics returns the positions that are of topics, and how many are of files:
// the names of topics have no slash.
func ofTopics(ps []schemas.Position) (topics []schemas.Position, files int) {
	topics = slices.DeleteFunc(ps, func(at schemas.Position) bool { return strings.ContainsAny(at.Topic, `/\`) })
	return topics, len(ps) - len(topics)
}

// replay is one run of Replay.
type replay struct {
	store      *clickhouse.Store
	source     rangeReader
	normalizer *ingest.Normalizer
	dry        bool
	sum        *Retried
}

// page replays the first messages of rejects, of one partition, and returns the
// rejects that are left.
func (p *replay) page(ctx context.Context, rejects []schemas.Position) ([]schemas.Position, error) {
	at := rejects[0]
	pg := &replayedPage{rejected: map[int64][]int32{}}
	n := 0
	for ; n < len(rejects); n++ {
		r := rejects[n]
		if r.Topic != at.Topic || r.Partition != at.Partition {
			break
		}
		if _, ok := pg.rejected[r.Offset]; !ok {
			if len(pg.offsets) == replayPage {
				break
			}
			pg.offsets = append(pg.offsets, r.Offset)
		}
		pg.rejected[r.Offset] = append(pg.rejected[r.Offset], r.Index)
	}
	var err error
	if pg.stored, err = p.store.StoredIndexes(ctx, at.Topic, at.Partition, pg.offsets); err != nil {
		return nil, err
	}
	if err := p.read(ctx, pg, at.Topic, at.Partition); err != nil {
		return nil, err
	}
	p.sum.Messages += len(pg.offsets)
	p.sum.Events += len(pg.positions)
	p.sum.Rejected += pg.again
	p.sum.Ambiguous += pg.ambiguous
	p.sum.Gone += len(pg.offsets) - pg.seen
	if p.dry {
		return rejects[n:], nil
	}
	if len(pg.positions) > 0 {
		// The token is of the events, not of the ranges: a later try gives others.
		b := &schemas.Batch{Token: "rejects-" + schemas.TokenOf(pg.positions), Parts: pg.parts}
		if err := p.store.WriteBatch(ctx, b); err != nil {
			return nil, fmt.Errorf("store the events of rejected messages: %w", err)
		}
	}
	if len(pg.done) > 0 {
		if err := p.store.DeleteRejects(ctx, at.Topic, at.Partition, pg.done); err != nil {
			return nil, err
		}
	}
	return rejects[n:], nil
}

// near is how far apart two messages may be to be read in one go.
const near = 100

// read reads the page's messages, those that lie near each other together.
func (p *replay) read(ctx context.Context, pg *replayedPage, topic string, partition int32) error {
	some := func(offsets []int64, take func(*ingest.Chunk) error) error {
		return p.source.ReadRange(ctx, schemas.Range{Topic: topic, Partition: partition, First: offsets[0], Next: offsets[len(offsets)-1] + 1}, take)
	}
	take := func(c *ingest.Chunk) error {
		wanted := pg.only(c)
		pg.add(wanted.Offsets, p.normalizer.Normalize(wanted))
		return nil
	}
	gone := func(i int) bool { return errors.Is(some(pg.offsets[i:i+1], ignore), kafka.ErrGone) }
	left := pg.offsets
	if last := len(left) - 1; gone(last) {
		return ctx.Err() // and so are those before: of a log that lost its oldest, or all
	} else if gone(0) {
		left = left[sort.Search(last, func(i int) bool { return !gone(i) }):]
	}
	for len(left) > 0 {
		n := 1
		for n < len(left) && left[n]-left[n-1] <= near {
			n++
		}
		if err := some(left[:n], take); err != nil && !errors.Is(err, kafka.ErrGone) { // they went just now
			return err
		}
		left = left[n:]
	}
	return nil
}

func ignore(*ingest.Chunk) error { return nil }

// replayedPage is what became of the messages of a page.
type replayedPage struct {
	offsets []int64
	// rejected and stored are the indexes of the records of each message.
	rejected, stored map[int64][]int32
	// parts have the events to be stored, positions say which they are.
	parts     []*schemas.Part
	positions []schemas.Range
	// done are the messages whose rejects go off the list.
	done                   []int64
	seen, again, ambiguous int
}

// only returns the messages of c that are on the page, as a chunk.
func (pg *replayedPage) only(c *ingest.Chunk) *ingest.Chunk {
	out := &ingest.Chunk{Topic: c.Topic, Partition: c.Partition, First: c.First, Next: c.Next, Free: c.Free}
	start := 0
	for i, end := range c.Ends {
		if pg.rejected[c.Offsets[i]] != nil {
			for _, cut := range c.Cut {
				if cut.Index == i {
					cut.Index = len(out.Ends)
					out.Cut = append(out.Cut, cut)
				}
			}
			out.Slab = append(out.Slab, c.Slab[start:end]...)
			out.Ends, out.Offsets = append(out.Ends, len(out.Slab)), append(out.Offsets, c.Offsets[i])
		}
		start = end
	}
	pg.seen += len(out.Ends)
	return out
}

// add takes over what is new in the part that the messages at offsets gave.
func (pg *replayedPage) add(offsets []int64, part *schemas.Part) {
	keep := map[schemas.Position]bool{}
	e, r := 0, 0
	for _, offset := range offsets {
		var fresh []schemas.Position
		ambiguous, rejects := false, r
		for ; e < len(part.Events) && part.Events[e].Position.Offset == offset; e++ {
			at := part.Events[e].Position
			switch {
			case slices.Contains(pg.stored[offset], at.Index):
			case len(pg.stored[offset]) == 0 || slices.Contains(pg.rejected[offset], at.Index):
				fresh = append(fresh, at)
			default:
				ambiguous = true
			}
		}
		for r < len(part.Rejects) && part.Rejects[r].Position.Offset == offset {
			r++
		}
		switch {
		case ambiguous:
			pg.ambiguous++
			continue
		case r > rejects:
			pg.again++
		default:
			pg.done = append(pg.done, offset)
		}
		for _, at := range fresh {
			keep[at] = true
			pg.positions = append(pg.positions, schemas.Range{Topic: at.Topic, Partition: at.Partition, First: at.Offset, Next: int64(at.Index)})
		}
	}
	part.Rejects = nil
	// A copy: a message may have 100,000 records of which one is new.
	part.Events = slices.Clone(slices.DeleteFunc(part.Events, func(ev schemas.Event) bool { return !keep[ev.Position] }))
	part.Sealed = slices.DeleteFunc(part.Sealed, func(s schemas.Sealed) bool { return !keep[s.Position] })
	pg.parts = append(pg.parts, part)
}
