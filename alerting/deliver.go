package alerting

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
	"unicode"

	bolt "go.etcd.io/bbolt"

	"github.com/gatehound/gatehound/schemas"
)

// maxThrottle bounds how long a receiver can ask to be left alone.
const maxThrottle = time.Hour

// maxDead is how many dead letters of a sink are kept; the oldest go first.
const maxDead = 1000

// outage is how many failures in a row are taken for an outage of the sink:
// its end makes due again what has failed during it.
const outage = 3

// route is a sink with its queue and its worker's state.
type route struct {
	name string
	sink Sink
	min  schemas.Severity
	cfg  SinkConfig
	q    *queue

	// The worker's own.
	rate     window
	failures int       // failed attempts in a row
	paused   time.Time // the sink is left alone until then
}

// deliver is a sink's worker. It works until ctx is done and nothing is due,
// or hard is done.
func (m *Manager) deliver(ctx, hard context.Context, r *route) {
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
		case <-r.q.wake:
		case <-ctx.Done():
		}
	}
}

// step does one thing for the sink. It returns how long nothing is to be done
// unless something is pushed; zero to go on, negative for ever.
func (m *Manager) step(ctx context.Context, r *route) (time.Duration, error) {
	now := time.Now()
	if err := m.trim(r, now); err != nil {
		return 0, err
	}
	if wait := r.paused.Sub(now); wait > 0 {
		return wait, nil
	}
	it, stale, next := r.q.pick(now)
	if it == nil {
		if next.IsZero() {
			return -1, nil
		}
		return next.Sub(now), nil
	}
	switch {
	case it.sent:
		return 0, m.settle(r, it)
	case it.damaged: // there is nothing left to bury
		m.log.Error("notification is lost: its entry in the log is damaged", "sink", r.name)
		return 0, m.remove(r, []*item{it}, outcomeDead)
	}
	if len(stale) > 0 {
		return 0, m.remove(r, stale, outcomeSuperseded)
	}
	if now.Sub(it.queued) > m.cfg.MaxAge {
		return 0, m.bury(r, it, "not delivered within max_age: "+orNone(it.problem))
	}
	free, at := r.rate.free(now)
	if free == 0 {
		return at.Sub(now), nil
	}
	if free == 1 && r.cfg.OnStorm == StormDigest && !it.digest {
		if made, err := m.sumUp(r, now); made || err != nil {
			return 0, err
		}
	}
	r.rate.use(now)
	return 0, m.attempt(ctx, r, it)
}

// attempt makes one attempt for it and notes the outcome.
func (m *Manager) attempt(ctx context.Context, r *route, it *item) error {
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
			r.q.rush()
		}
		r.failures = 0
		if len(ref) > MaxRef {
			ref = ""
		}
		r.q.change(it, func(it *item) { it.sent, it.ref, it.problem = true, ref, "" })
		m.metrics.notifications.WithLabelValues(r.name, outcomeDelivered).Inc()
		m.metrics.latency.WithLabelValues(r.name).Observe(now.Sub(it.queued).Seconds())
		return m.settle(r, it)
	}
	if ctx.Err() != nil { // the stop cut it short; it stays in the outbox
		return nil
	}
	problem := safe(err.Error())
	if IsPermanent(err) {
		r.q.change(it, func(it *item) { it.attempts++ })
		return m.bury(r, it, problem)
	}
	outcome, pause := outcomeRetried, m.backoff(r.failures)
	r.failures++
	if wish, ok := RetryAfter(err); ok {
		outcome, pause = outcomeThrottled, min(max(wish, m.cfg.BackoffMin), maxThrottle)
	}
	r.paused = now.Add(pause)
	own := m.backoff(it.attempts) // lets the others go first when the pause is over
	r.q.change(it, func(it *item) {
		it.attempts++
		it.problem = problem
		it.next = r.paused.Add(own)
	})
	m.metrics.notifications.WithLabelValues(r.name, outcome).Inc()
	m.log.Warn("notification failed", "sink", r.name, "key", it.key, "attempt", it.attempts,
		"next", it.next.Sub(now).Round(time.Millisecond), "error", problem)
	return nil
}

// notify calls the sink and turns a panic into a permanent error: the same
// alert would bring it again.
func notify(ctx context.Context, s Sink, d *delivery, prev Ref) (ref Ref, err error) {
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

func (m *Manager) read(r *route, it *item) (*delivery, Ref, error) {
	var d delivery
	var prev Ref
	err := m.db.View(func(tx *bolt.Tx) error {
		outbox := tx.Bucket(bucketOutbox).Bucket([]byte(r.name))
		if ok, err := get(outbox, number(it.seq), &d); err != nil || !ok {
			if err == nil {
				err = errDamaged
			}
			return fmt.Errorf("read outbox of %s: %w", r.name, err)
		}
		if refs := tx.Bucket(bucketRefs).Bucket([]byte(r.name)); refs != nil {
			prev = Ref(refs.Get([]byte(it.alert)))
		}
		return nil
	})
	return &d, prev, err
}

// settle makes durable that the receiver has it.
func (m *Manager) settle(r *route, it *item) error {
	err := m.db.Update(func(tx *bolt.Tx) error {
		if it.ref != "" && !it.digest {
			refs, err := sub(tx, bucketRefs, r.name)
			if err != nil {
				return err
			}
			if err := refs.Put([]byte(it.alert), []byte(it.ref)); err != nil {
				return err
			}
		}
		return tx.Bucket(bucketOutbox).Bucket([]byte(r.name)).Delete(number(it.seq))
	})
	if err != nil {
		return fmt.Errorf("note delivery of %s: %w", it.key, err)
	}
	m.gone(r, it)
	return nil
}

// remove takes items out of the outbox without an attempt.
func (m *Manager) remove(r *route, items []*item, outcome string) error {
	err := m.db.Update(func(tx *bolt.Tx) error {
		outbox := tx.Bucket(bucketOutbox).Bucket([]byte(r.name))
		for _, it := range items {
			if err := outbox.Delete(number(it.seq)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("remove from outbox of %s: %w", r.name, err)
	}
	m.metrics.notifications.WithLabelValues(r.name, outcome).Add(float64(len(items)))
	m.gone(r, items...)
	return nil
}

// bury makes a dead letter of it.
func (m *Manager) bury(r *route, it *item, reason string) error {
	kept := 0
	err := m.db.Update(func(tx *bolt.Tx) error {
		outbox := tx.Bucket(bucketOutbox).Bucket([]byte(r.name))
		var d delivery
		if _, err := get(outbox, number(it.seq), &d); err != nil {
			return err
		}
		if err := outbox.Delete(number(it.seq)); err != nil {
			return err
		}
		var err error
		kept, err = inter(tx, r.name, &DeadLetter{Sink: r.name, Key: it.key, Queued: it.queued, Died: time.Now(),
			Attempts: it.attempts, Reason: reason, Alert: d.Alert})
		return err
	})
	if err != nil {
		return fmt.Errorf("give up %s: %w", it.key, err)
	}
	m.metrics.notifications.WithLabelValues(r.name, outcomeDead).Inc()
	m.metrics.dead.WithLabelValues(r.name).Set(float64(kept))
	m.log.Error("notification given up", "sink", r.name, "key", it.key, "attempts", it.attempts, "reason", reason)
	m.gone(r, it)
	return nil
}

// inter adds a dead letter within the bound and returns how many there are.
func inter(tx *bolt.Tx, sink string, letter *DeadLetter) (int, error) {
	dead, err := sub(tx, bucketDead, sink)
	if err != nil {
		return 0, err
	}
	seq, err := dead.NextSequence()
	if err != nil {
		return 0, err
	}
	if err := put(dead, number(seq), letter); err != nil {
		return 0, err
	}
	n := 0
	cursor := dead.Cursor()
	for k, _ := cursor.Last(); k != nil; k, _ = cursor.Prev() {
		if n++; n > maxDead {
			n--
			return n, cursor.Delete()
		}
	}
	return n, nil
}

func (m *Manager) gone(r *route, items ...*item) {
	r.q.drop(items...)
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
