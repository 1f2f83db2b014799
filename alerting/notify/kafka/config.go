package kafka

import (
	"errors"
	"fmt"
	"net"
	"regexp"

	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"

	"github.com/gatehound/gatehound/alerting/notify/outbound"
)

// Config is the settings of a Kafka sink. The names are those of the settings
// of the topics that are read.
type Config struct {
	// Brokers are the addresses, as host:port, that the cluster is found by.
	// Default: none; 1 to 32.
	Brokers []string `mapstructure:"brokers"`
	// Topic is where alerts are written to; it has to exist. Default: empty;
	// needed.
	Topic string `mapstructure:"topic"`
	// ClientID is what brokers show in their logs and quotas. Default
	// "gatehound"; 1 to 255 characters.
	ClientID string `mapstructure:"client_id"`
	// TLS encrypts the connections.
	TLS TLS `mapstructure:"tls"`
	// SASL authenticates to the brokers.
	SASL SASL `mapstructure:"sasl"`
	// MaxBytes bounds a message; longer alerts are shortened. It has to be below
	// the topic's max.message.bytes. Default 900000, for topics as brokers make
	// them; 8192 to 16777216.
	MaxBytes int `mapstructure:"max_bytes"`
}

// TLS are the settings of encrypted connections.
type TLS struct {
	// Enabled turns TLS on. The lowest version is 1.2. Default false.
	Enabled bool `mapstructure:"enabled"`
	// Files say whom to trust and who to be. Default: the system's authorities.
	Files outbound.TLS `mapstructure:",squash"`
	// ServerName is the name that brokers' certificates must bear. Default: the
	// name in the broker's address.
	ServerName string `mapstructure:"server_name"`
}

// SASL are the settings of authentication.
type SASL struct {
	// Mechanism is "" (none; default), "plain", "scram-sha-256" or
	// "scram-sha-512".
	Mechanism string `mapstructure:"mechanism"`
	// Username to authenticate as. Default: empty.
	Username string `mapstructure:"username"`
	// Password, or the file, or the environment variable that holds it.
	// Default: empty; one of the three with a mechanism.
	Password     outbound.Secret `mapstructure:"password"`
	PasswordFile string          `mapstructure:"password_file"`
	PasswordEnv  string          `mapstructure:"password_env"`
}

// The values of SASL.Mechanism.
const (
	saslPlain    = "plain"
	saslScram256 = "scram-sha-256"
	saslScram512 = "scram-sha-512"
)

// DefaultConfig returns the defaults; brokers and topic are still to be set.
func DefaultConfig() Config { return Config{ClientID: "gatehound", MaxBytes: 900_000} }

// minBytes bounds Config.MaxBytes from below: native.Least and the overhead.
const minBytes = 8192

// topicForm is the brokers' rule:
// https://github.com/apache/kafka/blob/4.1/clients/src/main/java/org/apache/kafka/common/internals/Topic.java
var topicForm = regexp.MustCompile(`^[a-zA-Z0-9._-]{1,249}$`)

// Validate checks what can be checked without reading files or variables.
func (c *Config) Validate() error {
	if len(c.Brokers) < 1 || len(c.Brokers) > 32 {
		return fmt.Errorf("brokers has %d entries: want 1 to 32, as host:port", len(c.Brokers))
	}
	for i, b := range c.Brokers {
		if host, port, err := net.SplitHostPort(b); err != nil || host == "" || port == "" {
			return fmt.Errorf("brokers[%d]: want host:port, for example kafka-1.example.com:9092", i)
		}
	}
	if !topicForm.MatchString(c.Topic) || c.Topic == "." || c.Topic == ".." {
		return errors.New("topic: want 1 to 249 of a-z, A-Z, 0-9, '.', '_' and '-'")
	}
	if c.ClientID == "" || len(c.ClientID) > 255 {
		return errors.New("client_id: want 1 to 255 characters")
	}
	if c.MaxBytes < minBytes || c.MaxBytes > 16<<20 {
		return fmt.Errorf("max_bytes is %d: want %d to %d", c.MaxBytes, minBytes, 16<<20)
	}
	if !c.TLS.Enabled && c.TLS != (TLS{}) {
		return errors.New("tls.enabled is false, but other settings of tls are given")
	}
	if err := c.TLS.Files.Validate(); err != nil {
		return err
	}
	return c.SASL.validate()
}

func (s *SASL) password() outbound.Source {
	return outbound.Source{Value: s.Password, File: s.PasswordFile, Env: s.PasswordEnv}
}

func (s *SASL) validate() error {
	switch s.Mechanism {
	case "":
		if *s != (SASL{}) {
			return errors.New("sasl.mechanism is empty, but other settings of sasl are given: want plain, scram-sha-256 or scram-sha-512")
		}
		return nil
	case saslPlain, saslScram256, saslScram512:
	default:
		return fmt.Errorf("sasl.mechanism is %q: want plain, scram-sha-256 or scram-sha-512", s.Mechanism)
	}
	if s.Username == "" {
		return errors.New("sasl.username is empty: want who to authenticate as")
	}
	return s.password().Check("sasl.password", false)
}

// mechanism reads the password and returns nil without a mechanism.
func (s *SASL) mechanism() (sasl.Mechanism, error) {
	if s.Mechanism == "" {
		return nil, nil
	}
	password, err := s.password().Read("sasl.password")
	if err != nil {
		return nil, err
	}
	switch s.Mechanism {
	case saslScram256:
		return scram.Mechanism(scram.SHA256, s.Username, password)
	case saslScram512:
		return scram.Mechanism(scram.SHA512, s.Username, password)
	}
	return plain.Mechanism{Username: s.Username, Password: password}, nil
}
