package pagerduty

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/schemas"
)

const testKey = "0123456789abcdefNOTAREALKEY01234"

func sample(state schemas.AlertState) schemas.Alert {
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	a := schemas.Alert{
		ID: "fedcba9876543210fedcba9876543210", State: state, Sequence: 2, Severity: schemas.SeverityHigh, Confidence: 0.87,
		Title: "Model extraction", Summary: "One caller asks like a machine.", Detector: "extraction.harvest",
		Entity: schemas.Entity{Kind: schemas.EntityPrincipal, Name: "h1:k1:q83vEjRWeJA"}, Tenant: "acme",
		FirstSeen: at, LastSeen: at.Add(time.Hour), Findings: 3, Events: 12000, URL: "https://gatehound.example/cases/1",
	}
	a.Finding = schemas.Finding{
		Detector: a.Detector, Entity: a.Entity, Query: "SELECT 1\nFROM events", Provider: "openai", Model: "gpt-4o", Samples: []string{"req-1"},
		Features:   []schemas.Feature{{Text: "requests in an hour", Observed: 5021, Expected: 240, Unit: "requests/h"}},
		Techniques: []schemas.Technique{{Framework: "MITRE ATLAS", ID: "AML.T0024.002", Name: "Extract AI Model"}, {Framework: "own", ID: "X1"}},
		Related:    []schemas.Entity{{Kind: schemas.EntityAddress, Name: "198.51.100.7"}},
	}
	a.Parts = []schemas.AlertPart{{Detector: "rate.spike", Entity: a.Entity, Severity: schemas.SeverityMedium, Title: "Many requests", FirstSeen: at, LastSeen: at}}
	return a
}

func sinkTo(t *testing.T, change func(*Config)) *Sink {
	t.Helper()
	cfg := DefaultConfig()
	cfg.RoutingKey = testKey
	if change != nil {
		change(&cfg)
	}
	s, err := New("oncall", &cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func encoded(t *testing.T, a *schemas.Alert) (m message, size int) {
	t.Helper()
	doc, err := sinkTo(t, nil).encode(a, "k-1")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(doc, &m); err != nil {
		t.Fatal(err)
	}
	return m, len(doc)
}

func TestActions(t *testing.T) {
	for state, want := range map[schemas.AlertState][2]string{
		schemas.AlertOpen: {"trigger", "HIGH Model"}, schemas.AlertUpdated: {"trigger", "HIGH Model"}, schemas.AlertAcknowledged: {"acknowledge", "HIGH Model"},
		schemas.AlertEscalated: {"trigger", "ESCALATED HIGH Model"}, schemas.AlertReopened: {"trigger", "REOPENED HIGH Model"}, schemas.AlertResolved: {"resolve", "HIGH Model"},
	} {
		a := sample(state)
		m, _ := encoded(t, &a)
		if m.Action != want[0] || !strings.HasPrefix(m.Payload.Summary, want[1]) || m.DedupKey != a.ID || m.RoutingKey != testKey {
			t.Errorf("%s: %s %q for %s", state, m.Action, m.Payload.Summary, m.DedupKey)
		}
	}
	a := sample(schemas.AlertEscalated)
	a.Test = true
	if m, _ := encoded(t, &a); m.Payload.Summary != "TEST: ESCALATED HIGH Model extraction. One caller asks like a machine." {
		t.Errorf("a test says %q", m.Payload.Summary)
	}
}

func TestSeverities(t *testing.T) {
	for severity, want := range map[schemas.Severity]string{
		schemas.SeverityInfo: "info", schemas.SeverityLow: "info", schemas.SeverityMedium: "warning", schemas.SeverityHigh: "error",
		schemas.SeverityCritical: "critical", 200: "critical",
	} {
		a := sample(schemas.AlertOpen)
		a.Severity = severity
		if m, _ := encoded(t, &a); m.Payload.Severity != want {
			t.Errorf("%s is %s, want %s", severity, m.Payload.Severity, want)
		}
	}
}

func TestPayload(t *testing.T) {
	a := sample(schemas.AlertResolved)
	a.Resolution = &schemas.Mark{At: a.LastSeen.Add(time.Hour), By: "ana.k", Comment: "rotated the key"}
	a.Acknowledged, a.Outcome, a.MergedInto, a.Escalated, a.Reopened = &schemas.Mark{At: a.LastSeen}, "It is over.", "0123", 2, 1
	m, _ := encoded(t, &a)
	if m.ClientURL != a.URL || len(m.Links) != 2 || m.Links[0].Href != a.URL || m.Links[1].Href != "https://atlas.mitre.org/techniques/AML.T0024.002" {
		t.Errorf("the links are %+v", m.Links)
	}
	p := m.Payload
	if p.Source != "gatehound" || p.Component != a.Entity.Name || p.Group != "acme" || p.Class != a.Detector || !p.Timestamp.Equal(a.Resolution.At) {
		t.Errorf("the payload is %+v", p)
	}
	for key, want := range map[string]any{
		"alert": a.ID, "notification": "k-1", "state": "resolved", "severity": "high", "confidence": "87 %", "entity": "principal h1:k1:q83vEjRWeJA",
		"events": 12000.0, "query": a.Finding.Query, "model": "openai gpt-4o", "outcome": "It is over.", "merged_into": "0123", "escalated": 2.0, "reopened": 1.0,
		"resolution": "ana.k at 2026-11-20 14:00:00 UTC: rotated the key", "acknowledged": "Gatehound at 2026-11-20 13:00:00 UTC:",
		"observed": []any{"requests in an hour: 5021 against 240 requests/h"}, "related": []any{"address 198.51.100.7"}, "requests": []any{"req-1"},
		"parts": []any{"2026-11-20 12:00:00 UTC to 2026-11-20 12:00:00 UTC, medium, principal h1:k1:q83vEjRWeJA: Many requests"},
	} {
		if got := p.Details[key]; !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %v, want %v", key, got, want)
		}
	}
	for _, url := range []string{"", "javascript:alert(1)", "https://a.example/\u202e", "://", "https://"} {
		a.URL = url
		if m, _ := encoded(t, &a); m.ClientURL != "" || len(m.Links) != 1 {
			t.Errorf("%q is a link", url)
		}
	}
}

// Whatever an alert has in it, PagerDuty's limits are kept.
func TestLimits(t *testing.T) {
	for _, text := range []string{"<", "𝒳", "\U0010fffd", "\\", "x"} {
		a := sample(schemas.AlertOpen)
		long := strings.Repeat(text, 20_000)
		a.ID, a.Title, a.Summary, a.Detector, a.Entity.Name, a.Tenant = long, long, long, long, long, long
		a.Outcome, a.Acknowledged, a.Finding.Query, a.Finding.Model = long, &schemas.Mark{By: long, Comment: long}, long, long
		a.Finding.Campaign = &schemas.Campaign{ID: long}
		for range 100 {
			a.Parts = append(a.Parts, schemas.AlertPart{Entity: a.Entity, Title: long})
			a.Finding.Features = append(a.Finding.Features, schemas.Feature{Text: long, Unit: long})
			a.Finding.Samples = append(a.Finding.Samples, long)
			a.Finding.Campaign.Named = append(a.Finding.Campaign.Named, long)
			a.Finding.Campaign.Links = append(a.Finding.Campaign.Links, schemas.Link{Text: long})
		}
		m, size := encoded(t, &a)
		if utf8.RuneCountInString(m.Payload.Summary) > limitSummary || utf8.RuneCountInString(m.DedupKey) > limitDedup || size > maxBody {
			t.Errorf("%q: %d bytes, a summary of %d", text, size, len(m.Payload.Summary))
		}
	}
}

func TestRegionsAndKeys(t *testing.T) {
	if s := sinkTo(t, nil); s.url != "https://events.pagerduty.com/v2/enqueue" || s.Name() != "oncall" {
		t.Errorf("by default events go to %s", s.url)
	}
	if s := sinkTo(t, func(c *Config) { c.Region = RegionEU }); s.url != "https://events.eu.pagerduty.com/v2/enqueue" {
		t.Errorf("in the EU events go to %s", s.url)
	}
	for want, change := range map[string]func(*Config){
		"routing_key is not set":            func(c *Config) { c.RoutingKey = "" },
		"routing_key: want 32":              func(c *Config) { c.RoutingKey = "hidden" },
		"routing_key, routing_key_file and": func(c *Config) { c.RoutingKeyEnv = "X" },
		`region is "mars"`:                  func(c *Config) { c.Region = "mars" },
		"source: want 1 to 255":             func(c *Config) { c.Source = "" },
		"url is http":                       func(c *Config) { c.URL = "http://pd.example.com" },
		"routing_key is empty":              func(c *Config) { c.RoutingKey, c.RoutingKeyEnv = "", "PAGERDUTY_TEST_ABSENT" },
		"read tls.ca_file":                  func(c *Config) { c.HTTP.TLS.CAFile = "/absent" },
		"routing_key: want 32 letters and digit": func(c *Config) {
			t.Setenv("PAGERDUTY_TEST", "hidden")
			c.RoutingKey, c.RoutingKeyEnv = "", "PAGERDUTY_TEST"
		},
	} {
		cfg := DefaultConfig()
		cfg.RoutingKey = testKey
		change(&cfg)
		if _, err := New("oncall", &cfg); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// double keeps what PagerDuty's documents say of dedup_key: a trigger opens an
// alert or adds to it, an acknowledgement and a resolve of what is not open are
// dropped, and what is resolved is not opened again but anew.
type double struct {
	open   map[string]string // dedup_key: state
	opened int
}

func (d *double) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	var m message
	if err != nil || json.Unmarshal(raw, &m) != nil || len(m.RoutingKey) != 32 {
		http.Error(w, `{"status":"invalid event"}`, http.StatusBadRequest)
		return
	}
	_, open := d.open[m.DedupKey]
	switch {
	case m.Action == "trigger" && !open:
		d.open[m.DedupKey] = "triggered"
		d.opened++
	case m.Action == "acknowledge" && open:
		d.open[m.DedupKey] = "acknowledged"
	case m.Action == "resolve":
		delete(d.open, m.DedupKey)
	}
	w.WriteHeader(http.StatusAccepted)
	_, _ = w.Write([]byte(`{"status":"success","message":"Event processed","dedup_key":"` + m.DedupKey + `"}`))
}

// An alert with its retries is one incident, and one more when it is back.
func TestLifeIsOneIncident(t *testing.T) {
	d := &double{open: map[string]string{}}
	srv := httptest.NewServer(d)
	defer srv.Close()
	s := sinkTo(t, func(c *Config) { c.URL = srv.URL })
	for i, step := range []struct {
		state  schemas.AlertState
		want   string
		opened int
	}{
		{schemas.AlertOpen, "triggered", 1}, {schemas.AlertUpdated, "triggered", 1}, {schemas.AlertEscalated, "triggered", 1},
		{schemas.AlertAcknowledged, "acknowledged", 1}, {schemas.AlertUpdated, "acknowledged", 1}, {schemas.AlertResolved, "", 1},
		{schemas.AlertReopened, "triggered", 2}, {schemas.AlertResolved, "", 2},
	} {
		a := sample(step.state)
		a.Sequence = i + 1
		for range 2 {
			if ref, err := s.Notify(t.Context(), &a, alerting.Key(&a), ""); err != nil || ref != "" {
				t.Fatal(ref, err)
			}
		}
		if d.open[a.ID] != step.want || d.opened != step.opened {
			t.Errorf("after %s it is %q, and %d were opened; want %q and %d", step.state, d.open[a.ID], d.opened, step.want, step.opened)
		}
	}
}
