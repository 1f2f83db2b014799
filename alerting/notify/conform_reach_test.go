package notify_test

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify"
)

func conformCertificates(t *testing.T, m *member) {
	r := receive(t, m, true)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: r.Certificate().Raw})
	if err := os.WriteFile(ca, cert, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := try(t, m, m.make(t, r.URL, map[string]any{"tls": map[string]any{"ca_file": ca}}), 5*time.Second); err != nil {
		t.Errorf("with the authority configured: %v", err)
	}
	before := len(r.requests())
	err := try(t, m, m.make(t, r.URL, nil), 5*time.Second)
	if err == nil || alerting.IsPermanent(err) || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("got %v, want an error about the certificate that is retried", err)
	}
	// The certificate is for 127.0.0.1 and example.com.
	other := strings.Replace(r.URL, "127.0.0.1", "localhost", 1)
	err = try(t, m, m.make(t, other, map[string]any{"tls": map[string]any{"ca_file": ca}}), 5*time.Second)
	if err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("got %v for the wrong host, want an error about the certificate", err)
	}
	if n := len(r.requests()); n != before {
		t.Errorf("%d requests went to a receiver that is not trusted", n-before)
	}

	mutual := httptest.NewUnstartedServer(http.HandlerFunc(m.taken))
	mutual.Config.ErrorLog = quietLog()
	mutual.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	mutual.StartTLS()
	defer mutual.Close()
	clientCert, clientKey := writeClientCert(t)
	cert = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: mutual.Certificate().Raw})
	if err := os.WriteFile(ca, cert, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := try(t, m, m.make(t, mutual.URL, map[string]any{"tls": map[string]any{"ca_file": ca}}), 5*time.Second); err == nil {
		t.Error("a receiver that wants a certificate was satisfied without")
	}
	with := map[string]any{"ca_file": ca, "cert_file": clientCert, "key_file": clientKey}
	if err := try(t, m, m.make(t, mutual.URL, map[string]any{"tls": with}), 5*time.Second); err != nil {
		t.Errorf("with a client certificate: %v", err)
	}
}

// conformCheck: a check tells a receiver that answers from one that does not,
// and sends it no alert.
func conformCheck(t *testing.T, m *member) {
	var sent []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if m.aside != nil && m.aside(w, req) {
			return
		}
		if req.Method != http.MethodHead && req.Method != http.MethodGet && !slices.Contains(m.checks, req.URL.Path) {
			sent = append(sent, req.URL.Path)
		}
		m.accept(w, req)
	}))
	s := m.make(t, srv.URL, nil)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := s.Check(ctx); err != nil {
		t.Errorf("got %v from a receiver that answers", err)
	}
	srv.Close()
	err := s.Check(ctx)
	if err == nil || alerting.IsPermanent(err) || len(sent) != 0 {
		t.Errorf("got %v from nobody, and %v was sent", err, sent)
	}
	for _, secret := range m.secrets {
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("the error shows a secret: %v", err)
		}
	}
}

func conformRedirects(t *testing.T, m *member) {
	elsewhere := receive(t, m, false)
	r := receive(t, m, false)
	s := m.make(t, r.URL, nil)
	for _, status := range []int{301, 302, 303, 307, 308} {
		r.say(func(w http.ResponseWriter, req *http.Request) {
			http.Redirect(w, req, elsewhere.URL+"/"+body, status)
		})
		if err := try(t, m, s, 5*time.Second); err == nil || alerting.IsPermanent(err) {
			t.Errorf("%d: got %v, want an error that is retried", status, err)
		}
	}
	if n := len(elsewhere.requests()); n != 0 {
		t.Errorf("%d requests followed a redirect", n)
	}
}

// conformAddresses: a receiver that is named by what resolves to this machine,
// or by a private address, is not reached unless that is allowed.
func conformAddresses(t *testing.T, m *member) {
	r := receive(t, m, false)
	elsewhere := strings.Replace(r.URL, "127.0.0.1", rebound, 1)
	closed := map[string]any{"allow_http": true, "allow_private": false}
	err := try(t, m, m.make(t, elsewhere, closed), 5*time.Second)
	if err == nil || alerting.IsPermanent(err) || !strings.Contains(err.Error(), "allow_private") {
		t.Errorf("got %v for a name of this machine, want an error about its address", err)
	}
	if n := len(r.requests()); n != 0 {
		t.Errorf("%d requests went to a private address", n)
	}
	open := map[string]any{"allow_http": true, "allow_private": true}
	if err := try(t, m, m.make(t, elsewhere, open), 5*time.Second); err != nil {
		t.Errorf("got %v although it is allowed", err)
	}
	for _, host := range []string{"10.1.2.3", "192.168.1.1", "169.254.169.254", "[fd00:ec2::254]", "[::ffff:10.1.2.3]", "[fe80::1]"} {
		options := m.options("https://" + host)
		options["allow_private"] = false // it is the default, but for some
		kind, err := notify.Lookup(m.kind)
		if err != nil {
			t.Fatal(err)
		}
		cfg := kind.Default()
		if err := decode(options, cfg); err != nil {
			t.Fatal(err)
		}
		if err := cfg.Validate(); err == nil || strings.Contains(err.Error(), host) {
			t.Errorf("%s: got %v, want an error that does not quote the URL", host, err)
		}
	}
}
