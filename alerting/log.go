package alerting

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/gatehound/gatehound/schemas"
)

// The buckets of the notification log. Everything that decides about a
// notification is in them, so that what is in memory can be made again:
//
//	alerts   alert id               -> record
//	current  fingerprint            -> id of its latest alert
//	open     last seen, alert id    -> nothing; the alerts that are not resolved
//	closed   last seen, alert id    -> nothing; the resolved ones
//	seen     finding id             -> sighting
//	aging    seen at, finding id    -> nothing; the order in which seen expires
//	outbox   sink / sequence        -> delivery
//	refs     sink / alert id        -> Ref
//	dead     sink / sequence        -> DeadLetter
//
// Times in keys are milliseconds in eight bytes, most significant first.
var (
	bucketMeta    = []byte("meta")
	bucketAlerts  = []byte("alerts")
	bucketCurrent = []byte("current")
	bucketOpen    = []byte("open")
	bucketClosed  = []byte("closed")
	bucketSeen    = []byte("seen")
	bucketAging   = []byte("aging")
	bucketOutbox  = []byte("outbox")
	bucketRefs    = []byte("refs")
	bucketDead    = []byte("dead")
)

var errDamaged = errors.New("an entry of the notification log is damaged")

// logVersion is the layout's version; a log of another one is not opened.
const logVersion = "1"

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

// delivery is a notification that a sink has to make. It holds the alert as
// it was, so that a retry says the same under the same key.
type delivery struct {
	Key    string        `json:"key"`
	Queued time.Time     `json:"queued"`
	Digest bool          `json:"digest,omitempty"`
	Alert  schemas.Alert `json:"alert"`
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

// openLog opens the log at path, or a temporary one if path is empty.
func openLog(path string) (db *bolt.DB, remove string, err error) {
	opt := *bolt.DefaultOptions
	opt.Timeout = 2 * time.Second
	if path == "" {
		dir, err := os.MkdirTemp("", "gatehound-alerts-")
		if err != nil {
			return nil, "", fmt.Errorf("make temporary notification log: %w", err)
		}
		path, remove = filepath.Join(dir, "alerts.db"), dir
		opt.NoSync, opt.NoFreelistSync = true, true
	} else if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, "", fmt.Errorf("make folder of notification log: %w", err)
	}
	db, err = bolt.Open(path, 0o600, &opt)
	if err == nil {
		if err = db.Update(layout); err != nil {
			err = errors.Join(err, db.Close())
		}
	} else if errors.Is(err, bolterrors.ErrTimeout) {
		err = errors.New("another process holds it")
	}
	if err != nil {
		return nil, "", fmt.Errorf("open notification log %s: %w", path, err)
	}
	return db, remove, nil
}

func layout(tx *bolt.Tx) error {
	for _, name := range [][]byte{bucketMeta, bucketAlerts, bucketCurrent, bucketOpen, bucketClosed,
		bucketSeen, bucketAging, bucketOutbox, bucketRefs, bucketDead} {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	meta := tx.Bucket(bucketMeta)
	if v := meta.Get([]byte("version")); v != nil && string(v) != logVersion {
		return errors.New("it was written by another version of this program")
	}
	return meta.Put([]byte("version"), []byte(logVersion))
}

// get decodes the value of key into v and reports whether there is one.
func get(b *bolt.Bucket, key []byte, v any) (bool, error) {
	raw := b.Get(key)
	if raw == nil {
		return false, nil
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return false, errDamaged
	}
	return true, nil
}

func put(b *bolt.Bucket, key []byte, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode an entry of the notification log: %w", err)
	}
	return b.Put(key, raw)
}

// number returns n as a key that sorts like n.
func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// moment returns a key that sorts by t, then by id. Times before 1970 sort as
// 1970.
func moment(t time.Time, id string) []byte {
	return append(number(uint64(max(t.UnixMilli(), 0))), id...)
}

// atMoment takes a key of moment apart.
func atMoment(key []byte) (time.Time, string) {
	if len(key) < 8 {
		return time.Time{}, ""
	}
	return time.UnixMilli(int64(binary.BigEndian.Uint64(key))).UTC(), string(key[8:])
}

// writeRecord stores rec and moves it to its place in the indices. was is the
// last seen time that it had in the log; zero if it is new.
func writeRecord(tx *bolt.Tx, rec *record, was time.Time) error {
	id := rec.Alert.ID
	if !was.IsZero() {
		for _, index := range [][]byte{bucketOpen, bucketClosed} {
			if err := tx.Bucket(index).Delete(moment(was, id)); err != nil {
				return err
			}
		}
	}
	index := bucketOpen
	if rec.Alert.State == schemas.AlertResolved {
		index = bucketClosed
	}
	if err := tx.Bucket(index).Put(moment(rec.Alert.LastSeen, id), nil); err != nil {
		return err
	}
	return put(tx.Bucket(bucketAlerts), []byte(id), rec)
}

// forget removes a resolved alert and what belongs to it.
func forget(tx *bolt.Tx, key []byte) error {
	_, id := atMoment(key)
	var rec record
	alerts := tx.Bucket(bucketAlerts)
	if ok, err := get(alerts, []byte(id), &rec); err != nil {
		return err
	} else if ok {
		fp := []byte(rec.Alert.Fingerprint)
		if current := tx.Bucket(bucketCurrent); string(current.Get(fp)) == id {
			if err := current.Delete(fp); err != nil {
				return err
			}
		}
	}
	refs := tx.Bucket(bucketRefs)
	if err := refs.ForEachBucket(func(sink []byte) error {
		return refs.Bucket(sink).Delete([]byte(id))
	}); err != nil {
		return err
	}
	if err := alerts.Delete([]byte(id)); err != nil {
		return err
	}
	return tx.Bucket(bucketClosed).Delete(key)
}

// sub returns the bucket of a sink within one of outbox, refs and dead.
func sub(tx *bolt.Tx, name []byte, sink string) (*bolt.Bucket, error) {
	return tx.Bucket(name).CreateBucketIfNotExists([]byte(sink))
}
