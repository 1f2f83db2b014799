package notify_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"unicode/utf8"
)

const routingKey = "0123456789abcdefNOTAREALKEY01234"

func pagerdutyMembers() []*member {
	return []*member{{
		name: "events v2", kind: "pagerduty", options: func(base string) map[string]any {
			return map[string]any{"routing_key": routingKey, "url": base + "/v2/enqueue"}
		}, read: readPagerDuty, accept: func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusAccepted)
			_, _ = w.Write([]byte(`{"status":"success","message":"Event processed","dedup_key":"x"}`))
		}, good: []int{200}, permanent: []int{400, 401, 403, 404, 405, 409, 410, 413, 418, 422, 431, 451}, needsBody: true,
		answers: []answer{
			{name: "200 of a proxy", status: 200, body: "<html>log in</html>", want: "retry"},
			{name: "invalid event", status: 400, body: `{"status":"invalid event","message":"Event object is invalid"}`, want: "permanent"},
			{name: "202 that is no success", status: 202, body: `{"status":"throttle exceeded"}`, want: "retry"},
		},
		secrets: []string{routingKey}, harmless: harmlessPagerDuty, states: map[string]string{
			"open": `"event_action":"trigger"`, "updated": `"event_action":"trigger"`, "escalated": `"summary":"escalated `,
			"reopened": `"summary":"reopened `, "acknowledged": `"event_action":"acknowledge"`, "resolved": `"event_action":"resolve"`,
		},
	}}
}

type pagerDutyEvent struct {
	RoutingKey string `json:"routing_key"`
	Action     string `json:"event_action"`
	DedupKey   string `json:"dedup_key"`
	ClientURL  string `json:"client_url"`
	Links      []struct{ Href, Text string }
	Payload    struct {
		Summary, Source, Severity, Component, Group, Class string
		Details                                            map[string]any `json:"custom_details"`
	}
}

func readPagerDuty(t *testing.T, r *http.Request) request {
	raw := readAll(t, r)
	var e pagerDutyEvent
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Error(err)
	}
	if e.RoutingKey != routingKey || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" || r.URL.Path != "/v2/enqueue" {
		t.Errorf("got %s %s with %q", r.Method, r.URL.Path, r.Header.Get("Content-Type"))
	}
	key, _ := e.Payload.Details["notification"].(string)
	return request{path: r.URL.Path, key: key, body: raw}
}

// harmlessPagerDuty: what people read is visible, and PagerDuty's limits are
// kept.
func harmlessPagerDuty(t *testing.T, r request) {
	harmlessJSON(t, r)
	var e pagerDutyEvent
	if err := json.Unmarshal(r.body, &e); err != nil {
		t.Fatal(err)
	}
	if n := utf8.RuneCountInString(e.Payload.Summary); n == 0 || n > 1024 {
		t.Errorf("the summary has %d characters", n)
	}
	if len(r.body) > 512_000 || utf8.RuneCountInString(e.DedupKey) > 255 || e.Payload.Source == "" {
		t.Errorf("%d bytes, dedup_key %q, source %q", len(r.body), e.DedupKey, e.Payload.Source)
	}
	var walk func(where string, v any)
	walk = func(where string, v any) {
		switch v := v.(type) {
		case string:
			visible(t, where, v)
		case []any:
			for _, v := range v {
				walk(where, v)
			}
		case map[string]any:
			for k, v := range v {
				walk(k, v)
			}
		}
	}
	for _, s := range []string{e.Payload.Summary, e.Payload.Component, e.Payload.Group, e.Payload.Class, e.DedupKey, e.ClientURL} {
		visible(t, "the event", s)
	}
	walk("details", e.Payload.Details)
	for _, l := range e.Links {
		visible(t, "a link", l.Text+l.Href)
	}
}
