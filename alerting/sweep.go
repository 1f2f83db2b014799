package alerting

import (
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/gatehound/gatehound/alerting/internal/group"
	"github.com/gatehound/gatehound/alerting/internal/journal"
)

// A sweep takes at most sweepSteps steps of escalation and looks at sweepMuted
// muted alerts; the rest has its turn the next time.
const (
	sweepSteps = 500
	sweepMuted = 1000
)

// sweep does what time brings while nobody calls: it resolves what event time has
// left behind, escalates, tells of what is muted no more, and removes what has
// expired from the log.
func (m *Manager) sweep() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	resolved, err := m.resolve(m.clock.at(now))
	m.hold(resolved)
	if err != nil {
		return err
	}
	if err := m.refill(now); err != nil {
		return fmt.Errorf("look for what inhibits: %w", err)
	}
	if err := m.escalate(now); err != nil {
		return fmt.Errorf("escalate: %w", err)
	}
	if err := m.unmute(now); err != nil {
		return fmt.Errorf("tell of what is muted no more: %w", err)
	}
	if err := m.expire(); err != nil {
		return err
	}
	return m.elapse(now)
}

// escalate takes the steps of escalation that are due.
func (m *Manager) escalate(now time.Time) error {
	var ids []string
	if err := m.db.View(func(tx *bolt.Tx) error {
		ids = group.Due(tx, now, sweepSteps)
		return nil
	}); err != nil || len(ids) == 0 {
		return err
	}
	alerts, err := m.decideAt(m.clock.at(now), func(b *group.Book) error { return b.Escalate(ids) })
	m.hold(alerts)
	return err
}

// unmute tells of alerts whose silence, mute time or inhibition is over.
func (m *Manager) unmute(now time.Time) error {
	var ids []string
	if err := m.db.View(func(tx *bolt.Tx) (err error) {
		b := group.NewBook(tx, m.rules(now), now, m.clock.at(now))
		ids, m.looked, err = b.Muted(m.looked, sweepMuted)
		return err
	}); err != nil || len(ids) == 0 {
		return err
	}
	alerts, err := m.decideAt(m.clock.at(now), func(b *group.Book) error { return b.Recheck(ids) })
	m.hold(alerts)
	return err
}

// expire removes findings and resolved alerts that are older than Retention.
func (m *Manager) expire() error {
	now := time.Now()
	seenBound := now.Add(-m.cfg.Retention)
	closedBound := m.clock.at(now).Add(-max(m.cfg.Retention, m.cfg.GroupWindow))
	excess := m.seen - maxSightings
	due := excess > 0
	if err := m.db.View(func(tx *bolt.Tx) error {
		aging, closed := journal.First(tx.Bucket(journal.Aging)), journal.First(tx.Bucket(journal.Resolved))
		due = due || !aging.IsZero() && aging.Before(seenBound) || !closed.IsZero() && closed.Before(closedBound)
		return nil
	}); err != nil || !due {
		return err
	}
	seenGone, closedGone := 0, 0
	err := m.db.Update(func(tx *bolt.Tx) (err error) {
		seenGone, closedGone, err = group.Expire(tx, seenBound, closedBound, excess)
		return err
	})
	if err != nil {
		return fmt.Errorf("expire entries of the notification log: %w", err)
	}
	m.seen -= seenGone
	m.total -= closedGone
	return nil
}
