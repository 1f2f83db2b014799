// Package journal is the file that the notification log is kept in: a bbolt
// database, its buckets, and the forms of their keys and values. What is in
// the buckets is decided by the packages group and outbox.
package journal

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
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
//	recent   last seen, alert id    -> nothing; all alerts
//	actors   kind and name          -> id of the actor's alert, and a flag
//	ties     alert id, actor's key  -> nothing; the actors that point to an alert
//	due      time, alert id         -> nothing; when an alert is to be escalated
//	muted    alert id               -> nothing; open alerts that somebody was not told of
//	silences silence id             -> Silence
//	allowed  allowance id           -> Allowance
//	outbox   sink / sequence        -> delivery
//	refs     sink / alert id        -> Ref
//	dead     sink / sequence        -> DeadLetter
//
// Times in keys are milliseconds in eight bytes, most significant first.
var (
	meta       = []byte("meta")
	Alerts     = []byte("alerts")
	Current    = []byte("current")
	Unresolved = []byte("open")
	Resolved   = []byte("closed")
	Seen       = []byte("seen")
	Aging      = []byte("aging")
	Recent     = []byte("recent")
	Actors     = []byte("actors")
	Ties       = []byte("ties")
	Due        = []byte("due")
	Muted      = []byte("muted")
	Silences   = []byte("silences")
	Allowed    = []byte("allowed")
	Outbox     = []byte("outbox")
	Refs       = []byte("refs")
	Dead       = []byte("dead")
)

// ErrDamaged is returned for an entry that cannot be read.
var ErrDamaged = errors.New("an entry of the notification log is damaged")

// The versions of the layout. A log of Version1, which knew no incidents, is
// opened and brought up to date by package group; one of another version is not
// opened.
const (
	Version1 = "1"
	Version2 = "2"
)

// Open opens the log at path, or a temporary one if path is empty: temp is then
// the folder to remove after the log is closed.
func Open(path string) (db *bolt.DB, temp string, err error) {
	opt := *bolt.DefaultOptions
	opt.Timeout = 2 * time.Second
	if path == "" {
		dir, err := os.MkdirTemp("", "gatehound-alerts-")
		if err != nil {
			return nil, "", fmt.Errorf("make temporary notification log: %w", err)
		}
		path, temp = filepath.Join(dir, "alerts.db"), dir
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
	return db, temp, nil
}

func layout(tx *bolt.Tx) error {
	for _, name := range [][]byte{meta, Alerts, Current, Unresolved, Resolved,
		Seen, Aging, Recent, Actors, Ties, Due, Muted, Silences, Allowed, Outbox, Refs, Dead} {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	switch Version(tx) {
	case Version1, Version2:
		return nil
	case "":
		return SetVersion(tx, Version2)
	}
	return errors.New("it was written by another version of this program")
}

// Version returns the layout's version; empty if the log is new.
func Version(tx *bolt.Tx) string { return string(tx.Bucket(meta).Get([]byte("version"))) }

// SetVersion notes the layout's version.
func SetVersion(tx *bolt.Tx, v string) error {
	return tx.Bucket(meta).Put([]byte("version"), []byte(v))
}

// Clock returns the event time that the log had come to; zero if it was written
// by a program that did not note it.
func Clock(tx *bolt.Tx) time.Time {
	raw := tx.Bucket(meta).Get([]byte("clock"))
	if len(raw) != 8 {
		return time.Time{}
	}
	return time.Unix(0, int64(binary.BigEndian.Uint64(raw))).UTC()
}

// SetClock notes how far event time has come.
func SetClock(tx *bolt.Tx, t time.Time) error {
	return tx.Bucket(meta).Put([]byte("clock"), Number(uint64(t.UnixNano())))
}

// Get decodes the value of key into v and reports whether there is one.
func Get(b *bolt.Bucket, key []byte, v any) (bool, error) {
	raw := b.Get(key)
	if raw == nil {
		return false, nil
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return false, ErrDamaged
	}
	return true, nil
}

// Put encodes v and stores it under key.
func Put(b *bolt.Bucket, key []byte, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode an entry of the notification log: %w", err)
	}
	return b.Put(key, raw)
}

// Number returns n as a key that sorts like n.
func Number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// Moment returns a key that sorts by t, then by id. Times before 1970 sort as
// 1970.
func Moment(t time.Time, id string) []byte {
	return append(Number(uint64(max(t.UnixMilli(), 0))), id...)
}

// AtMoment takes a key of Moment apart.
func AtMoment(key []byte) (time.Time, string) {
	if len(key) < 8 {
		return time.Time{}, ""
	}
	return time.UnixMilli(int64(binary.BigEndian.Uint64(key))).UTC(), string(key[8:])
}

// Sub returns the bucket of a sink within one of outbox, refs and dead.
func Sub(tx *bolt.Tx, name []byte, sink string) (*bolt.Bucket, error) {
	return tx.Bucket(name).CreateBucketIfNotExists([]byte(sink))
}

// First returns the time of an index's first entry; zero if it is empty.
func First(index *bolt.Bucket) time.Time {
	k, _ := index.Cursor().First()
	if k == nil {
		return time.Time{}
	}
	t, _ := AtMoment(k)
	return t
}

// Sequence returns the n of a key of Number.
func Sequence(key []byte) uint64 {
	if len(key) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(key)
}

// Shed calls drop for the keys of an index that are before the bound, and for
// as many more as excess says; at most some thousands at once.
func Shed(index *bolt.Bucket, before time.Time, excess int, drop func(key []byte) error) error {
	var keys [][]byte
	cursor := index.Cursor()
	for k, _ := cursor.First(); k != nil && len(keys) < 5000; k, _ = cursor.Next() {
		if t, _ := AtMoment(k); !t.Before(before) && len(keys) >= excess {
			break
		}
		keys = append(keys, slices.Clone(k))
	}
	for _, k := range keys {
		if err := drop(k); err != nil {
			return err
		}
	}
	return nil
}

// Hash returns 32 hexadecimal digits of a SHA-256 over parts, which it
// keeps apart by their lengths.
func Hash(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write(Number(uint64(len(p))))
		h.Write([]byte(p))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
