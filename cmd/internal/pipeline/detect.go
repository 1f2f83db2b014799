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
	for {
		var u *unit
		select {
		case u = <-p.sealed:
		case <-ctx.Done():
			return nil
		}
		start := time.Now()
		findings, err := p.parts.Engine.Observe(u.observe)
		if err != nil {
			return fmt.Errorf("observe batch %s: %w", u.observe.Token, err)
		}
		if u.flush {
			findings = append(findings, p.parts.Engine.Flush()...)
		}
		p.metrics.busy("detect", start)
		p.set.Step("observed")
		u.batch.Findings = findings
		if p.parts.Alerts != nil {
			// With no findings too: this is where alerting learns that time passes.
			if u.batch.Alerts, err = p.parts.Alerts.Offer(ctx, findings); err != nil {
				return fmt.Errorf("offer %d findings of batch %s: %w", len(findings), u.observe.Token, err)
			}
		}
		p.set.Step("offered")
		if p.set.Observed != nil {
			p.set.Observed(u.observe, findings)
		}
		if err := p.pass(ctx, u); err != nil {
			return nil
		}
		if p.parts.Store == nil || time.Since(last) < p.set.CheckpointEvery {
			continue
		}
		c, took, err := p.snapshot()
		if err != nil {
			return err
		}
		// A large state is saved less often: a snapshot may take a fiftieth of
		// the time.
		last = time.Now().Add(50*took - p.set.CheckpointEvery)
		if last.Before(time.Now()) {
			last = time.Now()
		}
		if err := p.pass(ctx, &unit{generation: u.generation, checkpoint: c}); err != nil {
			return nil
		}
	}
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
