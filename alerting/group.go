package alerting

import (
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/gatehound/gatehound/schemas"
)

// book takes the decisions of one transaction of the log. It is thrown away
// with it: nothing outside changes before the transaction is durable.
type book struct {
	tx     *bolt.Tx
	cfg    *Config
	routes []*route
	now    time.Time // by the wall clock

	changed map[string]*change // by alert id
	order   []*change          // in order of the first touch

	// What becomes true with the commit.
	queued     [][]*item // by route
	suppressed map[string]int
	below      []int // by route
	grouped    int
	states     [3]int // notifications by schemas.AlertState
	open       int    // change of the number of open alerts
	total      int    // change of the number of alerts
	seen       int    // findings that are new to the log
}

// change is an alert that the transaction touches.
type change struct {
	rec record
	// was is the last seen time that the log has; zero if the alert is new.
	was time.Time
	// touched tells that rec differs from the log, notify that people are told.
	touched, notify bool
	// shown tells that the caller gets it.
	shown bool
}

func newBook(tx *bolt.Tx, cfg *Config, routes []*route, now time.Time) *book {
	return &book{tx: tx, cfg: cfg, routes: routes, now: now, changed: make(map[string]*change),
		queued: make([][]*item, len(routes)), below: make([]int, len(routes)), suppressed: make(map[string]int)}
}

// find returns the alert with the id, or nil.
func (b *book) find(id string) (*change, error) {
	if c := b.changed[id]; c != nil {
		return c, nil
	}
	c := &change{}
	ok, err := get(b.tx.Bucket(bucketAlerts), []byte(id), &c.rec)
	if err != nil || !ok {
		return nil, err
	}
	c.was = c.rec.Alert.LastSeen
	b.add(c)
	return c, nil
}

func (b *book) add(c *change) {
	b.changed[c.rec.Alert.ID] = c
	b.order = append(b.order, c)
}

// take decides about one finding.
func (b *book) take(f *schemas.Finding) error {
	var seen sighting
	known, err := get(b.tx.Bucket(bucketSeen), []byte(f.ID), &seen)
	if err != nil {
		return err
	}
	if f.Exception != nil {
		b.suppressed[reasonException]++
		if known {
			return nil
		}
		return b.remember(f, sighting{Severity: f.Severity, Events: f.Events, Excepted: true}, nil)
	}
	if known && (seen.Excepted || f.Severity <= seen.Severity) {
		b.suppressed[reasonRepeat]++
		if seen.Alert != "" { // so that the caller stores the alert again
			c, err := b.find(seen.Alert)
			if c != nil {
				c.shown = true
			}
			return err
		}
		return nil
	}

	fp := fingerprint(f)
	c, err := b.groupOf(fp, f)
	if err != nil {
		return err
	}
	if known { // the same finding, worse than it was
		b.join(c, f, 0, f.Events-seen.Events)
	} else {
		b.join(c, f, 1, f.Events)
	}
	var old *sighting
	if known {
		old = &seen
	}
	return b.remember(f, sighting{Severity: f.Severity, Events: f.Events, Alert: c.rec.Alert.ID}, old)
}

// groupOf returns the alert that f belongs to, made anew if there is none.
func (b *book) groupOf(fp string, f *schemas.Finding) (*change, error) {
	current := b.tx.Bucket(bucketCurrent)
	newest := true
	if id := current.Get([]byte(fp)); id != nil {
		c, err := b.find(string(id))
		if err != nil {
			return nil, err
		}
		if c != nil {
			a := &c.rec.Alert
			if f.WindowStart.Sub(a.LastSeen) <= b.cfg.GroupWindow && a.FirstSeen.Sub(f.WindowEnd) <= b.cfg.GroupWindow {
				b.grouped++
				return c, nil
			}
			newest = f.WindowStart.After(a.LastSeen)
		}
	}
	c := &change{}
	c.rec.Alert = schemas.Alert{
		ID:          digestOf("alert", fp, f.ID),
		Fingerprint: fp,
		State:       schemas.AlertOpen,
		Detector:    f.Detector,
		Entity:      f.Entity,
		FirstSeen:   f.WindowStart,
		LastSeen:    f.WindowEnd,
	}
	b.open++
	b.total++
	b.add(c)
	if !newest { // a late finding of an episode that is over
		return c, nil
	}
	return c, current.Put([]byte(fp), []byte(c.rec.Alert.ID))
}

// join adds f to the alert of c and says whether people are to be told.
func (b *book) join(c *change, f *schemas.Finding, findings int, events int64) {
	a := &c.rec.Alert
	fresh := a.Sequence == 0 && !c.notify
	resolved := a.State == schemas.AlertResolved
	quiet := f.WindowStart.Sub(a.LastSeen) > b.cfg.ResolveAfter
	if resolved {
		b.open++
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

	due := f.Detected.Sub(c.rec.Notified) >= b.cfg.RepeatInterval
	switch {
	case fresh, resolved, quiet:
		a.State = schemas.AlertOpen
	case a.Severity > c.rec.Told, due:
		if !c.notify {
			a.State = schemas.AlertUpdated
		}
	default:
		if !c.notify {
			b.suppressed[reasonInterval]++
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
func (b *book) remember(f *schemas.Finding, s sighting, old *sighting) error {
	aging := b.tx.Bucket(bucketAging)
	if old != nil {
		if err := aging.Delete(moment(time.UnixMilli(old.At), f.ID)); err != nil {
			return err
		}
	}
	if old == nil {
		b.seen++
	}
	s.At = b.now.UnixMilli()
	if err := aging.Put(moment(b.now, f.ID), nil); err != nil {
		return err
	}
	return put(b.tx.Bucket(bucketSeen), []byte(f.ID), &s)
}

// resolve closes the alerts that were last seen before the bound, at most
// limit of them, the oldest first; quietly if people are not to be told.
func (b *book) resolve(before time.Time, limit int, quietly bool) error {
	cursor := b.tx.Bucket(bucketOpen).Cursor()
	var ids []string
	for k, _ := cursor.First(); k != nil && len(ids) < limit; k, _ = cursor.Next() {
		seen, id := atMoment(k)
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
		b.open--
	}
	return nil
}

// evict takes n alerts out of the log, the ones that were seen longest ago:
// resolved ones, and if there are not enough, open ones that it resolves
// quietly.
func (b *book) evict(n int) error {
	err := shed(b.tx.Bucket(bucketClosed), time.Time{}, n, func(k []byte) error {
		n--
		b.total--
		return forget(b.tx, k)
	})
	if err != nil || n == 0 {
		return err
	}
	return b.resolve(time.Unix(1<<40, 0), n, true)
}

// write puts the decisions into the log and fills queued.
func (b *book) write() error {
	for _, c := range b.order {
		if !c.touched {
			continue
		}
		if c.notify {
			c.rec.Alert.Sequence++
			b.states[c.rec.Alert.State]++
			if err := b.enqueue(&c.rec.Alert); err != nil {
				return err
			}
		}
		if err := writeRecord(b.tx, &c.rec, c.was); err != nil {
			return err
		}
	}
	return nil
}

func (b *book) enqueue(a *schemas.Alert) error {
	for i, r := range b.routes {
		if a.Severity < r.min {
			b.below[i]++
			continue
		}
		it, err := store(b.tx, r.name, &delivery{Key: Key(a), Queued: b.now, Alert: *a})
		if err != nil {
			return err
		}
		b.queued[i] = append(b.queued[i], it)
	}
	return nil
}

// alerts returns the alerts that the transaction is about, as they now are.
func (b *book) alerts() []schemas.Alert {
	out := make([]schemas.Alert, 0, len(b.order))
	for _, c := range b.order {
		if c.shown {
			out = append(out, c.rec.Alert)
		}
	}
	return out
}
