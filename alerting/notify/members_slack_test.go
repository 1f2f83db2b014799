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
	states := map[string]string{"open": "high", "updated": "high", "resolved": "resolved after 1 h",
		"acknowledged": "taken by ana.k", "escalated": "escalated", "reopened": "reopened"}
	return []*member{
		{name: "token", kind: "slack", options: func(base string) map[string]any {
			return map[string]any{"token": botToken, "channel": "C0123456789", "api_url": base + "/api", "buttons": true, "post_interval": 0}
		}, read: readSlackForm, accept: acceptSlack, good: []int{200}, permanent: permanent, needsBody: true,
			secrets: []string{botToken}, harmless: harmlessSlack, ref: "C0123456789/1700000000.000100", states: states,
			checks: []string{"/api/auth.test"}},
		{name: "incoming webhook", kind: "slack", options: func(base string) map[string]any {
			return map[string]any{"webhook_url": base + hookPath, "post_interval": 0}
		}, read: readSlackHook, accept: func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) },
			good: []int{200}, permanent: permanent,
			secrets: []string{hookPath, "notarealsecret"}, harmless: harmlessSlack, keyless: true, states: states},
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
	ownAddress = regexp.MustCompile(`^https?://(atlas\.mitre\.org|attack\.mitre\.org|genai\.owasp\.org|owasp\.org|gatehound\.example)/[A-Za-z0-9./-]*$`)
	ownLink    = regexp.MustCompile(`<https://(atlas\.mitre\.org|attack\.mitre\.org|genai\.owasp\.org|owasp\.org|gatehound\.example)/[A-Za-z0-9./-]*\|[^<>|]*>`)
	ownID      = regexp.MustCompile(`^[0-9a-f]{6,64}$`)
	entity     = regexp.MustCompile(`&(amp|lt|gt);`)
	mention    = regexp.MustCompile(`(?i)@(here|channel|everyone)`)
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
	line := r.form.Get("text")
	inert("the text", line, 4000)
	if strings.ContainsAny(line, "*`~\n") || strings.Contains(line, "://") {
		t.Errorf("the text has markup: %.200q", line)
	}
	type text struct{ Type, Text string }
	var blocks []struct {
		Type     string
		Text     *text
		Fields   []text
		Elements []json.RawMessage
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
		if b.Type == "actions" {
			harmlessButtons(t, b.Elements)
			continue
		}
		for _, raw := range b.Elements {
			var e text
			if err := json.Unmarshal(raw, &e); err != nil {
				t.Fatal(err)
			}
			check("context", e.Type, e.Text, 2000)
		}
	}
}

// harmlessButtons: what a click sends back is an alert's id and a verb of ours.
func harmlessButtons(t *testing.T, elements []json.RawMessage) {
	t.Helper()
	for _, raw := range elements {
		var e struct {
			ActionID string `json:"action_id"`
			URL      string
			Value    string
			Options  []struct{ Value string }
		}
		if err := json.Unmarshal(raw, &e); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(e.ActionID, "gatehound.") || len(e.ActionID) > 30 || e.URL != "" && !ownAddress.MatchString(e.URL) {
			t.Errorf("the button is %.300s", raw)
		}
		for _, o := range e.Options {
			id, _, _ := strings.Cut(o.Value, " ")
			e.Value = id
		}
		if e.URL == "" && !ownID.MatchString(e.Value) {
			t.Errorf("the button's value is %.200q", e.Value)
		}
	}
}
