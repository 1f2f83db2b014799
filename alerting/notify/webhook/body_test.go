package webhook

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/gatehound/gatehound/schemas"
)

var states = []schemas.AlertState{schemas.AlertOpen, schemas.AlertUpdated, schemas.AlertResolved, schemas.AlertAcknowledged,
	schemas.AlertEscalated, schemas.AlertReopened}

func alert(state schemas.AlertState) *schemas.Alert {
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	a := &schemas.Alert{
		ID: "a1", Fingerprint: "f1", Parts: []schemas.AlertPart{}, State: state, Sequence: 1 + int(state), Severity: schemas.SeverityHigh, Confidence: 0.8,
		Title: "Model extraction", Summary: "One caller asks like a machine.", Detector: "extraction.harvest",
		Entity: schemas.Entity{Kind: schemas.EntityPrincipal, Name: "h1:k1:abc"}, Tenant: "acme",
		FirstSeen: at, LastSeen: at.Add(time.Hour), Findings: 3, Events: 12000,
		Finding: schemas.Finding{ID: "f0", Detected: at.Add(time.Hour), Query: "SELECT 1", Samples: []string{"req-1"},
			Features: []schemas.Feature{{Name: "requests", Observed: 5021, Expected: 240.5, Unit: "requests/h", Weight: 1, Text: "many"}},
			Techniques: []schemas.Technique{
				{Framework: "MITRE ATLAS", ID: "AML.T0024.002", Name: "Extract AI Model"},
				{Framework: "MITRE ATT&CK", ID: "T1110", Name: "Brute Force"},
				{Framework: "OWASP LLM 2025", ID: "LLM10", Name: "Unbounded Consumption"}}},
	}
	a.Parts = []schemas.AlertPart{
		{Detector: a.Detector, Entity: a.Entity, Severity: a.Severity, Title: a.Title, FirstSeen: at, LastSeen: a.LastSeen, Findings: 2, Events: 11_000},
		{Detector: "rate.spike", Entity: a.Entity, Severity: schemas.SeverityLow, Title: "Many requests", FirstSeen: at, LastSeen: a.LastSeen,
			Findings: 1, Events: 1000, Ended: at.Add(2 * time.Hour)},
	}
	a.Finding.Series = &schemas.Series{Start: at, Step: 1800, Counts: []int64{3, 5018}}
	a.Finding.Related = []schemas.Entity{{Kind: schemas.EntityAddress, Name: "198.51.100.7"}}
	switch state {
	case schemas.AlertResolved:
		a.Resolution, a.Outcome = &schemas.Mark{At: at.Add(3 * time.Hour), By: "bo", Comment: "key revoked"}, "One caller took 12,000 answers."
	case schemas.AlertAcknowledged:
		a.Acknowledged = &schemas.Mark{At: at.Add(time.Hour), By: "ana"}
	}
	return a
}

// encoderOf returns the encoder of a configuration that is good.
func encoderOf(t *testing.T, edit func(*Config)) (encoder, string) {
	t.Helper()
	cfg := DefaultConfig()
	edit(&cfg)
	encode, kind, err := cfg.encoder()
	if err != nil {
		t.Fatal(err)
	}
	return encode, kind
}

// schema is the published one of alerts.
func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	f, err := schemas.JSON.Open("json/alert.v1.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	doc, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("alert", doc); err != nil {
		t.Fatal(err)
	}
	out, err := c.Compile("alert")
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// The data of the native body and of CloudEvents is valid by the published
// schema, also when it had to be cut.
func TestDataIsValid(t *testing.T) {
	valid := schema(t)
	for _, body := range []string{BodyNative, BodyCloudEvents} {
		encode, _ := encoderOf(t, func(c *Config) { c.Body, c.MaxBytes = body, minBytes+envelopeBytes })
		for _, state := range states {
			for _, long := range []bool{false, true} {
				a := alert(state)
				if long {
					a.Summary, a.Finding.Query = strings.Repeat("<&>", 9000), strings.Repeat("SELECT 1 ", 9000)
				}
				raw, err := encode(a, "k-1")
				if err != nil {
					t.Fatal(err)
				}
				var got struct {
					Type string `json:"type"`
					Data any    `json:"data"`
				}
				if err := json.Unmarshal(raw, &got); err != nil {
					t.Fatal(err)
				}
				if err := valid.Validate(got.Data); err != nil {
					t.Error(err)
				}
				if want := "gatehound.alert." + state.String(); body == BodyNative && got.Type != want {
					t.Errorf("the type is %s, want %s", got.Type, want)
				}
				if len(raw) > minBytes+envelopeBytes {
					t.Errorf("%s %s: %d bytes", body, state, len(raw))
				}
			}
		}
	}
}

// A CloudEvent has what the specification requires, and its time is the state's.
func TestCloudEvent(t *testing.T) {
	encode, kind := encoderOf(t, func(c *Config) { c.Body = BodyCloudEvents })
	if !strings.HasPrefix(kind, "application/cloudevents+json") {
		t.Errorf("the content type is %s", kind)
	}
	for state, at := range map[schemas.AlertState]string{schemas.AlertOpen: "2026-11-20T13:00:00Z", schemas.AlertResolved: "2026-11-20T15:00:00Z"} {
		raw, err := encode(alert(state), "k-1")
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(raw, &got); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]any{"specversion": "1.0", "id": "k-1", "source": "urn:gatehound", "type": "dev.gatehound.alert.v1",
			"subject": "a1", "time": at, "datacontenttype": "application/json", "alertstate": state.String(),
			"alertseverity": "high", "alertsequence": float64(1 + int(state))} {
			if got[name] != want {
				t.Errorf("%s is %v, want %v", name, got[name], want)
			}
		}
		for name := range got { // the naming rule of attributes
			if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789") != "" || len(name) > 20 {
				t.Errorf("the attribute %q has a name that is not allowed", name)
			}
		}
	}
}

// A template makes what a chat or a ticket system wants, whatever the alert
// says.
func TestTemplate(t *testing.T) {
	file := filepath.Join(t.TempDir(), "body.tmpl")
	text := `{
	"text": {{json (printf "%s: %s" .Alert.Severity .Alert.Title)}}, "dedup": {{json .Alert.ID}}, "key": {{json .Key}}, "at": {{json .Time}},
	"parts": [{{range $i, $p := .Alert.Parts}}{{if $i}}, {{end}}{{json $p.Title}}{{end}}],
	"by": {{with .Alert.Acknowledged}}{{json .By}}{{else}}null{{end}}
}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	encode, kind := encoderOf(t, func(c *Config) { c.Body, c.TemplateFile = BodyTemplate, file })
	if kind != "application/json" {
		t.Errorf("the content type is %s", kind)
	}
	a := alert(schemas.AlertAcknowledged)
	a.Title, a.Test = "a \"b\" \\ \n\x1b \u202e \xff </script>", true
	raw, err := encode(a, "k-1")
	if err != nil {
		t.Fatal(err)
	}
	want := `{"text":"high: TEST: a \"b\" \\ \n\u001b \u202e \ufffd \u003c/script\u003e","dedup":"a1","key":"k-1","at":"2026-11-20T13:00:00Z",` +
		`"parts":["Model extraction","Many requests"],"by":"ana"}`
	if string(raw) != want {
		t.Errorf("got  %s\nwant %s", raw, want)
	}
}

// What a template cannot do with an alert is final, and does not quote it.
func TestTemplateFails(t *testing.T) {
	for text, want := range map[string]error{
		`{{if eq .Alert.Title "hidden"}}{{.Alert.Title}}{{else}}{}{{end}}`:                                                                                     errForm,
		`{{if eq .Alert.Title "hidden"}}{{index .Alert.Parts 99}}{{else}}{}{{end}}`:                                                                            errRun,
		`["{{if eq .Alert.Title "hidden"}}{{range $i := .Alert.Finding.Samples}}{{range $.Alert.Finding.Samples}}{{printf "%9999d" 1}}{{end}}{{end}}{{end}}"]`: errLong,
	} {
		encode, _ := encoderOf(t, func(c *Config) { c.Body, c.Template = BodyTemplate, text })
		a := alert(schemas.AlertOpen)
		a.Title, a.Finding.Samples = "hidden", make([]string, 10)
		if _, err := encode(a, "k"); err == nil || err.Error() != want.Error() || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: got %v, want %v", text, err, want)
		}
	}
}

func TestUnencodableBodies(t *testing.T) {
	for _, body := range []string{BodyNative, BodyCloudEvents, BodyOCSF} {
		encode, _ := encoderOf(t, func(c *Config) { c.Body = body })
		a := alert(schemas.AlertOpen)
		a.Finding.Features[0].Observed, a.Confidence = math.Inf(1), 0.5
		_, err := encode(a, "k")
		if (err != nil) != (body != BodyOCSF) { // which has figures as texts
			t.Errorf("%s: got %v", body, err)
		}
	}
}
