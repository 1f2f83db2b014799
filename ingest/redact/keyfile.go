package redact

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// maxKeyFile bounds the key ring's file in bytes.
const maxKeyFile = 64 << 10

// keyFile is the form of the key ring's file.
type keyFile struct {
	Current string       `json:"current"`
	Keys    []keyFileKey `json:"keys"`
}

type keyFileKey struct {
	ID string `json:"id"`
	// Secret is in base64.
	Secret []byte `json:"secret"`
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
	var kf keyFile
	if json.Unmarshal(body, &kf) != nil { // its error could quote a secret
		return nil, fmt.Errorf("key ring %s is not JSON of the documented form", path)
	}
	keys := make([]Key, len(kf.Keys))
	for i, key := range kf.Keys {
		keys[i] = Key(key)
	}
	k, err := NewKeys(kf.Current, keys...)
	if err != nil {
		return nil, fmt.Errorf("key ring %s: %w", path, err)
	}
	return k, nil
}

// createKeys writes a new ring so that path never has a part of one: the link
// fails if path exists by then.
func createKeys(path string) error {
	k, err := GenerateKeys()
	if err != nil {
		return err
	}
	body, err := json.MarshalIndent(keyFile{Current: k.Current(), Keys: []keyFileKey{keyFileKey(k.ring[0])}}, "", "  ")
	if err != nil {
		return fmt.Errorf("encode key ring: %w", err)
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the folder of the key ring: %w", err)
	}
	f, err := os.CreateTemp(dir, ".keys-*") // mode 0600
	if err != nil {
		return fmt.Errorf("create key ring: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(append(body, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write key ring: %w", err)
	}
	if err := os.Link(f.Name(), path); err != nil {
		return fmt.Errorf("name key ring: %w", err)
	}
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
