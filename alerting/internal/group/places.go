package group

import (
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/gatehound/gatehound/alerting/internal/journal"
	"github.com/gatehound/gatehound/schemas"
)

// places are where an alert is in the indices.
type places struct {
	seen, last, due time.Time
	resolved, muted bool
}

func placesOf(r *record) *places {
	over := r.Alert.State == schemas.AlertResolved
	return &places{seen: place(r), last: r.Alert.LastSeen, due: r.Due, resolved: over,
		muted: !over && (r.Alert.Muted != "" || len(r.Missed) > 0)}
}

// index is where an alert is that is resolved or not.
func (p *places) index() []byte {
	if p.resolved {
		return journal.Resolved
	}
	return journal.Unresolved
}

// each calls f for every entry of the alert.
func (p *places) each(id string, f func(index, key []byte) error) error {
	if err := f(p.index(), journal.Moment(p.seen, id)); err != nil {
		return err
	}
	if err := f(journal.Recent, journal.Moment(p.last, id)); err != nil {
		return err
	}
	if p.muted {
		if err := f(journal.Muted, []byte(id)); err != nil {
			return err
		}
	}
	if p.due.IsZero() {
		return nil
	}
	return f(journal.Due, journal.Moment(p.due, id))
}

func (p *places) leave(tx *bolt.Tx, id string) error {
	return p.each(id, func(index, key []byte) error { return tx.Bucket(index).Delete(key) })
}

func (p *places) take(tx *bolt.Tx, id string) error {
	return p.each(id, func(index, key []byte) error { return tx.Bucket(index).Put(key, nil) })
}

// writeRecord stores rec and moves it to its place in the indices. was is where
// the log has it; nil if it is new.
func writeRecord(tx *bolt.Tx, rec *record, was *places) error {
	raw, err := encode(rec)
	if err != nil {
		return err
	}
	id, now := rec.Alert.ID, placesOf(rec)
	if was == nil || *was != *now {
		if was != nil {
			if err := was.leave(tx, id); err != nil {
				return err
			}
		}
		if err := now.take(tx, id); err != nil {
			return err
		}
	}
	return tx.Bucket(journal.Alerts).Put([]byte(id), raw)
}

// Upgrade brings a log of the first version up to date: its alerts get their
// places in the indices that are new. What their records lack they get when
// they are read.
func Upgrade(tx *bolt.Tx) error {
	if journal.Version(tx) != journal.Version1 {
		return nil
	}
	b := NewBook(tx, Rules{}, time.Time{}, time.Time{})
	if err := tx.Bucket(journal.Alerts).ForEach(func(k, _ []byte) error {
		var rec record
		if _, err := load(tx, k, &rec); err != nil {
			return err
		}
		a := &rec.Alert
		if err := placesOf(&rec).take(tx, a.ID); err != nil {
			return err
		}
		return b.seedTies(&rec)
	}); err != nil {
		return err
	}
	return journal.SetVersion(tx, journal.Version2)
}

// seedTies ties the actors of an alert to it, unless a later one
// has them.
func (b *Book) seedTies(rec *record) error {
	a := &rec.Alert
	for i := range a.Parts {
		p := &a.Parts[i]
		if !abuse(&schemas.Finding{Detector: p.Detector, Entity: p.Entity}) {
			continue
		}
		old, _ := tieOf(b.tx.Bucket(journal.Actors).Get(actorKey(p.Entity)))
		if old != "" && old != a.ID {
			other, err := b.find(old)
			if err != nil {
				return err
			}
			if other != nil && !other.rec.until().Before(rec.until()) {
				continue
			}
		}
		if err := b.tie(p.Entity, a.ID, false); err != nil {
			return err
		}
	}
	return nil
}
