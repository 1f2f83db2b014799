package kafka

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

// certificates writes a CA and a pair that it signed, for 127.0.0.1, into a
// folder, and returns it with the server's configuration: it wants a client's
// certificate too.
func certificates(t *testing.T) (dir string, server *tls.Config) {
	t.Helper()
	dir = t.TempDir()
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
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
	until := time.Now().Add(time.Hour)
	ca, caKey := sign(&x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ca"}, NotAfter: until, IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, nil, nil)
	leaf, key := sign(&x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "node"}, NotAfter: until,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}, ca, caKey)
	write("ca.pem", "CERTIFICATE", ca.Raw)
	cert := write("cert.pem", "CERTIFICATE", leaf.Raw)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.LoadX509KeyPair(cert, write("key.pem", "PRIVATE KEY", der))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(ca)
	return dir, &tls.Config{Certificates: []tls.Certificate{pair}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert}
}

// TestSecured reads and writes over TLS with client certificates, and each of
// the mechanisms of SASL.
func TestSecured(t *testing.T) {
	dir, server := certificates(t)
	for _, mechanism := range []string{"plain", "scram-sha-256", "scram-sha-512"} {
		t.Run(mechanism, func(t *testing.T) {
			c := cluster(t, kfake.SeedTopics(2, "in"), kfake.TLS(server), kfake.EnableSASL(), kfake.Superuser(strings.ToUpper(mechanism), "gatehound", "secret"))
			cfg := config(c, "in")
			cfg.TLS = TLS{Enabled: true, CAFile: filepath.Join(dir, "ca.pem"), CertFile: filepath.Join(dir, "cert.pem"), KeyFile: filepath.Join(dir, "key.pem")}
			cfg.SASL = SASL{Mechanism: mechanism, Username: "gatehound", Password: "secret"}
			if err := source(t, cfg).Ping(t.Context()); err != nil {
				t.Fatal(err)
			}
			w, err := NewWriter(cfg, "in")
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Write(t.Context(), []Message{{Value: []byte("a")}, {Value: []byte("b")}, {Key: []byte("k"), Value: []byte("c")}}); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Error(err)
			}
			st := newStore()
			run(t, cfg, st, 0)
			eventually(t, "all is read", func() bool { n, _ := st.count(); return n == 3 })
		})
	}
}

// TestPing has everything that is commonly wrong: each error says what to do.
func TestPing(t *testing.T) {
	dir, server := certificates(t)
	server = server.Clone()
	server.ClientAuth = tls.NoClientCert
	ca := TLS{Enabled: true, CAFile: filepath.Join(dir, "ca.pem")}
	plain := cluster(t, kfake.SeedTopics(2, "in"))
	secured := cluster(t, kfake.SeedTopics(2, "in"), kfake.TLS(server))
	authed := cluster(t, kfake.SeedTopics(2, "in"), kfake.EnableSASL(), kfake.Superuser("PLAIN", "gatehound", "secret"))
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := closed.Addr().String()
	closed.Close()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	sasl := SASL{Mechanism: "plain", Username: "gatehound", Password: "sesame"}
	for name, tc := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"all well":         {func(c *Config) {}, ""},
		"no topic":         {func(c *Config) { c.Topics = []string{"in", "missing"} }, "topic missing does not exist: create it"},
		"nobody listens":   {func(c *Config) { c.Brokers = []string{nobody} }, "check the ports in brokers"},
		"one broker is up": {func(c *Config) { c.Brokers = append([]string{nobody}, c.Brokers...) }, ""},
		"no answer":        {func(c *Config) { c.Brokers = []string{silent.Addr().String()} }, "does not speak as expected"},
		"TLS is wanted":    {func(c *Config) { c.Brokers = secured.ListenAddrs() }, "does not speak as expected"},
		"TLS is not known": {func(c *Config) { c.TLS = ca }, "check tls.enabled"},
		"unknown CA":       {func(c *Config) { c.Brokers = secured.ListenAddrs(); c.TLS = TLS{Enabled: true} }, "check tls.ca_file"},
		"right CA":         {func(c *Config) { c.Brokers = secured.ListenAddrs(); c.TLS = ca }, ""},
		"wrong name": {func(c *Config) {
			c.Brokers, c.TLS = secured.ListenAddrs(), ca
			c.TLS.ServerName = "elsewhere"
		}, "check tls.ca_file and tls.server_name"},
		"wrong password":  {func(c *Config) { c.Brokers, c.SASL = authed.ListenAddrs(), sasl }, "check "},
		"SASL is wanted":  {func(c *Config) { c.Brokers = authed.ListenAddrs() }, "check "},
		"wrong mechanism": {func(c *Config) { c.Brokers, c.SASL = authed.ListenAddrs(), sasl; c.SASL.Mechanism = "scram-sha-512" }, "check "},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(plain, "in")
			if tc.want != "" {
				cfg.DialTimeout = 500 * time.Millisecond
			}
			tc.change(&cfg)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			err := source(t, cfg).Ping(ctx)
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("want %q, have %v", tc.want, err)
			}
			if err != nil && strings.Contains(err.Error(), "sesame") {
				t.Error("the error has the password")
			}
		})
	}
}
