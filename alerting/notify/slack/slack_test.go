package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	slackapi "github.com/slack-go/slack"
	"github.com/slack-go/slack/slacktest"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/words"
	"github.com/gatehound/gatehound/schemas"
)

// workspace is slacktest's server with the methods that it lacks.
type workspace struct {
	*slacktest.Server
	mu    sync.Mutex
	calls []string     // method and what tells the calls apart
	forms []url.Values // beside calls
	fail  map[string]string
}

func newWorkspace(t *testing.T) *workspace {
	t.Helper()
	w := &workspace{fail: make(map[string]string)}
	ts := 0
	handle := func(method string) http.HandlerFunc {
		return func(rw http.ResponseWriter, r *http.Request) {
			if err := r.ParseForm(); err != nil {
				t.Error(err)
			}
			w.mu.Lock()
			defer w.mu.Unlock()
			ts++
			w.calls = append(w.calls, fmt.Sprintf("%s ts=%s thread=%s", method, r.Form.Get("ts"), r.Form.Get("thread_ts")))
			w.forms = append(w.forms, r.Form)
			rw.Header().Set("Content-Type", "application/json")
			if code := w.fail[method]; code != "" {
				fmt.Fprintf(rw, `{"ok":false,"error":%q}`, code)
				return
			}
			var blocks slackapi.Blocks // slack-go's own reading of them
			if err := json.Unmarshal([]byte(r.Form.Get("blocks")), &blocks); err != nil {
				t.Errorf("blocks: %v", err)
			}
			fmt.Fprintf(rw, `{"ok":true,"channel":"C123","ts":"1700000000.%06d"}`, ts)
		}
	}
	w.Server = slacktest.NewTestServer(func(c slacktest.Customize) {
		c.Handle("/chat.postMessage", handle("post"))
		c.Handle("/chat.update", handle("update"))
	})
	w.Start()
	t.Cleanup(w.Stop)
	return w
}

func (w *workspace) sink(t *testing.T) *Sink {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Token, cfg.Channel, cfg.APIURL = "xoxb-test", "#alerts", w.GetAPIURL()
	cfg.PostInterval = 0
	s, err := New("oncall", &cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func alert(state schemas.AlertState, seq int) *schemas.Alert {
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	return &schemas.Alert{
		ID: "a1", State: state, Sequence: seq, Severity: schemas.SeverityHigh, Confidence: 0.875,
		Title: "Key guessing from one network", Summary: "2,300 keys were tried; 3 are usual.", Detector: "authfail.key_guessing",
		Entity: schemas.Entity{Kind: schemas.EntityAddress, Name: "198.51.100.7"}, Tenant: "acme",
		FirstSeen: at, LastSeen: at.Add(time.Hour), Findings: 3, Events: 2400,
		Finding: schemas.Finding{
			Query:    "SELECT count() FROM events WHERE status >= 400 AND status < 500",
			Samples:  []string{"req-7f3a", "req-<!here>"},
			Features: []schemas.Feature{{Name: "keys", Observed: 2300, Expected: 3, Unit: "keys", Text: "distinct keys"}},
			Techniques: []schemas.Technique{{Framework: "MITRE ATT&CK", ID: "T1110.003", Name: "Password Spraying"},
				{Framework: "MITRE ATLAS", ID: "AML.T0012", Name: "Valid Accounts"},
				{Framework: "OWASP API 2023", ID: "API2", Name: "Broken Authentication"},
				{Framework: "home", ID: "X|1", Name: "own"}},
		},
	}
}

func TestThread(t *testing.T) {
	w := newWorkspace(t)
	s := w.sink(t)
	ctx := context.Background()
	ref, err := s.Notify(ctx, alert(schemas.AlertOpen, 1), "k1", "")
	if err != nil || ref != "C123/1700000000.000001" {
		t.Fatalf("got %q, %v", ref, err)
	}
	// As after a restart: another sink, the ref from the log.
	s = w.sink(t)
	states := []schemas.AlertState{schemas.AlertUpdated, schemas.AlertResolved, schemas.AlertOpen,
		schemas.AlertAcknowledged, schemas.AlertEscalated, schemas.AlertReopened}
	want := []string{"post ts= thread="}
	for i, state := range states {
		if next, err := s.Notify(ctx, alert(state, 2+i), "k", ref); err != nil || next != "" {
			t.Fatalf("%s: got %q, %v; want the ref to stay", state, next, err)
		}
		want = append(want, "update ts=1700000000.000001 thread=", "post ts= thread=1700000000.000001")
	}
	if !slices.Equal(w.calls, want) {
		t.Errorf("calls are\n%s\nwant\n%s", strings.Join(w.calls, "\n"), strings.Join(want, "\n"))
	}
	// What is open again or was not taken is told to the channel as well.
	loud := []int{6, 10, 12}
	for i, f := range w.forms {
		first := w.forms[0].Get("channel") == "#alerts"
		if !first || i > 0 && f.Get("channel") != "C123" {
			t.Errorf("call %d goes to %q", i, f.Get("channel"))
		}
		if broadcast := f.Get("reply_broadcast") == "true"; broadcast != slices.Contains(loud, i) {
			t.Errorf("call %d: broadcast is %v", i, broadcast)
		}
	}
	if text := w.forms[3].Get("text"); !strings.HasPrefix(text, "✅ RESOLVED after 1 h · ") {
		t.Errorf("the edited message says %q", text)
	}
	if blocks := w.forms[0].Get("blocks"); !strings.Contains(blocks, `Requests to look at\nreq-7f3a\nreq-`) || strings.Contains(blocks, "<!here>") {
		t.Errorf("the message says %s", blocks)
	}
	if blocks := w.forms[4].Get("blocks"); !strings.Contains(blocks, "nothing more since 2026-11-20 13:00:00 UTC") {
		t.Errorf("the thread says %s", blocks)
	}
}

func TestEditThatCannotBe(t *testing.T) {
	ctx := context.Background()
	for code, want := range map[string]struct {
		calls []string
		moved bool
	}{
		"message_not_found":   {[]string{"update ts=1.1 thread=", "post ts= thread="}, true},
		"edit_window_closed":  {[]string{"update ts=1.1 thread=", "post ts= thread=1.1"}, false},
		"cant_update_message": {[]string{"update ts=1.1 thread=", "post ts= thread=1.1"}, false},
	} {
		t.Run(code, func(t *testing.T) {
			w := newWorkspace(t)
			w.fail["update"] = code
			ref, err := w.sink(t).Notify(ctx, alert(schemas.AlertUpdated, 2), "k", "C9/1.1")
			if err != nil || (ref != "") != want.moved || !slices.Equal(w.calls, want.calls) {
				t.Errorf("got %q, %v, calls %v", ref, err, w.calls)
			}
		})
	}
	t.Run("a ref of another kind", func(t *testing.T) {
		w := newWorkspace(t)
		if ref, err := w.sink(t).Notify(ctx, alert(schemas.AlertUpdated, 2), "k", "../etc passwd"); err != nil || ref == "" {
			t.Errorf("got %q, %v; want a new message", ref, err)
		}
	})
}

func TestErrorCodes(t *testing.T) {
	for code, want := range map[string]string{
		"invalid_auth": "permanent", "token_revoked": "permanent", "channel_not_found": "permanent",
		"not_in_channel": "permanent", "is_archived": "permanent", "missing_scope": "permanent", "invalid_blocks": "permanent",
		"ratelimited": "after", "message_limit_exceeded": "after",
		"internal_error": "retry", "service_unavailable": "retry",
		"token xoxb-leak\nis <bad>": "retry", "a_code_of_next_year": "retry",
	} {
		t.Run(code, func(t *testing.T) {
			w := newWorkspace(t)
			w.fail["post"] = code
			_, err := w.sink(t).Notify(context.Background(), alert(schemas.AlertOpen, 1), "k", "")
			got := "retry"
			if alerting.IsPermanent(err) {
				got = "permanent"
			} else if _, ok := alerting.RetryAfter(err); ok {
				got = "after"
			}
			if err == nil || got != want {
				t.Errorf("got %v (%s), want %s", err, got, want)
			}
			if strings.ContainsAny(err.Error(), "\n<") || strings.Contains(err.Error(), "leak") {
				t.Errorf("the error quotes the answer: %q", err)
			}
		})
	}
}

// What is shown, once in full.
func TestMessage(t *testing.T) {
	a := alert(schemas.AlertOpen, 1)
	m := words.Of(a, "a1-1")
	doc, err := json.Marshal(message(a, &m, false))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(doc))
	for _, want := range []string{
		`"🟠 HIGH · Key guessing from one network"`,
		`"2,300 keys were tried; 3 are usual."`,
		`"Who: address\n198.51.100.7"`, `"Detector\nauthfail.key_guessing"`, `"Tenant\nacme"`, `"Confidence\n88 %"`,
		`"First seen\n2026-11-20 12:00:00 UTC"`, `"So far\n3 findings, 2,400 events"`,
		`"Observed against expected\n• distinct keys: 2300 against 3 keys"`,
		"```\\nSELECT count() FROM events WHERE status &gt;= 400 AND status &lt; 500\\n```",
		"<https://attack.mitre.org/techniques/T1110/003/|T1110.003 Password Spraying>",
		"<https://atlas.mitre.org/techniques/AML.T0012|AML.T0012 Valid Accounts>",
		"<https://owasp.org/API-Security/editions/2023/en/0x11-t10/|API2 Broken Authentication> · X/1 own",
		`"alert a1 · notification a1-1"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the message lacks %s:\n%s", want, text)
		}
	}
}

func TestConfig(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(secret, []byte("xoxb-from-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SLACK_TEST_HOOK", "https://hooks.slack.com/services/T/B/x")
	good := map[string]func(*Config){
		"token file":  func(c *Config) { c.TokenFile, c.Channel = secret, "C1" },
		"webhook env": func(c *Config) { c.WebhookURLEnv = "SLACK_TEST_HOOK" },
	}
	bad := map[string]func(*Config){
		"want one of them":       func(*Config) {},
		"token and webhook_url":  func(c *Config) { c.Token, c.WebhookURL, c.Channel = "t", "https://x/", "C1" },
		"channel":                func(c *Config) { c.Token = "t" },
		"fixed channel":          func(c *Config) { c.WebhookURL, c.Channel = "https://x/", "C1" },
		"token_file":             func(c *Config) { c.Token, c.TokenFile, c.Channel = "t", secret, "C1" },
		"token is empty":         func(c *Config) { c.TokenEnv, c.Channel = "SLACK_TEST_ABSENT", "C1" },
		"read token_file":        func(c *Config) { c.TokenFile, c.Channel = secret+"-absent", "C1" },
		"webhook_url is http":    func(c *Config) { c.WebhookURL = "http://hooks.example/x" },
		"webhook_url is no":      func(c *Config) { c.WebhookURL = "hooks.example" },
		"api_url":                func(c *Config) { c.Token, c.Channel, c.APIURL = "t", "C1", "http://slack.example/api" },
		"tls.cert_file":          func(c *Config) { c.Token, c.Channel, c.HTTP.TLS.CertFile = "t", "C1", "x" },
		"read tls.ca_file":       func(c *Config) { c.Token, c.Channel, c.HTTP.TLS.CAFile = "t", "C1", secret+"-absent" },
		"no PEM certificate":     func(c *Config) { c.Token, c.Channel, c.HTTP.TLS.CAFile = "t", "C1", secret },
		"channel: want the id":   func(c *Config) { c.Token, c.Channel = "t", "#a b" },
		"webhook_url has user":   func(c *Config) { c.WebhookURL = "https://u:hidden@hooks.example/x" },
		"webhook_url has anothe": func(c *Config) { c.WebhookURL = "ftp://hidden.example/x" },
		"webhook_url has a priv": func(c *Config) { c.WebhookURL = "https://10.0.0.1/hidden" },
		"buttons need a token":   func(c *Config) { c.WebhookURL, c.Buttons = "https://hooks.example/x", true },
		"post_interval is 2m":    func(c *Config) { c.Token, c.Channel, c.PostInterval = "t", "C1", 2*time.Minute },
		"post_interval is -1s":   func(c *Config) { c.Token, c.Channel, c.PostInterval = "t", "C1", -time.Second },
		"allowed_hosts":          func(c *Config) { c.Token, c.Channel, c.HTTP.AllowedHosts = "t", "C1", []string{"slack-gov.com"} },
	}
	for name, edit := range good {
		cfg := DefaultConfig()
		edit(&cfg)
		if _, err := New("x", &cfg); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for want, edit := range bad {
		cfg := DefaultConfig()
		edit(&cfg)
		_, err := New("x", &cfg)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	cfg := Config{Token: "xoxb-do-not-print", WebhookURL: "https://do-not-print/"}
	if s := fmt.Sprintf("%v %+v %#v", cfg, cfg, cfg); strings.Contains(s, "do-not-print") {
		t.Errorf("the settings print their secrets: %s", s)
	}
}

func TestCheckKnowsABadToken(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"ok":false,"error":"invalid_auth"}`))
	}))
	defer srv.Close()
	cfg := DefaultConfig()
	cfg.Token, cfg.Channel, cfg.APIURL = "xoxb-test", "C1", srv.URL
	s, err := New("x", &cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Check(context.Background()); !alerting.IsPermanent(err) || err.Error() != "slack: invalid_auth" {
		t.Errorf("got %v", err)
	}
}

func TestClassifyKeepsNil(t *testing.T) {
	if err := classify(nil); err != nil {
		t.Error(err)
	}
	if err := classify(errors.New("https://hooks.slack.com/services/secret")); strings.Contains(err.Error(), "secret") {
		t.Error("an unknown error is quoted")
	}
}
