package slack

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/gatehound/gatehound/alerting"
)

// burst is how many messages may come at once. Slack tolerates short bursts and
// promises none (https://docs.slack.dev/apis/web-api/rate-limits).
const burst = 4

// margin is how much of an attempt's time is left for the request itself.
const margin = 2 * time.Second

// pace keeps a mean distance between requests. The zero every does not.
type pace struct {
	every time.Duration
	// mu keeps two attempts, one of them a test, from taking the same turn.
	mu sync.Mutex
	// due is when the next request would come if all had kept their distance.
	due time.Time
}

// wait returns when the next request may be sent. If that is too late for ctx it
// returns at once, with an error that says when to come back.
func (p *pace) wait(ctx context.Context) error {
	if p.every <= 0 {
		return nil
	}
	p.mu.Lock()
	now := time.Now()
	if p.due.Before(now) {
		p.due = now
	}
	delay := p.due.Sub(now) - (burst-1)*p.every
	if deadline, ok := ctx.Deadline(); ok && delay > 0 && delay+margin > deadline.Sub(now) {
		p.mu.Unlock()
		return alerting.After(errors.New("slack: the channel's rate is used up"), delay)
	}
	p.due = p.due.Add(p.every)
	p.mu.Unlock()
	if delay <= 0 {
		return nil
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return errors.New("attempt was stopped")
	}
}
