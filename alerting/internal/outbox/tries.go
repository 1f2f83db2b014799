package outbox

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// Tries remembers beyond the death of the process which notification a sink was
// being told, so that one whose outcome is not known is told again under its own
// key and not within a digest, which has another one. It is a file of 16 bytes
// that is written before each attempt and not synced: what is written outlives the
// process, though not a machine that loses its power. A nil Tries remembers
// nothing.
type Tries struct{ file *os.File }

// OpenTries opens the file at path, and returns the sequence that was noted in it
// last; 0 if there is none.
func OpenTries(path string) (*Tries, uint64, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, 0, fmt.Errorf("open notes of attempts: %w", err)
	}
	var b [16]byte
	n, err := f.ReadAt(b[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, errors.Join(fmt.Errorf("read notes of attempts: %w", err), f.Close())
	}
	last := binary.BigEndian.Uint64(b[:8])
	if n < len(b) || binary.BigEndian.Uint64(b[8:]) != ^last {
		last = 0
	}
	return &Tries{f}, last, nil
}

// Note remembers that the notification of that sequence is about to be told.
func (t *Tries) Note(seq uint64) error {
	if t == nil {
		return nil
	}
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], seq)
	binary.BigEndian.PutUint64(b[8:], ^seq)
	if _, err := t.file.WriteAt(b[:], 0); err != nil {
		return fmt.Errorf("note an attempt: %w", err)
	}
	return nil
}

// Close closes the file.
func (t *Tries) Close() error {
	if t == nil {
		return nil
	}
	return t.file.Close()
}
