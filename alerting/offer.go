package alerting

import (
	"context"
	"fmt"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/gatehound/gatehound/alerting/internal/bound"
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
// going on with the wall clock while nobody tells it more, unless it stands.
type clock struct {
	event  time.Time
	wall   time.Time
	stands bool
}

func (c *clock) advance(event, now time.Time) {
	if event.After(c.event) {
		c.event = event
	}
	c.wall = now
}

func (c *clock) at(now time.Time) time.Time {
	if c.event.IsZero() || c.stands {
		return c.event
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
	for rest := bound.Prepare(findings); len(rest) > 0; {
		if err := ctx.Err(); err != nil {
			return m.hold(out), err
		}
		chunk := rest[:chunkOf(rest)]
		rest = rest[len(chunk):]
		alerts, err := m.take(chunk)
		out = merge(out, alerts)
		if err != nil {
			return m.hold(out), fmt.Errorf("decide about findings: %w", err)
		}
	}
	return m.conclude(out)
}

// conclude resolves what event time has left behind, and returns that and what the
// caller has to store anyway.
func (m *Manager) conclude(out []schemas.Alert) ([]schemas.Alert, error) {
	resolved, err := m.resolve(m.clock.event)
	if out = merge(out, resolved); err != nil {
		return m.hold(out), err
	}
	return out, nil
}

// chunkOf returns how many of the findings a transaction takes. It ends with a
// campaign, whose members the findings after it are to find.
func chunkOf(fs []bound.Input) int {
	n := min(len(fs), chunkFindings)
	for i := range fs[:n] {
		if len(fs[i].Members()) > 0 {
			return i + 1
		}
	}
	return n
}

// take decides about a chunk of findings.
func (m *Manager) take(chunk []bound.Input) ([]schemas.Alert, error) {
	last := &chunk[len(chunk)-1]
	out, err := m.decide(func(b *group.Book) error {
		for i := range chunk {
			if err := b.Take(&chunk[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	m.metrics.findings.Add(float64(len(chunk)))
	for i := range chunk {
		m.clock.advance(chunk[i].Detected, time.Now())
	}
	for next := 0; len(last.Members()) > 0; {
		alerts, err := m.decide(func(b *group.Book) (err error) {
			next, err = b.Absorb(last, next)
			return err
		})
		out = merge(out, alerts)
		if err != nil || next == 0 {
			return out, err
		}
	}
	return out, nil
}

// Cease tells the manager that the causes of findings have ended, and returns
// the alerts that this changes: one that has no other cause is resolved at once.
// Like Offer's, its decisions are durable when it returns, and the caller may
// repeat it.
func (m *Manager) Cease(ctx context.Context, list []schemas.Ceased) ([]schemas.Alert, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.open(); err != nil {
		return nil, err
	}
	out := m.unheld()
	for chunk := range slices.Chunk(list, chunkFindings) {
		if err := ctx.Err(); err != nil {
			return m.hold(out), err
		}
		alerts, err := m.decide(func(b *group.Book) error {
			for i := range chunk {
				if err := b.Cease(&chunk[i]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return m.hold(out), fmt.Errorf("decide about what has ended: %w", err)
		}
		out = merge(out, alerts)
	}
	return out, nil
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
	return m.conclude(out)
}

func (m *Manager) unheld() []schemas.Alert {
	out := m.held
	m.held = nil
	return out
}

// hold keeps alerts for the next caller and returns them: what this one is given
// beside an error it may not store.
func (m *Manager) hold(alerts []schemas.Alert) []schemas.Alert {
	m.held = merge(m.held, slices.Clone(alerts))
	if n := len(m.held); n > maxHeld {
		m.held = m.held[n-maxHeld:]
	}
	return alerts
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
		alerts, err := m.decide(func(b *group.Book) error { return b.Resolve(bound, chunkResolve) })
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

// decide runs f in one transaction of the log, which notes how far event time has
// come, and, when that is durable, makes true what it decided.
func (m *Manager) decide(f func(*group.Book) error) ([]schemas.Alert, error) {
	return m.decideAt(m.clock.event, func(b *group.Book) error {
		if err := f(b); err != nil {
			return err
		}
		return b.Tick()
	})
}

// decideAt is decide while the time in the logs is event.
func (m *Manager) decideAt(event time.Time, f func(*group.Book) error) ([]schemas.Alert, error) {
	var b *group.Book
	var queued map[string][]*outbox.Item
	var oldest time.Time
	if err := m.db.Update(func(tx *bolt.Tx) error {
		now := time.Now()
		b = group.NewBook(tx, m.rules(now), now, event)
		if err := f(b); err != nil {
			return err
		}
		if err := b.Write(); err != nil {
			return err
		}
		var err error
		queued, err = m.enqueue(tx, b.Told, now)
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
		m.metrics.alerts.WithLabelValues(b.Told[i].Alert.State.String()).Inc()
		for _, sink := range b.Told[i].Below {
			m.metrics.notifications.WithLabelValues(sink, outcomeBelow).Inc()
		}
	}
	for _, r := range m.lanes {
		m.metrics.queue.WithLabelValues(r.name).Add(float64(len(queued[r.name])))
		r.q.Push(queued[r.name]...)
	}
	alerts := b.Alerts()
	m.inhibitors.note(alerts)
	return alerts, nil
}

// enqueue puts notifications into the outboxes of the sinks that get them, and
// returns by sink what is to be queued.
func (m *Manager) enqueue(tx *bolt.Tx, told []group.Telling, now time.Time) (map[string][]*outbox.Item, error) {
	queued := make(map[string][]*outbox.Item, len(m.lanes))
	for i := range told {
		a := &told[i].Alert
		d := &outbox.Delivery{Key: Key(a), Queued: now, Alert: *a}
		for _, sink := range told[i].Sinks {
			if m.lane(sink) == nil { // it was told and is configured no more
				continue
			}
			it, err := outbox.Store(tx, sink, d)
			if err != nil {
				return nil, err
			}
			queued[sink] = append(queued[sink], it)
		}
	}
	return queued, nil
}
