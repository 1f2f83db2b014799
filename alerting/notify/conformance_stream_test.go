package notify_test

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify"
)

// stream is what the suite has to know of a sink that speaks another protocol
// than HTTP over TCP. A member has it by the suite that conformStream makes.
type stream struct {
	// options are the settings for a receiver at addr, host:port, in the clear.
	options func(addr string) map[string]any
	// secure are those with TLS; files are the settings ca_file, cert_file and
	// key_file.
	secure func(addr string, files map[string]any) map[string]any
	// serve starts a proper receiver that ends with the test; conf is nil
	// without TLS.
	serve func(t *testing.T, conf *tls.Config) (addr string)
}

// conformStream returns the suite of a sink over TCP: what a receiver can do
// wrong, all of which is tried again, and TLS.
func conformStream(s stream) func(*testing.T, *member) {
	return func(t *testing.T, m *member) {
		t.Run("broken receivers", func(t *testing.T) { streamBroken(t, m, s) })
		t.Run("certificates", func(t *testing.T) { streamCertificates(t, m, s) })
		t.Run("check", func(t *testing.T) { streamCheck(t, m, s) })
	}
}

// build makes a sink as the program does.
func build(t *testing.T, kind string, options map[string]any) alerting.Sink {
	t.Helper()
	sinks, err := notify.Build([]alerting.SinkConfig{{Name: "x", Kind: kind, Options: options}}, decode)
	if err != nil {
		t.Fatal(err)
	}
	return sinks[0]
}

// accept hands every connection to a new listener to handle, with TLS if conf
// is not nil, and closes it after.
func accept(t *testing.T, conf *tls.Config, handle func(net.Conn)) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr = l.Addr().String()
	if conf != nil {
		l = tls.NewListener(l, conf)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			handle(conn)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return addr
}

// retried checks that an attempt fails in a way that is tried again.
func retried(t *testing.T, m *member, s alerting.Sink, limit time.Duration) error {
	t.Helper()
	err := try(t, m, s, limit)
	if _, throttled := alerting.RetryAfter(err); err == nil || alerting.IsPermanent(err) || throttled {
		t.Errorf("got %v, want an error that is retried", err)
	}
	return err
}

func streamBroken(t *testing.T, m *member, s stream) {
	for name, handle := range map[string]func(conn net.Conn, over <-chan struct{}){
		"hangs": func(_ net.Conn, over <-chan struct{}) { <-over },
		"closes at once": func(net.Conn, <-chan struct{}) {
		},
		"resets at once": func(conn net.Conn, _ <-chan struct{}) { _ = conn.(*net.TCPConn).SetLinger(0) },
		"closes within the message": func(conn net.Conn, _ <-chan struct{}) {
			_, _ = io.ReadFull(conn, make([]byte, 8))
		},
		"says another thing": func(conn net.Conn, over <-chan struct{}) {
			_, _ = conn.Write([]byte("HTTP/1.1 400 " + body + "\r\n\r\n"))
			<-over
		},
		"never ends to talk": func(conn net.Conn, _ <-chan struct{}) {
			for {
				if _, err := conn.Write([]byte(strings.Repeat(body, 1000))); err != nil {
					return
				}
			}
		},
		"says a lot and closes": func(conn net.Conn, _ <-chan struct{}) {
			_, _ = conn.Write([]byte(strings.Repeat("\xff\x00"+body, 1000)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			over := make(chan struct{})
			addr := accept(t, nil, func(conn net.Conn) { handle(conn, over) })
			t.Cleanup(func() { close(over) }) // before the listener waits for its handler
			retried(t, m, build(t, m.kind, s.options(addr)), time.Second)
		})
	}
	t.Run("nobody listens", func(t *testing.T) {
		sink := build(t, m.kind, s.options(nobody(t)))
		retried(t, m, sink, 2*time.Second)
	})
	t.Run("stopped", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		a := sample(states[0])
		if _, err := build(t, m.kind, s.options(s.serve(t, nil))).Notify(ctx, &a, "key-1", ""); err == nil || alerting.IsPermanent(err) {
			t.Errorf("got %v after the stop, want an error that is retried", err)
		}
	})
}

// nobody returns an address that nobody listens at.
func nobody(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// certificate returns a server's certificate for 127.0.0.1 and example.com, and
// a file of who to trust for it.
func certificate(t *testing.T) (conf *tls.Config, ca string) {
	t.Helper()
	srv := httptest.NewTLSServer(nil)
	defer srv.Close()
	ca = filepath.Join(t.TempDir(), "ca.pem")
	raw := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
	if err := os.WriteFile(ca, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: srv.TLS.Certificates}, ca
}

func streamCertificates(t *testing.T, m *member, s stream) {
	conf, ca := certificate(t)
	addr := s.serve(t, conf)
	trust := map[string]any{"ca_file": ca}
	if err := try(t, m, build(t, m.kind, s.secure(addr, trust)), 10*time.Second); err != nil {
		t.Errorf("with the authority configured: %v", err)
	}
	if err := retried(t, m, build(t, m.kind, s.secure(addr, nil)), 5*time.Second); err != nil && !strings.Contains(err.Error(), "certificate") {
		t.Errorf("got %v, want an error about the certificate", err)
	}
	other := strings.Replace(addr, "127.0.0.1", "localhost", 1)
	if err := retried(t, m, build(t, m.kind, s.secure(other, trust)), 5*time.Second); err != nil && !strings.Contains(err.Error(), "certificate") {
		t.Errorf("got %v for the wrong host, want an error about the certificate", err)
	}
	retried(t, m, build(t, m.kind, s.secure(s.serve(t, nil), trust)), time.Second) // it does not speak TLS

	mutual := conf.Clone()
	mutual.ClientAuth = tls.RequireAnyClientCert
	addr = s.serve(t, mutual)
	retried(t, m, build(t, m.kind, s.secure(addr, trust)), 5*time.Second)
	certFile, keyFile := writeClientCert(t)
	with := map[string]any{"ca_file": ca, "cert_file": certFile, "key_file": keyFile}
	if err := try(t, m, build(t, m.kind, s.secure(addr, with)), 10*time.Second); err != nil {
		t.Errorf("with a client certificate: %v", err)
	}
	old := conf.Clone()
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	retried(t, m, build(t, m.kind, s.secure(s.serve(t, old), trust)), 5*time.Second)
}

func streamCheck(t *testing.T, m *member, s stream) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := build(t, m.kind, s.options(s.serve(t, nil))).Check(ctx); err != nil {
		t.Errorf("got %v from a receiver that answers", err)
	}
	short, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	err := build(t, m.kind, s.options(nobody(t))).Check(short)
	if err == nil || alerting.IsPermanent(err) {
		t.Errorf("got %v from nobody", err)
	}
	for _, never := range append(m.secrets, "127.0.0.1") {
		if err != nil && strings.Contains(err.Error(), never) {
			t.Errorf("the error shows %q: %v", never, err)
		}
	}
}
