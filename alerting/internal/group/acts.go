package group

import (
	"errors"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/gatehound/gatehound/alerting/internal/bound"
	"github.com/gatehound/gatehound/alerting/internal/journal"
	"github.com/gatehound/gatehound/alerting/internal/story"
	"github.com/gatehound/gatehound/alerting/route"
	"github.com/gatehound/gatehound/schemas"
)

// ErrResolved is returned for what cannot be done to an alert that is over.
var ErrResolved = errors.New("the alert is resolved already")

// Acknowledge notes who has taken the alert. The same person again changes
// nothing; another one takes it over.
func (b *Book) Acknowledge(id, by, comment string) error {
	c, err := b.find(id)
	if err != nil || c == nil {
		return err
	}
	a := &c.rec.Alert
	c.shown = true
	if a.State == schemas.AlertResolved {
		return ErrResolved
	}
	if a.Acknowledged != nil && a.Acknowledged.By == by {
		return nil
	}
	a.State, a.Acknowledged = schemas.AlertAcknowledged, &schemas.Mark{At: b.now, By: by, Comment: comment}
	b.note(c, "acknowledged", by, comment)
	c.rec.Due, c.notify = time.Time{}, true
	return nil
}

// ResolveBy closes the alert because somebody says so.
func (b *Book) ResolveBy(id, by, comment string) error {
	c, err := b.find(id)
	if err != nil || c == nil {
		return err
	}
	c.shown = true
	a := &c.rec.Alert
	if a.State == schemas.AlertResolved {
		if a.Resolution != nil && a.Resolution.By == by && by != "" {
			return nil
		}
		return ErrResolved
	}
	b.close(c, schemas.Mark{By: by, Comment: comment}, story.ResolvedBy(by, comment))
	return nil
}

// Comment adds a comment to the history, unless it is the last entry already.
func (b *Book) Comment(id, by, comment string) error {
	c, err := b.find(id)
	if err != nil || c == nil {
		return err
	}
	c.shown = true
	if h := c.rec.Alert.History; len(h) > 0 && h[len(h)-1].What == "commented" && h[len(h)-1].By == by && h[len(h)-1].Text == comment {
		return nil
	}
	b.note(c, "commented", by, comment)
	return nil
}

// Due returns the ids of at most limit alerts whose next step of escalation is
// due.
func Due(tx *bolt.Tx, now time.Time, limit int) (ids []string) {
	cursor := tx.Bucket(journal.Due).Cursor()
	for k, _ := cursor.First(); k != nil && len(ids) < limit; k, _ = cursor.Next() {
		at, id := journal.AtMoment(k)
		if at.After(now) {
			break
		}
		ids = append(ids, id)
	}
	return ids
}

// putOff is how long an escalation waits that a mute keeps from being told.
const putOff = time.Minute

// Escalate takes the next step of each of the alerts, if it is still due under
// the routing of today.
func (b *Book) Escalate(ids []string) error {
	for _, id := range ids {
		c, err := b.find(id)
		if err != nil {
			return err
		}
		if c == nil {
			continue // forget takes an alert out of the index
		}
		b.escalate(c)
	}
	return nil
}

func (b *Book) escalate(c *change) {
	a, r := &c.rec.Alert, &c.rec
	c.touched = true
	b.named(r)
	d := b.decide(a)
	b.schedule(c, d.Steps)
	if r.Due.IsZero() || r.Due.After(b.now) {
		return
	}
	if d.Muted != "" {
		r.Due = b.now.Add(putOff)
		return
	}
	step := d.Steps[a.Escalated]
	a.Escalated++
	a.State = schemas.AlertEscalated
	var to []string
	for _, s := range step.Sinks {
		if _, ok := b.rules.Sinks[s]; ok && !slices.Contains(to, s) {
			to = append(to, s)
		}
	}
	b.note(c, "escalated", "", "nobody has acknowledged it for "+story.Lasted(step.After))
	b.send(c, to, nil)
	b.schedule(c, d.Steps)
}

// Muted returns the ids of alerts that somebody was not told of and would be
// told of now, or for other reasons; it looks at limit of them, those after the
// id. next is where to go on; empty at the end.
func (b *Book) Muted(after string, limit int) (ids []string, next string, err error) {
	cursor := b.tx.Bucket(journal.Muted).Cursor()
	k, _ := cursor.Seek([]byte(after + "\x00"))
	for ; k != nil && limit > 0; k, _ = cursor.Next() {
		limit--
		next = string(k)
		c, err := b.find(next)
		if err != nil {
			return nil, "", err
		}
		if c == nil {
			continue
		}
		d := b.decide(&c.rec.Alert)
		if c.rec.Alert.Muted != bound.Cut(d.Muted, bound.MaxLine) || d.Muted == "" && len(b.missing(c, d)) > 0 {
			ids = append(ids, next)
		}
	}
	if k == nil {
		next = ""
	}
	return ids, next, nil
}

// Recheck tells of the alerts whom they were muted for, if they are no more.
func (b *Book) Recheck(ids []string) error {
	for _, id := range ids {
		c, err := b.find(id)
		if err != nil {
			return err
		}
		if c == nil || c.rec.Alert.State == schemas.AlertResolved {
			continue
		}
		b.named(&c.rec)
		d := b.decide(&c.rec.Alert)
		b.mute(c, d.Muted)
		if d.Muted != "" {
			continue
		}
		c.touched, c.shown = true, true
		to := b.missing(c, d)
		c.rec.Missed = slices.DeleteFunc(c.rec.Missed, func(s string) bool {
			return slices.Contains(to, s) || !slices.ContainsFunc(d.Targets, func(t route.Target) bool { return t.Sink == s })
		})
		if len(to) > 0 {
			b.send(c, to, nil)
			b.schedule(c, d.Steps)
		}
	}
	return nil
}

// missing returns the sinks that routing names now and that were not told of
// the alert, or not of its latest.
func (b *Book) missing(c *change, d route.Decision) (to []string) {
	for _, t := range d.Targets {
		least, ok := b.rules.Sinks[t.Sink]
		if ok && t.Muted == "" && c.rec.Alert.Severity >= least && !slices.Contains(to, t.Sink) &&
			(slices.Contains(c.rec.Missed, t.Sink) || !slices.Contains(c.rec.Sinks, t.Sink)) {
			to = append(to, t.Sink)
		}
	}
	return to
}
