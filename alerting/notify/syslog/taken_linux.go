package syslog

import (
	"context"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// pollTime is the time between two looks at a connection.
const pollTime = 2 * time.Millisecond

// taken returns nil once the receiver's machine has acknowledged everything
// that was sent, and an error if it has reset the connection instead. After the
// receiver's end reads tell of no reset any more; the kernel does.
func taken(ctx context.Context, c *net.TCPConn) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	tick := time.NewTicker(pollTime)
	defer tick.Stop()
	for {
		var queued, reset int
		var failed error
		if err := raw.Control(func(fd uintptr) {
			if queued, failed = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ); failed == nil {
				reset, failed = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ERROR)
			}
		}); err != nil {
			return err
		}
		switch {
		case failed != nil:
			return failed
		case reset != 0:
			return syscall.Errno(reset)
		case queued == 0:
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
