package redact

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// RotateKeys adds a random key to the ring at path and makes it the current one.
// The former stays; now is noted as the time from which it overlaps. Processes
// that run go on with the ring that they have read until they read it again. It
// returns the id of the new key.
func RotateKeys(path string, now time.Time) (id string, err error) {
	err = changeKeys(path, false, func(kf *keyFile) error {
		if len(kf.Keys) >= maxKeys {
			return fmt.Errorf("it has %d keys, as many as are allowed: destroy one that is no longer needed", maxKeys)
		}
		for n := len(kf.Keys) + len(kf.Destroyed) + 1; id == "" || kf.has(id); n++ {
			id = fmt.Sprint("k", n)
		}
		key, err := newKey(id, now)
		if err != nil {
			return err
		}
		for i := range kf.Keys {
			if kf.Keys[i].ID == kf.Current {
				kf.Keys[i].Retired = now.UTC().Truncate(time.Second)
			}
		}
		kf.Keys, kf.Current = append(kf.Keys, key), id
		return nil
	})
	return id, err
}

// RetireKey ends the overlap of a key: nothing that is new is joined to its
// pseudonyms, and detectors that knew callers by it know them no more. It can
// still reveal and forget.
func RetireKey(path, id string, now time.Time) error {
	return changeKeys(path, false, func(kf *keyFile) error {
		i, err := kf.former(id)
		if err != nil {
			return err
		}
		if !kf.Keys[i].Ended.IsZero() {
			return fmt.Errorf("key %s is retired already", id)
		}
		kf.Keys[i].Ended = now.UTC().Truncate(time.Second)
		if kf.Keys[i].Retired.IsZero() {
			kf.Keys[i].Retired = kf.Keys[i].Ended
		}
		return nil
	})
}

// DestroyKey erases the secret of a key that is not the current one. For good:
// what was made under it can be neither revealed nor found by its origin. The
// blocks of the old file are overwritten; backups and disks that write elsewhere
// are beyond reach. The shards of entities and the recognition of redeliveries,
// which follow from the first key, stay as they are.
func DestroyKey(path, id string, now time.Time) error {
	return changeKeys(path, true, func(kf *keyFile) error {
		i, err := kf.former(id)
		if err != nil {
			return err
		}
		if i == 0 {
			k, err := kf.ring()
			if err != nil {
				return err
			}
			entity := k.EntityKey()
			kf.EntityKey, kf.DeliveryKey = entity[:], k.deliverySecret()
		}
		key := kf.Keys[i]
		kf.Keys = slices.Delete(kf.Keys, i, i+1)
		kf.Destroyed = append(kf.Destroyed, KeyState{ID: id, Created: key.Created, Retired: key.Retired,
			Ended: key.Ended, Destroyed: now.UTC().Truncate(time.Second)})
		return nil
	})
}

func (kf *keyFile) has(id string) bool {
	return slices.ContainsFunc(kf.Keys, func(k keyFileKey) bool { return k.ID == id }) ||
		slices.ContainsFunc(kf.Destroyed, func(k KeyState) bool { return k.ID == id })
}

// former returns the place of a key that is not the current one.
func (kf *keyFile) former(id string) (int, error) {
	i := slices.IndexFunc(kf.Keys, func(k keyFileKey) bool { return k.ID == id })
	switch {
	case i < 0:
		return 0, errors.New("it has no key of this id")
	case id == kf.Current:
		return 0, fmt.Errorf("%s is the current key: rotate first", id)
	}
	return i, nil
}

// changeKeys changes the ring at path as a whole: whoever reads it finds the old
// one or the new one. Two that change it at once take turns. With erase, the old
// one is overwritten: a process that is reading it just then fails and starts
// again.
func changeKeys(path string, erase bool, change func(*keyFile) error) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return fmt.Errorf("open key ring: %w", err)
	}
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("lock key ring: %w", err)
	}
	defer lock.Close() // and with it the lock
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock key ring: %w", err)
	}
	kf, err := readKeyFile(path)
	if err != nil {
		return err
	}
	if _, err := kf.ring(); err != nil {
		return fmt.Errorf("key ring %s: %w", path, err)
	}
	if err := change(kf); err != nil {
		return fmt.Errorf("key ring %s: %w", path, err)
	}
	kf.Version = keyFileVersion
	if _, err := kf.ring(); err != nil {
		return fmt.Errorf("key ring %s: %w", path, err)
	}
	old, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("open key ring: %w", err)
	}
	defer old.Close()
	temp, err := writeTemp(path, kf)
	if err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return errors.Join(fmt.Errorf("name key ring: %w", err), os.Remove(temp))
	}
	if err := syncDir(filepath.Dir(path)); err != nil || !erase {
		return err
	}
	return overwrite(old)
}

// overwrite writes zeros over a file that no longer has a name.
func overwrite(f *os.File) error {
	size, err := f.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = f.WriteAt(make([]byte, size), 0)
	}
	if err = errors.Join(err, f.Sync()); err != nil {
		return fmt.Errorf("overwrite the old key ring: %w", err)
	}
	return nil
}
