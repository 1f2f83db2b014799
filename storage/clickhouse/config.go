package clickhouse

import (
	"errors"
	"fmt"
	"regexp"
	"time"
)

// Config says how to reach ClickHouse and how long it keeps what it is given.
type Config struct {
	// Addresses are the servers, "host:port" each; the first that answers is
	// used. By default "localhost:9000".
	Addresses []string `mapstructure:"addresses"`
	// Protocol is "native" (port 9000, or 9440 under TLS; the default) or
	// "http" (8123, or 8443).
	Protocol string `mapstructure:"protocol"`
	// Database is made at the start if it is missing; "gatehound" by default.
	// Letters, digits and underscores, no digit first, at most 64.
	Database string `mapstructure:"database"`
	// Username is "default" by default.
	Username string `mapstructure:"username"`
	// Password, or the file that holds it alone; not both.
	Password     string `mapstructure:"password"`
	PasswordFile string `mapstructure:"password_file"`
	// TLS is off by default.
	TLS TLS `mapstructure:"tls"`
	// DialTimeout bounds how long a connection takes to open: from 100 ms to
	// 5 min, 5 s by default.
	DialTimeout time.Duration `mapstructure:"dial_timeout"`
	// ReadTimeout bounds the wait for an answer: from 1 s to 1 h, 5 min by
	// default. A context that ends sooner goes first.
	ReadTimeout time.Duration `mapstructure:"read_timeout"`
	// Compression of what goes over the network: "lz4" (the default), "zstd" or
	// "none".
	Compression string `mapstructure:"compression"`
	// MaxConnections is from 1 to 256; 8 by default.
	MaxConnections int `mapstructure:"max_connections"`
	// Fsync makes ClickHouse write an insert through to the disk before it
	// acknowledges it, so that it outlives a loss of power and not only the end
	// of a process. Off by default, as it is in ClickHouse: it takes some ten
	// flushes of the disk for each batch.
	Fsync bool `mapstructure:"fsync"`
	// TTL is how long rows are kept.
	TTL TTL `mapstructure:"ttl"`
}

// TLS is the protection of the connection.
type TLS struct {
	Enabled bool `mapstructure:"enabled"`
	// CA is a file of certificates in PEM; the system's are used without it.
	CA string `mapstructure:"ca"`
	// Cert and Key are the client's certificate and its key, PEM files; both or
	// neither.
	Cert string `mapstructure:"cert"`
	Key  string `mapstructure:"key"`
	// ServerName is what the server's certificate must be for; by default the
	// host of the address.
	ServerName string `mapstructure:"server_name"`
}

// TTL says how long rows are kept, by table. 0 keeps them for good; else it is
// from one hour to 100 years. Events and roll-ups go a day's part at a time,
// when its last row has expired.
type TTL struct {
	// Events is 30 days by default, counted from the event's time.
	Events time.Duration `mapstructure:"events"`
	// Rollups is 400 days by default.
	Rollups time.Duration `mapstructure:"rollups"`
	// Findings is 400 days by default, of campaigns and their members too.
	Findings time.Duration `mapstructure:"findings"`
	// Alerts is 400 days by default.
	Alerts time.Duration `mapstructure:"alerts"`
	// Rejects is 30 days by default.
	Rejects time.Duration `mapstructure:"rejects"`
	// Intents is 7 days by default: longer than Gatehound is ever down with
	// batches begun and not finished.
	Intents time.Duration `mapstructure:"intents"`
	// Checkpoints is 7 days by default.
	Checkpoints time.Duration `mapstructure:"checkpoints"`
	// Audit is 400 days by default.
	Audit time.Duration `mapstructure:"audit"`
	// Sealed is how long the encrypted texts of prompts are kept, if policy
	// keeps any: 7 days by default.
	Sealed time.Duration `mapstructure:"sealed"`
	// Aliases is how long pseudonyms of one identity under two keys are kept
	// together: 400 days by default, as the longest of the others.
	Aliases time.Duration `mapstructure:"aliases"`
}

const day = 24 * time.Hour

// DefaultConfig returns the defaults.
func DefaultConfig() Config {
	return Config{
		Addresses:      []string{"localhost:9000"},
		Protocol:       "native",
		Database:       "gatehound",
		Username:       "default",
		DialTimeout:    5 * time.Second,
		ReadTimeout:    5 * time.Minute,
		Compression:    "lz4",
		MaxConnections: 8,
		TTL: TTL{
			Events: 30 * day, Rollups: 400 * day, Findings: 400 * day, Alerts: 400 * day,
			Rejects: 30 * day, Intents: 7 * day, Checkpoints: 7 * day, Audit: 400 * day,
			Sealed: 7 * day, Aliases: 400 * day,
		},
	}
}

var databaseName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)

// maxTTL keeps the end of a row's life within what ClickHouse's DateTime holds.
const maxTTL = 100 * 365 * day

// Validate checks the values; it opens no file and no connection.
func (c *Config) Validate() error {
	var errs []error
	bad := func(format string, a ...any) { errs = append(errs, fmt.Errorf(format, a...)) }
	if len(c.Addresses) == 0 {
		bad("addresses is empty: at least one host:port is needed")
	}
	for i, a := range c.Addresses {
		if !hostPort(a) {
			bad("addresses[%d] is %q: it must be host:port", i, a)
		}
	}
	if c.Protocol != "native" && c.Protocol != "http" {
		bad("protocol is %q: it must be native or http", c.Protocol)
	}
	if c.Password != "" && c.PasswordFile != "" {
		bad("password and password_file are both set: one of them is allowed")
	}
	if (c.TLS.Cert == "") != (c.TLS.Key == "") {
		bad("tls.cert and tls.key must both be set, or neither")
	}
	if !c.TLS.Enabled && c.TLS != (TLS{}) {
		bad("tls.enabled is false though tls has other settings: set it to true or remove them")
	}
	if c.DialTimeout < 100*time.Millisecond || c.DialTimeout > 5*time.Minute {
		bad("dial_timeout is %s: it must be from 100ms to 5m", c.DialTimeout)
	}
	if c.ReadTimeout < time.Second || c.ReadTimeout > time.Hour {
		bad("read_timeout is %s: it must be from 1s to 1h", c.ReadTimeout)
	}
	if c.Compression != "lz4" && c.Compression != "zstd" && c.Compression != "none" {
		bad("compression is %q: it must be lz4, zstd or none", c.Compression)
	}
	if c.MaxConnections < 1 || c.MaxConnections > 256 {
		bad("max_connections is %d: it must be from 1 to 256", c.MaxConnections)
	}
	errs = append(errs, c.validateStored())
	return errors.Join(errs...)
}

// validateStored checks what counts for every store, a server or not.
func (c *Config) validateStored() error {
	var errs []error
	if !databaseName.MatchString(c.Database) {
		errs = append(errs, fmt.Errorf("database is %q: it must be letters, digits and underscores, no digit first, at most 64", c.Database))
	}
	for _, t := range c.TTL.tables() {
		if t.keep != 0 && (t.keep < time.Hour || t.keep > maxTTL) {
			errs = append(errs, fmt.Errorf("ttl.%s is %s: it must be 0 (keep for good) or from 1h to 876000h", t.key, t.keep))
		}
	}
	return errors.Join(errs...)
}
