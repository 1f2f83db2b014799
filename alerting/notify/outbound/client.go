// Package outbound is how sinks reach their receivers: an HTTP client that
// follows no redirect, reads little of an answer and trusts who it is told to
// trust; errors that tell the kind of failure and nothing else; and secrets
// that do not print themselves.
//
// It does not retry: the manager of package alerting does.
package outbound

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// maxAnswer bounds what is read of an answer, in bytes; Slack's answer to a
// full message is about 20 KB.
const maxAnswer = 256 << 10

// maxRetryAfter bounds a receiver's wish.
const maxRetryAfter = 24 * time.Hour

// TLS says whom to trust and who to be.
type TLS struct {
	// CAFile is a file of PEM certificates to trust instead of the system's.
	// Default: empty.
	CAFile string `mapstructure:"ca_file"`
	// CertFile and KeyFile are the client's certificate and key in PEM, for
	// receivers that ask for one. Default: empty; both or none.
	CertFile string `mapstructure:"cert_file"`
	KeyFile  string `mapstructure:"key_file"`
}

// Validate checks what can be checked without reading files.
func (t *TLS) Validate() error {
	if (t.CertFile == "") != (t.KeyFile == "") {
		return errors.New("tls.cert_file and tls.key_file: want both or none")
	}
	return nil
}

// Config returns what a TLS client is set up with: version 1.2 or later, and
// certificates verified. It reads the files.
func (t *TLS) Config() (*tls.Config, error) {
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if t.CAFile != "" {
		pem, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read tls.ca_file: %w", err)
		}
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errors.New("tls.ca_file has no PEM certificate")
		}
	}
	if t.CertFile != "" {
		cert, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("load tls.cert_file and tls.key_file: %w", err)
		}
		conf.Certificates = []tls.Certificate{cert}
	}
	return conf, nil
}

// Client returns an HTTP client for the URLs that c.URL has let pass. Its every
// answer but a 2xx is a StatusError; it follows no redirect, and goes where c
// allows, which it looks at when the name is resolved and the connection is
// about to be made. Connections are not kept: notifications are rare, and a
// connection that went stale would cost the first attempt of an alert.
func (c *Config) Client() (*http.Client, error) {
	conf, err := c.TLS.Config()
	if err != nil {
		return nil, err
	}
	raw, err := c.proxy().Read("proxy")
	if err != nil {
		return nil, err
	}
	proxy, err := proxyFunc(raw)
	if err != nil {
		return nil, err
	}
	own := *c // later changes of the settings do not count
	return &http.Client{Transport: &guard{config: &own, proxy: proxy, base: &http.Transport{
		Proxy:                  func(r *http.Request) (*url.URL, error) { return tripOf(r.Context()).proxy, nil },
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second, ControlContext: control}).DialContext,
		TLSClientConfig:        conf,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		DisableKeepAlives:      true,
		ForceAttemptHTTP2:      true,
		OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
			if resp.StatusCode != http.StatusOK {
				return errProxy
			}
			return nil
		},
	}}}, nil
}

// StatusError is an answer that is not 2xx.
type StatusError struct {
	Code int
	// Wait is what the answer's Retry-After asks for, at most a day; negative
	// if it does not ask.
	Wait time.Duration
	// Body is the beginning of the answer's body, at most 4 KB, as far as it
	// came within a second. It is the receiver's: look codes up in it, and show
	// nothing of it.
	Body []byte
}

func (e *StatusError) Error() string { return "answer " + strconv.Itoa(e.Code) }

// retryAfter reads a Retry-After: seconds or a date; negative if there is none
// or it is neither.
func retryAfter(s string, now time.Time) time.Duration {
	if s = strings.TrimSpace(s); s == "" {
		return -1
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		if n < 0 {
			return -1
		}
		return time.Duration(min(n, int64(maxRetryAfter/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(s); err == nil {
		return min(max(at.Sub(now), 0), maxRetryAfter)
	}
	return -1
}
