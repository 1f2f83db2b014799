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

	"github.com/gatehound/gatehound/alerting/internal/outbox"
	"github.com/gatehound/gatehound/schemas"
)

// maxThrottle bounds how long a receiver can ask to be left alone.
const maxThrottle = time.Hour

// outage is how many failures in a row are taken for an outage of the sink:
// its end makes due again what has failed during it.
const outage = 3

// lane is a sink with its queue and its worker's state.
type lane struct {
	name string
	sink Sink
	min  schemas.Severity
	cfg  SinkConfig
	q    *outbox.Queue

	// The worker's own.
	rate     outbox.Window
	failures int       // failed attempts in a row
	paused   time.Time // the sink is left alone until then
}

// deliver is a sink's worker. It works until ctx is done and nothing is due,
// or hard is done.
func (m *Manager) deliver(ctx, hard context.Context, r *lane) {
	for hard.Err() == nil {
		wait, err := m.step(hard, r)
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
	it, stale, next := r.q.Pick(now)
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
	if now.Sub(it.Queued) > m.cfg.MaxAge {
		return 0, m.bury(r, it, "not delivered within max_age: "+orNone(it.Problem))
	}
	free, at := r.rate.Free(now)
	if free == 0 {
		return at.Sub(now), nil
	}
	if free == 1 && r.cfg.OnStorm == StormDigest && !it.Digest {
		if made, err := m.sumUp(r, now); made || err != nil {
			return 0, err
		}
	}
	r.rate.Use(now)
	return 0, m.attempt(ctx, r, it)
}

// attempt makes one attempt for it and notes the outcome.
func (m *Manager) attempt(ctx context.Context, r *lane, it *outbox.Item) error {
	d, prev, err := m.read(r, it)
	if err != nil {
		return err
	}
	once, cancel := context.WithTimeout(ctx, r.cfg.Timeout)
	ref, err := notify(once, r.sink, d, prev)
	cancel()
	now := time.Now()
	if err == nil {
		if r.failures >= outage {
			r.q.Rush()
		}
		r.failures = 0
		if len(ref) > MaxRef {
			ref = ""
		}
		r.q.Change(it, func(it *outbox.Item) { it.Sent, it.Ref, it.Problem = true, string(ref), "" })
		m.metrics.notifications.WithLabelValues(r.name, outcomeDelivered).Inc()
		m.metrics.latency.WithLabelValues(r.name).Observe(now.Sub(it.Queued).Seconds())
		return m.settle(r, it)
	}
	if ctx.Err() != nil { // the stop cut it short; it stays in the outbox
		return nil
	}
	problem := safe(err.Error())
	if IsPermanent(err) {
		r.q.Change(it, func(it *outbox.Item) { it.Attempts++ })
		return m.bury(r, it, problem)
	}
	outcome, pause := outcomeRetried, m.backoff(r.failures)
	r.failures++
	if wish, ok := RetryAfter(err); ok {
		outcome, pause = outcomeThrottled, min(max(wish, m.cfg.BackoffMin), maxThrottle)
	}
	r.paused = now.Add(pause)
	own := m.backoff(it.Attempts) // lets the others go first when the pause is over
	r.q.Change(it, func(it *outbox.Item) {
		it.Attempts++
		it.Problem = problem
		it.Next = r.paused.Add(own)
	})
	m.metrics.notifications.WithLabelValues(r.name, outcome).Inc()
	m.log.Warn("notification failed", "sink", r.name, "key", it.Key, "attempt", it.Attempts,
		"next", it.Next.Sub(now).Round(time.Millisecond), "error", problem)
	return nil
}

// notify calls the sink and turns a panic into a permanent error: the same
// alert would bring it again.
func notify(ctx context.Context, s Sink, d *outbox.Delivery, prev Ref) (ref Ref, err error) {
	defer func() {
		if recover() != nil {
			err = Permanent(errors.New("the sink panicked"))
		}
	}()
	return s.Notify(ctx, &d.Alert, d.Key, prev)
}

// backoff returns the wait after n earlier failures: drawn evenly up to a
// bound that doubles ("full jitter",
// https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
func (m *Manager) backoff(n int) time.Duration {
	bound := m.cfg.BackoffMax
	if n < 30 {
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
	if err := m.db.Update(func(tx *bolt.Tx) error { return outbox.Settle(tx, r.name, it) }); err != nil {
		return fmt.Errorf("note delivery of %s: %w", it.Key, err)
	}
	m.gone(r, it)
	return nil
}

// remove takes items out of the outbox without an attempt.
func (m *Manager) remove(r *lane, items []*outbox.Item, outcome string) error {
	if err := m.db.Update(func(tx *bolt.Tx) error { return outbox.Delete(tx, r.name, items...) }); err != nil {
		return fmt.Errorf("remove from outbox of %s: %w", r.name, err)
	}
	m.metrics.notifications.WithLabelValues(r.name, outcome).Add(float64(len(items)))
	m.gone(r, items...)
	return nil
}

// bury makes a dead letter of it.
func (m *Manager) bury(r *lane, it *outbox.Item, reason string) error {
	kept := 0
	if err := m.db.Update(func(tx *bolt.Tx) (err error) {
		kept, err = outbox.Bury(tx, r.name, it, reason, time.Now())
		return err
	}); err != nil {
		return fmt.Errorf("give up %s: %w", it.Key, err)
	}
	m.metrics.notifications.WithLabelValues(r.name, outcomeDead).Inc()
	m.metrics.dead.WithLabelValues(r.name).Set(float64(kept))
	m.log.Error("notification given up", "sink", r.name, "key", it.Key, "attempts", it.Attempts, "reason", reason)
	m.gone(r, it)
	return nil
}

// trim keeps the sink's queue within its bound.
func (m *Manager) trim(r *lane, now time.Time) error {
	length := r.q.Size()
	if length <= m.cfg.QueueLimit {
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
	var errs []error
	for _, it := range items[:min(length-m.cfg.QueueLimit, len(items))] {
		errs = append(errs, m.bury(r, it, "queue_limit was reached"))
	}
	return errors.Join(errs...)
}

// sumUp replaces what waits for the sink by one notification about it, in the
// log and in the queue, and reports whether it did: one alert needs no digest.
func (m *Manager) sumUp(r *lane, now time.Time) (bool, error) {
	items := r.q.Waiting()
	if len(items) < 2 {
		return false, nil
	}
	var made *outbox.Item
	if err := m.db.Update(func(tx *bolt.Tx) (err error) {
		made, err = outbox.SumUp(tx, r.name, items, now)
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

func orNone(problem string) string {
	if problem == "" {
		return "no attempt was due"
	}
	return problem
}
