package api

import (
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/gatehound/gatehound/cmd/internal/api/gate"
	"github.com/gatehound/gatehound/cmd/internal/api/wire"
)

// Config is the settings of the API.
type Config struct {
	// Listen is an address, or empty for no API. Default "127.0.0.1:9465". One
	// that other machines reach wants tls, or allow_plain.
	Listen string `mapstructure:"listen"`
	// TLS has the certificate; without it the API speaks plain HTTP.
	TLS TLSConfig `mapstructure:"tls"`
	// AllowPlain lets the API listen without TLS where other machines reach it:
	// behind a proxy that ends TLS. Tokens pass in the clear then. Default
	// false.
	AllowPlain bool `mapstructure:"allow_plain"`
	// Hosts are the names, without port, by which clients and proxies call the
	// API. On a loopback address names of loopback are accepted besides; on
	// others all are, unless some are named here. At most 64. Default: none.
	Hosts []string `mapstructure:"hosts"`
	// Tokens are who may use it; at most 256. Default: none but the local one.
	Tokens []gate.TokenConfig `mapstructure:"tokens"`
	// LocalTokenFile is the file of the token, an administrator's, that is made
	// at the first start for the commands on the same machine. Default "":
	// "api-token" in the data folder.
	LocalTokenFile string `mapstructure:"local_token_file"`
	// Rate is how many requests a second each token may make, and each address
	// without one; Burst how many at once. Defaults 20 and 40; 1 to 10000, and
	// Burst at least Rate.
	Rate  int `mapstructure:"rate"`
	Burst int `mapstructure:"burst"`
	// MaxBody bounds the body of a request. Default 65536; 1024 to 1048576.
	MaxBody int64 `mapstructure:"max_body"`
	// MaxConnections is how many connections there are at a time; another machine
	// gets a quarter of them at most. Default 256; 8 to 10000.
	MaxConnections int `mapstructure:"max_connections"`
	// ReadTimeout bounds the reading of a request, and a third of it that of its
	// head; WriteTimeout the answer. Defaults 15s and 30s; 1s to 5m.
	ReadTimeout  time.Duration `mapstructure:"read_timeout"`
	WriteTimeout time.Duration `mapstructure:"write_timeout"`
}

// TLSConfig is where the certificate is. Both files, PEM, or neither.
type TLSConfig struct {
	// CertFile has the certificate with those between it and the root, KeyFile
	// its key. They are read again when they change. Default "".
	CertFile string `mapstructure:"cert_file"`
	KeyFile  string `mapstructure:"key_file"`
}

// DefaultConfig returns the defaults.
func DefaultConfig() Config {
	return Config{Listen: "127.0.0.1:9465", Hosts: []string{}, Tokens: []gate.TokenConfig{}, Rate: 20, Burst: 40, MaxBody: 64 << 10,
		MaxConnections: 256, ReadTimeout: 15 * time.Second, WriteTimeout: 30 * time.Second}
}

// Validate checks the bounds of every field. Its messages begin with the key
// below "api".
func (c *Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Listen != "" {
		if err := c.validateListen(); err != nil {
			errs = append(errs, err)
		}
	}
	if (c.TLS.CertFile == "") != (c.TLS.KeyFile == "") {
		bad("tls.cert_file and tls.key_file: one is empty; allowed is both or neither")
	}
	if len(c.Hosts) > 64 {
		bad("hosts has %d entries; allowed is at most 64", len(c.Hosts))
	}
	for i, h := range c.Hosts {
		if !wire.IsHost(h) {
			bad("hosts[%d] is no name or address; allowed is one without scheme and port, such as gatehound.example.com", i)
		}
	}
	if len(c.Tokens) > 256 {
		bad("tokens has %d entries; allowed is at most 256", len(c.Tokens))
	}
	for i := range c.Tokens {
		if err := c.Tokens[i].Validate(); err != nil {
			bad("tokens[%d].%w", i, err)
		}
	}
	if c.Rate < 1 || c.Rate > 10_000 {
		bad("rate: %d is out of bounds; allowed is 1 to 10000", c.Rate)
	}
	if c.Burst < c.Rate || c.Burst > 10_000 {
		bad("burst: %d is out of bounds; allowed is rate, %d, to 10000", c.Burst, c.Rate)
	}
	if c.MaxBody < 1<<10 || c.MaxBody > 1<<20 {
		bad("max_body: %d is out of bounds; allowed is 1024 to 1048576", c.MaxBody)
	}
	if c.MaxConnections < 8 || c.MaxConnections > 10_000 {
		bad("max_connections: %d is out of bounds; allowed is 8 to 10000", c.MaxConnections)
	}
	for _, d := range []struct {
		key string
		val time.Duration
	}{{"read_timeout", c.ReadTimeout}, {"write_timeout", c.WriteTimeout}} {
		if d.val < time.Second || d.val > 5*time.Minute {
			bad("%s: %v is out of bounds; allowed is 1s to 5m", d.key, d.val)
		}
	}
	return errors.Join(errs...)
}

// validateListen refuses an address at which tokens would pass other machines
// in the clear.
func (c *Config) validateListen() error {
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return errors.New("listen is no address; allowed is host:port, such as 127.0.0.1:9465, or empty for no API")
	}
	if c.TLS.CertFile == "" && !c.AllowPlain && !wire.IsLoopback(host) {
		return errors.New("listen: other machines reach this address, and tokens would pass in the clear; allowed is a loopback address such as 127.0.0.1:9465, " +
			"or set tls.cert_file and tls.key_file; behind a proxy that ends TLS set allow_plain: true")
	}
	return nil
}
