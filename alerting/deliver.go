package alerting

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
	"unicode"

	bolt "go.etcd.io/bbolt"

	"github.com/gatehound/gatehound/alerting/internal/journal"
	"github.com/gatehound/gatehound/alerting/internal/outbox"
)

// maxThrottle bounds how long a receiver can ask to be left alone.
const maxThrottle = time.Hour

// outage is how many failures of what comes first in a row make it doubtful
// whether the receiver is away or chokes on it: from then on another one is tried
// with it. If that is taken and the first then fails again, it is set aside; if
// not, the sink is away, and the first stays the first. A receiver that asks for
// rest is asked twice as often before it gets two attempts at once.
//
// That is done in each of the next outageDoubts rounds, which is enough to get
// past so many that the receiver chokes on, and then in every fourth: when a
// receiver comes back after long, most likely the first is tried alone.
const (
	outage       = 3
	outageDoubts = 10
)

// buryAtOnce is how many dead letters a transaction makes at most.
const buryAtOnce = 200

// deliver is a sink's worker. It works until ctx is done and nothing is due,
// or hard is done.
func (m *Manager) deliver(ctx, hard context.Context, r *lane) {
	defer func() {
		if err := r.tries.Close(); err != nil {
			m.log.Error("notes of attempts are not closed", "sink", r.name, "error", err)
		}
		r.tries = nil
	}()
	for hard.Err() == nil {
		err := r.recall(m.cfg.Path)
		wait := time.Duration(0)
		if err == nil {
			wait, err = m.step(hard, r)
		}
		if err != nil {
			m.log.Error("notification log does not answer", "sink", r.name, "error", err)
			wait = m.backoff(3)
		}
		if wait == 0 {
			continue
		}
		if ctx.Err() != nil {
			return
		}
		var timer <-chan time.Time
		if wait > 0 {
			timer = time.After(wait)
		}
		select {
		case <-timer:
		case <-r.q.Wake:
		case <-ctx.Done():
		}
	}
}

// step does one thing for the sink. It returns how long nothing is to be done
// unless something is pushed; zero to go on, negative for ever.
func (m *Manager) step(ctx context.Context, r *lane) (time.Duration, error) {
	now := time.Now()
	if err := m.trim(r, now); err != nil {
		return 0, err
	}
	if wait := r.paused.Sub(now); wait > 0 {
		return wait, nil
	}
	it, stale, next := r.next(now)
	if it == nil {
		if next.IsZero() {
			return -1, nil
		}
		return next.Sub(now), nil
	}
	switch {
	case it.Sent:
		return 0, m.settle(r, it)
	case it.Damaged: // there is nothing left to bury
		m.log.Error("notification is lost: its entry in the log is damaged", "sink", r.name)
		return 0, m.remove(r, []*outbox.Item{it}, outcomeDead)
	}
	if len(stale) > 0 {
		return 0, m.remove(r, stale, outcomeSuperseded)
	}
	if bound := now.Add(-m.cfg.MaxAge); it.Queued.Before(bound) {
		return 0, m.bury(r, r.q.Before(bound, buryAtOnce), tooOld)
	}
	free, at := r.rate.Free(now)
	if free == 0 {
		r.suspect, r.judged = nil, nil // by then the receiver may be another
		return at.Sub(now), nil
	}
	if free == 1 && r.cfg.OnStorm == StormDigest && !it.Digest {
		if made, err := m.sumUp(r, now); made || err != nil {
			return 0, err
		}
	}
	if err := r.tries.Note(it.Seq); err != nil {
		return 0, err
	}
	r.rate.Use(now)
	return 0, m.attempt(ctx, r, it)
}

// next returns what to try now, like Pick; after a failure that may be the
// alert's it is another one.
func (r *lane) next(now time.Time) (it *outbox.Item, stale []*outbox.Item, next time.Time) {
	if r.judged != nil {
		return r.judged, nil, time.Time{}
	}
	if r.suspect != nil {
		if other := r.q.Other(r.suspect); other != nil {
			return other, nil, time.Time{}
		}
		r.suspect = nil
	}
	return r.q.Pick(now)
}

// attempt makes one attempt for it and notes the outcome.
func (m *Manager) attempt(ctx context.Context, r *lane, it *outbox.Item) error {
	d, prev, err := m.read(r, it)
	if errors.Is(err, journal.ErrDamaged) {
		r.q.Change(it, func(it *outbox.Item) { it.Damaged = true })
		return nil
	} else if err != nil {
		return err
	}
	once, cancel := context.WithTimeout(ctx, r.cfg.Timeout)
	shown := m.show(once, r, d)
	ref, err := r.notify(once, &shown, d.Key, prev)
	cancel()
	switch {
	case err == nil:
		return m.taken(r, it, ref)
	case ctx.Err() != nil: // the stop cut it short; it stays in the outbox
		return nil
	}
	problem := safe(err.Error())
	now := time.Now()
	r.q.Change(it, func(it *outbox.Item) { it.Attempts, it.Problem = it.Attempts+1, problem })
	if IsPermanent(err) {
		r.note(func(s *SinkStatus) { s.Problem, s.Failed = problem, now })
		return m.bury(r, []*outbox.Item{it}, func(it *outbox.Item) string { return it.Problem })
	}
	wish, throttled := RetryAfter(err)
	outcome := outcomeRetried
	if throttled {
		outcome = outcomeThrottled
	}
	m.metrics.notifications.WithLabelValues(r.name, outcome).Inc()
	m.failed(r, it, now, wish, throttled)
	r.note(func(s *SinkStatus) {
		s.Problem, s.Failed, s.Failures, s.Paused = problem, now, r.failures, r.paused
	})
	m.log.Warn("notification failed", "sink", r.name, "key", it.Key, "attempt", it.Attempts,
		"next", it.Next.Sub(now).Round(time.Millisecond), "error", problem)
	return nil
}

// taken notes that the receiver has it.
func (m *Manager) taken(r *lane, it *outbox.Item, ref Ref) error {
	now := time.Now()
	switch {
	case r.suspect != nil: // the receiver works: that one has a last chance to keep its turn
		r.judged, r.suspect = r.suspect, nil
	case r.failures >= outage:
		r.q.Rush()
	}
	if r.judged == it {
		r.judged = nil
	}
	r.failures = 0
	if len(ref) > MaxRef {
		ref = ""
	}
	r.q.Change(it, func(it *outbox.Item) { it.Sent, it.Ref, it.Problem = true, string(ref), "" })
	delay := now.Sub(it.Queued)
	r.note(func(s *SinkStatus) { s.Delivered, s.Delay, s.Failures, s.Paused = now, delay, 0, time.Time{} })
	m.metrics.notifications.WithLabelValues(r.name, outcomeDelivered).Inc()
	m.metrics.latency.WithLabelValues(r.name).Observe(delay.Seconds())
	return m.settle(r, it)
}

// failed decides what comes after a failed attempt for it: another one for
// another alert, or a pause.
func (m *Manager) failed(r *lane, it *outbox.Item, now time.Time, wish time.Duration, throttled bool) {
	switch {
	case it == r.judged || r.q.IsAside(it):
		// If the receiver wants rest from all, the next one will learn it.
		r.judged = nil
		r.q.SetAside(it, now.Add(max(m.backoff(it.Asides), min(wish, maxThrottle))))
		return
	case r.suspect != nil && r.suspect != it: // both failed: the receiver is away
	default:
		r.failures++
		if r.suspect == nil && doubtful(r.failures, throttled) && r.q.Other(it) != nil {
			r.suspect = it
			return
		}
	}
	r.suspect = nil
	pause := m.backoff(r.failures - 1)
	if throttled {
		pause = min(max(wish, m.cfg.BackoffMin), maxThrottle)
	}
	r.paused = now.Add(pause)
	r.q.Change(it, func(it *outbox.Item) { it.Next = r.paused })
}

// doubtful reports whether another one is tried after so many failures of the
// first.
func doubtful(failures int, throttled bool) bool {
	if throttled {
		failures -= outage
	}
	failures -= outage
	return failures >= 0 && (failures < outageDoubts || failures%4 == 0)
}

// backoff returns the wait after n earlier failures: drawn evenly up to a
// bound that doubles ("full jitter",
// https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
func (m *Manager) backoff(n int) time.Duration {
	bound := m.cfg.BackoffMax
	if n = max(n, 0); n < 30 {
		bound = min(bound, m.cfg.BackoffMin<<n)
	}
	return 1 + rand.N(bound)
}

func (m *Manager) read(r *lane, it *outbox.Item) (d *outbox.Delivery, prev Ref, err error) {
	err = m.db.View(func(tx *bolt.Tx) error {
		var ref string
		d, ref, err = outbox.Read(tx, r.name, it)
		prev = Ref(ref)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("read %s of %s: %w", it.Key, r.name, err)
	}
	return d, prev, nil
}

// settle makes durable that the receiver has it.
func (m *Manager) settle(r *lane, it *outbox.Item) error {
	if err := m.commits.Do(m.db, func(tx *bolt.Tx) error { return outbox.Settle(tx, r.name, it) }); err != nil {
		return fmt.Errorf("note delivery of %s: %w", it.Key, err)
	}
	m.gone(r, it)
	return nil
}

// remove takes items out of the outbox without an attempt.
func (m *Manager) remove(r *lane, items []*outbox.Item, outcome string) error {
	if err := m.commits.Do(m.db, func(tx *bolt.Tx) error { return outbox.Delete(tx, r.name, items...) }); err != nil {
		return fmt.Errorf("remove from outbox of %s: %w", r.name, err)
	}
	m.metrics.notifications.WithLabelValues(r.name, outcome).Add(float64(len(items)))
	m.gone(r, items...)
	return nil
}

// bury makes dead letters of items.
func (m *Manager) bury(r *lane, items []*outbox.Item, reason func(*outbox.Item) string) error {
	room := 0
	if err := m.commits.Do(m.db, func(tx *bolt.Tx) (err error) {
		room, err = outbox.Bury(tx, r.name, items, reason, time.Now())
		return err
	}); err != nil {
		return fmt.Errorf("give up %d notifications of %s: %w", len(items), r.name, err)
	}
	m.metrics.notifications.WithLabelValues(r.name, outcomeDead).Add(float64(len(items)))
	m.metrics.dead.WithLabelValues(r.name).Add(float64(len(items) - room))
	r.note(func(s *SinkStatus) { s.Dead += len(items) - room })
	for _, it := range items {
		m.log.Error("notification given up", "sink", r.name, "key", it.Key, "attempts", it.Attempts, "reason", reason(it))
	}
	m.gone(r, items...)
	return nil
}

// tooOld is why what is older than max_age is given up.
func tooOld(it *outbox.Item) string {
	if it.Problem == "" {
		return "not delivered within max_age: no attempt was due"
	}
	return "not delivered within max_age: " + it.Problem
}

// trim keeps the sink's queue within its bound.
func (m *Manager) trim(r *lane, now time.Time) error {
	excess := r.q.Size() - m.cfg.QueueLimit
	if excess <= 0 {
		return nil
	}
	if r.cfg.OnStorm == StormDigest {
		_, err := m.sumUp(r, now)
		return err
	}
	items := r.q.Waiting()
	slices.SortFunc(items, func(a, b *outbox.Item) int {
		return cmp.Or(cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Seq, b.Seq))
	})
	for some := range slices.Chunk(items[:min(excess, len(items))], buryAtOnce) {
		if err := m.bury(r, some, func(*outbox.Item) string { return "queue_limit was reached" }); err != nil {
			return err
		}
	}
	return nil
}

// sumUp replaces what waits for the sink by one notification about it, in the
// log and in the queue, and reports whether it did: one alert needs no digest.
func (m *Manager) sumUp(r *lane, now time.Time) (bool, error) {
	items := r.q.Waiting()
	if len(items) < 2 {
		return false, nil
	}
	d, err := outbox.Summarize(m.db, r.name, items, now)
	if err != nil {
		return false, fmt.Errorf("sum up for %s: %w", r.name, err)
	}
	var made *outbox.Item
	if err := m.commits.Do(m.db, func(tx *bolt.Tx) (err error) {
		made, err = outbox.Replace(tx, r.name, items, d)
		return err
	}); err != nil {
		return false, fmt.Errorf("sum up for %s: %w", r.name, err)
	}
	m.metrics.notifications.WithLabelValues(r.name, outcomeDigested).Add(float64(len(items)))
	m.metrics.queue.WithLabelValues(r.name).Inc()
	m.gone(r, items...)
	r.q.Push(made)
	return true, nil
}

func (m *Manager) gone(r *lane, items ...*outbox.Item) {
	for _, it := range items {
		if it == r.suspect {
			r.suspect = nil
		}
		if it == r.judged {
			r.judged = nil
		}
		delete(r.shown, it.Key)
	}
	r.q.Drop(items...)
	m.metrics.queue.WithLabelValues(r.name).Sub(float64(len(items)))
}

// safe bounds an error text of a sink and keeps it on one line.
func safe(s string) string {
	s = strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(s, "?"))
	if r := []rune(s); len(r) > 200 {
		s = string(r[:200]) + "…"
	}
	return s
}
