package group

import (
	"bytes"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/gatehound/gatehound/alerting/internal/journal"
	"github.com/gatehound/gatehound/schemas"
)

// Alerts returns every alert of the log.
func Alerts(tx *bolt.Tx) ([]schemas.Alert, error) {
	var out []schemas.Alert
	err := tx.Bucket(journal.Alerts).ForEach(func(k, _ []byte) error {
		var rec record
		_, err := load(tx, k, &rec)
		out = append(out, rec.Alert)
		return err
	})
	return out, err
}

// Unresolved calls f for the alerts that are not resolved until f returns false.
func Unresolved(tx *bolt.Tx, f func(*schemas.Alert) bool) error {
	cursor := tx.Bucket(journal.Unresolved).Cursor()
	for k, _ := cursor.First(); k != nil; k, _ = cursor.Next() {
		_, id := journal.AtMoment(k)
		var rec record
		if ok, err := load(tx, []byte(id), &rec); err != nil {
			return err
		} else if ok && !f(&rec.Alert) {
			return nil
		}
	}
	return nil
}

// Get returns the alert with the id and reports whether there is one.
func Get(tx *bolt.Tx, id string) (schemas.Alert, bool, error) {
	var rec record
	ok, err := load(tx, []byte(id), &rec)
	return rec.Alert, ok, err
}

// Find returns the ids that begin with the prefix, two at most.
func Find(tx *bolt.Tx, prefix string) (ids []string) {
	cursor := tx.Bucket(journal.Alerts).Cursor()
	for k, _ := cursor.Seek([]byte(prefix)); k != nil && bytes.HasPrefix(k, []byte(prefix)) && len(ids) < 2; k, _ = cursor.Next() {
		ids = append(ids, string(k))
	}
	return ids
}

// listed is how many alerts List looks at.
const listed = 500

// isResolved is how a record of a resolved alert begins, within its first headBytes:
// behind an id and a fingerprint, which are hashes. In a text quotes are escaped.
var isResolved = []byte(`"state":"resolved"`)

const headBytes = 160

// List calls f for alerts that were last seen at since or later, the latest first,
// until f returns false; with open for those that are not resolved. It begins with the
// latest, or behind the place that is given, and returns the place behind which to go
// on, nil if there is nothing more: a long list takes several transactions, as one
// would keep the log from growing.
func List(tx *bolt.Tx, since time.Time, open bool, behind []byte, f func(*schemas.Alert) bool) (next []byte, err error) {
	cursor := tx.Bucket(journal.Recent).Cursor()
	k, _ := cursor.Last()
	if behind != nil {
		if k, _ = cursor.Seek(behind); k == nil {
			k, _ = cursor.Last()
		}
		for k != nil && bytes.Compare(k, behind) >= 0 {
			k, _ = cursor.Prev()
		}
	}
	alerts := tx.Bucket(journal.Alerts)
	for n := 0; k != nil; k, _ = cursor.Prev() {
		if n++; n > listed {
			return next, nil
		}
		next = bytes.Clone(k)
		at, id := journal.AtMoment(k)
		if at.Add(time.Millisecond).Before(since) { // places are exact to the millisecond
			return nil, nil
		}
		if raw := alerts.Get([]byte(id)); open && bytes.Contains(raw[:min(len(raw), headBytes)], isResolved) {
			continue
		}
		var rec record
		ok, err := load(tx, []byte(id), &rec)
		if err != nil {
			return nil, err
		}
		if !ok || open && rec.Alert.State == schemas.AlertResolved {
			continue
		}
		if !rec.Alert.LastSeen.Before(since) && !f(&rec.Alert) {
			return nil, nil
		}
	}
	return nil, nil
}

// Place returns the place of an alert in List.
func Place(a *schemas.Alert) []byte { return journal.Moment(a.LastSeen, a.ID) }
