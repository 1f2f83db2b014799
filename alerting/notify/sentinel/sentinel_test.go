package sentinel

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func alert() *schemas.Alert {
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	return &schemas.Alert{
		ID: "a1", Fingerprint: "f1", State: schemas.AlertAcknowledged, Sequence: 2, Severity: schemas.SeverityCritical, Confidence: 0.8,
		Title: "Model extraction", Summary: "One caller asks like a machine.", Detector: "extraction.harvest",
		Entity: schemas.Entity{Kind: schemas.EntityPrincipal, Name: "h1:k1:abc"}, Tenant: "acme",
		FirstSeen: at, LastSeen: at.Add(time.Hour), Findings: 3, Events: 12000,
		Acknowledged: &schemas.Mark{At: at.Add(90 * time.Minute), By: "ana"},
		Finding:      schemas.Finding{Query: "SELECT 1\nFROM events", Provider: "openai", Model: "gpt-4o"},
	}
}

// azure is a double of Entra ID and of the Logs Ingestion API.
type azure struct {
	*httptest.Server
	life   int      // of a token, in seconds
	given  int      // tokens
	good   string   // the token that is taken; "" is any
	status int      // of ingestion
	login  int      // status of the authority
	said   string   // by the authority; "" is a token
	bodies []string // that were taken
}

func cloud(t *testing.T) *azure {
	t.Helper()
	c := &azure{life: 3599, status: http.StatusNoContent, login: http.StatusOK}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/oauth2/v2.0/token") {
			c.given++
			w.WriteHeader(c.login)
			answer := c.said
			if answer == "" {
				answer = fmt.Sprintf(`{"token_type":"Bearer","expires_in":%d,"access_token":"token-%d"}`, c.life, c.given)
			}
			_, _ = w.Write([]byte(answer))
			return
		}
		if c.good != "" && r.Header.Get("Authorization") != "Bearer "+c.good {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if r.Method == http.MethodPost {
			z, err := gzip.NewReader(r.Body)
			if err != nil {
				t.Error(err)
				return
			}
			raw, err := io.ReadAll(z)
			if err != nil {
				t.Error(err)
			}
			c.bodies = append(c.bodies, string(raw))
		}
		w.WriteHeader(c.status)
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *azure) config() Config {
	cfg := DefaultConfig()
	cfg.Endpoint, cfg.Authority, cfg.RuleID = c.URL, c.URL, "dcr-0123456789abcdef0123456789abcdef"
	cfg.TenantID, cfg.ClientID, cfg.ClientSecret = "contoso.example", "66666666-7777-8888-9999-000000000000", "hidden"
	return cfg
}

func (c *azure) sink(t *testing.T) *Sink {
	t.Helper()
	cfg := c.config()
	s, err := New("siem", &cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func send(t *testing.T, s *Sink) error {
	t.Helper()
	_, err := s.Notify(t.Context(), alert(), "a1-2", "")
	return err
}

// A token serves until shortly before its end.
func TestTokenIsKept(t *testing.T) {
	c := cloud(t)
	s := c.sink(t)
	for range 3 {
		if err := send(t, s); err != nil {
			t.Fatal(err)
		}
	}
	if c.given != 1 {
		t.Errorf("%d tokens for three alerts", c.given)
	}
	if left := time.Until(s.tokens.until); left < 3599*time.Second-early-time.Minute || left > 3599*time.Second-early {
		t.Errorf("a token is used for %v", left)
	}
	s.tokens.until = time.Now().Add(-time.Second)
	if err := send(t, s); err != nil || c.given != 2 {
		t.Errorf("got %v and %d tokens after the end of the first", err, c.given)
	}
	c.life = 60 // less than early: half of it
	s.tokens.forget()
	if err := send(t, s); err != nil || time.Until(s.tokens.until) < 20*time.Second {
		t.Errorf("got %v, and a short token is used for %v", err, time.Until(s.tokens.until))
	}
}

// A token that is refused is replaced once within the attempt.
func TestTokenIsRenewed(t *testing.T) {
	c := cloud(t)
	s := c.sink(t)
	if err := send(t, s); err != nil {
		t.Fatal(err)
	}
	c.good = "token-2" // the first was withdrawn
	if err := send(t, s); err != nil || c.given != 2 || len(c.bodies) != 2 {
		t.Errorf("got %v, %d tokens and %d rows", err, c.given, len(c.bodies))
	}
	c.good = "another"
	err := send(t, s)
	if !alerting.IsPermanent(err) || c.given != 3 || err.Error() != "answer 401" {
		t.Errorf("got %v and %d tokens", err, c.given)
	}
}

func TestAuthorityFails(t *testing.T) {
	for _, k := range []struct {
		login     int
		said      string
		permanent bool
	}{
		{401, `{"error":"invalid_client","error_description":"hidden"}`, true}, {400, `{"error":"unauthorized_client"}`, true},
		{404, "", true}, {429, "", false}, {500, "", false}, {503, "", false}, {302, "", false},
		{200, `{}`, false}, {200, `no`, false}, {200, `{"access_token":"a b\n","expires_in":9}`, false},
		{200, `{"access_token":"a","expires_in":-1}`, false}, {200, `{"access_token":"` + strings.Repeat("a", maxToken+1) + `","expires_in":9}`, false},
	} {
		c := cloud(t)
		c.login, c.said = k.login, k.said
		for _, err := range []error{send(t, c.sink(t)), c.sink(t).Check(t.Context())} {
			if err == nil || alerting.IsPermanent(err) != k.permanent || strings.Contains(err.Error(), "hidden") {
				t.Errorf("%d %.40s: got %v", k.login, k.said, err)
			}
		}
		if len(c.bodies) != 0 {
			t.Error("something was sent without a token")
		}
	}
}

// A role takes a while to be known, so 403 is no end.
func TestStatuses(t *testing.T) {
	c := cloud(t)
	for status, permanent := range map[int]bool{400: true, 404: true, 413: true, 403: false, 429: false, 500: false, 503: false} {
		c.status = status
		if err := send(t, c.sink(t)); err == nil || alerting.IsPermanent(err) != permanent {
			t.Errorf("%d: got %v", status, err)
		}
	}
}

// The rows have the columns that are documented, with values of their types.
func TestColumns(t *testing.T) {
	raw, err := os.ReadFile("columns.json")
	if err != nil {
		t.Fatal(err)
	}
	var columns []struct{ Name, Type string }
	if err := json.Unmarshal(raw, &columns); err != nil {
		t.Fatal(err)
	}
	var names []string
	for i, f := range reflect.VisibleFields(reflect.TypeFor[row]()) {
		names = append(names, f.Name)
		want := map[string][]string{
			"time.Time": {"datetime"}, "string": {"string"}, "int": {"int"}, "int64": {"long"}, "float64": {"real"}, "bool": {"boolean"},
		}[f.Type.String()]
		if want == nil {
			want = []string{"dynamic"}
		}
		if i < len(columns) && !slices.Contains(want, columns[i].Type) {
			t.Errorf("%s is %s, want %s", f.Name, columns[i].Type, want)
		}
	}
	for i, c := range columns {
		if i >= len(names) || names[i] != c.Name {
			t.Fatalf("column %d is %s, the row has %v", i, c.Name, names)
		}
	}
	if len(names) != len(columns) {
		t.Errorf("the row has %d columns, %d are documented", len(names), len(columns))
	}
}

func TestRow(t *testing.T) {
	c := cloud(t)
	if err := send(t, c.sink(t)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`[{"TimeGenerated":"2026-11-20T13:30:00Z","AlertId":"a1","AlertKey":"a1-2"`, `"Severity":"High","SourceSeverity":"critical"`, `"State":"acknowledged"`,
		`"AcknowledgedBy":"ana"`, `"Query":"SELECT 1\nFROM events"`, `"Model":"gpt-4o"`, `"Test":false`} {
		if !strings.Contains(c.bodies[0], want) {
			t.Errorf("the row lacks %s:\n%s", want, c.bodies[0])
		}
	}
	a := alert()
	for range 400 {
		a.Finding.Features = append(a.Finding.Features, schemas.Feature{Text: strings.Repeat("<", 1000)})
	}
	body, err := rows(a, "k")
	if err != nil || len(body) > maxBody || !bytes.Contains(body, []byte(`"AlertKey":"k"`)) {
		t.Errorf("%d bytes, %v", len(body), err)
	}
}

func TestConfig(t *testing.T) {
	c := cloud(t)
	for want, edit := range map[string]func(*Config){
		"endpoint is http":       func(c *Config) { c.Endpoint = "http://x.ingest.monitor.azure.com" },
		"endpoint has a query":   func(c *Config) { c.Endpoint += "?x" },
		"authority is no":        func(c *Config) { c.Authority = "" },
		"rule_id is":             func(c *Config) { c.RuleID = "dcr-../x" },
		"stream is":              func(c *Config) { c.Stream = "a/b" },
		"tenant_id is":           func(c *Config) { c.TenantID = "../x" },
		"client_id is":           func(c *Config) { c.ClientID = "" },
		"scope is":               func(c *Config) { c.Scope = "x" },
		"client_secret is not":   func(c *Config) { c.ClientSecret = "" },
		"read client_secret_fil": func(c *Config) { c.ClientSecret, c.ClientSecretFile = "", "/nowhere" },
		"allowed_hosts":          func(c *Config) { c.HTTP.AllowedHosts = []string{".azure.com"} },
		"":                       func(*Config) {},
	} {
		cfg := c.config()
		edit(&cfg)
		_, err := New("x", &cfg)
		if (err == nil) != (want == "") || err != nil && (!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hidden")) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	cfg := c.config()
	if s := fmt.Sprintf("%v %+v %#v", cfg, cfg, cfg); strings.Contains(s, "hidden") {
		t.Errorf("the settings print their secret: %s", s)
	}
}
