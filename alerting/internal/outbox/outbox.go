// Package outbox keeps the notifications that sinks have still to make: in the
// notification log, where they outlive the process, and in a queue for each
// sink that says which comes next. It makes no attempt itself.
package outbox

import (
	"encoding/json"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/gatehound/gatehound/alerting/internal/journal"
	"github.com/gatehound/gatehound/schemas"
)

// MaxDead is how many dead letters of a sink are kept; the oldest go first.
const MaxDead = 1000

// Delivery is a notification that a sink has to make. It holds the alert as it
// was, so that a retry says the same under the same key.
type Delivery struct {
	Key    string        `json:"key"`
	Queued time.Time     `json:"queued"`
	Digest bool          `json:"digest,omitempty"`
	Alert  schemas.Alert `json:"alert"`

	// raw is its form in the log, the same for all sinks.
	raw []byte
}

// DeadLetter is a notification that was given up.
type DeadLetter struct {
	Sink     string        `json:"sink"`
	Key      string        `json:"key"`
	Queued   time.Time     `json:"queued"`
	Died     time.Time     `json:"died"`
	Attempts int           `json:"attempts"`
	Reason   string        `json:"reason"`
	Alert    schemas.Alert `json:"alert"`
}

// Key returns the idempotency key of a's notification.
func Key(a *schemas.Alert) string { return fmt.Sprintf("%s-%d", a.ID, a.Sequence) }

// Store puts d into the sink's outbox. The same d can go into those of several
// sinks, and does not change in between.
func Store(tx *bolt.Tx, sink string, d *Delivery) (*Item, error) {
	box, err := journal.Sub(tx, journal.Outbox, sink)
	if err != nil {
		return nil, err
	}
	seq, err := box.NextSequence()
	if err != nil {
		return nil, err
	}
	if d.raw == nil {
		if d.raw, err = json.Marshal(d); err != nil {
			return nil, fmt.Errorf("encode a notification: %w", err)
		}
	}
	return itemOf(seq, d), box.Put(journal.Number(seq), d.raw)
}

// Load returns what waits for the sink.
func Load(tx *bolt.Tx, sink string) []*Item {
	box := tx.Bucket(journal.Outbox).Bucket([]byte(sink))
	if box == nil {
		return nil
	}
	var out []*Item
	cursor := box.Cursor()
	for k, _ := cursor.First(); k != nil; k, _ = cursor.Next() {
		var d Delivery
		_, err := journal.Get(box, k, &d)
		it := itemOf(journal.Sequence(k), &d)
		it.Damaged = err != nil // it is told of when its turn comes
		out = append(out, it)
	}
	return out
}

// Read returns what it is to say, and the ref that the sink last returned for
// its alert.
func Read(tx *bolt.Tx, sink string, it *Item) (*Delivery, string, error) {
	d := &Delivery{}
	box := tx.Bucket(journal.Outbox).Bucket([]byte(sink))
	if ok, err := journal.Get(box, journal.Number(it.Seq), d); err != nil {
		return nil, "", err
	} else if !ok {
		return nil, "", fmt.Errorf("the outbox lacks it: %w", journal.ErrDamaged)
	}
	ref := ""
	if refs := tx.Bucket(journal.Refs).Bucket([]byte(sink)); refs != nil {
		ref = string(refs.Get([]byte(it.Alert)))
	}
	return d, ref, nil
}

// Settle notes that the receiver has it, and the ref that it gave.
func Settle(tx *bolt.Tx, sink string, it *Item) error {
	if it.Ref != "" && !it.Digest {
		refs, err := journal.Sub(tx, journal.Refs, sink)
		if err != nil {
			return err
		}
		if err := refs.Put([]byte(it.Alert), []byte(it.Ref)); err != nil {
			return err
		}
	}
	return Delete(tx, sink, it)
}

// Delete takes items out of the outbox.
func Delete(tx *bolt.Tx, sink string, items ...*Item) error {
	box := tx.Bucket(journal.Outbox).Bucket([]byte(sink))
	for _, it := range items {
		if err := box.Delete(journal.Number(it.Seq)); err != nil {
			return err
		}
	}
	return nil
}

// Bury makes dead letters of items and returns how many older ones made room for
// them.
func Bury(tx *bolt.Tx, sink string, items []*Item, reason func(*Item) string, now time.Time) (gone int, err error) {
	dead, err := journal.Sub(tx, journal.Dead, sink)
	if err != nil {
		return 0, err
	}
	for _, it := range items {
		d, _, err := Read(tx, sink, it)
		if err != nil {
			return 0, err
		}
		if err := inter(dead, &DeadLetter{Sink: sink, Key: d.Key, Queued: d.Queued, Died: now, Attempts: it.Attempts,
			Reason: reason(it), Alert: d.Alert}); err != nil {
			return 0, err
		}
	}
	if err := Delete(tx, sink, items...); err != nil {
		return 0, err
	}
	return prune(dead)
}

func inter(dead *bolt.Bucket, letter *DeadLetter) error {
	seq, err := dead.NextSequence()
	if err != nil {
		return err
	}
	return journal.Put(dead, journal.Number(seq), letter)
}

// prune deletes the letters beyond the latest MaxDead.
func prune(dead *bolt.Bucket) (gone int, err error) {
	for dead.Sequence() > MaxDead {
		k, _ := dead.Cursor().First()
		if k == nil || journal.Sequence(k) > dead.Sequence()-MaxDead {
			break
		}
		if err := dead.Delete(k); err != nil {
			return gone, err
		}
		gone++
	}
	return gone, nil
}

// Letters returns the dead letters of all sinks, by sink and then in order.
func Letters(tx *bolt.Tx) ([]DeadLetter, error) {
	var out []DeadLetter
	dead := tx.Bucket(journal.Dead)
	err := dead.ForEachBucket(func(sink []byte) error {
		letters := dead.Bucket(sink)
		return letters.ForEach(func(k, _ []byte) error {
			var l DeadLetter
			_, err := journal.Get(letters, k, &l)
			out = append(out, l)
			return err
		})
	})
	return out, err
}

// Redeliver puts the sink's dead letters back into its outbox, under their old
// keys.
func Redeliver(tx *bolt.Tx, sink string, now time.Time) ([]*Item, error) {
	letters := tx.Bucket(journal.Dead).Bucket([]byte(sink))
	if letters == nil {
		return nil, nil
	}
	var items []*Item
	if err := letters.ForEach(func(k, _ []byte) error {
		var l DeadLetter
		if _, err := journal.Get(letters, k, &l); err != nil {
			return err
		}
		it, err := Store(tx, sink, &Delivery{Key: l.Key, Queued: now, Alert: l.Alert, Digest: l.Alert.Detector == schemas.DigestDetector})
		items = append(items, it)
		return err
	}); err != nil {
		return nil, err
	}
	return items, tx.Bucket(journal.Dead).DeleteBucket([]byte(sink))
}

// Disown makes dead letters of what waits for sinks that are not known, and
// returns how many by sink.
func Disown(tx *bolt.Tx, known func(sink string) bool, now time.Time) (map[string]int, error) {
	outbox := tx.Bucket(journal.Outbox)
	gone := make(map[string]int)
	if err := outbox.ForEachBucket(func(k []byte) error {
		if !known(string(k)) {
			gone[string(k)] = 0
		}
		return nil
	}); err != nil {
		return nil, err
	}
	for sink := range gone {
		for _, it := range Load(tx, sink) {
			if it.Damaged {
				continue
			}
			if _, err := Bury(tx, sink, []*Item{it}, func(*Item) string { return "the sink is configured no more" }, now); err != nil {
				return nil, err
			}
			gone[sink]++
		}
		if err := outbox.DeleteBucket([]byte(sink)); err != nil {
			return nil, err
		}
	}
	return gone, nil
}
