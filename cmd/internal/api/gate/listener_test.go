package gate

import (
	"net"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

// callers is a listener that gets a connection from each of the addresses in turn.
type callers struct {
	from []string
	made []*caller
}

type caller struct {
	net.Conn
	from   string
	closed bool
}

func (c *caller) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(c.from), 4000))
}
func (c *caller) Close() error { c.closed = true; return nil }

func (l *callers) Accept() (net.Conn, error) {
	if len(l.made) == len(l.from) {
		return nil, net.ErrClosed
	}
	c := &caller{from: l.from[len(l.made)]}
	l.made = append(l.made, c)
	return c, nil
}
func (l *callers) Addr() net.Addr { return &net.TCPAddr{} }
func (l *callers) Close() error   { return nil }

// TestNobodyTakesAllPlaces has one machine open connections and say nothing: there
// is room for others.
func TestNobodyTakesAllPlaces(t *testing.T) {
	l := &callers{from: []string{
		"2001:db8::1", "2001:db8::2", "2001:db8::3", "::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1", "2001:db8:0:1::1",
		"127.0.0.1", "127.0.0.1", "::1"}}
	b := Bounded(l, 9)
	var got []string
	var conns []net.Conn
	for {
		c, err := b.Accept()
		if err != nil {
			break
		}
		got, conns = append(got, c.RemoteAddr().(*net.TCPAddr).IP.String()), append(conns, c)
	}
	require.Equal(t, []string{"2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.1", "2001:db8:0:1::1", "127.0.0.1", "127.0.0.1", "::1"}, got)
	require.True(t, l.made[2].closed, "what is too many is closed at once")
	require.True(t, l.made[5].closed)
	require.NoError(t, conns[0].Close())
	_ = conns[0].Close() // closing twice gives one place
	l.from = append(l.from, "2001:db8::4", "2001:db8::5")
	c, err := b.Accept()
	require.NoError(t, err)
	require.Equal(t, "2001:db8::4", c.RemoteAddr().(*net.TCPAddr).IP.String())
	for _, c := range append(conns, c) {
		require.NoError(t, c.Close())
	}
	require.Empty(t, b.(*bounded).of, "who is gone costs nothing")
}
