package gate

import (
	"net"
	"net/netip"
	"sync"
)

// Bounded is a listener that has at most so many connections at a time; others
// wait in the system's queue. It keeps who opens connections and says nothing
// from using up the files that the rest of the program needs. One other machine
// gets a quarter of the places: what it opens beyond is closed at once, so that it
// locks nobody out. This machine, where proxies are, may have all of them.
func Bounded(l net.Listener, most int) net.Listener {
	return &bounded{Listener: l, slots: make(chan struct{}, most), closed: make(chan struct{}),
		each: max(most/4, 1), of: make(map[netip.Addr]int)}
}

type bounded struct {
	net.Listener
	slots  chan struct{}
	once   sync.Once
	closed chan struct{}

	each int
	mu   sync.Mutex // connections end side by side
	of   map[netip.Addr]int
}

func (b *bounded) Accept() (net.Conn, error) {
	for {
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
		who := network(c.RemoteAddr())
		if !b.enter(who) {
			_ = c.Close() // nothing was said yet
			<-b.slots
			continue
		}
		return &counted{Conn: c, free: sync.OnceFunc(func() { b.leave(who); <-b.slots })}, nil
	}
}

// network returns the address that a connection counts for, as for rates.
func network(a net.Addr) netip.Addr {
	at, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Addr{}
	}
	return party(at.Addr())
}

// enter counts a connection, if there is room for it.
func (b *bounded) enter(who netip.Addr) bool {
	if who.IsLoopback() {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.of[who] >= b.each {
		return false
	}
	b.of[who]++
	return true
}

func (b *bounded) leave(who netip.Addr) {
	if who.IsLoopback() {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.of[who]--; b.of[who] <= 0 {
		delete(b.of, who)
	}
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
