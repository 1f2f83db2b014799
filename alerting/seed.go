package alerting

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/gatehound/gatehound/alerting/internal/bound"
	"github.com/gatehound/gatehound/alerting/internal/group"
	"github.com/gatehound/gatehound/schemas"
)

// chunkSeed is how many alerts a transaction takes over from the store. A process
// that dies between two leaves the rest to the store.
const chunkSeed = 5000

// Seed fills a log that has no alert with those of the store, so that a new
// machine goes on where another one stopped: ids stay, and nobody is told again.
// It takes the open ones and those that were resolved within the retention, the
// latest max_alerts of them. A log that has alerts is left as it is.
//
// found are findings of the store, of which ID, Detector, Entity, Severity, window,
// Detected, Events and Exception count. Those that the alerts tell of, or that an
// allowlist covered, are known: when their events are read again they change nothing.
func (m *Manager) Seed(alerts []schemas.Alert, found []schemas.Finding) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.open(); err != nil {
		return err
	}
	if m.total > 0 {
		return nil
	}
	chosen := m.fresh(alerts)
	told := partsOf(chosen)
	for i := range chosen {
		m.clock.advance(decided(&chosen[i]), time.Now())
	}
	for len(chosen) > 0 {
		n := min(len(chosen), chunkSeed)
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
	for chunk := range slices.Chunk(found, chunkSeed) {
		if _, err := m.decide(func(b *group.Book) error {
			for i := range chunk {
				f := bound.Finding(chunk[i])
				if id, ok := told.of(&f); ok {
					if err := b.Know(&f, id); err != nil {
						return err
					}
				}
			}
			return nil
		}); err != nil {
			return fmt.Errorf("fill the notification log from the store: %w", err)
		}
	}
	return nil
}

// toldOf are the parts of alerts by what they are about.
type toldOf map[topic][]toldPart

type topic struct {
	detector string
	entity   schemas.Entity
}

type toldPart struct {
	alert       string
	first, last time.Time
}

func partsOf(alerts []schemas.Alert) toldOf {
	told := make(toldOf, len(alerts))
	for i := range alerts {
		for _, p := range alerts[i].Parts {
			k := topic{p.Detector, p.Entity}
			told[k] = append(told[k], toldPart{alerts[i].ID, p.FirstSeen, p.LastSeen})
		}
	}
	return told
}

// of reports whether what was found is in an alert, and in which. The store may
// have a finding and not yet the alert as it is with it.
func (t toldOf) of(f *schemas.Finding) (alert string, ok bool) {
	if f.Exception != nil {
		return "", true
	}
	for _, p := range t[topic{f.Detector, f.Entity}] {
		if !f.WindowStart.Before(p.first) && !earlier(f.Detected, f.WindowEnd).After(p.last) {
			return p.alert, true
		}
	}
	return "", false
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
