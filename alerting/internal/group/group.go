// Package group decides what findings mean for alerts: which alert a finding
// belongs to, whether people are to be told, and when an alert is over. It
// decides within one transaction of the notification log, by event time, and
// sends nothing.
package group

import (
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/gatehound/gatehound/alerting/internal/journal"
	"github.com/gatehound/gatehound/schemas"
)

// Rules are the room's settings that decisions follow.
type Rules struct{ GroupWindow, RepeatInterval, ResolveAfter time.Duration }

// The reasons for which a finding tells nobody.
const (
	ReasonRepeat    = "known_finding"
	ReasonInterval  = "repeat_interval"
	ReasonException = "exception"
)

// Book takes the decisions of one transaction of the log. It is thrown away
// with it: nothing outside changes before the transaction is durable.
type Book struct {
	tx    *bolt.Tx
	rules Rules
	now   time.Time // by the wall clock

	changed map[string]*change // by alert id
	order   []*change          // in order of the first touch

	// What becomes true with the commit: the alerts that are to be told, the
	// findings that tell nobody by reason, those that joined an alert, and the
	// changes of the numbers of open alerts, alerts and findings in the log.
	Told       []schemas.Alert
	Suppressed map[string]int
	Grouped    int
	Open       int
	Total      int
	Seen       int
}

// change is an alert that the transaction touches.
type change struct {
	rec record
	// was is the place that the log has it at; zero if the alert is new.
	was time.Time
	// touched tells that rec differs from the log, notify that people are told.
	touched, notify bool
	// shown tells that the caller gets it.
	shown bool
}

// NewBook begins the decisions of tx; now is the wall clock's time.
func NewBook(tx *bolt.Tx, rules Rules, now time.Time) *Book {
	return &Book{tx: tx, rules: rules, now: now, changed: make(map[string]*change), Suppressed: make(map[string]int)}
}

// find returns the alert with the id, or nil.
func (b *Book) find(id string) (*change, error) {
	if c := b.changed[id]; c != nil {
		return c, nil
	}
	c := &change{}
	ok, err := journal.Get(b.tx.Bucket(journal.Alerts), []byte(id), &c.rec)
	if err != nil || !ok {
		return nil, err
	}
	c.was = place(&c.rec.Alert)
	b.add(c)
	return c, nil
}

func (b *Book) add(c *change) {
	b.changed[c.rec.Alert.ID] = c
	b.order = append(b.order, c)
}

// Take decides about one finding.
func (b *Book) Take(f *schemas.Finding) error {
	var seen sighting
	known, err := journal.Get(b.tx.Bucket(journal.Seen), []byte(f.ID), &seen)
	if err != nil {
		return err
	}
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
	if known {
		if c, err = b.find(seen.Alert); err != nil {
			return err
		}
	}
	if c != nil {
		b.join(c, f, 0, f.Events-seen.Events)
	} else {
		if c, err = b.groupOf(fingerprint(f), f); err != nil {
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
func (b *Book) groupOf(fp string, f *schemas.Finding) (*change, error) {
	current := b.tx.Bucket(journal.Current)
	newest := true
	if id := current.Get([]byte(fp)); id != nil {
		c, err := b.find(string(id))
		if err != nil {
			return nil, err
		}
		if c != nil {
			a := &c.rec.Alert
			if gap := b.rules.GroupWindow + longer(f.Entity); f.WindowStart.Sub(a.LastSeen) <= gap && a.FirstSeen.Sub(f.WindowEnd) <= gap {
				b.Grouped++
				return c, nil
			}
			newest = f.WindowStart.After(a.LastSeen)
		}
	}
	// A finding that was forgotten may have an alert yet.
	id := journal.Hash("alert", fp, f.ID)
	if c, err := b.find(id); err != nil || c != nil {
		return c, err
	}
	c := &change{}
	c.rec.Alert = schemas.Alert{
		ID:          id,
		Fingerprint: fp,
		State:       schemas.AlertOpen,
		Detector:    f.Detector,
		Entity:      f.Entity,
		FirstSeen:   f.WindowStart,
		LastSeen:    f.WindowEnd,
	}
	b.Open++
	b.Total++
	b.add(c)
	if !newest { // a late finding of an episode that is over
		return c, nil
	}
	return c, current.Put([]byte(fp), []byte(c.rec.Alert.ID))
}

// join adds f to the alert of c and says whether people are to be told.
func (b *Book) join(c *change, f *schemas.Finding, findings int, events int64) {
	a := &c.rec.Alert
	fresh := a.Sequence == 0 && !c.notify
	resolved := a.State == schemas.AlertResolved
	quiet := f.WindowStart.Sub(a.LastSeen) > b.rules.ResolveAfter+longer(f.Entity)
	if resolved {
		b.Open++
	}
	if f.Severity >= a.Severity || !f.Detected.Before(a.Finding.Detected) {
		a.Title, a.Summary = f.Title, f.Summary
	}
	if !f.Detected.Before(a.Finding.Detected) {
		a.Finding = *f
		a.Tenant = f.Tenant
	}
	a.Severity = max(a.Severity, f.Severity)
	a.Confidence = max(a.Confidence, f.Confidence)
	a.Findings += findings
	a.Events += max(events, 0)
	if f.WindowStart.Before(a.FirstSeen) {
		a.FirstSeen = f.WindowStart
	}
	if f.WindowEnd.After(a.LastSeen) {
		a.LastSeen = f.WindowEnd
	}
	c.touched, c.shown = true, true

	due := f.Detected.Sub(c.rec.Notified) >= b.rules.RepeatInterval
	switch {
	case fresh, resolved, quiet:
		a.State = schemas.AlertOpen
	case a.Severity > c.rec.Told, due:
		if !c.notify {
			a.State = schemas.AlertUpdated
		}
	default:
		if !c.notify {
			b.Suppressed[ReasonInterval]++
		}
		return
	}
	c.notify = true
	c.rec.Told = a.Severity
	if f.Detected.After(c.rec.Notified) {
		c.rec.Notified = f.Detected
	}
}

// remember notes that f was seen; old is what the log had.
func (b *Book) remember(f *schemas.Finding, s sighting, old *sighting) error {
	aging := b.tx.Bucket(journal.Aging)
	if old != nil {
		if err := aging.Delete(journal.Moment(time.UnixMilli(old.At), f.ID)); err != nil {
			return err
		}
	}
	if old == nil {
		b.Seen++
	}
	s.At = b.now.UnixMilli()
	if err := aging.Put(journal.Moment(b.now, f.ID), nil); err != nil {
		return err
	}
	return journal.Put(b.tx.Bucket(journal.Seen), []byte(f.ID), &s)
}

// Resolve closes the alerts that were last seen before the bound, at most
// limit of them, the oldest first; quietly if people are not to be told.
func (b *Book) Resolve(before time.Time, limit int, quietly bool) error {
	cursor := b.tx.Bucket(journal.Unresolved).Cursor()
	var ids []string
	for k, _ := cursor.First(); k != nil && len(ids) < limit; k, _ = cursor.Next() {
		seen, id := journal.AtMoment(k)
		if !seen.Before(before) {
			break
		}
		ids = append(ids, id)
	}
	for _, id := range ids {
		c, err := b.find(id)
		if err != nil {
			return err
		}
		if c == nil || c.rec.Alert.State == schemas.AlertResolved || c.touched {
			continue
		}
		c.rec.Alert.State = schemas.AlertResolved
		c.touched, c.shown, c.notify = true, true, !quietly
		b.Open--
	}
	return nil
}

// Evict takes n alerts out of the log, the ones that were seen longest ago:
// resolved ones, and if there are not enough, open ones that it resolves
// quietly.
func (b *Book) Evict(n int) error {
	err := journal.Shed(b.tx.Bucket(journal.Resolved), time.Time{}, n, func(k []byte) error {
		n--
		b.Total--
		return forget(b.tx, k)
	})
	if err != nil || n == 0 {
		return err
	}
	return b.Resolve(time.Unix(1<<40, 0), n, true)
}

// Write puts the decisions into the log and fills Told.
func (b *Book) Write() error {
	for _, c := range b.order {
		if !c.touched {
			continue
		}
		if c.notify {
			c.rec.Alert.Sequence++
			b.Told = append(b.Told, c.rec.Alert)
		}
		if err := writeRecord(b.tx, &c.rec, c.was); err != nil {
			return err
		}
	}
	return nil
}

// Alerts returns the alerts that the transaction is about, as they now are.
func (b *Book) Alerts() []schemas.Alert {
	out := make([]schemas.Alert, 0, len(b.order))
	for _, c := range b.order {
		if c.shown {
			out = append(out, c.rec.Alert)
		}
	}
	return out
}
