package notify_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

const (
	botToken = "xoxb-0000-not-a-real-token"
	hookPath = "/services/T000/B000/notarealsecret"
)

func slackMembers() []*member {
	permanent := []int{400, 401, 403, 404, 410}
	states := map[string]string{"open": "high", "updated": "high", "resolved": "resolved",
		"acknowledged": "high", "escalated": "high", "reopened": "high"}
	return []*member{
		{name: "token", kind: "slack", options: func(base string) map[string]any {
			return map[string]any{"token": botToken, "channel": "C0123456789", "api_url": base + "/api"}
		}, read: readSlackForm, accept: acceptSlack, good: []int{200}, permanent: permanent, needsBody: true,
			secrets: []string{botToken}, harmless: harmlessSlack, ref: "C0123456789/1700000000.000100", states: states,
			checks: []string{"/api/auth.test"}, lacks: []string{"test", "outcome", "acknowledged", "merged"}},
		{name: "incoming webhook", kind: "slack", options: func(base string) map[string]any {
			return map[string]any{"webhook_url": base + hookPath}
		}, read: readSlackHook, accept: func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) },
			good: []int{200}, permanent: permanent,
			secrets: []string{hookPath, "notarealsecret"}, harmless: harmlessSlack, keyless: true, states: states,
			lacks: []string{"test", "outcome", "acknowledged", "merged"}},
	}
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
