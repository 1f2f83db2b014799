package alerting

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"

	"github.com/gatehound/gatehound/alerting/internal/group"
	"github.com/gatehound/gatehound/alerting/internal/journal"
)

// Forget removes from the notification log at path the alerts, the waiting
// notifications and the dead letters whose entries, in JSON, mention somebody,
// and returns how many. The file is written anew, because what is removed from
// it stays in its free pages, and the old one is overwritten. No Manager may have
// the log open: it is an error then. A log that is not there has nothing to
// forget.
func Forget(path string, mentions func(entry []byte) bool) (entries int, err error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	db, _, err := openLog(path)
	if err != nil {
		return 0, err
	}
	if err = db.Update(func(tx *bolt.Tx) (err error) {
		if entries, err = group.Forget(tx, mentions); err != nil {
			return err
		}
		for _, name := range [][]byte{journal.Outbox, journal.Dead} {
			n, err := forgetIn(tx.Bucket(name), mentions)
			if entries += n; err != nil {
				return err
			}
		}
		return nil
	}); err == nil && entries > 0 {
		err = rewrite(db, path)
	}
	if err = errors.Join(err, db.Close()); err != nil {
		return 0, fmt.Errorf("forget in the notification log: %w", err)
	}
	return entries, nil
}

// forgetIn deletes the entries of each sink that mention somebody.
func forgetIn(sinks *bolt.Bucket, mentions func([]byte) bool) (entries int, err error) {
	err = sinks.ForEachBucket(func(sink []byte) error {
		b := sinks.Bucket(sink)
		var keys [][]byte
		if err := b.ForEach(func(k, v []byte) error {
			if mentions(v) {
				keys = append(keys, bytes.Clone(k))
			}
			return nil
		}); err != nil {
			return err
		}
		for _, k := range keys {
			if err := b.Delete(k); err != nil {
				return err
			}
		}
		entries += len(keys)
		return nil
	})
	return entries, err
}

// rewrite puts a copy of what db has in place of its file. The lock on the old
// file is held meanwhile.
func rewrite(db *bolt.DB, path string) (err error) {
	temp := filepath.Join(filepath.Dir(path), ".alerts-forget.db")
	if err := os.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	fresh, err := bolt.Open(temp, 0o600, nil)
	if err != nil {
		return err
	}
	if err = errors.Join(bolt.Compact(fresh, db, 1<<20), fresh.Sync(), fresh.Close()); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	old, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer old.Close()
	if err := os.Rename(temp, path); err != nil {
		return err
	}
	size, err := old.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	zeros := make([]byte, 1<<16)
	for at := int64(0); at < size && err == nil; at += int64(len(zeros)) {
		_, err = old.WriteAt(zeros[:min(int64(len(zeros)), size-at)], at)
	}
	dir, dirErr := os.Open(filepath.Dir(path))
	if dirErr != nil {
		return errors.Join(err, dirErr)
	}
	return errors.Join(err, old.Sync(), dir.Sync(), dir.Close())
}
