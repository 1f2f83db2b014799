package alerting

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/gatehound/gatehound/alerting/internal/group"
	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/alerting/route"
	"github.com/gatehound/gatehound/schemas"
)

var _ Desk = (*Manager)(nil)

// Bounds of what people write: a name in code points, a comment in bytes.
const (
	maxBy      = 100
	maxComment = 2 << 10
)

// minPrefix is how many characters of an id are enough to name an alert.
const minPrefix = 6

// errBy is returned for an act of nobody.
var errBy = errors.New("by is empty: want who does it")

// comment makes text harmless and short enough.
func comment(text string) string {
	text = neutral.Lines(text, maxComment)
	if len(text) > maxComment {
		text = strings.ToValidUTF8(text[:maxComment], "")
	}
	return text
}

// Acknowledge notes that by has taken the alert, and tells the sinks that were
// told of it. The same person again changes nothing; another one takes it over.
func (m *Manager) Acknowledge(ctx context.Context, id, by, text string) (schemas.Alert, error) {
	return m.act(ctx, "acknowledge", id, by, func(b *group.Book, id, by string) error { return b.Acknowledge(id, by, comment(text)) })
}

// Resolve closes the alert, and tells the sinks that were told of it. It is
// opened again if a finding of it comes within the group window.
func (m *Manager) Resolve(ctx context.Context, id, by, text string) (schemas.Alert, error) {
	return m.act(ctx, "resolve", id, by, func(b *group.Book, id, by string) error { return b.ResolveBy(id, by, comment(text)) })
}

// Comment adds text to the alert's history and tells nobody.
func (m *Manager) Comment(ctx context.Context, id, by, text string) (schemas.Alert, error) {
	return m.act(ctx, "comment on", id, by, func(b *group.Book, id, by string) error {
		if text = comment(text); text == "" {
			return errors.New("the comment is empty: want some text")
		}
		return b.Comment(id, by, text)
	})
}

// act does something to the alert that id names. What it changes is handed to
// the next caller of Offer, Advance or Cease too, who stores it.
func (m *Manager) act(ctx context.Context, what, id, by string, f func(b *group.Book, id, by string) error) (schemas.Alert, error) {
	var a schemas.Alert
	if by = neutral.Text(by, maxBy); by == "" {
		return a, errBy
	}
	if err := ctx.Err(); err != nil {
		return a, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.open(); err != nil {
		return a, err
	}
	full, err := m.find(id)
	if err != nil {
		return a, err
	}
	alerts, err := m.decideAt(m.clock.at(time.Now()), func(b *group.Book) error { return f(b, full, by) })
	if errors.Is(err, group.ErrResolved) {
		return a, ErrResolved
	}
	if err != nil {
		return a, fmt.Errorf("%s alert %s: %w", what, full, err)
	}
	m.hold(alerts)
	for i := range alerts {
		if alerts[i].ID == full {
			a = alerts[i]
			m.present(&a, time.Now())
			return a, nil
		}
	}
	return a, ErrNoAlert
}

// find returns the whole id of the alert whose id begins so; the caller holds mu.
func (m *Manager) find(id string) (string, error) {
	if len(id) < minPrefix {
		return "", ErrNoAlert
	}
	var ids []string
	if err := m.db.View(func(tx *bolt.Tx) error {
		ids = group.Find(tx, id)
		return nil
	}); err != nil {
		return "", fmt.Errorf("look for an alert: %w", err)
	}
	switch len(ids) {
	case 0:
		return "", ErrNoAlert
	case 1:
		return ids[0], nil
	}
	return "", ErrAmbiguous
}

// Alert returns the alert with its history.
func (m *Manager) Alert(id string) (schemas.Alert, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.open(); err != nil {
		return schemas.Alert{}, err
	}
	full, err := m.find(id)
	if err != nil {
		return schemas.Alert{}, err
	}
	var a schemas.Alert
	err = m.db.View(func(tx *bolt.Tx) error {
		a, _, err = group.Get(tx, full)
		return err
	})
	if err != nil {
		return a, fmt.Errorf("read alert %s: %w", full, err)
	}
	m.present(&a, time.Now())
	return a, nil
}

// present adds what is not in the log: where people look at the alert, and of an
// open one why nobody would be told of it now. The caller holds mu.
func (m *Manager) present(a *schemas.Alert, now time.Time) {
	if m.cfg.CaseURL != "" {
		a.URL = strings.ReplaceAll(m.cfg.CaseURL, "{id}", a.ID)
	}
	if a.State != schemas.AlertResolved {
		a.Muted = m.tree.Decide(a, route.World{Now: now, Quiet: m.quiet, Open: m.inhibitors.each}).Muted
	}
}

// The bounds of List.
const (
	defaultLimit = 100
	maxLimit     = 1000
)

// List returns the alerts that f chooses, without their histories.
func (m *Manager) List(f Filter) ([]schemas.Alert, error) {
	if f.Limit == 0 {
		f.Limit = defaultLimit
	}
	if f.Limit < 1 || f.Limit > maxLimit {
		return nil, fmt.Errorf("limit is %d: want 1 to %d", f.Limit, maxLimit)
	}
	matchers, err := route.ParseMatchers(f.Matchers)
	if err != nil {
		return nil, fmt.Errorf("matchers: %w", err)
	}
	if err := m.Open(); err != nil {
		return nil, err
	}
	out := []schemas.Alert{}
	var after *schemas.Alert
	if err := m.db.View(func(tx *bolt.Tx) error {
		if f.After != "" {
			a, ok, err := group.Get(tx, f.After)
			if err != nil {
				return err
			}
			if !ok {
				return ErrNoAlert
			}
			after = &a
		}
		return group.List(tx, f.Since, after, func(a *schemas.Alert) bool {
			if (!f.Open || a.State != schemas.AlertResolved) && matchers.Match(a) {
				a.History = nil
				out = append(out, *a)
			}
			return len(out) < f.Limit
		})
	}); errors.Is(err, ErrNoAlert) {
		return nil, err
	} else if err != nil {
		return nil, fmt.Errorf("list alerts: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	for i := range out {
		m.present(&out[i], now)
	}
	return out, nil
}

// Route says where an alert like a would go now.
func (m *Manager) Route(a *schemas.Alert) (route.Decision, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.open(); err != nil {
		return route.Decision{}, err
	}
	like := *a
	like.Severity, _ = m.tree.Severity(a)
	return m.tree.Decide(&like, route.World{Now: time.Now(), Quiet: m.quiet, Open: m.inhibitors.each}), nil
}

// Seed fills a log that has no alert with those of the store, so that a new
// machine goes on where another one stopped: ids stay, and nobody is told again.
// It takes the open ones and those that were resolved within the retention, the
// latest max_alerts of them. A log that has alerts is left as it is.
func (m *Manager) Seed(alerts []schemas.Alert) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.open(); err != nil {
		return err
	}
	if m.total > 0 {
		return nil
	}
	chosen := m.fresh(alerts)
	for i := range chosen {
		m.clock.advance(decided(&chosen[i]), time.Now())
	}
	for len(chosen) > 0 {
		n := min(len(chosen), chunkFindings)
		if _, err := m.decide(func(b *group.Book) error {
			for i := range chosen[:n] {
				if err := b.Seed(chosen[i]); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return fmt.Errorf("fill the notification log from the store: %w", err)
		}
		chosen = chosen[n:]
	}
	return nil
}

// decided returns the event time at which something was last decided about the
// alert, as far as it tells. Its last finding's window may end much later.
func decided(a *schemas.Alert) time.Time {
	at := a.Finding.Detected
	if n := len(a.History); n > 0 && a.History[n-1].EventTime.After(at) {
		at = a.History[n-1].EventTime
	}
	return at
}

// fresh returns the alerts that the log would still have, the oldest first, so
// that the latest of an actor has the last word.
func (m *Manager) fresh(alerts []schemas.Alert) []schemas.Alert {
	var newest time.Time
	for i := range alerts {
		if alerts[i].LastSeen.After(newest) {
			newest = alerts[i].LastSeen
		}
	}
	bound := newest.Add(-max(m.cfg.Retention, m.cfg.GroupWindow))
	var out []schemas.Alert
	for i := range alerts {
		if a := &alerts[i]; !a.Test && (a.State != schemas.AlertResolved || !a.LastSeen.Before(bound)) {
			out = append(out, *a)
		}
	}
	slices.SortFunc(out, func(a, b schemas.Alert) int { return cmp.Or(a.LastSeen.Compare(b.LastSeen), cmp.Compare(a.ID, b.ID)) })
	return out[max(0, len(out)-m.cfg.MaxAlerts):]
}
