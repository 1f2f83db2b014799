package notify_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/alerting"
)

func conformBroken(t *testing.T, m *member) {
	r := receive(t, m, false)
	s := m.make(t, r.URL, nil)
	release := make(chan struct{})
	t.Cleanup(func() { close(release) }) // before the server's own cleanup waits for its handlers
	hijack := func(say string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = conn.Write([]byte(say))
			_ = conn.Close()
		}
	}
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		good   bool // for a sink that does not need the body
	}{
		{"hangs", func(http.ResponseWriter, *http.Request) { <-release }, false},
		{"closes at once", hijack(""), false},
		{"closes within the headers", hijack("HTTP/1.1 200 OK\r\nContent-Le"), false},
		{"no http", hijack("220 smtp.example.com ESMTP " + body + "\r\n"), false},
		{"closes within the body", hijack("HTTP/1.1 200 OK\r\nContent-Length: 100\r\nContent-Type: application/json\r\n\r\n{\"ok\":tr"), true},
		{"endless headers", func(w http.ResponseWriter, _ *http.Request) {
			for i := range 3000 {
				w.Header().Set(fmt.Sprint("X-", i), strings.Repeat("h", 100))
			}
		}, false},
		{"giant body", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"ok":true,"channel":"C1","ts":"1.5","x":"`))
			for range 64 {
				if _, err := w.Write([]byte(strings.Repeat(body, 1<<12))); err != nil {
					return
				}
			}
		}, true},
		{"hangs within the body", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
			<-release
		}, true},
		{"another kind of body", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("<html>" + body + "</html>"))
		}, true},
		{"json that says nothing", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"message":"` + body + `"}`))
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r.say(c.answer)
			limit := 5 * time.Second
			switch c.name {
			case "hangs":
				limit = 200 * time.Millisecond
			case "hangs within the body":
				limit = 2 * time.Second
			}
			err := try(t, m, s, limit)
			if c.good && !m.needsBody {
				if err != nil {
					t.Errorf("got %v, want success: the status has said it", err)
				}
				return
			}
			if _, throttled := alerting.RetryAfter(err); err == nil || alerting.IsPermanent(err) || throttled {
				t.Errorf("got %v, want an error that is retried", err)
			}
		})
	}
	t.Run("nobody listens", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		url := "http://" + l.Addr().String()
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if err := try(t, m, m.make(t, url, nil), 5*time.Second); err == nil || alerting.IsPermanent(err) {
			t.Errorf("got %v, want an error that is retried", err)
		}
	})
}
