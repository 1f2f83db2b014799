package group

import (
	"slices"
	"time"

	"github.com/gatehound/gatehound/alerting/internal/bound"
	"github.com/gatehound/gatehound/alerting/route"
	"github.com/gatehound/gatehound/schemas"
)

// tell decides who is told what happened to the alert of c, and notes it.
//
// That it is over, or that somebody has taken it, is told to the sinks that were
// told of it, muted or not: they show it as open. Everything else goes to
// the sinks that routing names and those that were told, and to nobody while it is
// muted; who missed something is told when the mute is over.
func (b *Book) tell(c *change) {
	a, r := &c.rec.Alert, &c.rec
	b.named(r)
	switch {
	case a.State == schemas.AlertResolved, a.State == schemas.AlertAcknowledged:
		if a.Sequence > 0 {
			b.send(c, r.Sinks, nil)
		}
		r.Due = time.Time{}
		if a.State == schemas.AlertResolved {
			a.Muted, r.Missed = "", nil
		}
		return
	}
	d := b.decide(a)
	b.mute(c, d.Muted)
	var to, below []string
	for _, t := range d.Targets {
		least, ok := b.rules.Sinks[t.Sink]
		switch {
		case !ok || slices.Contains(to, t.Sink):
		case a.Severity < least:
			below = append(below, t.Sink)
		case d.Muted != "" || t.Muted != "":
			if !slices.Contains(r.Missed, t.Sink) {
				r.Missed = append(r.Missed, t.Sink)
			}
		default:
			to = append(to, t.Sink)
		}
	}
	if d.Muted != "" {
		b.Suppressed[ReasonMuted]++
		return
	}
	r.Missed = slices.DeleteFunc(r.Missed, func(s string) bool { return slices.Contains(to, s) })
	for _, s := range r.Sinks {
		if !slices.Contains(to, s) && !slices.Contains(r.Missed, s) {
			to = append(to, s)
		}
	}
	b.send(c, to, below)
	b.schedule(c, d.Steps)
}

// named lists the sinks that were told of an alert, where the record says "all".
func (b *Book) named(r *record) {
	if !r.All {
		return
	}
	r.All = false
	for s, least := range b.rules.Sinks {
		if r.Told >= least {
			r.Sinks = append(r.Sinks, s)
		}
	}
	slices.Sort(r.Sinks)
}

// decide asks routing about the alert.
func (b *Book) decide(a *schemas.Alert) route.Decision {
	if b.rules.Decide == nil {
		var d route.Decision
		for s := range b.rules.Sinks {
			d.Targets = append(d.Targets, route.Target{Sink: s})
		}
		return d
	}
	return b.rules.Decide(a, func(f func(*schemas.Alert) bool) {
		for _, c := range b.order {
			if o := &c.rec.Alert; o.ID != a.ID && o.State != schemas.AlertResolved && len(o.Parts) > 0 && !f(o) {
				return
			}
		}
		if b.rules.Open == nil {
			return
		}
		b.rules.Open(func(o *schemas.Alert) bool { return o.ID == a.ID || b.changed[o.ID] != nil || f(o) })
	})
}

// mute notes why nobody is told at present.
func (b *Book) mute(c *change, why string) {
	a := &c.rec.Alert
	if why = bound.Cut(why, bound.MaxLine); a.Muted == why {
		return
	}
	a.Muted = why
	if why != "" {
		b.note(c, "muted", "", why)
		return
	}
	b.note(c, "unmuted", "", "")
}

// send makes the notification for the sinks.
func (b *Book) send(c *change, to, below []string) {
	a, r := &c.rec.Alert, &c.rec
	a.Sequence++
	r.Told = a.Severity
	r.Notified = later(r.Notified, c.at)
	if a.State != schemas.AlertResolved {
		if r.Since.IsZero() {
			r.Since = b.now
		}
		for _, s := range to {
			if !slices.Contains(r.Sinks, s) {
				r.Sinks = append(r.Sinks, s)
			}
		}
		slices.Sort(r.Sinks)
	}
	b.Told = append(b.Told, Telling{Sinks: slices.Clone(to), Below: below, of: c})
}

// schedule notes when the next step of escalation is due.
func (b *Book) schedule(c *change, steps []route.Step) {
	a, r := &c.rec.Alert, &c.rec
	r.Due = time.Time{}
	if a.State != schemas.AlertResolved && a.Acknowledged == nil && a.Sequence > 0 && a.Escalated < len(steps) {
		r.Due = r.Since.Add(steps[a.Escalated].After)
	}
}
