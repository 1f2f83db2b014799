package syslog

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"time"
)

// conn is a connection, and what it is made of.
type conn struct {
	net.Conn
	tcp  *net.TCPConn
	tls  *tls.Conn // nil without
	stop func() bool
}

func (c *conn) Close() error {
	c.stop()
	return c.tcp.Close()
}

// settleTime is how long settle waits for a refusal.
const settleTime = 200 * time.Millisecond

// settle waits a moment for the receiver to refuse what it got: to close the
// connection, or, with TLS 1.3, to tell only now that it wants another
// certificate.
func settle(ctx context.Context, c *conn) error {
	if err := c.tcp.SetReadDeadline(time.Now().Add(settleTime)); err != nil {
		return err
	}
	_, err := io.CopyN(io.Discard, c, maxSaid)
	if ctx.Err() == nil && errors.Is(err, os.ErrDeadlineExceeded) {
		return c.end()
	}
	return orEOF(err)
}

// maxSaid bounds what is read of a receiver, which has nothing to say.
const maxSaid = 4 << 10

// errSays is for a receiver that talks: it does not speak syslog.
var errSays = errors.New("the receiver talks back")

func orEOF(err error) error {
	if err == nil {
		return errSays
	}
	return err
}

// end ends this side: the receiver reads what was sent and then an end.
func (c *conn) end() error {
	if c.tls != nil {
		if err := c.tls.CloseWrite(); err != nil {
			return err
		}
	}
	return c.tcp.CloseWrite()
}

// confirm ends this side and waits for the receiver to end its own. A receiver
// that closed before it had read everything is told from one that closed after:
// its machine answers what comes too late with a reset.
func confirm(ctx context.Context, c *conn) error {
	if err := c.end(); err != nil {
		return err
	}
	n, err := io.CopyN(io.Discard, c, maxSaid)
	switch {
	case n > 0 || err == nil:
		return errSays
	case errors.Is(err, io.EOF), c.tls != nil && errors.Is(err, io.ErrUnexpectedEOF):
		// Some receivers do not end TLS before they close.
		return taken(ctx, c.tcp)
	}
	return err
}
