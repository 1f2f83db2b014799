package notify_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

const managerToken = "notarealmanagertoken"

func alertmanagerMembers() []*member {
	return []*member{{
		name: "v2", kind: "alertmanager", options: func(base string) map[string]any {
			return map[string]any{"url": base + "/prefix", "token": managerToken, "labels": []string{"team=ai"}}
		}, read: readAlertmanager, accept: func(w http.ResponseWriter, _ *http.Request) {},
		good: []int{200, 202, 204}, permanent: []int{400, 401, 403, 404, 405, 410, 413, 422},
		checks: []string{"/prefix/api/v2/alerts"}, secrets: []string{managerToken}, harmless: harmlessAlertmanager,
		ref:    `["low","rate.spike","address","198.51.100.7","acme"]`,
		states: stateNames(`"state":"%s"`),
	}}
}

type postedAlert struct {
	Labels, Annotations map[string]string
	StartsAt, EndsAt    time.Time
	GeneratorURL        string
}

var endsAt = regexp.MustCompile(`"endsAt":"[^"]*"`)

// readAlertmanager checks when alerts end, which depends on when they are sent,
// and puts a constant there.
func readAlertmanager(t *testing.T, r *http.Request) request {
	raw := readAll(t, r)
	if r.Header.Get("Authorization") != "Bearer "+managerToken || r.Header.Get("Content-Type") != "application/json" || r.URL.Path != "/prefix/api/v2/alerts" {
		t.Errorf("got %s %s with %q", r.Method, r.URL.Path, r.Header.Get("Content-Type"))
	}
	var list []postedAlert
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Error(err)
	}
	got := request{path: r.URL.Path, body: endsAt.ReplaceAll(raw, []byte(`"endsAt":"2100-01-01T00:00:00Z"`))}
	for i, a := range list {
		left := time.Until(a.EndsAt)
		last := i == len(list)-1
		switch over := a.Annotations["state"] == "resolved" || !last; {
		case over && left > 0:
			t.Errorf("what is over ends in %v", left)
		case !over && left < 4*time.Minute:
			t.Errorf("what goes on ends in %v", left)
		}
		if a.StartsAt.IsZero() || !a.StartsAt.Before(a.EndsAt) {
			t.Errorf("it is from %v to %v", a.StartsAt, a.EndsAt)
		}
		got.key = a.Annotations["notification"]
	}
	return got
}

// harmlessAlertmanager: everything is visible, nothing is empty, which
// Alertmanager takes out of labels, and the labels are ours alone.
func harmlessAlertmanager(t *testing.T, r request) {
	harmlessJSON(t, r)
	var list []postedAlert
	if err := json.Unmarshal(r.body, &list); err != nil {
		t.Fatal(err)
	}
	for _, a := range list {
		for name, value := range a.Labels {
			visible(t, name, value)
			if len(name) == 0 || len(value) == 0 || len(value) > 1000 || strings.Contains(value, "\n") {
				t.Errorf("the label %q has %d bytes", name, len(value))
			}
		}
		if len(a.Labels) > 10 || a.Labels["team"] != "ai" || a.Labels["alertname"] == "" || a.Labels["severity"] == "" {
			t.Errorf("the labels are %v", a.Labels)
		}
		for name, value := range a.Annotations {
			visible(t, name, value)
		}
	}
}
