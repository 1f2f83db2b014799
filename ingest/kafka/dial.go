package kafka

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"
)

// The values of SASL.Mechanism.
const (
	saslPlain    = "plain"
	saslScram256 = "scram-sha-256"
	saslScram512 = "scram-sha-512"
)

// readBuffer is the size of the buffer under a connection that fetches. A
// fetch of 1 MiB is then four reads of the socket instead of one for each 4 KB.
const readBuffer = 256 << 10

// dialer makes connections to brokers.
type dialer struct {
	brokers []string
	topics  []string
	kafka   *kafka.Dialer
	timeout time.Duration
}

// newDialer reads the files that cfg names, and opens nothing else.
func newDialer(cfg *Config) (*dialer, error) {
	tlsConfig, err := cfg.TLS.load()
	if err != nil {
		return nil, err
	}
	mechanism, err := cfg.SASL.load()
	if err != nil {
		return nil, err
	}
	d := &dialer{brokers: cfg.Brokers, topics: cfg.Topics, timeout: cfg.DialTimeout}
	d.kafka = &kafka.Dialer{
		ClientID:      cfg.ClientID,
		Timeout:       cfg.DialTimeout,
		TLS:           tlsConfig,
		SASLMechanism: mechanism,
		DialFunc: func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := (&net.Dialer{KeepAlive: 30 * time.Second}).DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return &conn{Conn: c, r: bufio.NewReaderSize(c, readBuffer), timeout: cfg.DialTimeout}, nil
		},
	}
	return d, nil
}

// conn reads ahead, and lets no operation wait for ever: kafka-go sets no
// deadline for the handshake of SASL and for the lookup of a leader.
type conn struct {
	net.Conn
	r       *bufio.Reader
	timeout time.Duration
}

func (c *conn) Read(p []byte) (int, error) { return c.r.Read(p) }

func (c *conn) SetReadDeadline(t time.Time) error  { return c.Conn.SetReadDeadline(c.bound(t)) }
func (c *conn) SetWriteDeadline(t time.Time) error { return c.Conn.SetWriteDeadline(c.bound(t)) }

func (c *conn) bound(t time.Time) time.Time {
	if t.IsZero() {
		return time.Now().Add(c.timeout)
	}
	return t
}

// any returns a connection to the first broker that answers.
func (d *dialer) any(ctx context.Context) (*kafka.Conn, error) {
	var errs []error
	for _, b := range d.brokers {
		c, err := d.kafka.DialContext(ctx, "tcp", b)
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

// leader returns a connection to the leader of a partition, as the first
// broker that answers knows it.
func (d *dialer) leader(ctx context.Context, topic string, partition int) (*kafka.Conn, error) {
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
		c, err := d.kafka.DialPartition(ctx, "tcp", "", p)
		if err != nil {
			return nil, fmt.Errorf("dial leader of %s/%d: %w", topic, partition, err)
		}
		return c, nil
	}
	return nil, fmt.Errorf("dial leader of %s/%d: %w", topic, partition, kafka.UnknownTopicOrPartition)
}

// partitions returns the partitions of topic; kafka.UnknownTopicOrPartition if
// there is no such topic.
func (d *dialer) partitions(ctx context.Context, topic string) ([]kafka.Partition, error) {
	c, err := d.any(ctx)
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

// client returns a client for what kafka.Conn cannot do, and the function that
// frees its connections. Of the cluster's topics it knows the configured ones.
func (d *dialer) client() (*kafka.Client, func()) {
	t := d.transport()
	t.MetadataTopics = d.topics
	return &kafka.Client{Addr: kafka.TCP(d.brokers...), Timeout: d.timeout, Transport: t}, t.CloseIdleConnections
}

func (d *dialer) transport() *kafka.Transport {
	return &kafka.Transport{
		Dial:        (&net.Dialer{KeepAlive: 30 * time.Second}).DialContext,
		DialTimeout: d.timeout,
		ClientID:    d.kafka.ClientID,
		TLS:         d.kafka.TLS,
		SASL:        d.kafka.SASLMechanism,
	}
}

func (t *TLS) load() (*tls.Config, error) {
	if !t.Enabled {
		return nil, nil
	}
	cfg := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.ServerName}
	if t.CAFile != "" {
		pem, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("tls.ca_file: %w", err)
		}
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("tls.ca_file: %s has no certificate in PEM", t.CAFile)
		}
	}
	if t.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("tls.cert_file, tls.key_file: %w", err)
		}
		cfg.Certificates = []tls.Certificate{pair}
	}
	return cfg, nil
}

func (s *SASL) load() (sasl.Mechanism, error) {
	if s.Mechanism == "" {
		return nil, nil
	}
	secret, err := s.secret()
	if err != nil {
		return nil, err
	}
	switch s.Mechanism {
	case saslScram256:
		return scram.Mechanism(scram.SHA256, s.Username, secret)
	case saslScram512:
		return scram.Mechanism(scram.SHA512, s.Username, secret)
	}
	return plain.Mechanism{Username: s.Username, Password: secret}, nil
}
