package route

import (
	"slices"

	"github.com/gatehound/gatehound/schemas"
)

// inhibition is an Inhibition that was read.
type inhibition struct {
	source, target Matchers
	equal          []label
}

// inhibits reports whether by this rule, which covers target, the alert of source
// silences it. What both have in common is looked at first: it seldom is anything,
// and costs least.
func (r *inhibition) inhibits(source, target *subject) bool {
	return r.same(source, target) && r.source.match(source)
}

// same reports whether both have a value of each label in Equal in common. A
// label that one of them lacks is equal to nothing.
func (r *inhibition) same(a, b *subject) bool {
	for _, l := range r.equal {
		if !slices.ContainsFunc(b.of(l), func(v string) bool { return v != "" && a.has(l, v) }) {
			return false
		}
	}
	return true
}

// inhibitor returns the open alert that silences s, the oldest if there are
// several; nil if there is none. Of two that would silence each other, by
// whatever rules, the older one does.
func (t *Tree) inhibitor(s *subject, open func(func(*schemas.Alert) bool)) *schemas.Alert {
	if open == nil {
		return nil
	}
	rules := t.covering(s)
	if len(rules) == 0 {
		return nil
	}
	var best *schemas.Alert
	var source subject
	open(func(a *schemas.Alert) bool {
		if a.ID == s.alert.ID || a.State == schemas.AlertResolved || a.Test || (best != nil && !older(a, best)) {
			return true
		}
		source = subject{alert: a, severity: a.Severity}
		if inhibits(rules, &source, s) && (older(a, s.alert) || !inhibits(t.covering(&source), s, &source)) {
			best = &schemas.Alert{ID: a.ID, FirstSeen: a.FirstSeen} // a may be the caller's to use again
		}
		return true
	})
	return best
}

// covering returns the rules by which s can be silenced.
func (t *Tree) covering(s *subject) (rules []*inhibition) {
	for i := range t.inhibit {
		if t.inhibit[i].target.cover(s) {
			rules = append(rules, &t.inhibit[i])
		}
	}
	return rules
}

// inhibits reports whether by one of the rules, which cover target, the alert of
// source silences it.
func inhibits(rules []*inhibition, source, target *subject) bool {
	return slices.ContainsFunc(rules, func(r *inhibition) bool { return r.inhibits(source, target) })
}

// older orders alerts by when they were first seen, and by their ids.
func older(a, b *schemas.Alert) bool {
	if !a.FirstSeen.Equal(b.FirstSeen) {
		return a.FirstSeen.Before(b.FirstSeen)
	}
	return a.ID < b.ID
}
