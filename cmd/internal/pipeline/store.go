package pipeline

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// store makes batches durable in order and commits their offsets. While the
// store answers, batches go to it straight from memory. When an attempt fails
// or stalls, the batch goes to the spool, and so do all after it until the
// spool is empty again: detection never waits for the store.
func (p *Pipeline) store(ctx context.Context) error {
	s := &storer{p: p, result: make(chan error, 1)}
	if p.parts.Spool != nil {
		waits, _, err := p.parts.Spool.Next() // what was found while nothing was logged has no ranges
		if err != nil {
			return fmt.Errorf("read the spool: %w", err)
		}
		s.spooling = waits != nil
	}
	return s.run(ctx)
}

type storer struct {
	p *Pipeline
	// running: an attempt is under way and result will have its outcome. It
	// writes the unit writing, from memory, or the spool's entry head, or both
	// if the unit was put into the spool meanwhile.
	running bool
	result  chan error
	writing *unit
	head    string
	// held is a unit that waits for room in the spool.
	held *unit
	// spooling: batches go to the spool, until it is empty.
	spooling bool
	failures int

	stall, retry, room <-chan time.Time
}

func (s *storer) run(ctx context.Context) error {
	for {
		if s.spooling && !s.running && s.retry == nil {
			if err := s.drain(ctx); err != nil {
				return err
			}
		}
		in := s.p.stored
		if s.held != nil || s.inMemory() {
			in = nil
		}
		var err error
		select {
		case u := <-in:
			err = s.take(ctx, u)
		case e := <-s.result:
			s.running, s.stall = false, nil
			err = s.finished(ctx, e)
		case <-s.stall:
			s.stall = nil
			s.p.set.Report(fmt.Errorf("no answer within %v", s.p.set.StallAfter))
			s.p.parts.Logger.Warn("store is slow, spooling", "after", s.p.set.StallAfter)
			err = s.divert(ctx)
		case <-s.retry:
			s.retry = nil
			if s.inMemory() {
				s.attempt(ctx, s.writing.batch, false)
			}
		case <-s.room:
			s.room = nil
			if s.held != nil && s.held != s.writing {
				s.spool(ctx, s.held)
			}
		case <-ctx.Done():
			if s.running {
				<-s.result
			}
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// inMemory tells that the unit being written is nowhere durable yet.
func (s *storer) inMemory() bool { return s.writing != nil && s.head == "" }

// take begins with a unit from the detect stage.
func (s *storer) take(ctx context.Context, u *unit) error {
	p := s.p
	if u.checkpoint != nil {
		if u.chunks > 0 { // it was asked for
			defer p.done(u.chunks)
		}
		if s.spooling {
			return nil // the next one will do
		}
		wctx, cancel := context.WithTimeout(ctx, p.set.WriteTimeout)
		defer cancel()
		if err := p.parts.Store.SaveCheckpoint(wctx, *u.checkpoint); err != nil {
			p.metrics.errors.WithLabelValues("checkpoint").Inc()
			p.parts.Logger.Warn("checkpoint not saved, the older one stays", "error", err)
		}
		p.set.Step("checkpointed")
		return nil
	}
	if u.generation != p.current() {
		// Revoked: the next owner of the partitions reads the events again. What
		// was found in them has been offered and is stored.
		for _, part := range u.batch.Parts {
			p.orphan(part)
		}
		u.batch = &schemas.Batch{Findings: u.batch.Findings, Alerts: u.batch.Alerts}
	}
	if p.parts.DeadLetters != nil {
		for _, part := range u.batch.Parts {
			if len(part.Rejects) == 0 {
				continue
			}
			if err := p.sendRejects(ctx, part.Rejects); err != nil {
				p.metrics.errors.WithLabelValues("dead_letter").Inc()
				p.parts.Logger.Error("dead letters not sent, they are in the store only", "error", err)
			}
		}
	}
	switch {
	case p.parts.Store == nil || empty(u.batch):
		s.durable(ctx, u)
		return nil
	case s.spooling:
		s.spool(ctx, u)
		return nil
	}
	s.writing = u
	s.attempt(ctx, u.batch, false)
	return nil
}

// sendRejects is bounded in time: detection waits for it.
func (p *Pipeline) sendRejects(ctx context.Context, rs []schemas.Reject) error {
	ctx, cancel := context.WithTimeout(ctx, p.set.StallAfter)
	defer cancel()
	return p.parts.DeadLetters.Write(ctx, rs)
}

func empty(b *schemas.Batch) bool {
	return b.Len() == 0 && b.Rejects() == 0 && len(b.Findings) == 0 && len(b.Alerts) == 0
}

// attempt writes b on a goroutine of its own; its outcome comes on result.
func (s *storer) attempt(ctx context.Context, b *schemas.Batch, spooled bool) {
	s.running = true
	if !spooled && s.p.parts.Spool != nil {
		s.stall = time.After(s.p.set.StallAfter)
	}
	go func() {
		start := time.Now()
		wctx, cancel := context.WithTimeout(ctx, s.p.set.WriteTimeout)
		defer cancel()
		err := s.p.write(wctx, b, spooled)
		s.p.metrics.busy("store", start)
		s.result <- err
	}()
}

// write stores one batch: intent, events, what was found. Every step may be
// repeated.
func (p *Pipeline) write(ctx context.Context, b *schemas.Batch, spooled bool) error {
	st := p.parts.Store
	if spooled {
		if err := p.dropCovered(ctx, b); err != nil {
			return err
		}
	}
	p.set.Step("before intent")
	if b.Len() > 0 || b.Rejects() > 0 {
		in := schemas.Intent{Token: b.Token, Group: p.set.Group, Ranges: b.Ranges, Created: time.Now().UTC()}
		if err := st.WriteIntent(ctx, in); err != nil {
			return fmt.Errorf("write intent %s: %w", b.Token, err)
		}
		p.set.Step("after intent")
		if err := st.WriteBatch(ctx, b); err != nil {
			return fmt.Errorf("write batch %s: %w", b.Token, err)
		}
		p.set.Step("after insert")
	}
	if len(b.Findings) > 0 {
		if err := st.WriteFindings(ctx, b.Findings); err != nil {
			return fmt.Errorf("write findings of batch %s: %w", b.Token, err)
		}
	}
	if len(b.Alerts) > 0 {
		if err := st.WriteAlerts(ctx, b.Alerts); err != nil {
			return fmt.Errorf("write alerts of batch %s: %w", b.Token, err)
		}
	}
	p.set.Step("after findings")
	return nil
}

// finished handles the outcome of an attempt.
func (s *storer) finished(ctx context.Context, err error) error {
	p := s.p
	if ctx.Err() == nil {
		p.set.Report(err)
	}
	if err == nil {
		u, head := s.writing, s.head
		s.failures, s.writing, s.head = 0, nil, ""
		if head != "" {
			return p.parts.Spool.Remove(head)
		}
		if s.held == u {
			s.held = nil
		}
		s.durable(ctx, u)
		return nil
	}
	if ctx.Err() != nil {
		return nil
	}
	s.failures++
	p.metrics.errors.WithLabelValues("store").Inc()
	passing := p.set.Retryable(err)
	if p.parts.Spool == nil {
		if !passing {
			return err
		}
		s.retry = time.After(s.backoff())
		p.parts.Logger.Warn("store failed, trying again", "attempt", s.failures, "error", err)
		return nil
	}
	if s.inMemory() {
		if e := s.divert(ctx); e != nil {
			return e
		}
	}
	head := s.head
	s.writing, s.head = nil, ""
	if passing || head == "" {
		s.retry = time.After(s.backoff())
		p.parts.Logger.Warn("store failed, batches wait in the spool", "attempt", s.failures, "error", err)
		return nil
	}
	p.metrics.refused.Inc()
	p.parts.Logger.Error("store refused a batch, it is kept in the spool's refused folder", "error", err)
	return p.parts.Spool.Refuse(head)
}

// backoff grows from about 0.2 s to about 15 s, with jitter.
func (s *storer) backoff() time.Duration {
	d := min(15*time.Second, 200*time.Millisecond<<min(s.failures, 10))
	return d/2 + rand.N(d/2)
}

// divert puts the unit that is being written from memory into the spool too.
// The spool is empty then: it becomes the spool's head.
func (s *storer) divert(ctx context.Context) error {
	s.spooling = true
	if s.held == s.writing {
		return nil // there was no room before either
	}
	if s.spool(ctx, s.writing); s.held != nil {
		return nil
	}
	var err error
	_, s.head, err = s.p.parts.Spool.Next()
	return err
}

// spool appends u; if there is no room it holds u and takes nothing more.
func (s *storer) spool(ctx context.Context, u *unit) {
	if err := s.p.parts.Spool.Append(u.batch, s.p.set.Group); err != nil {
		s.held = u
		s.room = time.After(time.Second)
		s.p.metrics.errors.WithLabelValues("spool").Inc()
		s.p.parts.Logger.Error("spool took no batch, ingest waits", "error", err)
		return
	}
	s.held = nil
	s.p.metrics.spooled.Inc()
	s.p.set.Step("spooled")
	s.durable(ctx, u)
}

// drain starts with the oldest batch of the spool. When there is none, a unit
// that found no room is written from memory.
func (s *storer) drain(ctx context.Context) error {
	b, head, err := s.p.parts.Spool.Next()
	switch {
	case err != nil:
		return fmt.Errorf("read the spool: %w", err)
	case b != nil:
		s.head = head
		s.attempt(ctx, b, true)
	case s.held != nil:
		s.writing = s.held
		s.attempt(ctx, s.held.batch, false)
	default:
		s.spooling = false
		s.p.parts.Logger.Info("spool is empty, storing directly again")
	}
	return nil
}

// durable commits what u covers: it is in the store or in the spool.
func (s *storer) durable(ctx context.Context, u *unit) {
	p := s.p
	p.set.Step("before commit")
	if u.generation == p.current() && len(u.observe.Ranges) > 0 {
		if err := p.parts.Source.Commit(ctx, u.observe.Ranges); err != nil {
			// Another owner has the partition by now and goes on from the
			// intents: nothing is lost, and nothing to do.
			p.metrics.errors.WithLabelValues("commit").Inc()
			p.parts.Logger.Warn("offsets not committed", "partitions", len(u.observe.Ranges), "error", err)
		}
	}
	p.set.Step("after commit")
	p.metrics.batch(u)
	p.done(u.chunks)
}
