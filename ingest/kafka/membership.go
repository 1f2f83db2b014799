package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/segmentio/kafka-go"

	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/ingest/kafka/internal/broker"
	"github.com/gatehound/gatehound/ingest/kafka/internal/partition"
)

// membership is this member's part in one generation of the group.
type membership struct {
	*Source
	group   *kafka.ConsumerGroup
	gen     *kafka.Generation
	topics  []string
	handler ingest.Handler
}

// serve reads what the generation assigns until it ends. again says whether to
// wait for the next one. It runs as one function of the generation, which
// kafka-go keeps open until that returns: this is what lets the last offsets be
// committed by the generation that owns them.
func (m *membership) serve(ctx context.Context) (again bool, err error) {
	type result struct {
		again bool
		err   error
	}
	done := make(chan result, 1)
	m.gen.Start(func(gctx context.Context) {
		var r result
		r.again, r.err = m.hold(ctx, gctx)
		if !r.again {
			// Leaving: the heartbeats go on until the group has been closed, so
			// that no other member takes a partition over before.
			go m.group.Close()
			<-gctx.Done()
		}
		done <- r
	})
	r := <-done
	return r.again, r.err
}

// hold owns the assigned partitions from Assigned to the last commit.
func (m *membership) hold(ctx, gctx context.Context) (again bool, err error) {
	rctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	defer context.AfterFunc(gctx, func() { stop(kafka.ErrGenerationEnded) })()

	defer m.ledger.disown()
	as, err := m.claim(rctx)
	if err != nil {
		return ctx.Err() == nil, nil
	}
	m.log.Info("partitions are assigned", "group", m.cfg.Group, "generation", m.gen.ID, "partitions", len(as))

	var committer sync.WaitGroup
	quit := make(chan struct{})
	committer.Go(func() { m.commit(quit) })
	endCommits := sync.OnceFunc(func() { close(quit); committer.Wait() })
	defer endCommits()

	starts, err := m.handler.Assigned(rctx, as)
	if err != nil {
		if rctx.Err() != nil {
			return ctx.Err() == nil, nil
		}
		return false, fmt.Errorf("take over %d partitions: %w", len(as), err)
	}
	if len(starts) != len(as) {
		return false, fmt.Errorf("take over %d partitions: the handler gave %d offsets", len(as), len(starts))
	}
	changed := false
	var readers sync.WaitGroup
	for i, a := range as {
		p := Partition{Topic: a.Topic, ID: a.Partition}
		r := m.reader(p, m.ledger.account(p))
		readers.Go(func() {
			if err := r.Run(rctx, starts[i], func(c *ingest.Chunk) error { return m.handler.Chunk(rctx, c) }); err != nil {
				stop(&stopError{err})
			}
		})
	}
	readers.Go(func() {
		if m.watch(rctx) {
			changed = true
			stop(errTopicsChanged)
		}
	})
	readers.Go(func() { m.observe(rctx) })
	<-rctx.Done()
	readers.Wait()

	dctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), m.cfg.drain())
	m.handler.Revoked(dctx, as)
	late := dctx.Err() != nil
	cancel()
	endCommits()
	m.log.Info("partitions are given up", "group", m.cfg.Group, "generation", m.gen.ID, "partitions", len(as), "cause", context.Cause(rctx), "drained", !late)
	if h, ok := context.Cause(rctx).(*stopError); ok && ctx.Err() == nil {
		return false, h.error
	}
	return ctx.Err() == nil && !changed, nil
}

// claim looks up where the assigned partitions stand and opens their accounts.
// It tries until rctx is done.
func (m *membership) claim(rctx context.Context) ([]ingest.Assignment, error) {
	ids := m.ids()
	var spans map[Partition]broker.Span
	for n := 0; len(ids) > 0; n++ {
		var err error
		if spans, err = m.dialer.Spans(rctx, ids); err == nil {
			break
		}
		m.log.Warn("looking up where partitions stand failed, will be tried again", "error", err)
		if err := partition.Sleep(rctx, partition.Backoff(n)); err != nil {
			return nil, err
		}
	}
	var as []ingest.Assignment
	for _, t := range m.topics {
		for _, a := range m.gen.Assignments[t] {
			p := Partition{Topic: t, ID: int32(a.ID)}
			at := spans[p]
			from, committed := at.Start, int64(-1)
			if a.Offset >= 0 {
				committed = a.Offset
				from = m.metrics.reader.Within(m.log, p, committed, at)
			}
			m.ledger.own(p, committed, from, at)
			as = append(as, ingest.Assignment{Topic: p.Topic, Partition: p.ID, Committed: from})
		}
	}
	m.ledger.publish()
	return as, nil
}

// watch returns true when the set of existing topics is no longer that of the
// group, or a partition is left to nobody; false when rctx is done.
func (m *membership) watch(rctx context.Context) bool {
	assigned := 0
	for _, ps := range m.gen.Assignments {
		assigned += len(ps)
	}
	if assigned > 0 && len(m.topics) == len(m.cfg.Topics) {
		<-rctx.Done()
		return false
	}
	for partition.Sleep(rctx, m.cfg.PartitionWatch) == nil {
		if now, err := m.existing(rctx); err == nil && len(now) > len(m.topics) {
			m.log.Info("a topic has appeared", "before", m.topics, "now", now)
			return true
		}
		if assigned > 0 {
			continue
		}
		if yes, err := m.unread(rctx, m.topics); err == nil && yes {
			m.log.Warn("nothing is assigned although partitions are free, joining again", "group", m.cfg.Group)
			return true
		}
	}
	return false
}

// observe looks where the logs start and end, so that lag is true also while
// the readers wait for the pipeline.
func (m *membership) observe(rctx context.Context) {
	for partition.Sleep(rctx, m.cfg.Watchdog/3) == nil {
		ids := m.ids()
		if len(ids) == 0 {
			continue
		}
		if spans, err := m.dialer.Spans(rctx, ids); err == nil {
			m.ledger.observe(spans)
		}
	}
}

// ids returns the assigned partitions by topic.
func (m *membership) ids() map[string][]int {
	ids := map[string][]int{}
	for t, ps := range m.gen.Assignments {
		for _, p := range ps {
			ids[t] = append(ids[t], p.ID)
		}
	}
	return ids
}

// stopError marks what ended the reading as the handler's error.
type stopError struct{ error }

var errTopicsChanged = errors.New("the topics that exist have changed")
