package webhook

import (
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/gatehound/gatehound/alerting/notify/outbound"
	"github.com/gatehound/gatehound/schemas"
)

const (
	secretA = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	secretB = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
)

// The vector that Standard Webhooks publishes.
func TestSignVector(t *testing.T) {
	k, err := key(secretA)
	if err != nil {
		t.Fatal(err)
	}
	got := sign([][]byte{k}, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// While a secret is replaced, receivers with either take the request; one with
// another secret, a changed body or an old request does not.
func TestRotation(t *testing.T) {
	var header http.Header
	var body []byte
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		header = r.Header
		body, _ = io.ReadAll(r.Body)
	}))
	defer srv.Close()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(secretB+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := DefaultConfig()
	cfg.URL, cfg.Secrets, cfg.SecretFiles = outbound.Secret(srv.URL), []outbound.Secret{secretA}, []string{file}
	cfg.Headers = []Header{{Name: "x-api-key", Value: "a b"}}
	s, err := New("siem", &cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Notify(context.Background(), alert(schemas.AlertOpen), "k-1", ""); err != nil {
		t.Fatal(err)
	}
	if header.Get("X-Api-Key") != "a b" || header.Get("Webhook-Id") != "k-1" {
		t.Errorf("the headers are %v", header)
	}
	for secret, want := range map[string]bool{secretA: true, secretB: true, "whsec_" + strings.Repeat("QUJD", 8): false} {
		wh, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		if err := wh.Verify(body, header); (err == nil) != want {
			t.Errorf("verification says %v, want success %v", err, want)
		}
		if wh.Verify(append([]byte(" "), body...), header) == nil {
			t.Error("a changed body is taken")
		}
		old := header.Clone()
		old.Set("webhook-timestamp", "1614265330")
		if wh.Verify(body, old) == nil {
			t.Error("a changed time is taken")
		}
	}
}

func TestUnencodable(t *testing.T) {
	a := alert(schemas.AlertOpen)
	a.Confidence = math.NaN()
	cfg := DefaultConfig()
	cfg.URL, cfg.Secrets = "https://siem.example/", []outbound.Secret{secretA}
	s, err := New("siem", &cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Notify(context.Background(), a, "k", ""); err == nil || err.Error() != "the alert cannot be encoded" {
		t.Errorf("got %v", err)
	}
}

func TestConfig(t *testing.T) {
	t.Setenv("WEBHOOK_TEST_SECRET", secretA)
	t.Setenv("WEBHOOK_TEST_BAD", "whsec_hidden")
	good := func() Config {
		c := DefaultConfig()
		c.URL, c.Secrets = "https://siem.example/in", []outbound.Secret{secretA}
		return c
	}
	for name, edit := range map[string]func(*Config){
		"as it is":    func(*Config) {},
		"cloudevents": func(c *Config) { c.Body, c.Source = BodyCloudEvents, "https://gatehound.example/prod" },
		"template":    func(c *Config) { c.Body, c.Template = BodyTemplate, `{"t": {{json .Alert.Title}}}` },
		"header in env": func(c *Config) {
			c.Headers = []Header{{Name: "x-api-key", ValueEnv: "WEBHOOK_TEST_SECRET"}, {Name: "Authorization", Value: "Bearer a b"}}
		},
		"ocsf":            func(c *Config) { c.Body = BodyOCSF },
		"secret in env":   func(c *Config) { c.Secrets, c.SecretEnvs = nil, []string{"WEBHOOK_TEST_SECRET"} },
		"no prefix":       func(c *Config) { c.Secrets[0] = outbound.Secret(secretA[6:]) },
		"http, allowed":   func(c *Config) { c.URL, c.HTTP.AllowHTTP = "http://siem.example/", true },
		"http, loopback":  func(c *Config) { c.URL = "http://[::1]:8080/" },
		"host, allowed":   func(c *Config) { c.HTTP.AllowedHosts = []string{"siem.example"} },
		"suffix, allowed": func(c *Config) { c.URL, c.HTTP.AllowedHosts = "https://a.SIEM.example/", []string{".siem.example"} },
	} {
		cfg := good()
		edit(&cfg)
		if _, err := New("x", &cfg); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for want, edit := range map[string]func(*Config){
		"url is not set":        func(c *Config) { c.URL = "" },
		"url, url_file":         func(c *Config) { c.URLFile = "x" },
		"url is http":           func(c *Config) { c.URL = "http://siem.example/hidden" },
		"url is no absolute":    func(c *Config) { c.URL = "siem.example/hidden" },
		"url has user":          func(c *Config) { c.URL = "https://hidden:hidden@siem.example/" },
		"allowed_hosts":         func(c *Config) { c.HTTP.AllowedHosts = []string{"other.example"} },
		"allowed_hosts ":        func(c *Config) { c.URL, c.HTTP.AllowedHosts = "https://evilsiem.example/", []string{".siem.example"} },
		"0 entries":             func(c *Config) { c.Secrets = nil },
		"9 entries":             func(c *Config) { c.Secrets = make([]outbound.Secret, 9) },
		"secrets[0]: want 24":   func(c *Config) { c.Secrets[0] = "whsec_aGlkZGVu" },
		`secrets[0]: want "whs`: func(c *Config) { c.Secrets[0] = "hidden!" },
		"entry is empty":        func(c *Config) { c.SecretFiles = []string{""} },
		"entry 1 of":            func(c *Config) { c.SecretEnvs = []string{"WEBHOOK_TEST_BAD"} },
		"entry 1 of secrets, secret_files and secret_envs: read": func(c *Config) { c.SecretFiles = []string{"/nowhere"} },
		"body":                       func(c *Config) { c.Body = "xml" },
		"source":                     func(c *Config) { c.Source = "a b" },
		"max_bytes":                  func(c *Config) { c.MaxBytes = 100 },
		"want one of them with body": func(c *Config) { c.Body = BodyTemplate },
		"and only then":              func(c *Config) { c.Template = "{}" },
		"template and template_file": func(c *Config) { c.Body, c.Template, c.TemplateFile = BodyTemplate, "{}", "x" },
		"read template_file":         func(c *Config) { c.Body, c.TemplateFile = BodyTemplate, "/nowhere" },
		"parse template":             func(c *Config) { c.Body, c.Template = BodyTemplate, "{{" },
		"open: the template fails":   func(c *Config) { c.Body, c.Template = BodyTemplate, "{{.Alert.Nothing}}" },
		"makes no valid JSON":        func(c *Config) { c.Body, c.Template = BodyTemplate, `{"t": "{{.Alert.Title}}"}` },
		"template is too long":       func(c *Config) { c.Body, c.Template = BodyTemplate, strings.Repeat(" ", maxTemplate)+"{}" },
		"headers[0].name: want":      func(c *Config) { c.Headers = []Header{{Name: "a b", Value: "x"}} },
		"headers[0].name is":         func(c *Config) { c.Headers = []Header{{Name: "webhook-ID", Value: "x"}} },
		"cannot be set":              func(c *Config) { c.Headers = []Header{{Name: "host", Value: "x"}} },
		"headers[0].value is not":    func(c *Config) { c.Headers = []Header{{Name: "X-A"}} },
		"headers[0].value: want":     func(c *Config) { c.Headers = []Header{{Name: "X-A", Value: "hidden\r\nX-B: y"}} },
		"headers[1].name is taken": func(c *Config) {
			c.Headers = []Header{{Name: "X-A", Value: "x"}, {Name: "x-a", Value: "y"}}
		},
		"headers has 17":  func(c *Config) { c.Headers = make([]Header, 17) },
		"read url_file":   func(c *Config) { c.URL, c.URLFile = "", "/nowhere" },
		"tls.key_file":    func(c *Config) { c.HTTP.TLS.KeyFile = "x" },
		"load tls.cert_f": func(c *Config) { c.HTTP.TLS.CertFile, c.HTTP.TLS.KeyFile = "/nowhere", "/nowhere" },
	} {
		cfg := good()
		edit(&cfg)
		_, err := New("x", &cfg)
		if err == nil || !strings.Contains(err.Error(), strings.TrimSpace(want)) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	cfg := Config{URL: "https://do-not-print/", Secrets: []outbound.Secret{"do-not-print"}}
	if s := fmt.Sprintf("%v %+v %#v", cfg, cfg, cfg); strings.Contains(s, "do-not-print") {
		t.Errorf("the settings print their secrets: %s", s)
	}
}
