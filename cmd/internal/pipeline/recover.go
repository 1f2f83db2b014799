package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/schemas"
)

// Assigned finds out where to go on. The store's intents are the ledger of what
// was begun: an intent whose offsets were not committed is carried out again,
// with the same ranges and so the same token, which changes nothing if it had
// been carried out. The detectors' checkpoint says from where events must be
// shown to them again; those are not stored a second time.
func (p *Pipeline) Assigned(ctx context.Context, as []ingest.Assignment) ([]int64, error) {
	p.mu.Lock()
	p.generation++
	p.draining.Store(false)
	first, lost := !p.recovered, p.lost
	gained := slices.ContainsFunc(as, func(a ingest.Assignment) bool {
		_, had := p.storeFrom[lane{a.Topic, a.Partition}]
		return !had
	})
	p.mu.Unlock()
	storeFrom := make(map[lane]int64, len(as))
	for _, a := range as {
		storeFrom[lane{a.Topic, a.Partition}] = a.Committed
	}
	if first || lost || gained {
		if err := p.remember(ctx, lost); err != nil {
			return nil, err
		}
	}
	if p.parts.Store != nil {
		if err := p.redo(ctx, as, storeFrom); err != nil {
			return nil, err
		}
	}
	if p.parts.Spool != nil {
		for _, r := range p.parts.Spool.Pending() {
			if from, ok := storeFrom[lane{r.Topic, r.Partition}]; ok && r.Next > from && r.First <= from {
				storeFrom[lane{r.Topic, r.Partition}] = r.Next
			}
		}
	}
	seen := map[lane]int64{}
	if first && p.parts.Store != nil {
		checkpoint, err := p.restore(ctx)
		if err != nil {
			return nil, err
		}
		for _, r := range checkpoint {
			seen[lane{r.Topic, r.Partition}] = r.Next
		}
	}
	starts := make([]int64, len(as))
	for i, a := range as {
		l := lane{a.Topic, a.Partition}
		starts[i] = storeFrom[l]
		// Only a restart shows events again: later, a partition that comes
		// back was watched by its other owner in between.
		if s, ok := seen[l]; ok && s < starts[i] {
			starts[i] = s
			p.parts.Logger.Info("showing events to the detectors again", "topic", a.Topic,
				"partition", a.Partition, "from", s, "to", storeFrom[l])
		}
	}
	inState := map[lane]int64{}
	for _, r := range p.parts.Engine.Seen() {
		inState[lane{r.Topic, r.Partition}] = r.Next
	}
	p.mu.Lock()
	p.storeFrom, p.seenFrom, p.recovered, p.lost = storeFrom, inState, true, false
	for i, a := range as {
		p.shownFrom[lane{a.Topic, a.Partition}] = starts[i]
	}
	p.mu.Unlock()
	for _, a := range as {
		p.lanes.of(lane{a.Topic, a.Partition}) // merge waits for its first chunk
	}
	if first && p.parts.Store != nil && len(seen) == 0 {
		if err := p.firstCheckpoint(ctx); err != nil {
			return nil, err
		}
	}
	return starts, p.commitRedone(ctx, as, storeFrom)
}

// commitRedone commits what was durable and not committed: if no event follows
// it, nobody else would.
func (p *Pipeline) commitRedone(ctx context.Context, as []ingest.Assignment, storeFrom map[lane]int64) error {
	var redone []schemas.Range
	for _, a := range as {
		if next := storeFrom[lane{a.Topic, a.Partition}]; next > a.Committed {
			redone = append(redone, schemas.Range{Topic: a.Topic, Partition: a.Partition, First: a.Committed, Next: next})
		}
	}
	if len(redone) == 0 {
		return nil
	}
	if err := p.parts.Source.Commit(ctx, redone); err != nil {
		return fmt.Errorf("commit what was stored before: %w", err)
	}
	return nil
}

// Revoked waits until all that was taken over is durable and committed.
func (p *Pipeline) Revoked(ctx context.Context, as []ingest.Assignment) {
	p.draining.Store(true)
	p.lanes.wake()
	err := p.Idle(ctx)
	if err == nil {
		p.lanes.retire(as)
	}
	if err == nil && p.parts.Store != nil {
		// With a fresh checkpoint the next start shows no event again.
		err = p.ask(ctx, &unit{snapshot: true})
	}
	if err != nil && !errors.Is(err, ErrStopped) {
		p.parts.Logger.Warn("partitions go before their last events are stored; their next owner reads them again",
			"partitions", len(as), "error", err)
	}
	p.mu.Lock()
	p.generation++ // what is still under way is stale now
	p.lost = p.lost || err != nil
	p.mu.Unlock()
}

// redo carries out the intents that were not committed.
func (p *Pipeline) redo(ctx context.Context, as []ingest.Assignment, storeFrom map[lane]int64) error {
	n, err := p.parts.Normalizers()
	if err != nil {
		return err
	}
	done := map[string]bool{}
	for _, a := range as {
		var ins []schemas.Intent
		err := p.persist(ctx, "read intents", func() (err error) {
			ins, err = p.parts.Store.Intents(ctx, p.set.Group, a.Topic, a.Partition, a.Committed)
			return err
		})
		if err != nil {
			return err
		}
		for _, in := range ins {
			for _, r := range in.Ranges {
				l := lane{r.Topic, r.Partition}
				if from, ok := storeFrom[l]; ok {
					storeFrom[l] = max(from, r.Next)
				}
			}
			if done[in.Token] {
				continue
			}
			done[in.Token] = true
			if err := p.redoOne(ctx, n, in); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *Pipeline) redoOne(ctx context.Context, n Normalizer, in schemas.Intent) error {
	b := &schemas.Batch{}
	for _, r := range in.Ranges {
		err := p.parts.Source.ReadRange(ctx, r, func(c *ingest.Chunk) error {
			part := n.Normalize(c)
			p.window.mu.Lock()
			p.metrics.redelivered.Add(float64(p.window.filter(part)))
			p.window.mu.Unlock()
			b.Parts = append(b.Parts, part)
			return nil
		})
		if err != nil {
			p.metrics.errors.WithLabelValues("redo").Inc()
			p.parts.Logger.Error("an unfinished batch cannot be read again; what of it was not stored is lost",
				"token", in.Token, "topic", r.Topic, "partition", r.Partition, "first", r.First, "next", r.Next, "error", err)
			return nil
		}
	}
	b.Ranges, b.Token = in.Ranges, in.Token
	p.parts.Logger.Info("storing an unfinished batch again", "token", in.Token, "events", b.Len())
	return p.persist(ctx, "write batch "+in.Token, func() error { return p.parts.Store.WriteBatch(ctx, b) })
}

// restore gives the engine the last checkpoint and returns up to where it has
// seen each partition; nothing if there is no usable checkpoint.
func (p *Pipeline) restore(ctx context.Context) ([]schemas.Range, error) {
	var c *schemas.Checkpoint
	err := p.persist(ctx, "load checkpoint", func() (err error) {
		c, err = p.parts.Store.LoadCheckpoint(ctx, p.set.Group, p.parts.Engine.Fingerprint())
		return err
	})
	if err != nil || c == nil {
		return nil, err
	}
	if err := p.parts.Engine.Restore(c.State); err != nil {
		p.parts.Logger.Warn("checkpoint not usable, detectors start afresh", "error", err)
		return nil, nil
	}
	p.parts.Logger.Info("detectors restored", "created", c.Created, "bytes", len(c.State))
	return c.Seen, nil
}

// firstCheckpoint saves the empty state, so that a crash before the first
// regular checkpoint shows the events again from the start.
func (p *Pipeline) firstCheckpoint(ctx context.Context) error {
	c, _, err := p.snapshot()
	if err != nil {
		return err
	}
	return p.persist(ctx, "save the first checkpoint", func() error { return p.parts.Store.SaveCheckpoint(ctx, *c) })
}

// persist repeats an act of recovery while its error may pass.
func (p *Pipeline) persist(ctx context.Context, what string, act func() error) error {
	s := storer{p: p}
	for {
		err := act()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil || !p.set.Retryable(err) {
			return fmt.Errorf("%s: %w", what, err)
		}
		s.failures++
		p.metrics.errors.WithLabelValues("recover").Inc()
		p.parts.Logger.Warn("store failed during recovery, trying again", "act", what, "attempt", s.failures, "error", err)
		select {
		case <-time.After(s.backoff()):
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", what, err)
		}
	}
}

// dropCovered takes out of a spooled batch what another owner of its
// partitions stored meanwhile under another token.
func (p *Pipeline) dropCovered(ctx context.Context, b *schemas.Batch) error {
	for _, r := range b.Ranges {
		ins, err := p.parts.Store.Intents(ctx, p.set.Group, r.Topic, r.Partition, r.First)
		if err != nil {
			return fmt.Errorf("read intents of %s/%d: %w", r.Topic, r.Partition, err)
		}
		for _, in := range ins {
			if in.Token == b.Token {
				continue
			}
			for _, c := range in.Ranges {
				if c.Topic == r.Topic && c.Partition == r.Partition && c.First < r.Next && c.Next > r.First {
					p.drop(b, c)
				}
			}
		}
	}
	return nil
}

func (p *Pipeline) drop(b *schemas.Batch, c schemas.Range) {
	in := func(pos schemas.Position) bool {
		return pos.Topic == c.Topic && pos.Partition == c.Partition && pos.Offset >= c.First && pos.Offset < c.Next
	}
	for _, part := range b.Parts {
		before := len(part.Events)
		part.Events = slices.DeleteFunc(part.Events, func(e schemas.Event) bool { return in(e.Position) })
		part.Rejects = slices.DeleteFunc(part.Rejects, func(r schemas.Reject) bool { return in(r.Position) })
		part.Sealed = slices.DeleteFunc(part.Sealed, func(s schemas.Sealed) bool { return in(s.Position) })
		if n := before - len(part.Events); n > 0 {
			p.parts.Logger.Warn("spooled events were stored by another owner", "topic", c.Topic, "partition", c.Partition, "events", n)
		}
	}
}
