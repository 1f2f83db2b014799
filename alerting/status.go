package alerting

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/gatehound/gatehound/alerting/internal/group"
	"github.com/gatehound/gatehound/alerting/internal/outbox"
	"github.com/gatehound/gatehound/schemas"
)

// Delivery is a notification that waits for a sink.
type Delivery struct {
	Sink     string             `json:"sink"`
	Key      string             `json:"key"`
	Alert    string             `json:"alert"`
	State    schemas.AlertState `json:"state"`
	Severity schemas.Severity   `json:"severity"`
	Queued   time.Time          `json:"queued"`
	Attempts int                `json:"attempts"`
	// Next is when it may be tried again; zero if at once.
	Next time.Time `json:"next,omitzero"`
	// Problem is why the last attempt failed.
	Problem string `json:"problem,omitempty"`
}

// DeadLetter is a notification that was given up.
type DeadLetter = outbox.DeadLetter

// SinkStatus says how a sink stands.
type SinkStatus struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
	// Waiting and Dead are how many notifications wait, and how many were given up
	// and are kept; Oldest is when the first that waits was decided, zero if none
	// does.
	Waiting int       `json:"waiting"`
	Dead    int       `json:"dead"`
	Oldest  time.Time `json:"oldest,omitzero"`
	// Delivered is when the receiver last took something, since the process
	// started; zero if it did not. Delay is how long that had waited.
	Delivered time.Time     `json:"delivered,omitzero"`
	Delay     time.Duration `json:"delay_ns,omitempty"`
	// Failures counts the failed attempts in a row; 0 if the last one went well.
	Failures int `json:"failures,omitempty"`
	// Problem is why an attempt failed last, Failed when; both stay when the sink
	// works again.
	Problem string    `json:"problem,omitempty"`
	Failed  time.Time `json:"failed,omitzero"`
	// Paused is until when the sink is left alone; zero if it is not.
	Paused time.Time `json:"paused,omitzero"`
}

// Pending lists what waits, by sink and then in the order of decision.
func (m *Manager) Pending() []Delivery {
	var out []Delivery
	for _, r := range m.lanes {
		from := len(out)
		seqs := make(map[string]uint64)
		r.q.List(func(it *outbox.Item) {
			if it.Sent {
				return
			}
			seqs[it.Key] = it.Seq
			out = append(out, Delivery{Sink: r.name, Key: it.Key, Alert: it.Alert, State: it.State, Severity: it.Severity,
				Queued: it.Queued, Attempts: it.Attempts, Next: it.Next, Problem: it.Problem})
		})
		slices.SortFunc(out[from:], func(a, b Delivery) int { return cmp.Compare(seqs[a.Key], seqs[b.Key]) })
	}
	return out
}

// DeadLetters lists what was given up, by sink and then in order.
func (m *Manager) DeadLetters() ([]DeadLetter, error) {
	if err := m.Open(); err != nil {
		return nil, err
	}
	var out []DeadLetter
	err := m.db.View(func(tx *bolt.Tx) (err error) {
		out, err = outbox.Letters(tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list dead letters: %w", err)
	}
	return out, nil
}

// Redeliver puts the sink's dead letters back into its queue, under their old
// keys, and returns how many: after a token was renewed, for example.
func (m *Manager) Redeliver(sink string) (int, error) {
	r := m.lane(sink)
	if r == nil {
		return 0, fmt.Errorf("redeliver: %w", ErrNoSink)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.open(); err != nil {
		return 0, err
	}
	var items []*outbox.Item
	err := m.db.Update(func(tx *bolt.Tx) (err error) {
		items, err = outbox.Redeliver(tx, sink, time.Now())
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("redeliver to %s: %w", sink, err)
	}
	m.metrics.dead.WithLabelValues(sink).Set(0)
	r.note(func(s *SinkStatus) { s.Dead = 0 })
	m.metrics.queue.WithLabelValues(sink).Add(float64(len(items)))
	r.q.Push(items...)
	return len(items), nil
}

// Alerts returns every alert of the log, the one that was seen last at the
// end. A caller that stores them when it starts makes good what a crash
// between Offer and the store has cost.
func (m *Manager) Alerts() ([]schemas.Alert, error) {
	if err := m.Open(); err != nil {
		return nil, err
	}
	var out []schemas.Alert
	err := m.db.View(func(tx *bolt.Tx) (err error) {
		out, err = group.Alerts(tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list alerts: %w", err)
	}
	slices.SortFunc(out, func(a, b schemas.Alert) int {
		return cmp.Or(a.LastSeen.Compare(b.LastSeen), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

// Sinks says how each sink stands, in the order of the configuration.
func (m *Manager) Sinks() []SinkStatus {
	out := make([]SinkStatus, 0, len(m.lanes))
	now := time.Now()
	for _, r := range m.lanes {
		st := r.standing()
		if !st.Paused.After(now) {
			st.Paused = time.Time{}
		}
		r.q.List(func(it *outbox.Item) {
			if it.Sent {
				return
			}
			st.Waiting++
			if st.Oldest.IsZero() || it.Queued.Before(st.Oldest) {
				st.Oldest = it.Queued
			}
		})
		out = append(out, st)
	}
	return out
}

// Try sends a marked test alert to a sink, as it would be shown an alert, and
// returns its answer: the sink's error as it is. The alert is in no log and in no
// store. It waits for an attempt that is under way.
func (m *Manager) Try(ctx context.Context, sink string) error {
	r := m.lane(sink)
	if r == nil {
		return ErrNoSink
	}
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Timeout)
	defer cancel()
	a := testAlert(time.Now())
	shown, shownErr := r.view.Show(ctx, &a)
	_, err := r.notify(ctx, &shown, Key(&a), "")
	if err == nil && shownErr != nil {
		return fmt.Errorf("it was sent, but not shown as configured: %w", shownErr)
	}
	return err
}
