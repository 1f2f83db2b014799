package alertmanager

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/schemas"
)

// program finds Alertmanager. Where it is missing the test says so and goes on
// without; in CI that is a failure.
func program(t *testing.T) (path string, ok bool) {
	t.Helper()
	for _, name := range []string{"prometheus-alertmanager", "alertmanager"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, true
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("prometheus-alertmanager is not installed (see deploy/ci-packages.txt)")
	}
	missing := "\n*** NOT TESTED: a real Alertmanager (prometheus-alertmanager is not installed; see deploy/ci-packages.txt)\n\n"
	fmt.Fprint(os.Stderr, missing)
	// go test hides what a test prints unless it fails: a person is told all the same.
	if tty, err := os.OpenFile("/dev/tty", os.O_WRONLY, 0); err == nil {
		fmt.Fprint(tty, missing)
		_ = tty.Close()
	}
	return "", false
}

// server is an Alertmanager that runs until the test ends, and what it tells
// its receiver.
type server struct {
	url  string
	mu   sync.Mutex
	told []told
}

// told is what Alertmanager's webhook says of an alert.
type told struct {
	Status string
	Labels map[string]string
}

func start(t *testing.T, path string, client *http.Client, flags ...string) *server {
	t.Helper()
	s := &server{}
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var message struct{ Alerts []told }
		if err := json.NewDecoder(r.Body).Decode(&message); err != nil {
			t.Error(err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.told = append(s.told, message.Alerts...)
	}))
	t.Cleanup(hook.Close)
	dir := t.TempDir()
	conf := filepath.Join(dir, "alertmanager.yml")
	text := "route:\n  receiver: hook\n  group_by: ['alert_id', 'level']\n  group_wait: 50ms\n  group_interval: 200ms\n  repeat_interval: 1h\n" +
		"receivers:\n  - name: hook\n    webhook_configs:\n      - url: " + hook.URL + "\n        send_resolved: true\n"
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	cmd := exec.Command(path, append([]string{"--config.file=" + conf, "--storage.path=" + dir, "--web.listen-address=" + addr,
		"--cluster.listen-address="}, flags...)...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(said.String())
		}
	})
	s.url = "http://" + addr
	if client != http.DefaultClient {
		s.url = "https://" + addr
	}
	eventually(t, "alertmanager is ready", func() bool {
		resp, err := client.Get(s.url + "/-/ready")
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusUnauthorized
	})
	return s
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 30s", what)
		}
	}
}

// heard waits until the receiver was told of an alert with status and level.
func (s *server) heard(t *testing.T, status, level string) {
	t.Helper()
	eventually(t, "the receiver is told of "+status+" "+level, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, a := range s.told {
			if a.Status == status && a.Labels["level"] == level {
				return true
			}
		}
		return false
	})
}

// standing is an alert as Alertmanager's API shows it.
type standing struct {
	alert
	Status struct {
		State      string
		SilencedBy []string
	}
}

// alerts returns what is firing.
func (s *server) alerts(t *testing.T) (out []standing) {
	t.Helper()
	s.call(t, http.MethodGet, "/api/v2/alerts", nil, &out)
	return out
}

func (s *server) call(t *testing.T, method, path string, body, into any) {
	t.Helper()
	doc, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(method, s.url+path, bytes.NewReader(doc))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %d %s %v", method, path, resp.StatusCode, raw, err)
	}
	if into != nil {
		if err := json.Unmarshal(raw, into); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRealAlertmanager takes an alert through its life and looks at it with
// Alertmanager's own API and through its receiver.
func TestRealAlertmanager(t *testing.T) {
	path, ok := program(t)
	if !ok {
		return
	}
	srv := start(t, path, http.DefaultClient)
	sink := sinkTo(t, Config{URL: srv.url, Hold: time.Hour, Labels: []string{"team=ai"}})
	if err := sink.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(srv.alerts(t)); n != 0 {
		t.Fatalf("the check made %d alerts", n)
	}
	var ref alerting.Ref
	tell := func(a *schemas.Alert) {
		t.Helper()
		for range 2 { // a retry changes nothing
			next, err := sink.Notify(t.Context(), a, alerting.Key(a), ref)
			if err != nil {
				t.Fatal(err)
			}
			if next == "" || len(next) > alerting.MaxRef {
				t.Fatalf("the ref is %q", next)
			}
			defer func() { ref = next }()
		}
	}
	one := func() standing {
		t.Helper()
		list := srv.alerts(t)
		if len(list) != 1 {
			t.Fatalf("%d alerts are firing: %+v", len(list), list)
		}
		return list[0]
	}

	a := sample(schemas.AlertOpen)
	tell(&a)
	got := one()
	if got.Labels["alert_id"] != a.ID || got.Labels["level"] != "high" || got.Labels["severity"] != "critical" || got.Labels["team"] != "ai" ||
		got.Annotations["title"] != a.Title || !got.StartsAt.Equal(a.FirstSeen) || time.Until(got.EndsAt) < 59*time.Minute || got.GeneratorURL != a.URL {
		t.Errorf("it is firing as %+v", got)
	}
	srv.heard(t, "firing", "high")

	a.State, a.Sequence, a.Findings, a.Detector = schemas.AlertUpdated, 2, 9, "rate.spike"
	tell(&a)
	if got = one(); got.Annotations["findings"] != "9" || got.Labels["detector"] != "extraction.harvest" {
		t.Errorf("after the update it is %+v", got)
	}

	a.State, a.Sequence, a.Severity = schemas.AlertEscalated, 3, schemas.SeverityCritical
	tell(&a)
	if got = one(); got.Labels["level"] != "critical" || got.Labels["detector"] != "rate.spike" || got.Annotations["state"] != "escalated" {
		t.Errorf("after it became worse it is %+v", got)
	}
	srv.heard(t, "resolved", "high")
	srv.heard(t, "firing", "critical")

	var silence struct{ SilenceID string }
	srv.call(t, http.MethodPost, "/api/v2/silences", map[string]any{
		"matchers": []map[string]any{{"name": "alert_id", "value": a.ID, "isRegex": false, "isEqual": true}},
		"startsAt": time.Now(), "endsAt": time.Now().Add(time.Hour), "createdBy": "ana.k", "comment": "known",
	}, &silence)
	a.State, a.Sequence = schemas.AlertUpdated, 4
	tell(&a)
	eventually(t, "the silence holds", func() bool { got := one(); return got.Status.State == "suppressed" && len(got.Status.SilencedBy) == 1 })
	srv.call(t, http.MethodDelete, "/api/v2/silence/"+silence.SilenceID, nil, nil)
	eventually(t, "the silence is over", func() bool { return one().Status.State == "active" })

	a.State, a.Sequence, a.Severity, a.Outcome = schemas.AlertResolved, 5, schemas.SeverityHigh, "It is over."
	tell(&a)
	if n := len(srv.alerts(t)); n != 0 {
		t.Errorf("%d alerts are firing after the end", n)
	}
	srv.heard(t, "resolved", "critical")

	a.State, a.Sequence, a.Severity, a.Reopened = schemas.AlertReopened, 6, schemas.SeverityCritical, 1
	tell(&a)
	if got = one(); got.Annotations["reopened"] != "1" || got.Labels["level"] != "critical" {
		t.Errorf("when it is back it is %+v", got)
	}
	a.State, a.Sequence = schemas.AlertResolved, 7
	tell(&a)

	for i, text := range []string{"\"} 1\nINJECTED{a=\"b\"}", "a\xff\xfe\x00\x1b[0m\u202e", strings.Repeat("𝒳", 10_000), "{{ .Labels }} <b>"} {
		ref = ""
		h := sample(schemas.AlertOpen)
		h.ID, h.Title, h.Detector, h.Tenant, h.Entity.Name = fmt.Sprint("hostile-", i), text, text, text, text
		tell(&h)
		got := one()
		for name, value := range got.Labels {
			if !strings.Contains(" alertname alert_id severity level detector entity_kind entity tenant team ", " "+name+" ") || strings.ContainsAny(value, "\n\x1b\u202e") {
				t.Errorf("there is a label %s=%q", name, value)
			}
		}
		h.State = schemas.AlertResolved
		tell(&h)
	}
	if list := srv.alerts(t); len(list) != 0 {
		t.Errorf("%d alerts are left firing: %+v", len(list), list)
	}
	// What Alertmanager itself refuses is final.
	err := sink.post(t.Context(), []byte(`[{"labels":{"no good":"x"}}]`))
	if !alerting.IsPermanent(err) || err.Error() != "answer 400" {
		t.Errorf("got %v for a label's name that is refused", err)
	}
}

// The password's hash, for --web.config.file, is of "notarealpassword".
const passwordHash = "$2b$04$bCuCktFc8RqJPJmARSZmMecAUivW0BKac2Xmig7tEyoX3DAlJqvCK"

// TestRealAlertmanagerSecured is over TLS with a certificate of ours, and with
// a password.
func TestRealAlertmanagerSecured(t *testing.T) {
	path, ok := program(t)
	if !ok {
		return
	}
	dir := t.TempDir()
	certFile, keyFile := writeCertificate(t, dir)
	web := filepath.Join(dir, "web.yml")
	text := "tls_server_config:\n  cert_file: " + certFile + "\n  key_file: " + keyFile + "\n  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: " + certFile +
		"\nbasic_auth_users:\n  gatehound: " + passwordHash + "\n"
	if err := os.WriteFile(web, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := Config{Hold: time.Hour, Username: "gatehound", Password: "notarealpassword"}
	cfg.HTTP.TLS.CAFile, cfg.HTTP.TLS.CertFile, cfg.HTTP.TLS.KeyFile = certFile, certFile, keyFile
	conf, err := cfg.HTTP.TLS.Config()
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: conf, DisableKeepAlives: true}
	srv := start(t, path, &http.Client{Transport: transport}, "--web.config.file="+web)
	cfg.URL = srv.url
	a := sample(schemas.AlertOpen)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := sinkTo(t, cfg).Check(ctx); err != nil {
		t.Errorf("check: %v", err)
	}
	if _, err := sinkTo(t, cfg).Notify(ctx, &a, "k", ""); err != nil {
		t.Errorf("notify: %v", err)
	}
	wrong := cfg
	wrong.Password = "notthepassword"
	if err := sinkTo(t, wrong).Check(ctx); !alerting.IsPermanent(err) || err.Error() != "answer 401" {
		t.Errorf("got %v with a wrong password", err)
	}
	anonymous := cfg
	anonymous.HTTP.TLS.CertFile, anonymous.HTTP.TLS.KeyFile = "", ""
	if err := sinkTo(t, anonymous).Check(ctx); err == nil || alerting.IsPermanent(err) {
		t.Errorf("got %v without a certificate", err)
	}
	stranger := cfg
	stranger.HTTP.TLS.CAFile = ""
	if err := sinkTo(t, stranger).Check(ctx); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("got %v where nobody is trusted", err)
	}
}

func writeCertificate(t *testing.T, dir string) (certFile, keyFile string) {
	t.Helper()
	cert, key := selfSigned(t)
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: cert}, keyFile: {Type: "PRIVATE KEY", Bytes: key}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}
