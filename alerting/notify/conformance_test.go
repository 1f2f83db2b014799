package notify_test

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify"
	"github.com/gatehound/gatehound/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Every kind of sink goes through the same suite. A kind without a member
// fails it.
func TestConformance(t *testing.T) {
	for _, kind := range notify.Builtin() {
		members := family[kind.Name]
		if len(members) == 0 {
			t.Errorf("the kind %s is not in the conformance suite", kind.Name)
		}
		for _, m := range members {
			t.Run(kind.Name+"/"+m.name, func(t *testing.T) {
				if m.options == nil { // it has no receiver that could fail
					t.Run("text", func(t *testing.T) { conformText(t, m) })
					t.Run("keys", func(t *testing.T) { conformKeys(t, m) })
					t.Run("campaign", func(t *testing.T) { conformCampaign(t, m) })
					return
				}
				t.Run("statuses", func(t *testing.T) { conformStatuses(t, m) })
				t.Run("retry after", func(t *testing.T) { conformRetryAfter(t, m) })
				t.Run("broken answers", func(t *testing.T) { conformBroken(t, m) })
				t.Run("certificates", func(t *testing.T) { conformCertificates(t, m) })
				t.Run("check", func(t *testing.T) { conformCheck(t, m) })
				t.Run("redirects", func(t *testing.T) { conformRedirects(t, m) })
				t.Run("text", func(t *testing.T) { conformText(t, m) })
				t.Run("keys", func(t *testing.T) { conformKeys(t, m) })
				t.Run("campaign", func(t *testing.T) { conformCampaign(t, m) })
			})
		}
	}
}

// receiver is a local server that records requests. answer nil is the
// member's proper answer.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	answer http.HandlerFunc
	seen   []request
}

func receive(t *testing.T, m *member, secure bool) *receiver {
	t.Helper()
	r := &receiver{}
	h := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		got := m.read(t, req)
		r.mu.Lock()
		answer := r.answer
		r.seen = append(r.seen, got)
		r.mu.Unlock()
		if answer == nil {
			answer = m.accept
		}
		answer(w, req)
	})
	if secure {
		r.Server = httptest.NewUnstartedServer(h)
		r.Config.ErrorLog = quietLog()
		r.StartTLS()
	} else {
		r.Server = httptest.NewServer(h)
	}
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) say(h http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = h
}

func (r *receiver) requests() []request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]request(nil), r.seen...)
}

// body is in every answer of the receiver; no error may quote it.
const body = "RECEIVER-SAYS-xyzzy"

// try makes one attempt and checks what holds for every outcome.
func try(t *testing.T, m *member, s alerting.Sink, limit time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	start := time.Now()
	a := sample(schemas.AlertOpen)
	ref, err := s.Notify(ctx, &a, alerting.Key(&a), "")
	if d := time.Since(start); d > limit+2*time.Second {
		t.Errorf("the attempt took %v, its context %v", d, limit)
	}
	if err == nil {
		return nil
	}
	if ref != "" {
		t.Error("an error came with a ref")
	}
	text := err.Error() + fmt.Sprintf("%+v %#v", err, err)
	for _, never := range append(m.secrets, body, "127.0.0.1", "http://", "https://") {
		if strings.Contains(text, never) {
			t.Errorf("the error %q shows %q", text, never)
		}
	}
	if len(err.Error()) > 120 || strings.ContainsAny(err.Error(), "\r\n") {
		t.Errorf("the error is long or has lines: %q", err)
	}
	return err
}

func conformStatuses(t *testing.T, m *member) {
	r := receive(t, m, false)
	s := m.make(t, r.URL, nil)
	for _, status := range []int{200, 202, 204, 300, 304, 400, 401, 403, 404, 405, 408, 409, 410, 413, 418, 422, 425, 429,
		431, 451, 500, 501, 502, 503, 504, 507, 511, 599} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			r.say(func(w http.ResponseWriter, req *http.Request) {
				if status == 200 {
					m.accept(w, req)
					return
				}
				w.WriteHeader(status)
				_, _ = w.Write([]byte(body))
			})
			err := try(t, m, s, 5*time.Second)
			_, throttled := alerting.RetryAfter(err)
			switch {
			case has(m.good, status):
				if err != nil {
					t.Errorf("got %v, want success", err)
				}
			case err == nil:
				t.Error("took the answer for success")
			case throttled:
				t.Error("there is a wait that nobody asked for")
			case alerting.IsPermanent(err) != has(m.permanent, status):
				t.Errorf("permanent is %v, want %v", alerting.IsPermanent(err), has(m.permanent, status))
			}
		})
	}
}

func conformRetryAfter(t *testing.T, m *member) {
	r := receive(t, m, false)
	s := m.make(t, r.URL, nil)
	in := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	for _, c := range []struct {
		value    string
		min, max time.Duration // max -1: no wait
	}{
		{"7", 7 * time.Second, 7 * time.Second},
		{" 7 ", 7 * time.Second, 7 * time.Second},
		{"0", 0, 0},
		{in(90 * time.Second), 80 * time.Second, 90 * time.Second},
		{in(-time.Hour), 0, 0},
		{"999999999999999999", 24 * time.Hour, 24 * time.Hour},
		{in(10 * 365 * 24 * time.Hour), 24 * time.Hour, 24 * time.Hour},
		{"-5", 0, -1}, {"soon", 0, -1}, {"", 0, -1}, {"99999999999999999999999", 0, -1},
	} {
		for _, status := range []int{429, 503} {
			t.Run(fmt.Sprintf("%d %q", status, c.value), func(t *testing.T) {
				r.say(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Retry-After", c.value)
					w.WriteHeader(status)
					_, _ = w.Write([]byte(body))
				})
				err := try(t, m, s, 5*time.Second)
				got, ok := alerting.RetryAfter(err)
				if err == nil || alerting.IsPermanent(err) || ok != (c.max >= 0) || ok && (got < c.min || got > c.max) {
					t.Errorf("got %v with a wait of %v (%v), want %v to %v", err, got, ok, c.min, c.max)
				}
			})
		}
	}
}

func conformBroken(t *testing.T, m *member) {
	r := receive(t, m, false)
	s := m.make(t, r.URL, nil)
	release := make(chan struct{})
	t.Cleanup(func() { close(release) }) // before the server's own cleanup waits for its handlers
	hijack := func(say string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = conn.Write([]byte(say))
			_ = conn.Close()
		}
	}
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		good   bool // for a sink that does not need the body
	}{
		{"hangs", func(http.ResponseWriter, *http.Request) { <-release }, false},
		{"closes at once", hijack(""), false},
		{"closes within the headers", hijack("HTTP/1.1 200 OK\r\nContent-Le"), false},
		{"no http", hijack("220 smtp.example.com ESMTP " + body + "\r\n"), false},
		{"closes within the body", hijack("HTTP/1.1 200 OK\r\nContent-Length: 100\r\nContent-Type: application/json\r\n\r\n{\"ok\":tr"), true},
		{"endless headers", func(w http.ResponseWriter, _ *http.Request) {
			for i := range 3000 {
				w.Header().Set(fmt.Sprint("X-", i), strings.Repeat("h", 100))
			}
		}, false},
		{"giant body", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"ok":true,"channel":"C1","ts":"1.5","x":"`))
			for range 64 {
				if _, err := w.Write([]byte(strings.Repeat(body, 1<<12))); err != nil {
					return
				}
			}
		}, true},
		{"hangs within the body", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
			<-release
		}, true},
		{"another kind of body", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("<html>" + body + "</html>"))
		}, true},
		{"json that says nothing", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"message":"` + body + `"}`))
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r.say(c.answer)
			limit := 5 * time.Second
			switch c.name {
			case "hangs":
				limit = 200 * time.Millisecond
			case "hangs within the body":
				limit = 2 * time.Second
			}
			err := try(t, m, s, limit)
			if c.good && !m.needsBody {
				if err != nil {
					t.Errorf("got %v, want success: the status has said it", err)
				}
				return
			}
			if _, throttled := alerting.RetryAfter(err); err == nil || alerting.IsPermanent(err) || throttled {
				t.Errorf("got %v, want an error that is retried", err)
			}
		})
	}
	t.Run("nobody listens", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		url := "http://" + l.Addr().String()
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if err := try(t, m, m.make(t, url, nil), 5*time.Second); err == nil || alerting.IsPermanent(err) {
			t.Errorf("got %v, want an error that is retried", err)
		}
	})
}

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

	mutual := httptest.NewUnstartedServer(http.HandlerFunc(m.accept))
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
	answer := m.accept
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Method == http.MethodPost && req.URL.Path != "/api/auth.test" {
			sent = append(sent, req.URL.Path)
		}
		answer(w, req)
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

func TestLookup(t *testing.T) {
	if _, err := notify.Lookup("pigeon"); err == nil || !strings.Contains(err.Error(), "slack, stdout, webhook") {
		t.Errorf("got %v, want an error that lists the kinds", err)
	}
	for _, k := range notify.Builtin() {
		if _, err := k.New("x", wrongConfig{}); err == nil {
			t.Errorf("%s took the settings of another sink", k.Name)
		}
	}
}

type wrongConfig struct{}

func (wrongConfig) Validate() error { return errors.New("never right") }
