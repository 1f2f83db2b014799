package notify_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

const hecToken = "11111111-2222-3333-4444-555555555555"

func splunkMembers() []*member {
	plain := splunkMember("event", nil)
	acked := splunkMember("acknowledged", map[string]any{"ack": true, "gzip": true, "index": "security", "host": "gw-1"})
	acked.aside = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/services/collector/ack" {
			return false
		}
		_, _ = w.Write([]byte(`{"acks":{"7":true}}`))
		return true
	}
	return []*member{plain, acked}
}

func splunkMember(name string, more map[string]any) *member {
	return &member{name: name, kind: "splunk", options: func(base string) map[string]any {
		options := map[string]any{"url": base, "token": hecToken}
		for k, v := range more {
			options[k] = v
		}
		return options
	}, read: readHEC, accept: func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"text":"Success","code":0,"ackId":7}`))
	}, good: []int{200}, permanent: []int{400, 401, 403, 404, 405, 413}, needsBody: true,
		answers: []answer{
			{"invalid token", 403, nil, `{"text":"Invalid token","code":4}`, "permanent"},
			{"incorrect index", 400, nil, `{"text":"Incorrect index","code":7,"invalid-event-number":0}`, "permanent"},
			{"busy", 503, nil, `{"text":"Server is busy","code":9}`, "retry"},
			{"busy, asks to wait", 503, map[string]string{"Retry-After": "5"}, `{"text":"Server is busy","code":9}`, "after"},
			{"queue at capacity", 429, nil, `{"text":"HEC queue is at capacity","code":26}`, "retry"},
			{"a warning", 200, nil, `{"text":"Success","code":24,"ackId":7}`, "good"},
			{"a failure that says 200", 200, nil, `{"text":"Incorrect index","code":7}`, "permanent"},
			{"an unknown code", 200, nil, `{"text":"` + body + `","code":99}`, "retry"},
			{"an unknown code, by its status", 400, nil, `{"text":"` + body + `","code":99}`, "permanent"},
		},
		checks: []string{"/services/collector/event"}, secrets: []string{hecToken}, harmless: harmlessJSON,
		states: stateNames(`"state":"%s"`)}
}

// readHEC reads an event as the collector does.
func readHEC(t *testing.T, r *http.Request) request {
	from := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			t.Error(err)
			return request{}
		}
		from = z
	}
	raw, err := io.ReadAll(from)
	if err != nil {
		t.Error(err)
	}
	if r.Method != http.MethodPost || r.URL.Path != "/services/collector/event" || r.Header.Get("Authorization") != "Splunk "+hecToken ||
		len(r.Header.Get("X-Splunk-Request-Channel")) != 36 {
		t.Errorf("got %s %s", r.Method, r.URL.Path)
	}
	var got struct {
		Time   json.Number       `json:"time"`
		Fields map[string]string `json:"fields"`
		Event  struct {
			Key  string `json:"key"`
			Data any    `json:"data"`
		} `json:"event"`
	}
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	if err := d.Decode(&got); err != nil || got.Event.Data == nil || strings.ContainsAny(got.Time.String(), "eE") {
		t.Errorf("got %v and %.500s", err, raw)
	}
	if got.Fields["alert_key"] != got.Event.Key {
		t.Errorf("the keys are %q and %q", got.Fields["alert_key"], got.Event.Key)
	}
	return request{path: r.URL.Path, key: got.Event.Key, body: raw}
}
