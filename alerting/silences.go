package alerting

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/gatehound/gatehound/alerting/internal/journal"
	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/alerting/route"
	"github.com/gatehound/gatehound/schemas"
)

// Bounds of what people make while the service runs.
const (
	maxKept     = 10_000               // silences, and allowances, with those that are over
	maxMatchers = 16                   // of a silence
	maxMatcher  = 1 << 10              // bytes
	maxAhead    = 366 * 24 * time.Hour // until a silence or an allowance is over
	maxCovered  = 512                  // bytes of what an allowance covers
)

// Silence makes a silence. The same one again returns the first, as long as that
// was not ended.
func (m *Manager) Silence(ctx context.Context, s schemas.Silence) (schemas.Silence, error) {
	now := time.Now().UTC().Truncate(time.Second)
	s, err := sound(s, now)
	if err != nil {
		return schemas.Silence{}, err
	}
	name := journal.Hash(append([]string{"silence", stamp(s.From), stamp(s.Until), s.By, s.Comment}, s.Matchers...)...)
	s.Created = now
	if s.From.IsZero() {
		s.From = now
	}
	if err := ctx.Err(); err != nil {
		return schemas.Silence{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.open(); err != nil {
		return schemas.Silence{}, err
	}
	err = m.db.Update(func(tx *bolt.Tx) error {
		id, old, err := place(tx.Bucket(journal.Silences), name, func(o *schemas.Silence) bool { return o.Ended.IsZero() && o.Until.After(now) })
		if err != nil || old != nil {
			if old != nil {
				s = *old
			}
			return err
		}
		s.ID = id
		return journal.Put(tx.Bucket(journal.Silences), []byte(id), &s)
	})
	if err != nil {
		return schemas.Silence{}, fmt.Errorf("make a silence: %w", err)
	}
	return s, m.reread()
}

// sound checks what somebody wants to be silenced and makes its texts harmless.
func sound(s schemas.Silence, now time.Time) (schemas.Silence, error) {
	s = schemas.Silence{Matchers: slices.Clone(s.Matchers), From: s.From.UTC(), Until: s.Until.UTC(), By: neutral.Text(s.By, maxBy), Comment: comment(s.Comment)}
	if len(s.Matchers) == 0 || len(s.Matchers) > maxMatchers {
		return s, fmt.Errorf("matchers has %d entries: want 1 to %d", len(s.Matchers), maxMatchers)
	}
	for i, text := range s.Matchers {
		if len(text) > maxMatcher {
			return s, fmt.Errorf("matchers[%d] has %d bytes: want at most %d", i, len(text), maxMatcher)
		}
	}
	if _, err := route.ParseMatchers(s.Matchers); err != nil {
		return s, fmt.Errorf("matchers: %w", err)
	}
	if s.By == "" {
		return s, errBy
	}
	if err := ahead(s.Until, now); err != nil {
		return s, err
	}
	if !s.Until.After(s.From) {
		return s, errors.New("until is not after from: want a silence that lasts")
	}
	return s, nil
}

// ahead checks when something is to be over.
func ahead(until, now time.Time) error {
	if !until.After(now) || until.Sub(now) > maxAhead {
		return errors.New("until is out of bounds: want a time to come, at most 366 days ahead")
	}
	return nil
}

func stamp(t time.Time) string { return t.Format(time.RFC3339Nano) }

// place returns the id under which something of that name is to be kept, or what
// is kept of that name already and holds.
func place[T any](b *bolt.Bucket, name string, holds func(*T) bool) (id string, old *T, err error) {
	for i := 0; ; i++ {
		id = journal.Hash(name, fmt.Sprint(i))[:12]
		var have T
		ok, err := journal.Get(b, []byte(id), &have)
		if err != nil {
			return "", nil, err
		}
		if !ok {
			break
		}
		if holds(&have) {
			return id, &have, nil
		}
	}
	if n := b.Stats().KeyN; n >= maxKept {
		return "", nil, fmt.Errorf("there are %d already, those that are over counted: want at most %d", n, maxKept)
	}
	return id, nil, nil
}

// Unsilence ends a silence; one that is over stays as it is.
func (m *Manager) Unsilence(ctx context.Context, id, by string) (schemas.Silence, error) {
	var s schemas.Silence
	err := m.end(ctx, journal.Silences, id, by, &s, ErrNoSilence, func(by string, now time.Time) bool {
		if !s.Ended.IsZero() || !s.Until.After(now) {
			return false
		}
		s.Ended, s.EndedBy = now, by
		return true
	})
	return s, err
}

// end reads what is kept under the id into v and, if f says that it has ended
// it, keeps that.
func (m *Manager) end(ctx context.Context, bucket []byte, id, by string, v any, none error, f func(by string, now time.Time) bool) error {
	if by = neutral.Text(by, maxBy); by == "" {
		return errBy
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.open(); err != nil {
		return err
	}
	if err := m.db.Update(func(tx *bolt.Tx) error {
		ok, err := journal.Get(tx.Bucket(bucket), []byte(id), v)
		if err != nil {
			return err
		}
		if !ok {
			return none
		}
		if !f(by, time.Now().UTC().Truncate(time.Second)) {
			return nil
		}
		return journal.Put(tx.Bucket(bucket), []byte(id), v)
	}); err != nil {
		if errors.Is(err, none) {
			return none
		}
		return fmt.Errorf("end %s: %w", bucket, err)
	}
	return m.reread()
}

// Silences lists the silences, the one that was made last first.
func (m *Manager) Silences(all bool) ([]schemas.Silence, error) {
	now := time.Now()
	list, err := kept(m, journal.Silences, func(s *schemas.Silence) bool { return all || s.Ended.IsZero() && s.Until.After(now) })
	slices.SortFunc(list, func(a, b schemas.Silence) int { return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(a.ID, b.ID)) })
	return list, err
}

// kept lists what the bucket has and f wants.
func kept[T any](m *Manager, bucket []byte, f func(*T) bool) ([]T, error) {
	if err := m.Open(); err != nil {
		return nil, err
	}
	var out []T
	err := m.db.View(func(tx *bolt.Tx) (err error) {
		out, err = read(tx, bucket, f)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", bucket, err)
	}
	return out, nil
}

func read[T any](tx *bolt.Tx, bucket []byte, f func(*T) bool) ([]T, error) {
	out := []T{}
	b := tx.Bucket(bucket)
	err := b.ForEach(func(k, _ []byte) error {
		var v T
		if _, err := journal.Get(b, k, &v); err != nil {
			return err
		}
		if f(&v) {
			out = append(out, v)
		}
		return nil
	})
	return out, err
}
