package broker

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"time"
)

const (
	// maxFetched bounds the answers of connections that fetch, in bytes. They are
	// read as a stream; brokers send one message that is longer than what was asked
	// for.
	maxFetched = 1 << 30
	// maxAnswer bounds the answers of the other connections, in bytes. The longest
	// are about a topic's partitions, some 100 bytes each.
	maxAnswer = 64 << 20
)

// errFrame is for what does not speak Kafka's protocol. It is the network's
// error, and not that of a record.
var errFrame = fmt.Errorf("no valid answer of a broker: %w", io.ErrUnexpectedEOF)

// framed passes on answers whose length makes sense: kafka-go believes every
// length, and panics at a negative one in goroutines of its own, which would end
// the program.
type framed struct {
	net.Conn
	r    *bufio.Reader
	most int // bytes of an answer
	left int // of the answer that is being read
}

func (f *framed) Read(p []byte) (int, error) {
	if f.left == 0 {
		head, err := f.r.Peek(4)
		if err != nil {
			return 0, err
		}
		size := int(int32(binary.BigEndian.Uint32(head)))
		if size < 0 || size > f.most {
			return 0, errFrame
		}
		f.left = 4 + size
	}
	n, err := f.r.Read(p[:min(len(p), f.left)])
	f.left -= n
	return n, err
}

// dial returns a connection to a broker, over TLS if secure is not nil, that
// gives answers of at most so many bytes. buffer is how much it reads ahead.
func dial(ctx context.Context, secure *tls.Config, address string, buffer, most int) (*framed, error) {
	c, err := (&net.Dialer{KeepAlive: 30 * time.Second}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	if secure != nil {
		if secure.ServerName == "" {
			secure = secure.Clone()
			if secure.ServerName, _, err = net.SplitHostPort(address); err != nil {
				_ = c.Close() // nothing was sent
				return nil, err
			}
		}
		t := tls.Client(c, secure)
		if err := t.HandshakeContext(ctx); err != nil {
			_ = c.Close() // the handshake's error counts
			return nil, err
		}
		c = t
	}
	return &framed{Conn: c, r: bufio.NewReaderSize(c, buffer), most: most}, nil
}
