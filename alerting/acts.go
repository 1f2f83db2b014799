package alerting

import (
	"context"
	"errors"
	"fmt"
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
	m.listing.Lock()
	out, err := m.list(f, matchers)
	m.listing.Unlock()
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	for i := range out {
		m.present(&out[i], now)
	}
	return out, nil
}

// list reads what List returns. Between two transactions alerts may change.
func (m *Manager) list(f Filter, matchers route.Matchers) ([]schemas.Alert, error) {
	var behind []byte
	if f.After != "" {
		ok := false
		if err := m.db.View(func(tx *bolt.Tx) error {
			a, there, err := group.Get(tx, f.After)
			ok, behind = there, group.Place(&a)
			return err
		}); err != nil {
			return nil, fmt.Errorf("list alerts: %w", err)
		}
		if !ok {
			return nil, ErrNoAlert
		}
	}
	out := []schemas.Alert{}
	for more := true; more; more = behind != nil {
		if err := m.db.View(func(tx *bolt.Tx) (err error) {
			behind, err = group.List(tx, f.Since, f.Open, behind, func(a *schemas.Alert) bool {
				if matchers.Match(a) {
					a.History = nil
					out = append(out, *a)
				}
				return len(out) < f.Limit
			})
			return err
		}); err != nil {
			return nil, fmt.Errorf("list alerts: %w", err)
		}
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
	like := *a // anybody may ask, about anything: no real alert has more
	like.Parts = like.Parts[:min(len(like.Parts), schemas.MaxParts)]
	like.Finding.Techniques = like.Finding.Techniques[:min(len(like.Finding.Techniques), schemas.MaxParts)]
	like.Severity, _ = m.tree.Severity(&like)
	return m.tree.Decide(&like, route.World{Now: time.Now(), Quiet: m.quiet, Open: m.inhibitors.each}), nil
}
