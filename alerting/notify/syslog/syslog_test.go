package syslog

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func sample(state schemas.AlertState) schemas.Alert {
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	a := schemas.Alert{
		ID: "fedcba9876543210fedcba9876543210", State: state, Sequence: 3, Severity: schemas.SeverityHigh, Confidence: 0.87,
		Title: "Model extraction", Summary: "One caller asks like a machine.", Detector: "extraction.harvest",
		Entity: schemas.Entity{Kind: schemas.EntityPrincipal, Name: "h1:k1:q83vEjRWeJA"}, Tenant: "acme",
		FirstSeen: at, LastSeen: at.Add(time.Hour), Findings: 3, Events: 12000, URL: "https://gatehound.example/cases/1",
	}
	a.Finding = schemas.Finding{Detector: a.Detector, Entity: a.Entity, Query: "SELECT 1\nFROM events WHERE a = 'b|c'", Provider: "openai", Model: "gpt-4o",
		Techniques: []schemas.Technique{{Framework: "MITRE ATLAS", ID: "AML.T0024.002"}, {Framework: "MITRE ATT&CK", ID: "T1110"}}}
	return a
}

func sinkTo(t *testing.T, cfg Config) *Sink {
	t.Helper()
	s, err := New("siem", &cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sent is what a receiver reads of a.
func sent(t *testing.T, s *Sink, a *schemas.Alert, key string) string {
	t.Helper()
	frame, err := s.frame(a, key)
	if err != nil {
		t.Fatal(err)
	}
	if s.cfg.Framing == FramingNewline {
		return strings.TrimSuffix(string(frame), "\n")
	}
	length, msg, _ := strings.Cut(string(frame), " ")
	if n, err := strconv.Atoi(length); err != nil || n != len(msg) {
		t.Fatalf("the length is %q, the message has %d bytes", length, len(msg))
	}
	return msg
}

// certificates writes a CA, and a pair that it signed for 127.0.0.1, into a
// folder.
func certificates(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	write := func(name, kind string, der []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sign := func(tmpl, parent *x509.Certificate, by *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if by == nil {
			parent, by = tmpl, key
		}
		der, err := x509.CreateCertificate(rand.Reader, tmpl, parent, &key.PublicKey, by)
		if err != nil {
			t.Fatal(err)
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return c, key
	}
	since, until := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	ca, caKey := sign(&x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ca"}, NotBefore: since, NotAfter: until, IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, nil, nil)
	leaf, key := sign(&x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "node"}, NotBefore: since, NotAfter: until,
		KeyUsage: x509.KeyUsageDigitalSignature, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}, ca, caKey)
	write("ca.pem", "CERTIFICATE", ca.Raw)
	write("cert.pem", "CERTIFICATE", leaf.Raw)
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write("key.pem", "EC PRIVATE KEY", der)
	return dir
}

func TestHeader(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Address, cfg.Hostname, cfg.Facility, cfg.AppName = "siem.example.com:6514", "gw-1", "authpriv", "hound"
	s := sinkTo(t, cfg)
	for severity, want := range map[schemas.Severity]string{
		schemas.SeverityInfo: "<86>1 ", schemas.SeverityLow: "<85>1 ", schemas.SeverityMedium: "<84>1 ",
		schemas.SeverityHigh: "<83>1 ", schemas.SeverityCritical: "<82>1 ", 200: "<82>1 ",
	} {
		a := sample(schemas.AlertOpen)
		a.Severity = severity
		if got := sent(t, s, &a, "k"); !strings.HasPrefix(got, want+"2026-11-20T13:00:00.000Z gw-1 hound - open - CEF:0|Gatehound|Gatehound|") {
			t.Errorf("%s: got %.120s", severity, got)
		}
	}
	if s.tls.ServerName != "siem.example.com" || s.Name() != "siem" {
		t.Errorf("the server's name is %q", s.tls.ServerName)
	}
}

func TestJSON(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Address, cfg.Format, cfg.MaxBytes = "siem.example.com:6514", FormatJSON, minBytes
	s := sinkTo(t, cfg)
	a := sample(schemas.AlertUpdated)
	a.Summary = strings.Repeat("<x>", 30_000)
	msg := sent(t, s, &a, "k-1")
	var got struct {
		Key  string
		Data schemas.Alert
	}
	if err := json.Unmarshal([]byte(msg[strings.Index(msg, "{"):]), &got); err != nil || got.Key != "k-1" || got.Data.ID != a.ID || len(msg) > minBytes {
		t.Errorf("%d bytes, %+v, %v", len(msg), got, err)
	}
}

// early is a receiver that closes before it has read, after doing what it does.
func early(t *testing.T, do func(*net.TCPConn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			do(conn.(*net.TCPConn))
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return l.Addr().String()
}

// That a receiver has closed proves something only if it has read before. The
// orders of things differ from try to try, so there are many.
func TestOnlyWhatWasReadIsConfirmed(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(*net.TCPConn)
		good bool
	}{
		"closes at once":      {func(*net.TCPConn) {}, false},
		"closes a bit later":  {func(*net.TCPConn) { time.Sleep(time.Millisecond) }, false},
		"reads a part":        {func(c *net.TCPConn) { _, _ = io.ReadFull(c, make([]byte, 100)) }, false},
		"reads all":           {func(c *net.TCPConn) { _, _ = io.Copy(io.Discard, c) }, true},
		"reads all and talks": {func(c *net.TCPConn) { _, _ = io.Copy(io.Discard, c); _, _ = c.Write([]byte("ok")) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := DefaultConfig()
			cfg.Address, cfg.Protocol = early(t, c.do), ProtocolTCP
			s := sinkTo(t, cfg)
			a := sample(schemas.AlertOpen)
			for range 200 {
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				_, err := s.Notify(ctx, &a, "k", "")
				cancel()
				if (err == nil) != c.good || alerting.IsPermanent(err) {
					t.Fatalf("got %v, want success %v", err, c.good)
				}
			}
		})
	}
}

// Without a confirmation a message counts once it is written, but for what the
// receiver says in a moment.
func TestConfirmNone(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Protocol, cfg.Confirm = ProtocolTCP, ConfirmNone
	a := sample(schemas.AlertOpen)
	over := make(chan struct{})
	cfg.Address = early(t, func(c *net.TCPConn) { _, _ = io.Copy(io.Discard, c); <-over })
	if _, err := sinkTo(t, cfg).Notify(t.Context(), &a, "k", ""); err != nil {
		t.Errorf("a receiver that stays is refused: %v", err)
	}
	close(over)
	for name, do := range map[string]func(*net.TCPConn){
		"resets": func(c *net.TCPConn) { _ = c.SetLinger(0) }, "closes": func(*net.TCPConn) {},
		"talks": func(c *net.TCPConn) {
			_, _ = c.Write([]byte(strings.Repeat("x", 10_000)))
			_, _ = io.Copy(io.Discard, c)
		},
	} {
		cfg.Address = early(t, do)
		if _, err := sinkTo(t, cfg).Notify(t.Context(), &a, "k", ""); err == nil || alerting.IsPermanent(err) {
			t.Errorf("%s: got %v, want an error that is retried", name, err)
		}
	}
}

func TestConfig(t *testing.T) {
	good := func() Config {
		c := DefaultConfig()
		c.Address = "siem.example.com:6514"
		return c
	}
	for want, change := range map[string]func(*Config){
		"address: want host:port":       func(c *Config) { c.Address = "siem.example.com" },
		`protocol is "udp"`:             func(c *Config) { c.Protocol = "udp" },
		`framing is ""`:                 func(c *Config) { c.Framing = "" },
		`format is "leef"`:              func(c *Config) { c.Format = "leef" },
		`confirm is "relp"`:             func(c *Config) { c.Confirm = "relp" },
		`facility is "kern"`:            func(c *Config) { c.Facility = "kern" },
		"hostname: want":                func(c *Config) { c.Hostname = "a b" },
		"app_name: want":                func(c *Config) { c.AppName = strings.Repeat("x", 49) },
		"max_bytes is 100: want 5120":   func(c *Config) { c.MaxBytes = 100 },
		`tls is set beside`:             func(c *Config) { c.Protocol, c.TLS.CAFile = ProtocolTCP, "x" },
		"tls.cert_file and tls.key_fil": func(c *Config) { c.TLS.KeyFile = "x" },
	} {
		c := good()
		change(&c)
		if _, err := New("siem", &c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	c := good()
	c.TLS.CAFile = "/absent"
	if _, err := New("siem", &c); err == nil || !strings.Contains(err.Error(), "read tls.ca_file") {
		t.Errorf("got %v", err)
	}
	if c = good(); c.Validate() != nil || c.hostname() == "" {
		t.Error("the defaults are refused")
	}
}

// BenchmarkNotify is a notification over a connection of its own on loopback,
// confirmed.
func BenchmarkNotify(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, conn)
			_ = conn.Close()
		}
	}()
	b.Cleanup(func() { _ = l.Close(); <-done })
	cfg := DefaultConfig()
	cfg.Address, cfg.Protocol = l.Addr().String(), ProtocolTCP
	s, err := New("siem", &cfg)
	if err != nil {
		b.Fatal(err)
	}
	a := sample(schemas.AlertOpen)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Notify(b.Context(), &a, "k", ""); err != nil {
			b.Fatal(err)
		}
	}
}
