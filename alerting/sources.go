package alerting

import (
	"fmt"

	"github.com/gatehound/gatehound/alerting/route"
	"github.com/gatehound/gatehound/schemas"
)

// maxSources bounds the open alerts that are looked at for whether they inhibit
// another one. What opens beyond it inhibits nothing.
const maxSources = 1000

// sources are the open alerts that match the source of an inhibition rule.
type sources struct {
	rules []route.Matchers
	open  map[string]*schemas.Alert
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
		if _, ok := s.open[a.ID]; ok || len(s.open) < maxSources {
			own := *a
			s.open[a.ID] = &own
		}
	}
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
