package alerting

import (
	"context"
	"fmt"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/gatehound/gatehound/alerting/internal/group"
	"github.com/gatehound/gatehound/alerting/internal/journal"
	"github.com/gatehound/gatehound/alerting/internal/outbox"
	"github.com/gatehound/gatehound/schemas"
)

// A transaction takes at most chunkFindings findings and resolves at most
// chunkResolve alerts, so that a storm costs bounded memory.
const (
	chunkFindings = 500
	chunkResolve  = 500
)

// maxSightings is how many findings the log remembers at most: a hundred
// bytes each.
const maxSightings = 1_000_000

// maxHeld bounds the alerts that were resolved while nobody called; Alerts has
// the rest.
const maxHeld = 10_000

// clock is event time as the manager knows it: the latest that it was told of,
// going on with the wall clock while nobody tells it more.
type clock struct {
	event time.Time
	wall  time.Time
}

func (c *clock) advance(event, now time.Time) {
	if event.After(c.event) {
		c.event = event
	}
	c.wall = now
}

func (c *clock) at(now time.Time) time.Time {
	if c.event.IsZero() {
		return time.Time{}
	}
	return c.event.Add(max(now.Sub(c.wall), 0))
}

// Offer decides about findings and returns the alerts that they belong to, as
// they now are, and those that were resolved since: the caller stores them.
// When it returns nil as error, what is to be told is durable, and Run will
// tell it also after a crash; on an error nothing was decided about the
// findings that the returned alerts do not show, and the caller offers all of
// them again: those that were decided are known.
//
// The same finding, offered again, tells nobody and changes nothing unless its
// severity has risen. A finding with an exception is remembered, and no more.
func (m *Manager) Offer(ctx context.Context, findings []schemas.Finding) ([]schemas.Alert, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.open(); err != nil {
		return nil, err
	}
	out := m.unheld()
	for chunk := range slices.Chunk(group.Prepare(findings), chunkFindings) {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		alerts, err := m.decide(func(b *group.Book) error {
			for i := range chunk {
				if err := b.Take(&chunk[i]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return out, fmt.Errorf("decide about findings: %w", err)
		}
		m.metrics.findings.Add(float64(len(chunk)))
		for i := range chunk {
			m.clock.advance(chunk[i].Detected, time.Now())
		}
		out = merge(out, alerts)
	}
	resolved, err := m.resolve(m.clock.event)
	return merge(out, resolved), err
}

// Advance tells the manager how far event time has come, and returns the
// alerts that are resolved by it. A pipeline calls it with its watermark, also
// when there are no findings.
func (m *Manager) Advance(_ context.Context, eventTime time.Time) ([]schemas.Alert, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.open(); err != nil {
		return nil, err
	}
	m.clock.advance(eventTime, time.Now())
	out := m.unheld()
	resolved, err := m.resolve(m.clock.event)
	return merge(out, resolved), err
}

func (m *Manager) unheld() []schemas.Alert {
	out := m.held
	m.held = nil
	return out
}

// merge appends more to all; of an alert that is in both the newer stays.
func merge(all, more []schemas.Alert) []schemas.Alert {
	if len(all) == 0 {
		return more
	}
	at := make(map[string]int, len(all))
	for i := range all {
		at[all[i].ID] = i
	}
	for _, a := range more {
		if i, ok := at[a.ID]; ok {
			all[i] = a
			continue
		}
		all = append(all, a)
	}
	return all
}

// resolve closes the alerts that are left behind at the event time now, and
// the oldest ones beyond MaxAlerts.
func (m *Manager) resolve(now time.Time) ([]schemas.Alert, error) {
	var out []schemas.Alert
	bound := now.Add(-m.cfg.ResolveAfter)
	for {
		if m.oldest.IsZero() || !m.oldest.Before(bound) {
			break
		}
		alerts, err := m.decide(func(b *group.Book) error { return b.Resolve(bound, chunkResolve, false) })
		if err != nil {
			return out, fmt.Errorf("resolve alerts: %w", err)
		}
		if len(alerts) == 0 {
			break
		}
		out = append(out, alerts...)
	}
	for m.total > m.cfg.MaxAlerts {
		excess := m.total - m.cfg.MaxAlerts
		before := m.total
		alerts, err := m.decide(func(b *group.Book) error { return b.Evict(min(excess, chunkResolve)) })
		if err != nil {
			return out, fmt.Errorf("make room for alerts: %w", err)
		}
		if len(alerts) == 0 && m.total == before {
			break
		}
		out = append(out, alerts...)
	}
	return out, nil
}

// decide runs f in one transaction of the log and, when that is durable, makes
// true what it decided.
func (m *Manager) decide(f func(*group.Book) error) ([]schemas.Alert, error) {
	var b *group.Book
	var queued [][]*outbox.Item
	var below []int
	var oldest time.Time
	if err := m.db.Update(func(tx *bolt.Tx) error {
		now := time.Now()
		rules := group.Rules{GroupWindow: m.cfg.GroupWindow, RepeatInterval: m.cfg.RepeatInterval, ResolveAfter: m.cfg.ResolveAfter}
		b = group.NewBook(tx, rules, now)
		if err := f(b); err != nil {
			return err
		}
		if err := b.Write(); err != nil {
			return err
		}
		var err error
		queued, below, err = m.enqueue(tx, b.Told, now)
		oldest = journal.First(tx.Bucket(journal.Unresolved))
		return err
	}); err != nil {
		return nil, err
	}
	m.oldest = oldest
	m.total += b.Total
	m.seen += b.Seen
	m.metrics.open.Add(float64(b.Open))
	m.metrics.grouped.Add(float64(b.Grouped))
	for reason, n := range b.Suppressed {
		m.metrics.suppressed.WithLabelValues(reason).Add(float64(n))
	}
	for i := range b.Told {
		m.metrics.alerts.WithLabelValues(b.Told[i].State.String()).Inc()
	}
	for i, r := range m.lanes {
		m.metrics.notifications.WithLabelValues(r.name, outcomeBelow).Add(float64(below[i]))
		m.metrics.queue.WithLabelValues(r.name).Add(float64(len(queued[i])))
		r.q.Push(queued[i]...)
	}
	return b.Alerts(), nil
}

// enqueue puts alerts into the outboxes of the sinks that want them; it returns
// by sink what is to be queued, and how many were not severe enough.
func (m *Manager) enqueue(tx *bolt.Tx, alerts []schemas.Alert, now time.Time) (queued [][]*outbox.Item, below []int, err error) {
	queued, below = make([][]*outbox.Item, len(m.lanes)), make([]int, len(m.lanes))
	for i, r := range m.lanes {
		for j := range alerts {
			a := &alerts[j]
			if a.Severity < r.min {
				below[i]++
				continue
			}
			it, err := outbox.Store(tx, r.name, &outbox.Delivery{Key: Key(a), Queued: now, Alert: *a})
			if err != nil {
				return nil, nil, err
			}
			queued[i] = append(queued[i], it)
		}
	}
	return queued, below, nil
}

// sweep resolves what event time has left behind while nobody called, and
// removes what has expired from the log.
func (m *Manager) sweep() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	resolved, err := m.resolve(m.clock.at(time.Now()))
	m.held = merge(m.held, resolved)
	if n := len(m.held); n > maxHeld {
		m.held = m.held[n-maxHeld:]
	}
	if err != nil {
		return err
	}
	return m.expire()
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
