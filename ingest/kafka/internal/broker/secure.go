package broker

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"
)

// TLS are the settings of encrypted connections.
type TLS struct {
	// Enabled turns TLS on. The lowest version is 1.2. Default false.
	Enabled bool `mapstructure:"enabled"`
	// CAFile has the certificates, PEM, that brokers are trusted by. Default
	// "": the system's.
	CAFile string `mapstructure:"ca_file"`
	// CertFile and KeyFile are this client's certificate and key, PEM, for
	// brokers that ask for one. Both or neither. Default "".
	CertFile string `mapstructure:"cert_file"`
	KeyFile  string `mapstructure:"key_file"`
	// ServerName is the name that brokers' certificates must bear. Default "":
	// the name in the broker's address.
	ServerName string `mapstructure:"server_name"`
}

// SASL are the settings of authentication.
type SASL struct {
	// Mechanism is "" (none), "plain", "scram-sha-256" or "scram-sha-512".
	// Default "".
	Mechanism string `mapstructure:"mechanism"`
	// Username to authenticate as. Default "".
	Username string `mapstructure:"username"`
	// Password, or the file, or the environment variable that holds it: one of
	// the three. White space at the end of the file is not part of it. Default
	// "".
	Password     string `mapstructure:"password"`
	PasswordFile string `mapstructure:"password_file"`
	PasswordEnv  string `mapstructure:"password_env"`
}

// The values of SASL.Mechanism.
const (
	saslPlain    = "plain"
	saslScram256 = "scram-sha-256"
	saslScram512 = "scram-sha-512"
)

// Validate checks the fields against one another. It opens no file.
func (t *TLS) Validate() error {
	var errs []error
	if (t.CertFile == "") != (t.KeyFile == "") {
		errs = append(errs, errors.New("tls.cert_file, tls.key_file: want both or neither"))
	}
	if !t.Enabled && (t.CAFile != "" || t.CertFile != "" || t.ServerName != "") {
		errs = append(errs, errors.New("tls.enabled: is false, but other settings of tls are given"))
	}
	return errors.Join(errs...)
}

// Validate checks the fields against one another. It opens no file.
func (s *SASL) Validate() error {
	given := 0
	for _, v := range []string{s.Password, s.PasswordFile, s.PasswordEnv} {
		if v != "" {
			given++
		}
	}
	switch s.Mechanism {
	case "":
		if s.Username != "" || given > 0 {
			return errors.New("sasl.mechanism: is empty, but other settings of sasl are given: want plain, scram-sha-256 or scram-sha-512")
		}
		return nil
	case saslPlain, saslScram256, saslScram512:
	default:
		return errors.New("sasl.mechanism: want plain, scram-sha-256 or scram-sha-512")
	}
	if s.Username == "" {
		return errors.New("sasl.username: must not be empty")
	}
	if given != 1 {
		return errors.New("sasl.password, sasl.password_file, sasl.password_env: want exactly one of them")
	}
	return nil
}

// secret returns the password from where it is kept.
func (s *SASL) secret() (string, error) {
	switch {
	case s.PasswordFile != "":
		b, err := os.ReadFile(s.PasswordFile)
		if err != nil {
			return "", fmt.Errorf("sasl.password_file: %w", err)
		}
		return strings.TrimRight(string(b), " \t\r\n"), nil
	case s.PasswordEnv != "":
		v, ok := os.LookupEnv(s.PasswordEnv)
		if !ok {
			return "", fmt.Errorf("sasl.password_env: the environment has no %s", s.PasswordEnv)
		}
		return v, nil
	}
	return s.Password, nil
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
