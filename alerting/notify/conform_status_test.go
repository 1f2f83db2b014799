package notify_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/gatehound/gatehound/alerting"
)

func conformStatuses(t *testing.T, m *member) {
	r := receive(t, m, false)
	s := m.make(t, r.URL, nil)
	for _, status := range []int{200, 202, 204, 300, 304, 400, 401, 403, 404, 405, 408, 409, 410, 413, 418, 422, 425, 429,
		431, 451, 500, 501, 502, 503, 504, 507, 511, 599} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			r.say(func(w http.ResponseWriter, req *http.Request) {
				if status == 200 {
					m.accept(w, req)
					return
				}
				w.WriteHeader(status)
				_, _ = w.Write([]byte(body))
			})
			err := try(t, m, s, 5*time.Second)
			_, throttled := alerting.RetryAfter(err)
			switch {
			case has(m.good, status):
				if err != nil {
					t.Errorf("got %v, want success", err)
				}
			case err == nil:
				t.Error("took the answer for success")
			case throttled:
				t.Error("there is a wait that nobody asked for")
			case alerting.IsPermanent(err) != has(m.permanent, status):
				t.Errorf("permanent is %v, want %v", alerting.IsPermanent(err), has(m.permanent, status))
			}
		})
	}
}

func conformRetryAfter(t *testing.T, m *member) {
	r := receive(t, m, false)
	s := m.make(t, r.URL, nil)
	in := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	for _, c := range []struct {
		value    string
		min, max time.Duration // max -1: no wait
	}{
		{"7", 7 * time.Second, 7 * time.Second},
		{" 7 ", 7 * time.Second, 7 * time.Second},
		{"0", 0, 0},
		{in(90 * time.Second), 80 * time.Second, 90 * time.Second},
		{in(-time.Hour), 0, 0},
		{"999999999999999999", 24 * time.Hour, 24 * time.Hour},
		{in(10 * 365 * 24 * time.Hour), 24 * time.Hour, 24 * time.Hour},
		{"-5", 0, -1}, {"soon", 0, -1}, {"", 0, -1}, {"99999999999999999999999", 0, -1},
	} {
		for _, status := range []int{429, 503} {
			t.Run(fmt.Sprintf("%d %q", status, c.value), func(t *testing.T) {
				r.say(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Retry-After", c.value)
					w.WriteHeader(status)
					_, _ = w.Write([]byte(body))
				})
				err := try(t, m, s, 5*time.Second)
				got, ok := alerting.RetryAfter(err)
				if err == nil || alerting.IsPermanent(err) || ok != (c.max >= 0) || ok && (got < c.min || got > c.max) {
					t.Errorf("got %v with a wait of %v (%v), want %v to %v", err, got, ok, c.min, c.max)
				}
			})
		}
	}
}

// conformAnswers runs what the member's receiver can say besides.
func conformAnswers(t *testing.T, m *member) {
	r := receive(t, m, false)
	s := m.make(t, r.URL, nil)
	for _, c := range m.answers {
		t.Run(c.name, func(t *testing.T) {
			r.say(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				for name, value := range c.header {
					w.Header().Set(name, value)
				}
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.body))
			})
			err := try(t, m, s, 5*time.Second)
			_, throttled := alerting.RetryAfter(err)
			got := "retry"
			switch {
			case err == nil:
				got = "good"
			case throttled:
				got = "after"
			case alerting.IsPermanent(err):
				got = "permanent"
			}
			if got != c.want {
				t.Errorf("%v is %s, want %s", err, got, c.want)
			}
		})
	}
}
