package notify_test

import (
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify"
	"github.com/gatehound/gatehound/schemas"
)

// room is the manager with the sinks that a configuration builds.
func room(t *testing.T, path string, logs io.Writer, sinks ...alerting.SinkConfig) (m *alerting.Manager, stop func()) {
	t.Helper()
	cfg := alerting.DefaultConfig()
	cfg.Path, cfg.Sinks, cfg.BackoffMin, cfg.BackoffMax = path, sinks, 10*time.Millisecond, 50*time.Millisecond
	built, err := notify.Build(sinks, decode)
	if err != nil {
		t.Fatal(err)
	}
	m, err = alerting.New(cfg, built, slog.New(slog.NewTextHandler(logs, nil)), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	ctx, cancel := contextOf(t)
	go func() { done <- m.Run(ctx) }()
	return m, func() {
		t.Helper()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}

// until waits for want requests.
func until(t *testing.T, r *receiver, want int) []request {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		got := r.requests()
		if len(got) >= want {
			return got
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d requests, want %d", len(got), want)
		}
	}
}

// An alert goes to Slack and the SIEM, is retried under the same key, and goes
// on in its thread after a restart.
func TestManagerAndSinks(t *testing.T) {
	slackMember, siemMember := family["slack"]()[0], family["webhook"]()[2]
	slack, siem := receive(t, slackMember, false), receive(t, siemMember, false)
	sinks := []alerting.SinkConfig{
		{Name: "oncall", Kind: "slack", Options: slackMember.options(slack.URL)},
		{Name: "siem", Kind: "webhook", OnStorm: alerting.StormDelay, Options: siemMember.options(siem.URL)},
	}
	var logs strings.Builder
	path := filepath.Join(t.TempDir(), "alerts.db")
	m, stop := room(t, path, &logs, sinks...)

	siem.say(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write([]byte(body))
	})
	f := sample(schemas.AlertOpen).Finding
	alerts, err := m.Offer(t.Context(), []schemas.Finding{f})
	if err != nil || len(alerts) != 1 {
		t.Fatal(alerts, err)
	}
	until(t, slack, 1) // although the SIEM fails
	until(t, siem, 3)
	siem.say(nil)
	for len(m.Pending()) > 0 {
		time.Sleep(2 * time.Millisecond)
	}
	for _, r := range siem.requests() {
		if r.key != alerting.Key(&alerts[0]) || string(r.body) != string(siem.requests()[0].body) {
			t.Errorf("an attempt has key %q, want %q and the same body", r.key, alerting.Key(&alerts[0]))
		}
	}
	stop()

	m, stop = room(t, path, &logs, sinks...)
	before := len(siem.requests())
	if _, err := m.Advance(t.Context(), f.WindowEnd.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	got := until(t, slack, 3)
	if got[1].path != "/api/chat.update" || got[1].form.Get("ts") != "1700000000.000100" ||
		got[2].path != "/api/chat.postMessage" || got[2].form.Get("thread_ts") != "1700000000.000100" {
		t.Errorf("after the restart Slack got %s and %s", got[1].path, got[2].path)
	}
	if last := until(t, siem, before+1)[before]; !strings.Contains(string(last.body), `"type_uid":200403`) {
		t.Errorf("the SIEM was not told of the end: %s", last.body)
	}
	stop()
	for _, secret := range slices.Concat(slackMember.secrets, siemMember.secrets, []string{body, f.Title, f.Entity.Name}) {
		if strings.Contains(logs.String(), secret) {
			t.Errorf("the logs show %q", secret)
		}
	}
	if !strings.Contains(logs.String(), "notification failed") || !strings.Contains(logs.String(), "answer 500") {
		t.Errorf("the logs do not tell of the failure:\n%s", logs.String())
	}
}

// Slack's 429 keeps the Slack sink quiet for as long as it asks, and no other.
func TestManagerHonoursRetryAfter(t *testing.T) {
	slackMember, siemMember := family["slack"]()[0], family["webhook"]()[0]
	slack, siem := receive(t, slackMember, false), receive(t, siemMember, false)
	slack.say(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	m, stop := room(t, "", io.Discard,
		alerting.SinkConfig{Name: "oncall", Kind: "slack", Options: slackMember.options(slack.URL)},
		alerting.SinkConfig{Name: "siem", Kind: "webhook", Options: siemMember.options(siem.URL)})
	defer stop()
	f := sample(schemas.AlertOpen).Finding
	if _, err := m.Offer(t.Context(), []schemas.Finding{f}); err != nil {
		t.Fatal(err)
	}
	until(t, slack, 1)
	start := time.Now()
	slack.say(nil)
	until(t, siem, 1)
	until(t, slack, 2)
	if d := time.Since(start); d < 900*time.Millisecond {
		t.Errorf("Slack was asked again after %v", d)
	}
	for len(m.Pending()) > 0 {
		time.Sleep(2 * time.Millisecond)
	}
}
