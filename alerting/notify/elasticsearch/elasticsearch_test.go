package elasticsearch

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/outbound"
	"github.com/gatehound/gatehound/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func alert(state schemas.AlertState) *schemas.Alert {
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	a := &schemas.Alert{
		ID: "a1", Fingerprint: "f1", State: state, Sequence: 1, Severity: schemas.SeverityHigh, Confidence: 0.8,
		Title: "Model extraction", Summary: "One caller asks like a machine.", Detector: "extraction.harvest",
		Entity: schemas.Entity{Kind: schemas.EntityPrincipal, Name: "h1:k1:abc"}, Tenant: "acme", URL: "https://gatehound.example/a1",
		FirstSeen: at, LastSeen: at.Add(time.Hour), Findings: 3, Events: 12000,
	}
	a.Finding = schemas.Finding{ID: "f0", Detected: at.Add(time.Hour), Query: "SELECT 1", Provider: "openai", Model: "gpt-4o",
		Related: []schemas.Entity{{Kind: schemas.EntityAddress, Name: "198.51.100.7"}, {Kind: schemas.EntityAddress, Name: "2001:db8::/64"},
			{Kind: schemas.EntityAddress, Name: "h1:k1:pseudonym"}, {Kind: schemas.EntityPrincipal, Name: "h1:k1:def"}},
		Features: []schemas.Feature{{Name: "requests", Observed: 5021, Expected: 240.5, Text: "many"}},
		Techniques: []schemas.Technique{
			{Framework: "MITRE ATLAS", ID: "AML.T0024.002", Name: "Extract AI Model"},
			{Framework: "MITRE ATT&CK", ID: "T1110", Name: "Brute Force"},
			{Framework: "OWASP LLM 2025", ID: "LLM10", Name: "Unbounded Consumption"}}}
	return a
}

// lines returns the action and the document of a bulk request.
func lines(t *testing.T, a *schemas.Alert) (action, doc map[string]any) {
	t.Helper()
	raw, err := bulk(a, a.ID+"-1", "logs-gatehound.alert-default")
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.SplitAfter(string(raw), "\n")
	if len(parts) != 3 || parts[2] != "" {
		t.Fatalf("%d lines: %s", len(parts)-1, raw)
	}
	for i, into := range []*map[string]any{&action, &doc} {
		if err := json.Unmarshal([]byte(parts[i]), into); err != nil {
			t.Fatal(err)
		}
	}
	return action, doc
}

// at returns what is at a path of keys with dots between.
func at(doc map[string]any, path string) any {
	var v any = doc
	for _, key := range strings.Split(path, "/") {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[key]
	}
	return v
}

func TestDocument(t *testing.T) {
	action, doc := lines(t, alert(schemas.AlertOpen))
	if fmt.Sprint(action) != "map[create:map[_id:a1-1 _index:logs-gatehound.alert-default]]" {
		t.Errorf("the action is %v", action)
	}
	for path, want := range map[string]any{
		"@timestamp": "2026-11-20T13:00:00Z", "ecs/version": "8.17.0", "message": "Model extraction",
		"event/kind": "alert", "event/category": []any{"intrusion_detection", "api"}, "event/type": []any{"start"}, "event/id": "a1-1",
		"event/action": "extraction.harvest", "event/severity": 73.0, "event/risk_score": 73.0, "event/start": "2026-11-20T12:00:00Z",
		"event/url": "https://gatehound.example/a1", "rule/id": "extraction.harvest", "rule/category": "extraction", "rule/uuid": "f0",
		"organization/id": "acme", "user/id": "h1:k1:abc", "source": nil, "related/user": []any{"h1:k1:abc", "h1:k1:def"},
		"related/ip":                         []any{"198.51.100.7", "2001:db8::"}, // what is no address would be refused
		"threat/framework":                   []any{"MITRE ATLAS", "MITRE ATT&CK"},
		"threat/technique/id":                []any{"AML.T0024", "T1110"},
		"threat/technique/name":              []any{"Brute Force"},
		"threat/technique/subtechnique/id":   []any{"AML.T0024.002"},
		"threat/technique/subtechnique/name": []any{"Extract AI Model"},
		"tags":                               []any{"gatehound", "OWASP LLM 2025 LLM10"}, "gen_ai/request/model/id": "gpt-4o", "labels/provider": "openai",
		"gatehound/alert/state": "open", "gatehound/alert/data/finding/query": "SELECT 1", "gatehound/alert/data/finding/features": at(doc, "gatehound/alert/data/finding/features"),
	} {
		if got := at(doc, path); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
}

func TestDocumentOfStates(t *testing.T) {
	a := alert(schemas.AlertResolved)
	a.Resolution, a.Outcome, a.MergedInto, a.Test = &schemas.Mark{At: a.LastSeen.Add(time.Hour)}, "It stopped.", "b2", true
	a.Entity = schemas.Entity{Kind: schemas.EntityAddress, Name: "203.0.113.5"}
	_, doc := lines(t, a)
	for path, want := range map[string]any{"@timestamp": "2026-11-20T14:00:00Z", "event/type": []any{"end"}, "message": "TEST: Model extraction: It stopped.",
		"tags": []any{"gatehound", "test", "OWASP LLM 2025 LLM10"}, "gatehound/alert/merged_into": "b2", "source/ip": "203.0.113.5", "user": nil} {
		if got := at(doc, path); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	a = alert(schemas.AlertAcknowledged)
	a.Acknowledged, a.Entity.Kind, a.Entity.Name = &schemas.Mark{By: "ana"}, schemas.EntityAddress, "h1:k1:pseudonym"
	a.Finding = schemas.Finding{}
	_, doc = lines(t, a)
	for path, want := range map[string]any{"event/type": []any{"change"}, "gatehound/alert/acknowledged_by": "ana", "source/ip": nil,
		"source/address": "h1:k1:pseudonym", "threat": nil, "gen_ai": nil, "related/ip": []any{}} {
		if got := at(doc, path); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
}

// The index template has a mapping for every field, so that both products index
// the same, and none that no document has.
func TestTemplateMapsEveryField(t *testing.T) {
	raw, err := os.ReadFile("index-template.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Template struct {
			Mappings struct{ Properties map[string]any }
		}
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	mapped, written := map[string]bool{}, map[string]bool{}
	var mapping func(at string, properties map[string]any)
	mapping = func(at string, properties map[string]any) {
		for name, v := range properties {
			m := v.(map[string]any)
			if inner, ok := m["properties"].(map[string]any); ok {
				mapping(at+name+".", inner)
			} else {
				mapped[at+name] = true
			}
		}
	}
	mapping("", file.Template.Mappings.Properties)
	var fields func(at string, v any)
	fields = func(at string, v any) {
		if m, ok := v.(map[string]any); ok && at != "gatehound.alert.data." {
			for name, x := range m {
				fields(at+name+".", x)
			}
			return
		}
		written[strings.TrimSuffix(at, ".")] = true
	}
	for _, state := range []schemas.AlertState{schemas.AlertResolved, schemas.AlertAcknowledged} {
		for _, kind := range []schemas.EntityKind{schemas.EntityPrincipal, schemas.EntityAddress} {
			a := alert(state)
			a.Entity = schemas.Entity{Kind: kind, Name: "203.0.113.5"}
			a.Outcome, a.MergedInto, a.Acknowledged = "It stopped.", "b2", &schemas.Mark{By: "ana"}
			_, doc := lines(t, a)
			fields("", doc)
		}
	}
	for f := range written {
		if !mapped[f] {
			t.Errorf("%s is not in the template", f)
		}
	}
	for f := range mapped {
		if !written[f] {
			t.Errorf("%s is in the template and in no document", f)
		}
	}
}

func TestLargeDocument(t *testing.T) {
	a := alert(schemas.AlertOpen)
	for range 500 {
		a.Finding.Features = append(a.Finding.Features, schemas.Feature{Name: "x", Text: strings.Repeat("<", 1000)})
	}
	raw, err := bulk(a, "a1-1", "x")
	if err != nil || len(raw) > maxDocument+500 || !strings.Contains(string(raw), `"id":"a1-1"`) {
		t.Errorf("%d bytes, %v", len(raw), err)
	}
}

func TestCheck(t *testing.T) {
	for status, c := range map[int]struct{ good, permanent bool }{200: {true, false}, 403: {true, false}, 401: {false, true}, 404: {false, true}, 503: {}} {
		var got string
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got = r.Method + " " + r.URL.Path + " " + r.Header.Get("Authorization")
			w.WriteHeader(status)
		}))
		cfg := DefaultConfig()
		cfg.URL, cfg.Username, cfg.Password = srv.URL+"/es", "u", "p"
		s, err := New("siem", &cfg)
		if err != nil {
			t.Fatal(err)
		}
		err = s.Check(t.Context())
		if (err == nil) != c.good || alerting.IsPermanent(err) != c.permanent || got != "GET /es/ Basic dTpw" {
			t.Errorf("%d: got %v and %s", status, err, got)
		}
		srv.Close()
	}
}

func TestConfig(t *testing.T) {
	t.Setenv("ELASTICSEARCH_TEST_KEY", "hidden hidden")
	for want, edit := range map[string]func(*Config){
		"":                       func(*Config) {},
		"url is no absolute":     func(c *Config) { c.URL = "" },
		"url has a query":        func(c *Config) { c.URL += "?hidden" },
		"url has user":           func(c *Config) { c.URL = "https://hidden:hidden@search.example" },
		"index is":               func(c *Config) { c.Index = "Logs/x" },
		`index is "-x"`:          func(c *Config) { c.Index = "-x" },
		"api_key, api_key_file":  func(c *Config) { c.APIKey, c.APIKeyEnv = "hidden", "X" },
		"api_key is no base64":   func(c *Config) { c.APIKeyEnv = "ELASTICSEARCH_TEST_KEY" },
		"api_key and username":   func(c *Config) { c.APIKey, c.Username, c.Password = "aGk=", "u", "hidden" },
		"username and password":  func(c *Config) { c.Username = "u" },
		"password, password_fil": func(c *Config) { c.Username, c.Password, c.PasswordFile = "u", "hidden", "x" },
		"read password_file":     func(c *Config) { c.Username, c.PasswordFile = "u", "/nowhere" },
		"allowed_hosts":          func(c *Config) { c.HTTP.AllowedHosts = []string{".other.example"} },
	} {
		cfg := DefaultConfig()
		cfg.URL = "https://search.example:9200"
		edit(&cfg)
		_, err := New("x", &cfg)
		if (err == nil) != (want == "") || err != nil && (!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hidden")) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	cfg := Config{APIKey: outbound.Secret("hidden"), Password: "hidden"}
	if s := fmt.Sprintf("%v %+v %#v", cfg, cfg, cfg); strings.Contains(s, "hidden") {
		t.Errorf("the settings print their secrets: %s", s)
	}
}
