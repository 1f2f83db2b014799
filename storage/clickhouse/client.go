package clickhouse

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/storage/clickhouse/internal/columns"
)

// Store keeps what Gatehound makes in ClickHouse. Its methods are safe for
// concurrent use.
type Store struct {
	cfg       Config
	addresses []string
	protocol  clickhouse.Protocol
	options   clickhouse.Options // without a database
	conn      driver.Conn
	log       *slog.Logger
	metrics   *metrics

	events  sync.Pool // of *columns.Set[schemas.Event]
	rejects sync.Pool // of *columns.Set[schemas.Reject]
}

// Open makes a store on the servers of cfg. It reads the files that cfg names
// and opens no connection: Ping, Migrate and the first write do.
func Open(cfg Config, log *slog.Logger, reg prometheus.Registerer) (*Store, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("clickhouse: %w", err)
	}
	opts := &clickhouse.Options{
		Addr:             cfg.Addresses,
		Auth:             clickhouse.Auth{Username: cfg.Username, Password: cfg.Password},
		DialTimeout:      cfg.DialTimeout,
		ReadTimeout:      cfg.ReadTimeout,
		MaxOpenConns:     cfg.MaxConnections,
		MaxIdleConns:     cfg.MaxConnections,
		ConnMaxLifetime:  time.Hour,
		ConnOpenStrategy: clickhouse.ConnOpenInOrder,
	}
	if cfg.Protocol == "http" {
		opts.Protocol = clickhouse.HTTP
	}
	switch cfg.Compression {
	case "lz4":
		opts.Compression = &clickhouse.Compression{Method: clickhouse.CompressionLZ4}
	case "zstd":
		opts.Compression = &clickhouse.Compression{Method: clickhouse.CompressionZSTD, Level: 1}
	}
	if cfg.PasswordFile != "" {
		b, err := os.ReadFile(cfg.PasswordFile)
		if err != nil {
			return nil, fmt.Errorf("clickhouse: password_file: %w", err)
		}
		opts.Auth.Password = strings.TrimRight(string(b), "\r\n")
	}
	if cfg.TLS.Enabled {
		var err error
		if opts.TLS, err = cfg.TLS.load(); err != nil {
			return nil, fmt.Errorf("clickhouse: %w", err)
		}
	}
	return OpenWith(opts, cfg, log, reg)
}

// OpenWith makes a store on a client's options, for example those of the
// embedded engine. Of cfg it takes the database and the TTLs.
func OpenWith(opts *clickhouse.Options, cfg Config, log *slog.Logger, reg prometheus.Registerer) (*Store, error) {
	if err := cfg.validateStored(); err != nil {
		return nil, fmt.Errorf("clickhouse: %w", err)
	}
	s := &Store{cfg: cfg, addresses: opts.Addr, protocol: opts.Protocol, options: *opts, log: log, metrics: newMetrics(reg)}
	s.events.New = func() any { return columns.New(eventColumns()) }
	s.rejects.New = func() any { return columns.New(rejectColumns()) }
	var err error
	s.conn, err = s.connect(cfg.Database)
	return s, err
}

// connect makes a client whose statements run in database.
func (s *Store) connect(database string) (driver.Conn, error) {
	opts := s.options
	opts.Auth.Database = database
	conn, err := clickhouse.Open(&opts)
	if err != nil {
		return nil, fmt.Errorf("clickhouse: %w", err)
	}
	return conn, nil
}

// Ping asks the server for a sign of life in the store's database. Its error
// says what to look at.
func (s *Store) Ping(ctx context.Context) error {
	var one uint8
	err := s.conn.QueryRow(ctx, "SELECT 1").Scan(&one)
	s.metrics.failed("ping", err)
	return s.explain(err)
}

// Close closes the connections. Statements that run then may fail.
func (s *Store) Close() error { return s.conn.Close() }

// table returns the full name of a table of the store.
func (s *Store) table(name string) string { return "`" + s.cfg.Database + "`." + name }

// load makes the client's TLS settings of the files.
func (t *TLS) load() (*tls.Config, error) {
	out := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.ServerName}
	if t.CA != "" {
		pem, err := os.ReadFile(t.CA)
		if err != nil {
			return nil, fmt.Errorf("tls.ca: %w", err)
		}
		out.RootCAs = x509.NewCertPool()
		if !out.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("tls.ca: %s holds no certificate in PEM", t.CA)
		}
	}
	if t.Cert != "" {
		pair, err := tls.LoadX509KeyPair(t.Cert, t.Key)
		if err != nil {
			return nil, fmt.Errorf("tls.cert, tls.key: %w", err)
		}
		out.Certificates = []tls.Certificate{pair}
	}
	return out, nil
}

func hostPort(address string) bool {
	host, port, err := net.SplitHostPort(address)
	n, convErr := strconv.ParseUint(port, 10, 16)
	return err == nil && convErr == nil && host != "" && n > 0
}

// withSettings adds settings to the statements that run under ctx.
func withSettings(ctx context.Context, settings map[string]any) context.Context {
	return clickhouse.Context(ctx, clickhouse.WithSettings(settings))
}
