package gate

import (
	"net"
	"sync"
)

// Bounded is a listener that has at most so many connections at a time; others
// wait in the system's queue. It keeps who opens connections and says nothing
// from using up the files that the rest of the program needs.
func Bounded(l net.Listener, most int) net.Listener {
	return &bounded{Listener: l, slots: make(chan struct{}, most), closed: make(chan struct{})}
}

type bounded struct {
	net.Listener
	slots  chan struct{}
	once   sync.Once
	closed chan struct{}
}

func (b *bounded) Accept() (net.Conn, error) {
	select {
	case b.slots <- struct{}{}:
	case <-b.closed:
		return nil, net.ErrClosed
	}
	c, err := b.Listener.Accept()
	if err != nil {
		<-b.slots
		return nil, err
	}
	return &counted{Conn: c, free: sync.OnceFunc(func() { <-b.slots })}, nil
}

func (b *bounded) Close() error {
	b.once.Do(func() { close(b.closed) })
	return b.Listener.Close()
}

// counted gives its place back when it is closed.
type counted struct {
	net.Conn
	free func()
}

func (c *counted) Close() error {
	defer c.free()
	return c.Conn.Close()
}
