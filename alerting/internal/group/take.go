package group

import (
	"time"

	"github.com/gatehound/gatehound/alerting/internal/bound"
	"github.com/gatehound/gatehound/alerting/internal/journal"
	"github.com/gatehound/gatehound/schemas"
)

// Take decides about one finding.
func (b *Book) Take(in *bound.Input) error {
	f := &in.Finding
	var seen sighting
	known, err := journal.Get(b.tx.Bucket(journal.Seen), []byte(f.ID), &seen)
	if err != nil {
		return err
	}
	b.event = later(b.event, f.Detected)
	if f.Exception != nil {
		b.Suppressed[ReasonException]++
		if known {
			return nil
		}
		return b.remember(f, sighting{Severity: f.Severity, Events: f.Events, Excepted: true}, nil)
	}
	if known && f.Severity <= seen.Severity {
		b.Suppressed[ReasonRepeat]++
		if seen.Alert != "" { // so that the caller stores the alert again
			c, err := b.find(seen.Alert)
			if c != nil {
				c.shown = true
			}
			return err
		}
		return nil
	}

	// A known finding that became worse stays in its alert.
	var c *change
	if known && seen.Alert != "" {
		if c, err = b.follow(seen.Alert); err != nil {
			return err
		}
	}
	if c != nil {
		b.join(c, f, 0, f.Events-seen.Events)
	} else {
		if c, err = b.groupOf(f); err != nil {
			return err
		}
		b.join(c, f, 1, f.Events)
	}
	var old *sighting
	if known {
		old = &seen
	}
	return b.remember(f, sighting{Severity: f.Severity, Events: f.Events, Alert: c.rec.Alert.ID}, old)
}

// groupOf returns the alert that f belongs to, made anew if there is none.
func (b *Book) groupOf(f *schemas.Finding) (*change, error) {
	actor := abuse(f)
	if actor {
		if c, err := b.actorAlert(f); err != nil || c != nil {
			if err == nil {
				b.Grouped++
				err = b.tieAll(c, f)
			}
			return c, err
		}
	}
	fp := fingerprint(f)
	current := b.tx.Bucket(journal.Current)
	newest := true
	if id := current.Get([]byte(fp)); id != nil {
		c, err := b.follow(string(id))
		if err != nil {
			return nil, err
		}
		if c != nil {
			if !actor && b.near(&c.rec, f, b.rules.GroupWindow) {
				b.Grouped++
				return c, nil
			}
			newest = f.WindowStart.After(c.rec.until())
		}
	}
	// A finding that was forgotten may have an alert yet.
	id := journal.Hash("alert", fp, f.ID)
	if c, err := b.follow(id); err != nil || c != nil {
		return c, err
	}
	c := &change{}
	c.rec.Alert = schemas.Alert{ID: id, Fingerprint: fp, State: schemas.AlertOpen, FirstSeen: f.WindowStart, LastSeen: seen(f)}
	b.Open++
	b.Total++
	b.add(c)
	if !newest { // a late finding of an episode that is over
		return c, nil
	}
	if actor {
		if err := b.tieAll(c, f); err != nil {
			return nil, err
		}
	}
	return c, current.Put([]byte(fp), []byte(c.rec.Alert.ID))
}

// join adds f to the alert of c and says whether people are to be told.
func (b *Book) join(c *change, f *schemas.Finding, findings int, events int64) {
	a := &c.rec.Alert
	fresh := len(a.Parts) == 0
	resolved := a.State == schemas.AlertResolved
	quiet := !fresh && f.WindowStart.Sub(c.rec.until()) > b.rules.ResolveAfter+longer(a.Entity)
	before := a.Severity
	more, one := c.rec.More, oneOfMany(a, f)
	grew, listed := c.take(f, findings, events)
	grew = grew && !one
	b.weigh(c)
	c.touched, c.shown = true, true
	// Who has taken it has not seen what it does not list: the first of that counts as
	// growth, the rest is told now and then.
	beyond := !listed && !more
	due := f.Detected.Sub(c.rec.Notified) >= b.rules.RepeatInterval && (a.Acknowledged == nil || !listed)
	switch {
	case fresh:
		b.note(c, "opened", "", f.Title)
	case resolved, quiet:
		if resolved {
			b.Open++
		}
		b.reopen(c, f)
	case a.Severity > c.rec.Told, grew, beyond, due:
		if !c.notify && a.Sequence > 0 { // who was never told is told that it is open
			a.State = schemas.AlertUpdated
		}
	default:
		if !c.notify {
			b.Suppressed[ReasonInterval]++
		}
		return
	}
	if !fresh && (grew || beyond) {
		b.note(c, "grew", "", f.Title)
	}
	if !fresh && a.Severity > before {
		b.note(c, "worsened", "", "from "+before.String()+" to "+a.Severity.String())
	}
	c.notify = true
	c.at = later(c.at, f.Detected)
}

// reopen makes the alert one that is back.
func (b *Book) reopen(c *change, f *schemas.Finding) {
	a := &c.rec.Alert
	a.State, a.Acknowledged, a.Escalated = schemas.AlertReopened, nil, 0
	a.Resolution, a.Outcome, a.MergedInto = nil, "", ""
	a.Reopened++
	c.rec.Lapsed, c.rec.Since, c.rec.Due = false, time.Time{}, time.Time{}
	b.note(c, "reopened", "", f.Title)
}

// remember notes that f was seen; old is what the log had.
func (b *Book) remember(f *schemas.Finding, s sighting, old *sighting) error {
	aging := b.tx.Bucket(journal.Aging)
	if old != nil {
		if err := aging.Delete(journal.Moment(time.UnixMilli(old.At), f.ID)); err != nil {
			return err
		}
	} else {
		b.Seen++
	}
	s.At = b.now.UnixMilli()
	if err := aging.Put(journal.Moment(b.now, f.ID), nil); err != nil {
		return err
	}
	return journal.Put(b.tx.Bucket(journal.Seen), []byte(f.ID), &s)
}
