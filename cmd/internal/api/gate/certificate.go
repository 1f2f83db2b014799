package gate

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// lookEvery is the least time between two looks at the certificate's files.
const lookEvery = time.Second

// Certificate is a certificate that is read again when its files change.
type Certificate struct {
	certFile, keyFile string
	log               *slog.Logger
	now               func() time.Time

	mu      sync.Mutex // handshakes come side by side
	current *tls.Certificate
	stamp   [2]stamp
	looked  time.Time
}

// stamp tells whether a file was changed.
type stamp struct {
	changed time.Time
	size    int64
}

// NewCertificate reads the certificate, PEM, once, so that one that is wrong
// stops the start.
func NewCertificate(certFile, keyFile string, log *slog.Logger) (*Certificate, error) {
	c := &Certificate{certFile: certFile, keyFile: keyFile, log: log, now: time.Now}
	c.stamp = c.look()
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, fmt.Errorf("api.tls: read the certificate: %w", err)
	}
	c.current, c.looked = &pair, c.now()
	return c, nil
}

// look returns the stamps of both files; zero for one that is not there.
func (c *Certificate) look() (out [2]stamp) {
	for i, path := range []string{c.certFile, c.keyFile} {
		if info, err := os.Stat(path); err == nil {
			out[i] = stamp{info.ModTime(), info.Size()}
		}
	}
	return out
}

// Get returns the certificate for a handshake. A new one that cannot be read
// leaves the former in force and is logged once a change.
func (c *Certificate) Get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if now.Sub(c.looked) < lookEvery {
		return c.current, nil
	}
	c.looked = now
	if seen := c.look(); seen != c.stamp {
		c.stamp = seen
		pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
		if err != nil {
			c.log.Warn("the API's certificate cannot be read, the former one stays in force", "error", err)
			return c.current, nil
		}
		c.current = &pair
		c.log.Info("the API's certificate was read again")
	}
	return c.current, nil
}

// TLS returns settings of a server with the certificate: TLS 1.2 or later.
func (c *Certificate) TLS() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.Get, NextProtos: []string{"h2", "http/1.1"}}
}
