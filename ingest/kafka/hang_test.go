package kafka

import (
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

// freezer is a network whose connections can be made to stall: nothing arrives
// any more, and nobody is told.
type freezer struct {
	mu    sync.Mutex
	conns []*stalling
}

func (f *freezer) listen(network, address string) (net.Listener, error) {
	l, err := net.Listen(network, address)
	return &freezing{l, f}, err
}

// freeze stalls the connections that there are; new ones work.
func (f *freezer) freeze() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.conns {
		c.once.Do(func() { close(c.stalled) })
	}
}

type freezing struct {
	net.Listener
	f *freezer
}

func (l *freezing) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	s := &stalling{Conn: c, stalled: make(chan struct{})}
	l.f.mu.Lock()
	defer l.f.mu.Unlock()
	l.f.conns = append(l.f.conns, s)
	return s, nil
}

type stalling struct {
	net.Conn
	stalled chan struct{}
	once    sync.Once
}

// Write pretends that everything was sent.
func (s *stalling) Write(p []byte) (int, error) {
	select {
	case <-s.stalled:
		return len(p), nil
	default:
		return s.Conn.Write(p)
	}
}

// TestHangingConnections has every connection to the brokers go silent at once,
// as when a firewall forgets them.
func TestHangingConnections(t *testing.T) {
	f := &freezer{}
	c := cluster(t, kfake.SeedTopics(4, "in"), kfake.ListenFn(f.listen))
	cfg := config(c, "in")
	cfg.DialTimeout = 500 * time.Millisecond
	st := newStore()
	run(t, cfg, st, 0)
	for i := range 3 {
		produce(t, cfg.Brokers, "in", fmt.Sprint("r", i), 100, 0)
		eventually(t, "all is read", func() bool { n, _ := st.count(); return n == 100*(i+1) })
		eventually(t, "all is committed", allCommitted(c, cfg.Group, "in"))
		f.freeze()
	}
	if _, repeats := st.count(); repeats != 0 {
		t.Errorf("%d repeats", repeats)
	}
}
