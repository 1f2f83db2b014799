package gate

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// LocalName is the name of the token that is made at the first start, for the
// commands on the same machine.
const LocalName = "local"

// LocalToken reads the local token at path, and makes it if it is not there:
// 256 random bits that only the owner of the file can read.
func LocalToken(path string) (token string, made bool, err error) {
	token, err = ReadToken(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return token, false, err
	}
	var raw [32]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return "", false, fmt.Errorf("make the local token: %w", err)
	}
	token = base64.RawURLEncoding.EncodeToString(raw[:])
	if err := create(path, token+"\n"); err != nil {
		if errors.Is(err, fs.ErrExist) { // another process was faster
			token, err = ReadToken(path)
			return token, false, err
		}
		return "", false, fmt.Errorf("make the local token: %w", err)
	}
	return token, true, nil
}

// create writes a file that was not there: whole, or not at all.
func create(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".api-token-*") // it has mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // after the link it has a second name
	_, err = f.WriteString(text)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Link(f.Name(), path)
}

// ReadToken reads a token from a file that nobody but its owner may read.
func ReadToken(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("read the API's token: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", fmt.Errorf("read the API's token: %w", err)
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("read the API's token: %s is not a regular file", path)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("read the API's token: others may read or write %s: make it private with `chmod 600 %s`; if somebody may have read it, take a new token", path, path)
	}
	raw, err := io.ReadAll(io.LimitReader(f, MaxToken+16))
	if err != nil {
		return "", fmt.Errorf("read the API's token: %w", err)
	}
	token := strings.TrimSpace(string(raw))
	if err := checkLength("the token in "+path, len(token)); err != nil {
		return "", fmt.Errorf("read the API's token: %w", err)
	}
	return token, nil
}
