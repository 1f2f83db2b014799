package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/schemas"
)

// settleFor bounds the wait for the notifications of a batch: they only have
// to be put in memory.
const settleFor = time.Minute

// heldSink makes the notifications of a replay come in the same order each
// time. Delivery runs beside the detectors and goes by urgency, so that what is
// told first depends on the clock; heldSink keeps the notifications of a batch
// and hands them on when the batch is done, by event time.
type heldSink struct {
	alerting.Sink
	mu   sync.Mutex // delivery adds while the pipeline hands on
	held []schemas.Alert
	err  error
}

var _ alerting.Sink = (*heldSink)(nil)

// Notify keeps the alert until the batch is done.
func (h *heldSink) Notify(_ context.Context, a *schemas.Alert, _ string, _ alerting.Ref) (alerting.Ref, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.held = append(h.held, *a)
	return "", nil
}

// settle waits until every notification that was decided is held, then hands
// them on. It keeps an error for release.
func (h *heldSink) settle(ctx context.Context, m *alerting.Manager) {
	deadline := time.Now().Add(settleFor)
	for len(m.Pending()) > 0 && ctx.Err() == nil && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	h.handOn(context.WithoutCancel(ctx)) // what was found before the stop is told
}

// release hands on what is left and returns the first error of all.
func (h *heldSink) release(ctx context.Context) error {
	h.handOn(ctx)
	return h.err
}

func (h *heldSink) handOn(ctx context.Context) {
	h.mu.Lock()
	held := h.held
	h.held = nil
	h.mu.Unlock()
	slices.SortFunc(held, func(a, b schemas.Alert) int {
		return cmp.Or(a.LastSeen.Compare(b.LastSeen), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Sequence, b.Sequence))
	})
	for i := range held {
		a := &held[i]
		if h.err != nil {
			return
		}
		if i+1 < len(held) && held[i+1].ID == a.ID && a.State == schemas.AlertUpdated && held[i+1].State == schemas.AlertUpdated {
			continue // the next one says it all; delivery often merges the two
		}
		if _, err := h.Sink.Notify(ctx, a, alerting.Key(a), ""); err != nil {
			h.err = fmt.Errorf("hand on alert %s: %w", a.ID, err)
		}
	}
}
