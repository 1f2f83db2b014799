package group

import (
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/gatehound/gatehound/alerting/internal/journal"
	"github.com/gatehound/gatehound/schemas"
)

// record is what the log holds of an alert.
type record struct {
	Alert schemas.Alert `json:"alert"`
	// Notified is the event time of the last notification, Told the severity
	// that it stated.
	Notified time.Time        `json:"notified"`
	Told     schemas.Severity `json:"told"`
}

// sighting is what the log holds of a finding.
type sighting struct {
	Severity schemas.Severity `json:"severity"`
	Events   int64            `json:"events"`
	Alert    string           `json:"alert,omitempty"`
	Excepted bool             `json:"excepted,omitempty"`
	At       int64            `json:"at"`
}

// writeRecord stores rec and moves it to its place in the indices. was is the
// place that it had in the log; zero if it is new.
func writeRecord(tx *bolt.Tx, rec *record, was time.Time) error {
	id := rec.Alert.ID
	if !was.IsZero() {
		for _, index := range [][]byte{journal.Unresolved, journal.Resolved} {
			if err := tx.Bucket(index).Delete(journal.Moment(was, id)); err != nil {
				return err
			}
		}
	}
	index := journal.Unresolved
	if rec.Alert.State == schemas.AlertResolved {
		index = journal.Resolved
	}
	if err := tx.Bucket(index).Put(journal.Moment(place(&rec.Alert), id), nil); err != nil {
		return err
	}
	return journal.Put(tx.Bucket(journal.Alerts), []byte(id), rec)
}

// forget removes a resolved alert and what belongs to it.
func forget(tx *bolt.Tx, key []byte) error {
	_, id := journal.AtMoment(key)
	var rec record
	alerts := tx.Bucket(journal.Alerts)
	if ok, err := journal.Get(alerts, []byte(id), &rec); err != nil {
		return err
	} else if ok {
		fp := []byte(rec.Alert.Fingerprint)
		if current := tx.Bucket(journal.Current); string(current.Get(fp)) == id {
			if err := current.Delete(fp); err != nil {
				return err
			}
		}
	}
	refs := tx.Bucket(journal.Refs)
	if err := refs.ForEachBucket(func(sink []byte) error {
		return refs.Bucket(sink).Delete([]byte(id))
	}); err != nil {
		return err
	}
	if err := alerts.Delete([]byte(id)); err != nil {
		return err
	}
	return tx.Bucket(journal.Resolved).Delete(key)
}

// Expire removes findings that were seen before seenBound, and excess more of
// the oldest, and resolved alerts that were last seen before closedBound; some
// thousands at once. It returns how many went.
func Expire(tx *bolt.Tx, seenBound, closedBound time.Time, excess int) (findings, alerts int, err error) {
	aging, seen := tx.Bucket(journal.Aging), tx.Bucket(journal.Seen)
	if err := journal.Shed(aging, seenBound, excess, func(k []byte) error {
		findings++
		_, id := journal.AtMoment(k)
		if err := seen.Delete([]byte(id)); err != nil {
			return err
		}
		return aging.Delete(k)
	}); err != nil {
		return 0, 0, err
	}
	err = journal.Shed(tx.Bucket(journal.Resolved), closedBound, 0, func(k []byte) error {
		alerts++
		return forget(tx, k)
	})
	return findings, alerts, err
}

// Alerts returns every alert of the log.
func Alerts(tx *bolt.Tx) ([]schemas.Alert, error) {
	var out []schemas.Alert
	alerts := tx.Bucket(journal.Alerts)
	err := alerts.ForEach(func(k, _ []byte) error {
		var rec record
		_, err := journal.Get(alerts, k, &rec)
		out = append(out, rec.Alert)
		return err
	})
	return out, err
}
