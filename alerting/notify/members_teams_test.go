package notify_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
)

const flowPath = "/workflows/0a1b/triggers/manual/paths/invoke?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=notarealsignature"

func teamsMembers() []*member {
	make := func(body string) *member {
		return &member{name: body, kind: "teams", options: func(base string) map[string]any {
			return map[string]any{"webhook_url": base + flowPath, "body": body}
		}, read: readTeams, accept: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) },
			good: []int{200, 202, 204}, permanent: []int{400, 401, 403, 404, 410, 413},
			secrets: []string{"notarealsignature", "triggers"}, harmless: harmlessTeams, keyless: true,
			states: map[string]string{"open": "high", "updated": "high", "resolved": "resolved after 1 h", "acknowledged": "taken by ana.k",
				"escalated": "escalated", "reopened": "reopened"}}
	}
	return []*member{make("message"), make("card")}
}

func readTeams(t *testing.T, r *http.Request) request {
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" || r.URL.RequestURI() != flowPath {
		t.Errorf("got %s %s", r.Method, r.Header.Get("Content-Type"))
	}
	return request{path: r.URL.Path, body: readAll(t, r)}
}

// harmlessTeams: the card has text that no client acts upon, links to nowhere but
// the catalogues, and a size that Teams takes.
func harmlessTeams(t *testing.T, r request) {
	t.Helper()
	if len(r.body) > 28<<10 {
		t.Errorf("the message has %d bytes", len(r.body))
	}
	var v any
	if err := json.Unmarshal(r.body, &v); err != nil {
		t.Fatal(err)
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, x := range v {
				walk(x)
			}
		case map[string]any:
			if kind, ok := v["type"].(string); ok && !slices.Contains([]string{"message", "AdaptiveCard", "Container",
				"RichTextBlock", "TextRun", "Action.OpenUrl"}, kind) {
				t.Errorf("there is a %q", kind)
			}
			for key, x := range v {
				text, ok := x.(string)
				switch {
				case !ok:
					walk(x)
				case key == "text" || key == "title" || key == "fallbackText":
					visible(t, key, text)
					if text == "" && key == "text" {
						t.Error("a text is empty, which clients refuse")
					}
					for _, never := range []string{"://", "@", "{{", "${", "<at>"} {
						if strings.Contains(text, never) {
							t.Errorf("%s has %q: %.200q", key, never, text)
						}
					}
					if key == "fallbackText" && strings.ContainsAny(text, "*_`[]<>#~") {
						t.Errorf("the fallback has markup: %.200q", text)
					}
				case key == "url":
					if !ownAddress.MatchString(text) {
						t.Errorf("there is a link to %.200q", text)
					}
				}
			}
		}
	}
	walk(v)
}
