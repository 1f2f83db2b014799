package kafka

import (
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/gatehound/gatehound/ingest/kafka/internal/broker"
)

// Config says which topics to read, from where, as whom and how.
type Config struct {
	// Brokers are the addresses, as host:port, that the cluster is found by.
	// At least one. Default: none.
	Brokers []string `mapstructure:"brokers"`
	// Topics to read. At least one, without repeats. A topic that does not
	// exist yet is waited for while the others are read. Default: none.
	Topics []string `mapstructure:"topics"`
	// Group is the consumer group. Default "gatehound".
	Group string `mapstructure:"group"`
	// Start says where a group that has never committed starts a topic:
	// "first" is the log's start, "last" its end at that moment. Default
	// "first".
	Start string `mapstructure:"start"`
	// ClientID is what brokers show in their logs and quotas. Default
	// "gatehound".
	ClientID string `mapstructure:"client_id"`
	// TLS encrypts the connections.
	TLS TLS `mapstructure:"tls"`
	// SASL authenticates to the brokers.
	SASL SASL `mapstructure:"sasl"`
	// MinBytes is how much a broker gathers before it answers a fetch, within
	// MaxWait. From 1 to MaxBytes. Default 1.
	MinBytes int `mapstructure:"min_bytes"`
	// MaxBytes is how much a broker answers a fetch with, as stored
	// (compressed); a larger record batch comes whole all the same. From 64 KiB
	// to 64 MiB. Default 1 MiB.
	MaxBytes int `mapstructure:"max_bytes"`
	// MaxWait is how long a broker may hold a fetch that it has no data for.
	// From 10ms to 30s. Default 500ms.
	MaxWait time.Duration `mapstructure:"max_wait"`
	// MaxMessageBytes bounds a message: of a longer one the beginning is handed
	// on, marked as cut. From 4 KiB to 64 MiB. Default 16 MiB.
	MaxMessageBytes int `mapstructure:"max_message_bytes"`
	// SessionTimeout is how long the group waits for a heartbeat before it
	// gives this member's partitions to others. Half of it bounds the drain at
	// a rebalance. From 1s to 5m; the brokers bound it too
	// (group.min.session.timeout.ms, 6s by default). It is also how long the
	// partitions of a member that crashed stand still. Default 10s.
	SessionTimeout time.Duration `mapstructure:"session_timeout"`
	// Heartbeat is the time between heartbeats; at most a third of
	// SessionTimeout. From 50ms. Default 3s.
	Heartbeat time.Duration `mapstructure:"heartbeat"`
	// RebalanceTimeout is how long the group waits for its members to join
	// again at a rebalance; half of it bounds the drain. From 1s to 5m. Default
	// 30s.
	RebalanceTimeout time.Duration `mapstructure:"rebalance_timeout"`
	// PartitionWatch is the time between looks for new partitions and for
	// topics that were missing. From 50ms to 10m. Default 5s.
	PartitionWatch time.Duration `mapstructure:"partition_watch"`
	// Watchdog is how long a partition may make no progress before its leader
	// is looked up and dialled anew. From 1s to 10m. Default 30s.
	Watchdog time.Duration `mapstructure:"watchdog"`
	// CommitInterval is the time between commits. From 10ms to 1m. Default
	// 200ms.
	CommitInterval time.Duration `mapstructure:"commit_interval"`
	// DialTimeout bounds the making of a connection, and the wait for an
	// answer that should come at once. From 100ms to 1m. Default 10s.
	DialTimeout time.Duration `mapstructure:"dial_timeout"`
}

// TLS and SASL are the settings of the connections.
type (
	TLS  = broker.TLS
	SASL = broker.SASL
)

// The values of Config.Start.
const (
	StartFirst = "first"
	StartLast  = "last"
)

// DefaultConfig returns the defaults that the fields' comments state.
func DefaultConfig() Config {
	return Config{
		Group:            "gatehound",
		Start:            StartFirst,
		ClientID:         "gatehound",
		MinBytes:         1,
		MaxBytes:         1 << 20,
		MaxWait:          500 * time.Millisecond,
		MaxMessageBytes:  16 << 20,
		SessionTimeout:   10 * time.Second,
		Heartbeat:        3 * time.Second,
		RebalanceTimeout: 30 * time.Second,
		PartitionWatch:   5 * time.Second,
		Watchdog:         30 * time.Second,
		CommitInterval:   200 * time.Millisecond,
		DialTimeout:      10 * time.Second,
	}
}

// Validate checks every field against its bounds. It opens no file and no
// connection.
func (c *Config) Validate() error {
	errs := []error{c.validateConnection()}
	if len(c.Topics) == 0 {
		errs = append(errs, errors.New("topics: at least one is needed"))
	}
	seen := map[string]bool{}
	for i, t := range c.Topics {
		if !topicName(t) {
			errs = append(errs, fmt.Errorf("topics[%d]: want 1 to 249 of a-z, A-Z, 0-9, '.', '_' and '-'", i))
		} else if seen[t] {
			errs = append(errs, fmt.Errorf("topics[%d]: %q is named twice", i, t))
		}
		seen[t] = true
	}
	if c.Group == "" {
		errs = append(errs, errors.New("group: must not be empty"))
	}
	if c.Start != StartFirst && c.Start != StartLast {
		errs = append(errs, fmt.Errorf("start: is %q, want %q or %q", c.Start, StartFirst, StartLast))
	}
	errs = append(errs,
		between("max_bytes", c.MaxBytes, 64<<10, 64<<20),
		between("min_bytes", c.MinBytes, 1, c.MaxBytes),
		between("max_wait", c.MaxWait, 10*time.Millisecond, 30*time.Second),
		between("max_message_bytes", c.MaxMessageBytes, 4<<10, 64<<20),
		between("session_timeout", c.SessionTimeout, time.Second, 5*time.Minute),
		between("heartbeat", c.Heartbeat, 50*time.Millisecond, c.SessionTimeout/3),
		between("rebalance_timeout", c.RebalanceTimeout, time.Second, 5*time.Minute),
		between("partition_watch", c.PartitionWatch, 50*time.Millisecond, 10*time.Minute),
		between("watchdog", c.Watchdog, time.Second, 10*time.Minute),
		between("commit_interval", c.CommitInterval, 10*time.Millisecond, time.Minute),
	)
	return errors.Join(errs...)
}

// validateConnection checks what it takes to reach a broker.
func (c *Config) validateConnection() error {
	var errs []error
	if len(c.Brokers) == 0 {
		errs = append(errs, errors.New("brokers: at least one is needed, as host:port"))
	}
	for i, b := range c.Brokers {
		if host, port, err := net.SplitHostPort(b); err != nil || host == "" || port == "" {
			errs = append(errs, fmt.Errorf("brokers[%d]: want host:port, for example kafka-1.example.com:9092", i))
		}
	}
	errs = append(errs, between("dial_timeout", c.DialTimeout, 100*time.Millisecond, time.Minute))
	return errors.Join(append(errs, c.TLS.Validate(), c.SASL.Validate())...)
}

// dialer reads the files that c names, and opens nothing else.
func (c *Config) dialer() (*broker.Dialer, error) {
	return broker.New(broker.Settings{Brokers: c.Brokers, Topics: c.Topics, ClientID: c.ClientID, TLS: c.TLS, SASL: c.SASL, Timeout: c.DialTimeout})
}

// drain bounds the wait for what was handed over when partitions are given up.
// Heartbeats end with the generation, so it must end well before the session.
func (c *Config) drain() time.Duration { return min(c.SessionTimeout, c.RebalanceTimeout) / 2 }

// topicName tells whether t can be a topic, by the rule of the brokers:
// https://github.com/apache/kafka/blob/4.1/clients/src/main/java/org/apache/kafka/common/internals/Topic.java
func topicName(t string) bool {
	if t == "" || len(t) > 249 || t == "." || t == ".." {
		return false
	}
	for _, r := range t {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '_' || r == '-') {
			return false
		}
	}
	return true
}

// between returns an error that names key, its value and the bounds.
func between[T int | time.Duration](key string, v, least, most T) error {
	if v < least || v > most {
		return fmt.Errorf("%s: is %v, want %v to %v", key, v, least, most)
	}
	return nil
}
