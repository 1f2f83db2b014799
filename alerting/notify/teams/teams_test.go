package teams

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/words"
	"github.com/gatehound/gatehound/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func alert(state schemas.AlertState) *schemas.Alert {
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	return &schemas.Alert{
		ID: "fedcba98", State: state, Severity: schemas.SeverityCritical, Confidence: 0.9, Title: "Key guessing from one network",
		Summary: "2,300 keys were tried; see https://evil.example.", Detector: "authfail.key_guessing",
		Entity: schemas.Entity{Kind: schemas.EntityAddress, Name: "198.51.100.7"}, FirstSeen: at, LastSeen: at.Add(42 * time.Minute),
		Findings: 3, Events: 2400, URL: "https://cases.example/fedcba98",
		Parts: []schemas.AlertPart{{Detector: "authfail.stuffing", Title: "Stuffing", FirstSeen: at}, {Detector: "authfail.success", Title: "Success", FirstSeen: at}},
		Finding: schemas.Finding{
			Query: "SELECT 1\nFROM events", Samples: []string{"req-1"}, Features: []schemas.Feature{{Observed: 2300, Expected: 3, Unit: "keys", Text: "distinct keys"}},
			Techniques: []schemas.Technique{{Framework: "MITRE ATT&CK", ID: "T1110", Name: "Brute Force"}, {Framework: "home", ID: "X1", Name: "own"}},
			Series:     &schemas.Series{Start: at, Step: 300, Counts: []int64{1, 1204}},
		},
	}
}

// shown are the texts of a card in the order in which they are read.
func shown(c *Card) string {
	var out []string
	var walk func([]element)
	walk = func(es []element) {
		for _, e := range es {
			var line strings.Builder
			for _, r := range e.Inlines {
				line.WriteString(r.Text)
			}
			if len(e.Inlines) > 0 {
				out = append(out, line.String())
			}
			walk(e.Items)
		}
	}
	walk(c.Body)
	return strings.Join(out, "\n")
}

func cardOf(a *schemas.Alert) *Card {
	m := words.Of(a, "k-1")
	return card(a, &m)
}

func TestCard(t *testing.T) {
	c := cardOf(alert(schemas.AlertOpen))
	want := `🔴 CRITICAL
Key guessing from one network
2,300 keys were tried; see https[:]//evil.example.
First seen: 2026-11-20 12:00:00 UTC
Last seen: 2026-11-20 12:42:00 UTC
So far: 3 findings, 2,400 events
Who: address: 198.51.100.7
Detector: authfail.key_guessing
Confidence: 90 %
▁█ peak 1,204 in 5 min, 12:00 to 12:10 UTC
How it came to be
• 12:00 authfail.stuffing: Stuffing (0 findings, 0 events)
• 12:00 authfail.success: Success (0 findings, 0 events)
`
	if got := shown(c); !strings.HasPrefix(got, want) {
		t.Errorf("the card says\n%s\nwant it to begin\n%s", got, want)
	}
	if got := shown(c); !strings.HasSuffix(got, "Requests to look at\nreq-1\nT1110 Brute Force · X1 own\nEvidence\nSELECT 1\nFROM events\nalert fedcba98 · notification k-1") {
		t.Errorf("the card ends\n%s", got)
	}
	if c.Body[0].Style != "attention" || len(c.Actions) != 1 || c.Actions[0] != opens("Open the case", "https://cases.example/fedcba98") {
		t.Errorf("the head is %q, the actions are %v", c.Body[0].Style, c.Actions)
	}
	a := alert(schemas.AlertResolved)
	a.Outcome, a.MergedInto = "Nothing was taken.", "01234567"
	c = cardOf(a)
	if got := shown(c); !strings.HasPrefix(got, "✅ RESOLVED after 42 min\n") || !strings.Contains(got, "\nNothing was taken.\nIt became part of alert 01234567.\n") {
		t.Errorf("the card says\n%s", got)
	}
	if c.Body[0].Style != "good" || len(c.Actions) != 2 || c.Actions[1].URL != "https://cases.example/01234567" {
		t.Errorf("the head is %q, the actions are %v", c.Body[0].Style, c.Actions)
	}
	if c.Fallback != "✅ RESOLVED after 42 min · Key guessing from one network" {
		t.Errorf("the fallback is %q", c.Fallback)
	}
}

// What Adaptive Cards and their templates would compute is text.
func TestFunctionsAreText(t *testing.T) {
	for _, s := range []string{"{{DATE(2017-02-14T06:08:39Z, SHORT)}}", "{{{", "${{x}}", "${x}", "$${", "{{{{", "<at>all</at>", "@all"} {
		got := safe(s)
		for _, never := range []string{"{{", "${", "<at>", "@"} {
			if strings.Contains(got, never) {
				t.Errorf("%q is %q", s, got)
			}
		}
	}
}

// A card that is too large loses its last parts, and never its head.
func TestCardsShrink(t *testing.T) {
	a := alert(schemas.AlertOpen)
	a.Finding.Query = strings.Repeat("𝒳\n", 3000)
	a.Finding.Samples = []string{"req-1", strings.Repeat("𝒳", 100)}
	for range 20 {
		a.Parts = append(a.Parts, schemas.AlertPart{Title: strings.Repeat("𝒳", 200), Detector: strings.Repeat("𝒳", 200)})
		a.Finding.Features = append(a.Finding.Features, schemas.Feature{Text: strings.Repeat("𝒳", 500)})
	}
	for _, alone := range []bool{false, true} {
		c := cardOf(a)
		body, err := encode(c, alone)
		if err != nil || weight(body) > maxMessage {
			t.Fatalf("%d bytes, %v", len(body), err)
		}
		got := shown(c)
		if strings.Contains(got, "Evidence") || !strings.HasPrefix(got, "🔴 CRITICAL\nKey guessing") || !strings.HasSuffix(got, "notification k-1") ||
			!strings.Contains(got, "Observed against expected") {
			t.Errorf("the card says\n%.300s … %s", got, got[len(got)-300:])
		}
	}
	a.Title, a.Summary, a.Outcome, a.Muted = strings.Repeat("😀", 9000), strings.Repeat("😀", 9000), strings.Repeat("😀", 9000), strings.Repeat("😀", 9000)
	if body, err := encode(cardOf(a), false); err != nil || weight(body) > maxMessage {
		t.Errorf("%d bytes, %v", len(body), err)
	}
}

func TestWeight(t *testing.T) {
	in := []byte(`{"a":"b\\n"}`)
	out, err := json.Marshal(string(in))
	if err != nil || weight(in) != len(out)-2 {
		t.Errorf("got %d, as a string it has %d, %v", weight(in), len(out)-2, err)
	}
}

func TestEnvelope(t *testing.T) {
	for body, kind := range map[string]string{BodyMessage: "message", BodyCard: "AdaptiveCard"} {
		var got struct {
			Type        string
			Version     string
			Attachments []struct {
				ContentType string
				ContentURL  any
				Content     struct{ Type, Version string }
			}
		}
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			raw, _ := io.ReadAll(r.Body)
			if err := json.Unmarshal(raw, &got); err != nil {
				t.Error(err)
			}
			w.WriteHeader(http.StatusAccepted)
		}))
		cfg := DefaultConfig()
		cfg.WebhookURLFile, cfg.Body = filepath.Join(t.TempDir(), "url"), body
		if err := os.WriteFile(cfg.WebhookURLFile, []byte(srv.URL+"/invoke?sig=x\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := New("teams", &cfg)
		if err != nil {
			t.Fatal(err)
		}
		if ref, err := s.Notify(context.Background(), alert(schemas.AlertOpen), "k", "of another"); err != nil || ref != "" {
			t.Errorf("got %q, %v", ref, err)
		}
		srv.Close()
		if got.Type != kind {
			t.Errorf("%s: the body is a %q", body, got.Type)
		}
		if body == BodyMessage && (len(got.Attachments) != 1 || got.Attachments[0].ContentType != "application/vnd.microsoft.card.adaptive" ||
			got.Attachments[0].Content.Version != "1.4") {
			t.Errorf("the message is %+v", got)
		}
	}
}

func TestConfig(t *testing.T) {
	for want, edit := range map[string]func(*Config){
		"webhook_url is not set":      func(c *Config) { c.WebhookURL = "" },
		"webhook_url, webhook_url_fi": func(c *Config) { c.WebhookURLEnv = "X" },
		"body: want":                  func(c *Config) { c.Body = "MessageCard" },
		"webhook_url is http":         func(c *Config) { c.WebhookURL = "http://flow.example/hidden" },
		"webhook_url is of an Office": func(c *Config) { c.WebhookURL = "https://contoso.webhook.office.com/webhookb2/hidden" },
		"an Office 365 connector":     func(c *Config) { c.WebhookURL = "https://outlook.office.com/webhook/hidden" },
		"webhook_url has a private":   func(c *Config) { c.WebhookURL = "https://192.168.1.1/hidden" },
		"webhook_url has a host":      func(c *Config) { c.HTTP.AllowedHosts = []string{".logic.azure.com"} },
		"webhook_url is empty":        func(c *Config) { c.WebhookURL, c.WebhookURLEnv = "", "TEAMS_TEST_ABSENT" },
		"tls.cert_file":               func(c *Config) { c.HTTP.TLS.KeyFile = "x" },
	} {
		cfg := DefaultConfig()
		cfg.WebhookURL = "https://prod-1.westeurope.logic.azure.example/invoke?sig=hidden"
		edit(&cfg)
		if _, err := New("teams", &cfg); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	t.Setenv("TEAMS_TEST_OLD", "https://contoso.webhook.office.com/webhookb2/hidden")
	cfg := DefaultConfig()
	cfg.WebhookURLEnv = "TEAMS_TEST_OLD"
	if _, err := New("teams", &cfg); err == nil || !strings.Contains(err.Error(), "Office 365") {
		t.Errorf("got %v for an old address from a variable", err)
	}
}

func TestPermanent(t *testing.T) {
	for status, want := range map[int]bool{400: true, 401: true, 403: true, 404: true, 410: true, 413: true, 408: false, 429: false, 500: false, 502: false} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		cfg := DefaultConfig()
		cfg.WebhookURL = "http://127.0.0.1/"
		s, err := New("teams", &cfg)
		if err != nil {
			t.Fatal(err)
		}
		s.url = srv.URL
		if _, err := s.Notify(context.Background(), alert(schemas.AlertOpen), "k", ""); err == nil || alerting.IsPermanent(err) != want {
			t.Errorf("%d: got %v", status, err)
		}
		srv.Close()
	}
}
