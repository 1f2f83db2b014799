package route

import (
	"fmt"
	"time"

	"github.com/gatehound/gatehound/alerting/route/internal/hours"
	"github.com/gatehound/gatehound/schemas"
)

// Tree is a Config that was read. It is safe for use from several goroutines.
type Tree struct {
	sinks       []string
	times       []muteTime
	assets      []asset
	routes      []route
	maintenance []maintenance
	inhibit     []inhibition
}

type asset struct {
	name     string
	matchers Matchers
	raise    int
}

// muteTime is a MuteTime that was read.
type muteTime struct {
	name  string
	hours *hours.Hours
}

// route is a Route that was read; during and mute are places in Tree.times.
type route struct {
	Route
	matchers     Matchers
	during, mute []int
}

type maintenance struct {
	Maintenance
	matchers Matchers
	during   []int
}

// New reads c. sinks are the names of all sinks.
func New(c Config, sinks []string) (*Tree, error) { return read(&c, sinks) }

// Severity returns how severe an alert is for the asset that it is about, and
// why it differs from that of its worst part; "" if it does not. It goes by the
// parts, so that an alert whose severity was changed before is not changed twice.
func (t *Tree) Severity(a *schemas.Alert) (schemas.Severity, string) {
	from := a.Severity
	if len(a.Parts) > 0 {
		from = a.Finding.Severity
		for i := range a.Parts {
			from = max(from, a.Parts[i].Severity)
		}
	}
	if len(t.assets) == 0 {
		return from, ""
	}
	s := newSubject(a)
	s.severity = from
	for i := range t.assets {
		x := &t.assets[i]
		if !x.matchers.match(s) || x.raise < 0 && !x.matchers.cover(s) {
			continue
		}
		to := schemas.Severity(min(max(int(from)+x.raise, int(schemas.SeverityInfo)), int(schemas.SeverityCritical)))
		switch {
		case to > from:
			return to, fmt.Sprintf("asset %s: raised from %s to %s", x.name, from, to)
		case to < from:
			return to, fmt.Sprintf("asset %s: lowered from %s to %s", x.name, from, to)
		}
		return from, ""
	}
	return from, ""
}

// Decide says who is told of a, which has the severity that Severity returns. It
// neither keeps nor changes a.
func (t *Tree) Decide(a *schemas.Alert, w World) Decision {
	s := newSubject(a)
	at := moment{now: w.Now, times: t.times, known: make([]answer, len(t.times))}
	d := Decision{Targets: make([]Target, 0, 4), Why: make([]string, 0, 4)}
	taken, dropped := false, ""
	for i := range t.routes {
		r := &t.routes[i]
		why := r.holds(s, &at)
		if !why.ok {
			d.Why = append(d.Why, why.String())
			continue
		}
		taken = true
		d.send(r, &at, why)
		if len(r.Sinks) == 0 && dropped == "" {
			dropped = r.Name
		}
		if d.Steps == nil && len(r.Escalate) > 0 {
			d.Steps = r.Escalate
		}
		if !r.Continue {
			break
		}
	}
	if !taken {
		d.Why = append(d.Why, everySink(t))
		for _, name := range t.sinks {
			d.Targets = append(d.Targets, Target{Sink: name})
		}
	}
	t.mute(&d, s, &at, w)
	if d.Muted == "" && len(d.Targets) == 0 && dropped != "" {
		d.Muted = "route " + dropped
	}
	return d
}

// holds reports whether r takes the alert, and why.
func (r *route) holds(s *subject, at *moment) verdict {
	v := verdict{route: r, subject: s, failed: r.matchers.fails(s), ok: true}
	if v.failed >= 0 {
		v.ok = false
		return v
	}
	if len(r.Sinks) == 0 && !r.matchers.cover(s) {
		v.ok, v.partly = false, true
		return v
	}
	if len(r.during) > 0 {
		if _, in := at.within(r.during); in < 0 {
			v.ok, v.outside = false, true
		}
	}
	return v
}

// send adds the sinks of r. A sink that one of several routes tells is told.
func (d *Decision) send(r *route, at *moment, why verdict) {
	muted := ""
	until, in := at.within(r.mute)
	if in >= 0 {
		muted = "mute time " + at.times[in].name
	}
	why.muted, why.until = muted, until
	d.Why = append(d.Why, why.String())
next:
	for _, sink := range r.Sinks {
		target := Target{Sink: sink, Route: r.Name, Muted: muted, Until: until}
		for i := range d.Targets {
			if d.Targets[i].Sink == sink {
				if d.Targets[i].Muted != "" && muted == "" {
					d.Targets[i] = target
				}
				continue next
			}
		}
		d.Targets = append(d.Targets, target)
	}
}

// mute sets why nobody is told.
func (t *Tree) mute(d *Decision, s *subject, at *moment, w World) {
	why := ""
	d.Muted, d.Until, why = t.quiet(s, at, w)
	if why != "" {
		d.Why = append(d.Why, why)
		for i := range d.Targets {
			d.Targets[i].Muted, d.Targets[i].Until = d.Muted, d.Until
		}
		return
	}
	for i := range d.Targets {
		x := &d.Targets[i]
		if x.Muted == "" {
			d.Muted, d.Until = "", time.Time{}
			return
		}
		if i == 0 {
			d.Muted, d.Until = x.Muted, x.Until
		} else if d.Until.IsZero() || (!x.Until.IsZero() && x.Until.Before(d.Until)) {
			d.Until = x.Until
		}
	}
}

// quiet returns the first of silence, maintenance and inhibition that covers the
// alert, when it ends, and a line about it.
func (t *Tree) quiet(s *subject, at *moment, w World) (muted string, until time.Time, why string) {
	if w.Quiet != nil {
		if x := w.Quiet.covers(s, w.Now); x != nil {
			return "silence " + x.ID, x.Until, whySilence(x)
		}
	}
	if len(w.Silences) > 0 {
		read, _ := ReadSilences(w.Silences) // what cannot be read silences nothing
		if x := read.covers(s, w.Now); x != nil {
			return "silence " + x.ID, x.Until, whySilence(x)
		}
	}
	for i := range t.maintenance {
		m := &t.maintenance[i]
		end, in := m.end(at)
		if in && m.matchers.cover(s) {
			return "maintenance " + m.Name, end, whyMaintenance(m, end)
		}
	}
	if len(t.inhibit) > 0 {
		if x := t.inhibitor(s, w.Open); x != nil {
			return "alert " + x.ID, time.Time{}, "alert " + x.ID + " is open and inhibits it: nobody is told"
		}
	}
	return "", time.Time{}, ""
}

// end returns when m ends if it is in force.
func (m *maintenance) end(at *moment) (time.Time, bool) {
	if at.now.Before(m.From) || (!m.Until.IsZero() && !at.now.Before(m.Until)) {
		return time.Time{}, false
	}
	if len(m.during) == 0 {
		return m.Until, true
	}
	until, in := at.within(m.during)
	if in >= 0 && !m.Until.IsZero() && (until.IsZero() || m.Until.Before(until)) {
		until = m.Until
	}
	return until, in >= 0
}

// moment is an instant, with what is known of which mute times it is in.
type moment struct {
	now   time.Time
	times []muteTime
	known []answer
}

type answer struct {
	asked, in bool
	until     time.Time
}

// within returns the first of the mute times that now is in and when all that it
// is in are over; -1 if it is in none.
func (m *moment) within(places []int) (until time.Time, in int) {
	in = -1
	for _, p := range places {
		x := &m.known[p]
		if !x.asked {
			x.asked = true
			x.until, x.in = m.times[p].hours.Until(m.now)
		}
		if !x.in {
			continue
		}
		if in < 0 {
			in, until = p, x.until
		} else if x.until.IsZero() || (!until.IsZero() && x.until.After(until)) {
			until = x.until
		}
	}
	return until, in
}
