package redact

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// maxKeyFile bounds the key ring's file in bytes.
const maxKeyFile = 64 << 10

// keyFileVersion is the version of the form. A file without one is of the first,
// which had ids and secrets alone.
const keyFileVersion = 2

// keyFile is the form of the key ring's file.
type keyFile struct {
	Version int          `json:"version,omitempty"`
	Current string       `json:"current"`
	Keys    []keyFileKey `json:"keys"`
	// Destroyed are the keys whose secrets were erased, so that no id is given
	// twice.
	Destroyed []KeyState `json:"destroyed,omitempty"`
	// EntityKey and DeliveryKey are kept of a first key that was destroyed.
	EntityKey   []byte `json:"entity_key,omitempty"`
	DeliveryKey []byte `json:"delivery_key,omitempty"`
}

type keyFileKey struct {
	ID string `json:"id"`
	// Secret is in base64.
	Secret  []byte    `json:"secret"`
	Created time.Time `json:"created_at,omitzero"`
	Retired time.Time `json:"retired_at,omitzero"`
	Ended   time.Time `json:"ended_at,omitzero"`
}

// ring makes the ring of a file.
func (kf *keyFile) ring() (*Keys, error) {
	if kf.Version > keyFileVersion {
		return nil, fmt.Errorf("its version is %d: this program knows %d and is older than the file", kf.Version, keyFileVersion)
	}
	keys := make([]Key, len(kf.Keys))
	for i, key := range kf.Keys {
		keys[i] = Key{key.ID, key.Secret}
	}
	k, err := NewKeys(kf.Current, keys...)
	if err != nil {
		return nil, err
	}
	for i, key := range kf.Keys {
		k.states[i].Created, k.states[i].Retired, k.states[i].Ended = key.Created, key.Retired, key.Ended
	}
	for name, key := range map[string][]byte{"entity_key": kf.EntityKey, "delivery_key": kf.DeliveryKey} {
		if len(key) != 0 && len(key) != 16 {
			return nil, fmt.Errorf("%s must have 16 bytes", name)
		}
	}
	k.gone, k.entityKey, k.deliveryKey = kf.Destroyed, kf.EntityKey, kf.DeliveryKey
	return k, nil
}

// LoadKeys reads the key ring at path. If the file is not there, it is made
// with one random key, mode 0600, in a folder of mode 0700, and created is
// true. A file that others than its owner may read or write is refused. Errors
// never quote the file.
func LoadKeys(path string) (k *Keys, created bool, err error) {
	k, err = readKeys(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return k, false, err
	}
	if err := createKeys(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, false, err
	} else if err != nil { // another process was faster: its key counts
		k, err = readKeys(path)
		return k, false, err
	}
	k, err = readKeys(path)
	return k, err == nil, err
}

func readKeys(path string) (*Keys, error) {
	kf, err := readKeyFile(path)
	if err != nil {
		return nil, err
	}
	k, err := kf.ring()
	if err != nil {
		return nil, fmt.Errorf("key ring %s: %w", path, err)
	}
	return k, nil
}

func readKeyFile(path string) (*keyFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open key ring: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("stat key ring %s: %w", path, err)
	}
	if mode := info.Mode(); !mode.IsRegular() || mode.Perm()&0o077 != 0 {
		return nil, fmt.Errorf("key ring %s has mode %v: it must be a file that only its owner may read and write (chmod 600)", path, mode)
	}
	body, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err != nil {
		return nil, fmt.Errorf("read key ring %s: %w", path, err)
	}
	if len(body) > maxKeyFile {
		return nil, fmt.Errorf("key ring %s has more than %d bytes", path, maxKeyFile)
	}
	kf := new(keyFile)
	if json.Unmarshal(body, kf) != nil { // its error could quote a secret
		return nil, fmt.Errorf("key ring %s is not JSON of the documented form", path)
	}
	return kf, nil
}

// createKeys writes a new ring so that path never has a part of one: the link
// fails if path exists by then.
func createKeys(path string) error {
	key, err := newKey("k1", time.Now())
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the folder of the key ring: %w", err)
	}
	temp, err := writeTemp(path, &keyFile{Version: keyFileVersion, Current: key.ID, Keys: []keyFileKey{key}})
	if err != nil {
		return err
	}
	defer os.Remove(temp)
	if err := os.Link(temp, path); err != nil {
		return fmt.Errorf("name key ring: %w", err)
	}
	return syncDir(filepath.Dir(path))
}

func newKey(id string, now time.Time) (keyFileKey, error) {
	secret := make([]byte, secretBytes)
	if _, err := rand.Read(secret); err != nil {
		return keyFileKey{}, fmt.Errorf("draw a random key: %w", err)
	}
	return keyFileKey{ID: id, Secret: secret, Created: now.UTC().Truncate(time.Second)}, nil
}

// writeTemp writes the ring, durably, to a file beside path and returns its name.
func writeTemp(path string, kf *keyFile) (name string, err error) {
	body, err := json.MarshalIndent(kf, "", "  ")
	if err != nil {
		return "", fmt.Errorf("encode key ring: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".keys-*") // mode 0600
	if err != nil {
		return "", fmt.Errorf("create key ring: %w", err)
	}
	_, err = f.Write(append(body, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", errors.Join(fmt.Errorf("write key ring: %w", err), os.Remove(f.Name()))
	}
	return f.Name(), nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("open the folder of the key ring: %w", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("sync the folder of the key ring: %w", err)
	}
	return nil
}
