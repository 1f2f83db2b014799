package kafka

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"net"
	"time"

	"github.com/segmentio/kafka-go"
)

// dialTimeout bounds the making of a connection and its handshake.
const dialTimeout = 10 * time.Second

// client returns a client for one attempt, and what ends its connections, which
// end with ctx too. They are not kept: notifications are rare, and a connection
// that went stale would cost the first attempt of an alert.
func (s *Sink) client(ctx context.Context) (*kafka.Client, func()) {
	ctx, cancel := context.WithCancel(ctx)
	t := &kafka.Transport{
		Dial:        func(_ context.Context, _, address string) (net.Conn, error) { return s.dial(ctx, address) },
		DialTimeout: dialTimeout, ClientID: s.cfg.ClientID, SASL: s.login, MetadataTopics: []string{s.cfg.Topic},
	}
	return &kafka.Client{Addr: kafka.TCP(s.cfg.Brokers...), Transport: t}, func() { t.CloseIdleConnections(); cancel() }
}

// dial returns a connection to a broker that is closed when ctx ends.
func (s *Sink) dial(ctx context.Context, address string) (net.Conn, error) {
	hello, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(hello, "tcp", address)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { _ = conn.Close() })
	if s.tls != nil {
		conf := s.tls.Clone()
		if conf.ServerName == "" {
			conf.ServerName, _, _ = net.SplitHostPort(address)
		}
		secure := tls.Client(conn, conf)
		if err := secure.HandshakeContext(hello); err != nil {
			_ = conn.Close() // the handshake's error counts
			return nil, err
		}
		conn = secure
	}
	return &framed{Conn: conn, r: bufio.NewReader(conn)}, nil
}

// maxFrame bounds an answer in bytes. The longest is about the topic's
// partitions, some 100 bytes each.
const maxFrame = 4 << 20

// errFrame is for a receiver that does not speak Kafka's protocol.
var errFrame = errors.New("no valid answer of a broker")

// framed passes on answers whose length makes sense: the client believes every
// length, and what speaks another protocol would have it end the program.
type framed struct {
	net.Conn
	r    *bufio.Reader
	left int // of the answer that is being read
}

func (f *framed) Read(p []byte) (int, error) {
	if f.left == 0 {
		head, err := f.r.Peek(4)
		if err != nil {
			return 0, err
		}
		size := int(int32(binary.BigEndian.Uint32(head)))
		if size < 4 || size > maxFrame {
			return 0, errFrame
		}
		f.left = 4 + size
	}
	n, err := f.r.Read(p[:min(len(p), f.left)])
	f.left -= n
	return n, err
}
