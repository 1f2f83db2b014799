package kafka

import (
	"encoding/binary"
	"fmt"
	"math"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

// liar is a network whose brokers state the length in answers that it is set to.
type liar struct {
	length atomic.Pointer[int32]
	lies   atomic.Int64 // answers that stated it
}

func (l *liar) listen(network, address string) (net.Listener, error) {
	in, err := net.Listen(network, address)
	return &lying{in, l}, err
}

type lying struct {
	net.Listener
	l *liar
}

func (l *lying) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &lie{c, l.l}, nil
}

type lie struct {
	net.Conn
	l *liar
}

func (c *lie) Write(p []byte) (int, error) {
	if n := c.l.length.Load(); n != nil && len(p) >= 8 {
		c.l.lies.Add(1)
		p = append([]byte(nil), p...)
		binary.BigEndian.PutUint32(p, uint32(*n))
	}
	return c.Conn.Write(p)
}

// TestLengthsThatMakeNoSense has brokers, or what answers in their place, state
// lengths that no answer has: the program goes on, and so does the reading once
// they make sense again.
func TestLengthsThatMakeNoSense(t *testing.T) {
	l := &liar{}
	c := cluster(t, kfake.SeedTopics(2, "in"), kfake.ListenFn(l.listen))
	cfg := config(c, "in")
	cfg.DialTimeout, cfg.PartitionWatch = 300*time.Millisecond, 50*time.Millisecond
	st := newStore()
	m := run(t, cfg, st, 0)
	for i, length := range []int32{-1, math.MaxInt32} {
		produce(t, cfg.Brokers, "in", fmt.Sprint("r", i), 100, 0)
		eventually(t, "all is read", func() bool { n, _ := st.count(); return n == 100*(i+1) })
		eventually(t, "all is committed", allCommitted(c, cfg.Group, "in"))
		l.length.Store(&length)
		if err := m.src.Ping(t.Context()); err == nil {
			t.Errorf("a broker whose answers are %d bytes long counts as one", length)
		}
		asked := l.lies.Load()
		eventually(t, "what goes on by itself meets it as well", func() bool { return l.lies.Load() >= asked+3 })
		l.length.Store(nil)
	}
	if _, repeats := st.count(); repeats != 0 {
		t.Errorf("%d repeats", repeats)
	}
}
