// Package broker makes connections to the brokers of a cluster: TLS, SASL,
// deadlines, bounded unpacking, and the questions that the rest of kafka asks.
package broker

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/segmentio/kafka-go"
)

// readBuffer is the size of the buffer under a connection that fetches. A
// fetch of 1 MiB is then four reads of the socket instead of one for each 4 KB.
const readBuffer = 256 << 10

// Settings say how to reach a cluster.
type Settings struct {
	Brokers []string
	// Topics are those that Client and Metadata know of.
	Topics   []string
	ClientID string
	TLS      TLS
	SASL     SASL
	// Timeout bounds the making of a connection, and every wait for an answer
	// that has no deadline of its own.
	Timeout time.Duration
}

// Dialer makes connections to brokers. It is safe for concurrent use.
type Dialer struct {
	// Kafka is the dialer for kafka-go's own use.
	Kafka *kafka.Dialer

	brokers []string
	topics  []string
	timeout time.Duration
	tls     *tls.Config // nil without TLS
}

// New reads the files that the settings name, and opens nothing else.
func New(cfg Settings) (*Dialer, error) {
	tlsConfig, err := cfg.TLS.load()
	if err != nil {
		return nil, err
	}
	mechanism, err := cfg.SASL.load()
	if err != nil {
		return nil, err
	}
	d := &Dialer{brokers: cfg.Brokers, topics: cfg.Topics, timeout: cfg.Timeout, tls: tlsConfig}
	d.Kafka = &kafka.Dialer{
		ClientID:      cfg.ClientID,
		Timeout:       cfg.Timeout,
		SASLMechanism: mechanism,
		DialFunc: func(ctx context.Context, _, address string) (net.Conn, error) {
			c, err := dial(ctx, tlsConfig, address, readBuffer, maxFetched)
			if err != nil {
				return nil, err
			}
			return &conn{Conn: c, timeout: cfg.Timeout}, nil
		},
	}
	return d, nil
}

// conn lets no operation wait for ever: kafka-go sets no deadline for the
// handshake of SASL and for the lookup of a leader.
type conn struct {
	net.Conn
	timeout time.Duration
}

func (c *conn) SetReadDeadline(t time.Time) error  { return c.Conn.SetReadDeadline(c.bound(t)) }
func (c *conn) SetWriteDeadline(t time.Time) error { return c.Conn.SetWriteDeadline(c.bound(t)) }

func (c *conn) bound(t time.Time) time.Time {
	if t.IsZero() {
		return time.Now().Add(c.timeout)
	}
	return t
}

// Any returns a connection to the first broker that answers.
func (d *Dialer) Any(ctx context.Context) (*kafka.Conn, error) {
	var errs []error
	for _, b := range d.brokers {
		c, err := d.Kafka.DialContext(ctx, "tcp", b)
		if err == nil {
			return c, nil
		}
		errs = append(errs, fmt.Errorf("dial %s: %w", b, err))
		if ctx.Err() != nil {
			break
		}
	}
	return nil, errors.Join(errs...)
}

// Leader returns a connection to the leader of a partition, as the first
// broker that answers knows it.
func (d *Dialer) Leader(ctx context.Context, topic string, partition int) (*kafka.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	partitions, err := d.partitions(ctx, topic)
	if err != nil {
		return nil, err
	}
	for _, p := range partitions {
		if p.ID != partition {
			continue
		}
		if p.Leader.Host == "" {
			return nil, fmt.Errorf("dial leader of %s/%d: %w", topic, partition, kafka.LeaderNotAvailable)
		}
		c, err := d.Kafka.DialPartition(ctx, "tcp", "", p)
		if err != nil {
			return nil, fmt.Errorf("dial leader of %s/%d: %w", topic, partition, err)
		}
		return c, nil
	}
	return nil, fmt.Errorf("dial leader of %s/%d: %w", topic, partition, kafka.UnknownTopicOrPartition)
}

// partitions returns the partitions of topic; kafka.UnknownTopicOrPartition if
// there is no such topic.
func (d *Dialer) partitions(ctx context.Context, topic string) ([]kafka.Partition, error) {
	c, err := d.Any(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	_ = c.SetDeadline(time.Now().Add(d.timeout))
	ps, err := c.ReadPartitions(topic)
	if err == nil && len(ps) == 0 {
		err = kafka.UnknownTopicOrPartition
	}
	if err != nil {
		return nil, fmt.Errorf("read metadata of topic %s: %w", topic, err)
	}
	return ps, nil
}

// Client returns a client for what kafka.Conn cannot do, and the function that
// frees its connections. Of the cluster's topics it knows the configured ones.
func (d *Dialer) Client() (*kafka.Client, func()) {
	t := d.Transport()
	t.MetadataTopics = d.topics
	return &kafka.Client{Addr: kafka.TCP(d.brokers...), Timeout: d.timeout, Transport: t}, t.CloseIdleConnections
}

// Transport returns a transport that dials as d does.
func (d *Dialer) Transport() *kafka.Transport {
	return &kafka.Transport{
		Dial: func(ctx context.Context, _, address string) (net.Conn, error) {
			c, err := dial(ctx, d.tls, address, 4<<10, maxAnswer)
			if err != nil {
				return nil, err
			}
			return c, nil
		},
		DialTimeout: d.timeout,
		ClientID:    d.Kafka.ClientID,
		SASL:        d.Kafka.SASLMechanism,
	}
}
