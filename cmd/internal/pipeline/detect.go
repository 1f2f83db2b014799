package pipeline

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// detect shows batches to the engine and offers what it finds at once, without
// waiting for the store. It takes snapshots between batches.
func (p *Pipeline) detect(ctx context.Context) error {
	last := time.Now()
	idle := time.NewTicker(idleEvery)
	defer idle.Stop()
	for {
		var u *unit
		select {
		case u = <-p.batches:
		case now := <-idle.C:
			if err := p.idle(ctx, now); err != nil {
				return err
			}
			continue
		case <-ctx.Done():
			return nil
		}
		u.seal()
		start := time.Now()
		findings, err := p.parts.Engine.Observe(u.observe, p.from)
		if err != nil {
			return fmt.Errorf("observe batch %s: %w", u.observe.Token, err)
		}
		if u.flush {
			findings = append(findings, p.parts.Engine.Flush()...)
		}
		p.metrics.busy("detect", start)
		p.set.Step("observed")
		u.batch.Findings = findings
		if u.batch.Alerts, err = p.offer(ctx, findings, p.parts.Engine.Ceased()); err != nil {
			return fmt.Errorf("tell what batch %s gave: %w", u.observe.Token, err)
		}
		p.set.Step("offered")
		if p.set.Observed != nil {
			p.set.Observed(u.observe, findings)
		}
		asked, waits := u.snapshot, 0
		if asked { // who asked waits until the snapshot is saved
			waits, u.chunks = u.chunks, 0
		}
		if p.pass(ctx, u) != nil {
			return nil
		}
		if p.parts.Store == nil || !asked && !p.due(time.Since(last)) {
			continue
		}
		c, took, err := p.snapshot()
		if err != nil {
			return err
		}
		// A large state is saved less often: snapshots may take a fiftieth of
		// the time.
		last = time.Now().Add(max(0, 50*took-p.set.CheckpointEvery))
		if p.pass(ctx, &unit{generation: u.generation, chunks: waits, checkpoint: c}) != nil {
			return nil
		}
	}
}

// postponed is how many times the usual time a snapshot is put off for which the
// engine would have to wait.
const postponed = 10

// due tells whether it is time for a snapshot.
func (p *Pipeline) due(since time.Duration) bool {
	every := p.set.CheckpointEvery
	return since >= every && (since >= postponed*every || !p.parts.Engine.Correlating())
}

// idleEvery is how often the engine is told the time.
const idleEvery = 5 * time.Second

// idle tells the engine the time; what it finds by it goes the way of a batch's
// findings, in a batch without events. So do alerts that changed since without a
// finding: somebody has taken or ended one while nothing was logged.
func (p *Pipeline) idle(ctx context.Context, now time.Time) error {
	findings, ceased := p.parts.Engine.Idle(now), p.parts.Engine.Ceased()
	alerts, err := p.since(ctx, findings, ceased)
	if err != nil {
		return fmt.Errorf("tell what the time gave: %w", err)
	}
	if len(findings) == 0 && len(alerts) == 0 {
		return nil
	}
	u := &unit{generation: p.current(), chunks: 1, started: now, batch: &schemas.Batch{Findings: findings, Alerts: alerts}}
	u.observe = u.batch
	p.took()
	if p.pass(ctx, u) != nil {
		p.done(1)
	}
	return nil
}

// seal gives the unit's batches their ranges and tokens.
func (u *unit) seal() {
	u.observe.Seal()
	if u.batch != u.observe {
		u.batch.Seal()
	}
}

// offer hands findings to alerting, which has them for sure when it returns, and
// what has ended of them, and tells it how far event time has come.
func (p *Pipeline) offer(ctx context.Context, findings []schemas.Finding, ceased []schemas.Ceased) ([]schemas.Alert, error) {
	if p.parts.Alerts == nil {
		return nil, nil
	}
	alerts, err := Tell(ctx, p.parts.Alerts, findings, ceased)
	if err != nil {
		return nil, err
	}
	if to, ok := p.parts.Engine.Watermark(); ok {
		ended, err := p.parts.Alerts.Advance(ctx, to)
		return append(alerts, ended...), err
	}
	return alerts, nil
}

// since is offer, or what changed without a finding: then event time stays in the
// hands of alerting, which lets it go on while nothing comes.
func (p *Pipeline) since(ctx context.Context, findings []schemas.Finding, ceased []schemas.Ceased) ([]schemas.Alert, error) {
	if p.parts.Alerts == nil || len(findings)+len(ceased) > 0 {
		return p.offer(ctx, findings, ceased)
	}
	return p.parts.Alerts.Offer(ctx, nil)
}

// from is where the engine's state ends in each partition.
func (p *Pipeline) from(topic string, partition int32) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seenFrom[lane{topic, partition}]
}

func (p *Pipeline) pass(ctx context.Context, u *unit) error {
	select {
	case p.stored <- u:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *Pipeline) snapshot() (*schemas.Checkpoint, time.Duration, error) {
	start := time.Now()
	state, err := p.parts.Engine.Snapshot()
	if err != nil {
		return nil, 0, fmt.Errorf("snapshot the detectors: %w", err)
	}
	p.metrics.snapshot.Set(float64(len(state)))
	return &schemas.Checkpoint{
		Group: p.set.Group, Fingerprint: p.parts.Engine.Fingerprint(),
		Seen: p.seen(), Created: start.UTC(), State: state,
	}, time.Since(start), nil
}

// seen is what the engine has seen, and for partitions that gave it nothing yet
// where they begin.
func (p *Pipeline) seen() []schemas.Range {
	rs := p.parts.Engine.Seen()
	p.mu.Lock()
	defer p.mu.Unlock()
	for l, from := range p.shownFrom {
		if !slices.ContainsFunc(rs, func(r schemas.Range) bool { return r.Topic == l.topic && r.Partition == l.partition }) {
			rs = append(rs, schemas.Range{Topic: l.topic, Partition: l.partition, First: from, Next: from})
		}
	}
	return rs
}
