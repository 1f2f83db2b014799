package group

import (
	"bytes"
	"encoding/json"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/gatehound/gatehound/alerting/internal/journal"
)

// Forget removes the alerts, silences, allowances and ties of actors whose
// entries mention somebody, and what belongs to them. It returns how many
// entries went.
func Forget(tx *bolt.Tx, mentions func([]byte) bool) (gone int, err error) {
	value := func(_, v []byte) bool { return mentions(v) }
	alerts, err := keysOf(tx.Bucket(journal.Alerts), value)
	if err != nil {
		return 0, err
	}
	for _, id := range alerts {
		if err := forget(tx, string(id)); err != nil {
			return 0, err
		}
	}
	gone = len(alerts)
	// The members of a campaign are in the indices alone; a tie's key is the
	// alert's id and the actor.
	actor := func(from int) func(k, _ []byte) bool {
		return func(k, _ []byte) bool {
			doc, err := json.Marshal(actorOf(k[min(from, len(k)):]))
			return err == nil && mentions(doc)
		}
	}
	for _, x := range []struct {
		bucket []byte
		f      func(k, v []byte) bool
	}{{journal.Silences, value}, {journal.Allowed, value}, {journal.Actors, actor(0)}, {journal.Ties, actor(idLength)}} {
		bucket := tx.Bucket(x.bucket)
		keys, err := keysOf(bucket, x.f)
		if err != nil {
			return 0, err
		}
		for _, k := range keys {
			if err := bucket.Delete(k); err != nil {
				return 0, err
			}
		}
		gone += len(keys)
	}
	return gone, nil
}

// keysOf returns the keys of the entries for which f holds.
func keysOf(b *bolt.Bucket, f func(k, v []byte) bool) (keys [][]byte, err error) {
	err = b.ForEach(func(k, v []byte) error {
		if f(k, v) {
			keys = append(keys, bytes.Clone(k))
		}
		return nil
	})
	return keys, err
}

// forget removes an alert and what belongs to it.
func forget(tx *bolt.Tx, id string) error {
	var rec record
	if ok, err := load(tx, []byte(id), &rec); err != nil {
		return err
	} else if ok {
		fp := []byte(rec.Alert.Fingerprint)
		if current := tx.Bucket(journal.Current); string(current.Get(fp)) == id {
			if err := current.Delete(fp); err != nil {
				return err
			}
		}
		if err := placesOf(&rec).leave(tx, id); err != nil {
			return err
		}
	}
	if err := untie(tx, id); err != nil {
		return err
	}
	refs := tx.Bucket(journal.Refs)
	if err := refs.ForEachBucket(func(sink []byte) error {
		return refs.Bucket(sink).Delete([]byte(id))
	}); err != nil {
		return err
	}
	return tx.Bucket(journal.Alerts).Delete([]byte(id))
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
		return drop(tx, journal.Resolved, k)
	})
	return findings, alerts, err
}

// drop forgets the alert of an index's key, which goes also if there is no such
// alert.
func drop(tx *bolt.Tx, index, key []byte) error {
	_, id := journal.AtMoment(key)
	if err := forget(tx, id); err != nil {
		return err
	}
	return tx.Bucket(index).Delete(key)
}
