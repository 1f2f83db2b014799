package alerting

import (
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/gatehound/gatehound/alerting/internal/group"
	"github.com/gatehound/gatehound/alerting/route"
	"github.com/gatehound/gatehound/schemas"
)

// maxSources bounds the open alerts that are looked at for whether they inhibit
// another one. What opens beyond it inhibits nothing until there is room again,
// which is looked for every refillEvery.
const (
	maxSources  = 1000
	refillEvery = time.Minute
)

// sources are the open alerts that match the source of an inhibition rule.
type sources struct {
	rules []route.Matchers
	open  map[string]*schemas.Alert
	// missed tells that there was no room for one, looked when the log was last
	// searched for it.
	missed bool
	looked time.Time
}

// read takes the rules' matchers.
func (s *sources) read(rules []route.Inhibition) error {
	s.open = make(map[string]*schemas.Alert)
	for i := range rules {
		m, err := route.ParseMatchers(rules[i].Source)
		if err != nil {
			return fmt.Errorf("source of rule %d: %w", i, err)
		}
		s.rules = append(s.rules, m)
	}
	return nil
}

// note takes alerts in as they now are.
func (s *sources) note(alerts []schemas.Alert) {
	if len(s.rules) == 0 {
		return
	}
	for i := range alerts {
		a := &alerts[i]
		if a.State == schemas.AlertResolved || !s.match(a) {
			delete(s.open, a.ID)
			continue
		}
		if _, ok := s.open[a.ID]; !ok && len(s.open) >= maxSources {
			s.missed = true
			continue
		}
		own := *a
		s.open[a.ID] = &own
	}
}

// refill takes in from the log what there was no room for; the caller holds mu.
func (m *Manager) refill(now time.Time) error {
	s := &m.inhibitors
	if !s.missed || len(s.open) >= maxSources || now.Sub(s.looked) < refillEvery {
		return nil
	}
	s.missed, s.looked = false, now
	return m.db.View(m.recallSources)
}

// recallSources takes in the open alerts of the log.
func (m *Manager) recallSources(tx *bolt.Tx) error {
	if len(m.inhibitors.rules) == 0 {
		return nil
	}
	return group.Unresolved(tx, func(a *schemas.Alert) bool {
		m.inhibitors.note([]schemas.Alert{*a})
		return !m.inhibitors.missed
	})
}

// Reroute puts other routing in force: routes, escalation, mute times, maintenance
// and inhibition hold from the next decision on, and what is muted no more is told
// by the next sweep. What assets are worth shows with an alert's next finding. The
// sinks stay as they are: on an error, such as a route to a sink that is not there,
// nothing has changed.
func (m *Manager) Reroute(c route.Config) error {
	names := make([]string, 0, len(m.lanes))
	for _, r := range m.lanes {
		names = append(names, r.name)
	}
	tree, err := route.New(c, names)
	if err != nil {
		return fmt.Errorf("alerting.routing.%w", err)
	}
	var inhibitors sources
	if err := inhibitors.read(c.Inhibit); err != nil {
		return fmt.Errorf("alerting.routing.inhibit: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.open(); err != nil {
		return err
	}
	m.tree, m.inhibitors = tree, inhibitors
	if err := m.db.View(m.recallSources); err != nil {
		return fmt.Errorf("read what inhibits: %w", err)
	}
	return nil
}

func (s *sources) match(a *schemas.Alert) bool {
	for _, m := range s.rules {
		if m.Match(a) {
			return true
		}
	}
	return false
}

// each calls f for the alerts until it returns false; f keeps and changes none.
func (s *sources) each(f func(*schemas.Alert) bool) {
	for _, a := range s.open {
		if !f(a) {
			return
		}
	}
}
