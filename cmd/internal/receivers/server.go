package receivers

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"sync"
	"time"
)

// server is a listening HTTP server and its goroutine.
type server struct {
	base string
	http *http.Server
	pool *x509.CertPool
	done chan error
}

// serve starts a server for h on a free port of the loopback interface.
func serve(h http.Handler, withTLS bool) (*server, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen on the loopback interface: %w", err)
	}
	s := &server{base: "http://" + ln.Addr().String(), done: make(chan error, 1)}
	s.http = &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, MaxHeaderBytes: 64 << 10,
		ErrorLog: log.New(io.Discard, "", 0), // a client that goes away is no news here
	}
	if withTLS {
		cert, err := selfSigned()
		if err != nil {
			return nil, errors.Join(err, ln.Close())
		}
		s.base = "https://" + ln.Addr().String()
		s.pool = x509.NewCertPool()
		s.pool.AddCert(cert.Leaf)
		ln = tls.NewListener(ln, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12})
	}
	go func() { s.done <- s.http.Serve(ln) }()
	return s, nil
}

// CertPool returns what a client has to trust; nil without TLS.
func (s *server) CertPool() *x509.CertPool { return s.pool }

// Close breaks all connections and waits until no more are taken.
func (s *server) Close() error {
	err := s.http.Close()
	if e := <-s.done; !errors.Is(e, http.ErrServerClosed) {
		err = errors.Join(err, e)
	}
	s.done <- http.ErrServerClosed // Close may be called again
	if err != nil {
		return fmt.Errorf("close receiver: %w", err)
	}
	return nil
}

// selfSigned makes a certificate for the loopback address that lasts a day.
func selfSigned() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make a key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "gatehound demo"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true, IsCA: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make a certificate: %w", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("read the certificate back: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, nil
}

// kept bounds what an inbox remembers; older arrivals are forgotten.
const kept = 10_000

// inbox keeps what arrived and tells who waits for it.
type inbox[T any] struct {
	mu      sync.Mutex // guards what handlers and readers share
	items   []T
	total   int
	changed chan struct{}
	tell    func(T)
}

func newInbox[T any](tell func(T)) inbox[T] {
	return inbox[T]{changed: make(chan struct{}), tell: tell}
}

func (b *inbox[T]) add(x T) {
	b.mu.Lock()
	if len(b.items) == kept {
		b.items = append(b.items[:0], b.items[kept/2:]...)
	}
	b.items = append(b.items, x)
	b.total++
	close(b.changed)
	b.changed = make(chan struct{})
	b.mu.Unlock()
	if b.tell != nil {
		b.tell(x)
	}
}

// all returns a copy of what is kept, how many came at all, and a channel that
// is closed at the next arrival.
func (b *inbox[T]) all() ([]T, int, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]T(nil), b.items...), b.total, b.changed
}

// wait returns what is kept as soon as n came in all, or what came until ctx
// was done, with its error.
func (b *inbox[T]) wait(ctx context.Context, n int) ([]T, error) {
	for {
		items, total, changed := b.all()
		if total >= n {
			return items, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return items, fmt.Errorf("wait for %d arrivals, %d came: %w", n, total, ctx.Err())
		}
	}
}
