package embedded

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// lockName is the file in the data folder that the holder keeps locked. The
// engine has a lock of its own, whose error does not say who holds it.
const lockName = "gatehound.lock"

// lockDir takes the lock of dir until the file is closed or the process ends,
// however it ends. It writes the process's id into it for others to read.
func lockDir(dir string) (*os.File, error) {
	path := filepath.Join(dir, lockName)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the embedded engine's folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder := whoHolds(f)
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("the embedded engine's folder %s is in use by %s: stop it, or choose another folder", dir, holder)
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	if err = f.Truncate(0); err == nil {
		_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("write %s: %w", path, err)
	}
	return f, nil
}

// whoHolds names the process whose id is in the lock file, with its command if
// it runs on this machine under an account that we may look at.
func whoHolds(f *os.File) string {
	b, err := io.ReadAll(io.NewSectionReader(f, 0, 32))
	pid, convErr := strconv.Atoi(string(bytes.TrimSpace(b)))
	if err != nil || convErr != nil {
		return "another process"
	}
	if command, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid)); err == nil {
		return fmt.Sprintf("process %d (%s)", pid, bytes.TrimSpace(command))
	}
	return fmt.Sprintf("process %d", pid)
}
