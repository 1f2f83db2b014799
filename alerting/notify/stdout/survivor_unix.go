//go:build unix

package stdout

import (
	"os"
	"syscall"
)

// survivor returns another descriptor of a standard stream. A write to a stream
// that nobody reads any more ends the program if it goes through the descriptor
// 1 or 2 (see os/signal, "SIGPIPE"); through any other it is an error.
func survivor(stream *os.File) (*os.File, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fd, err := syscall.Dup(int(stream.Fd()))
	if err != nil {
		return nil, err
	}
	syscall.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), stream.Name()), nil
}
