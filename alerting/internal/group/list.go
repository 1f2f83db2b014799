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

// List calls f for the alerts that were last seen at since or later, the latest
// first, until f returns false; after, if it is set, is the alert to go on behind.
func List(tx *bolt.Tx, since time.Time, after *schemas.Alert, f func(*schemas.Alert) bool) error {
	cursor := tx.Bucket(journal.Recent).Cursor()
	k, _ := cursor.Last()
	if after != nil {
		key := journal.Moment(after.LastSeen, after.ID)
		if k, _ = cursor.Seek(key); k == nil {
			k, _ = cursor.Last()
		}
		for k != nil && bytes.Compare(k, key) >= 0 {
			k, _ = cursor.Prev()
		}
	}
	for ; k != nil; k, _ = cursor.Prev() {
		_, id := journal.AtMoment(k)
		var rec record
		ok, err := load(tx, []byte(id), &rec)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if rec.Alert.LastSeen.Before(since) || !f(&rec.Alert) {
			return nil
		}
	}
	return nil
}
