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

// inhibits reports whether by this rule the alert of source silences that of
// target.
func (r *inhibition) inhibits(source, target *subject) bool {
	return r.target.cover(target) && r.source.match(source) && r.same(source, target)
}

// same reports whether both have a value of each label in Equal in common. A
// label that one of them lacks is equal to nothing.
func (r *inhibition) same(a, b *subject) bool {
	for _, l := range r.equal {
		if !slices.ContainsFunc(a.of(l), func(v string) bool { return v != "" && slices.Contains(b.of(l), v) }) {
			return false
		}
	}
	return true
}

// inhibitor returns the open alert that silences s, the oldest if there are
// several; nil if there is none. Of two that would silence each other, by
// whatever rules, the older one does.
func (t *Tree) inhibitor(s *subject, open func(func(*schemas.Alert) bool)) *schemas.Alert {
	if open == nil || !slices.ContainsFunc(t.inhibit, func(r inhibition) bool { return r.target.cover(s) }) {
		return nil
	}
	var best *schemas.Alert
	var source subject
	open(func(a *schemas.Alert) bool {
		if a.ID == s.alert.ID || a.State == schemas.AlertResolved || a.Test || (best != nil && !older(a, best)) {
			return true
		}
		source = subject{alert: a, severity: a.Severity}
		if t.inhibits(&source, s) && (older(a, s.alert) || !t.inhibits(s, &source)) {
			best = &schemas.Alert{ID: a.ID, FirstSeen: a.FirstSeen} // a may be the caller's to use again
		}
		return true
	})
	return best
}

func (t *Tree) inhibits(source, target *subject) bool {
	for i := range t.inhibit {
		if t.inhibit[i].inhibits(source, target) {
			return true
		}
	}
	return false
}

// older orders alerts by when they were first seen, and by their ids.
func older(a, b *schemas.Alert) bool {
	if !a.FirstSeen.Equal(b.FirstSeen) {
		return a.FirstSeen.Before(b.FirstSeen)
	}
	return a.ID < b.ID
}
