package alerting

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

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

// Pending lists what waits, by sink and then in the order of decision.
func (m *Manager) Pending() []Delivery {
	var out []Delivery
	for _, r := range m.routes {
		from := len(out)
		seqs := make(map[string]uint64)
		r.q.list(func(it *item) {
			if it.sent {
				return
			}
			seqs[it.key] = it.seq
			out = append(out, Delivery{Sink: r.name, Key: it.key, Alert: it.alert, State: it.state, Severity: it.severity,
				Queued: it.queued, Attempts: it.attempts, Next: it.next, Problem: it.problem})
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
	err := m.db.View(func(tx *bolt.Tx) error {
		dead := tx.Bucket(bucketDead)
		return dead.ForEachBucket(func(sink []byte) error {
			letters := dead.Bucket(sink)
			return letters.ForEach(func(k, _ []byte) error {
				var l DeadLetter
				_, err := get(letters, k, &l)
				out = append(out, l)
				return err
			})
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list dead letters: %w", err)
	}
	return out, nil
}

// Redeliver puts the sink's dead letters back into its queue, under their old
// keys, and returns how many: after a token was renewed, for example.
func (m *Manager) Redeliver(sink string) (int, error) {
	r := m.route(sink)
	if r == nil {
		return 0, fmt.Errorf("redeliver: there is no sink of that name")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.open(); err != nil {
		return 0, err
	}
	var items []*item
	err := m.db.Update(func(tx *bolt.Tx) error {
		items = nil
		letters := tx.Bucket(bucketDead).Bucket([]byte(sink))
		if letters == nil {
			return nil
		}
		if err := letters.ForEach(func(k, _ []byte) error {
			var l DeadLetter
			if _, err := get(letters, k, &l); err != nil {
				return err
			}
			it, err := store(tx, sink, &delivery{Key: l.Key, Queued: time.Now(), Alert: l.Alert,
				Digest: l.Alert.Detector == digestDetector})
			items = append(items, it)
			return err
		}); err != nil {
			return err
		}
		return tx.Bucket(bucketDead).DeleteBucket([]byte(sink))
	})
	if err != nil {
		return 0, fmt.Errorf("redeliver to %s: %w", sink, err)
	}
	m.metrics.dead.WithLabelValues(sink).Set(0)
	m.metrics.queue.WithLabelValues(sink).Add(float64(len(items)))
	r.q.push(items...)
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
	err := m.db.View(func(tx *bolt.Tx) error {
		alerts := tx.Bucket(bucketAlerts)
		return alerts.ForEach(func(k, _ []byte) error {
			var rec record
			_, err := get(alerts, k, &rec)
			out = append(out, rec.Alert)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list alerts: %w", err)
	}
	slices.SortFunc(out, func(a, b schemas.Alert) int {
		return cmp.Or(a.LastSeen.Compare(b.LastSeen), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}
