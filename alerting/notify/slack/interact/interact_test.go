package interact

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A Desk is what the manager is to programs.
var _ Desk = alerting.Desk(nil)

const (
	secretA = "8f742231b10e8888abcd99yyyzzz85a5"
	secretB = "00000000000000000000000000000002"
	alertA  = "fedcba9876543210fedcba9876543210"
)

// desk notes what it is asked for.
type desk struct {
	mu    sync.Mutex
	calls []string
	err   error
}

func (d *desk) note(format string, args ...any) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls = append(d.calls, fmt.Sprintf(format, args...))
	return d.err
}

func (d *desk) Alert(id string) (schemas.Alert, error) {
	return schemas.Alert{ID: id, Severity: schemas.SeverityHigh}, d.note("alert %s", id)
}

func (d *desk) Acknowledge(_ context.Context, id, by, comment string) (schemas.Alert, error) {
	return schemas.Alert{}, d.note("ack %s %s%s", id, by, comment)
}

func (d *desk) Resolve(_ context.Context, id, by, comment string) (schemas.Alert, error) {
	return schemas.Alert{}, d.note("resolve %s %s%s", id, by, comment)
}

func (d *desk) Comment(_ context.Context, id, by, text string) (schemas.Alert, error) {
	what, _, _ := strings.Cut(text, " 20") // the time
	return schemas.Alert{}, d.note("comment %s %s: %s", id, by, what)
}

func (d *desk) Silence(_ context.Context, s schemas.Silence) (schemas.Silence, error) {
	return s, d.note("silence %v %v by %s: %s", s.Matchers, time.Until(s.Until).Round(time.Minute), s.By, s.Comment)
}

// endpoint is a handler with a desk, a log and a place that answers go to.
type endpoint struct {
	http.Handler
	desk  desk
	log   bytes.Buffer
	hooks *httptest.Server
	mu    sync.Mutex
	told  []string
}

func newEndpoint(t *testing.T, edit func(*Config)) *endpoint {
	t.Helper()
	e := &endpoint{}
	e.hooks = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		e.mu.Lock()
		defer e.mu.Unlock()
		e.told = append(e.told, string(body))
	}))
	t.Cleanup(e.hooks.Close)
	cfg := DefaultConfig()
	cfg.SigningSecret = secretA + "\n" + secretB
	cfg.HTTP.AllowedHosts = []string{"127.0.0.1"}
	if edit != nil {
		edit(&cfg)
	}
	h, err := New(cfg, &e.desk, slog.New(slog.NewTextHandler(&e.log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	e.Handler = h
	return e
}

// click is the payload of a click as Slack sends it, with the parts that are ours
// put in.
func (e *endpoint) click(t *testing.T, file string, parts map[string]string) string {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(raw), "https://hooks.slack.com", e.hooks.URL)
	for from, to := range parts {
		if !strings.Contains(text, from) {
			t.Fatalf("%s does not have %q", file, from)
		}
		text = strings.ReplaceAll(text, from, to)
	}
	return url.Values{"payload": {text}}.Encode()
}

func sign(secret, body string, at time.Time) http.Header {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("v0:" + stamp + ":" + body))
	return http.Header{"X-Slack-Request-Timestamp": {stamp}, "X-Slack-Signature": {"v0=" + hex.EncodeToString(mac.Sum(nil))},
		"Content-Type": {"application/x-www-form-urlencoded"}}
}

func (e *endpoint) post(h http.Header, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/slack/interactions", strings.NewReader(body))
	r.Header = h
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w
}

func TestClicks(t *testing.T) {
	for _, c := range []struct {
		name, file string
		parts      map[string]string
		calls      []string
		told       string
	}{
		{"acknowledge", "button.json", nil, []string{"ack " + alertA + " slack:U061F7AUR ana.k"}, ""},
		{"resolve", "button.json", map[string]string{"gatehound.ack": "gatehound.resolve"}, []string{"resolve " + alertA + " slack:U061F7AUR ana.k"}, ""},
		{"open the case", "button.json", map[string]string{"gatehound.ack": "gatehound.open"}, nil, ""},
		{"silence", "select.json", nil, []string{"alert " + alertA,
			"silence [alert=" + alertA + " severity<=high] 4h0m0s by slack:U061F7AUR ana.k: from Slack",
			"comment " + alertA + " slack:U061F7AUR ana.k: silenced until"}, "Nobody is told of this alert until 20"},
		{"silence for a day", "select.json", map[string]string{alertA + " 4h": alertA + " 24h"}, []string{"alert " + alertA,
			"silence [alert=" + alertA + " severity<=high] 24h0m0s by slack:U061F7AUR ana.k: from Slack",
			"comment " + alertA + " slack:U061F7AUR ana.k: silenced until"}, "Nobody is told"},
		{"silence for ever", "select.json", map[string]string{alertA + " 4h": alertA + " 90000h"}, nil, ""},
		{"another app's button", "button.json", map[string]string{"gatehound.ack": "approve"}, nil, ""},
		{"an unknown verb", "button.json", map[string]string{"gatehound.ack": "gatehound.forget"}, nil, ""},
		{"no id", "button.json", map[string]string{`"value":"` + alertA: `"value":"../` + alertA}, nil, ""},
		{"a matcher for an id", "select.json", map[string]string{alertA + " 4h": "x,severity>=info 4h"}, nil, ""},
		{"another kind of payload", "button.json", map[string]string{`"block_actions"`: `"view_submission"`}, nil, ""},
		{"a hostile name", "button.json", map[string]string{`"ana.k"`: `"ana\u202e\n<!here>` + strings.Repeat("x", 200) + `"`},
			[]string{"ack " + alertA + " slack:U061F7AUR ana <!here>" + strings.Repeat("x", 48) + "…"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEndpoint(t, nil)
			body := e.click(t, c.file, c.parts)
			if w := e.post(sign(secretA, body, time.Now()), body); w.Code != http.StatusOK || w.Body.Len() != 0 {
				t.Errorf("got %d %q", w.Code, w.Body)
			}
			if !slices.Equal(e.desk.calls, c.calls) {
				t.Errorf("the desk was asked for %q, want %q", e.desk.calls, c.calls)
			}
			if c.told == "" && len(e.told) != 0 || c.told != "" && (len(e.told) != 1 || !strings.Contains(e.told[0], c.told)) {
				t.Errorf("the person was told %q, want %q", e.told, c.told)
			}
			for _, told := range e.told {
				if !strings.Contains(told, `"response_type":"ephemeral","replace_original":false`) {
					t.Errorf("everybody was told: %s", told)
				}
			}
		})
	}
}

func TestWhatCannotBeDoneIsToldToOne(t *testing.T) {
	for want, err := range map[string]error{
		"resolved already":   alerting.ErrResolved,
		"does not know this": fmt.Errorf("find: %w", alerting.ErrNoAlert),
		"took too long":      context.DeadlineExceeded,
		"log has the reason": errors.New("disk full at /var/lib/secret"),
	} {
		e := newEndpoint(t, nil)
		e.desk.err = err
		body := e.click(t, "button.json", nil)
		if w := e.post(sign(secretA, body, time.Now()), body); w.Code != http.StatusOK {
			t.Errorf("%v: got %d", err, w.Code)
		}
		if len(e.told) != 1 || !strings.Contains(e.told[0], want) || strings.Contains(e.told[0], "/var") {
			t.Errorf("%v: the person was told %q", err, e.told)
		}
		if !strings.Contains(e.log.String(), "slack request cannot be done") {
			t.Errorf("%v: the log says %q", err, e.log.String())
		}
	}
}

func TestWhoMay(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(*Config)
		may  bool
	}{
		"listed": {func(c *Config) {
			c.Users, c.Teams, c.Channels = []string{"U061F7AUR"}, []string{"T9TK3CUKW"}, []string{"C0123456789"}
		}, true},
		"another user":           {func(c *Config) { c.Users = []string{"U999"} }, false},
		"another team":           {func(c *Config) { c.Teams = []string{"T999"} }, false},
		"another channel":        {func(c *Config) { c.Channels = []string{"C999"} }, false},
		"everyone by default":    {func(*Config) {}, true},
		"one of several of each": {func(c *Config) { c.Users = []string{"U1", "U061F7AUR"} }, true},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEndpoint(t, c.edit)
			body := e.click(t, "button.json", nil)
			e.post(sign(secretA, body, time.Now()), body)
			if done := len(e.desk.calls) > 0; done != c.may {
				t.Errorf("done is %v", done)
			}
			if !c.may && (len(e.told) != 1 || !strings.Contains(e.told[0], "may not")) {
				t.Errorf("the person was told %q", e.told)
			}
		})
	}
	t.Run("a guest of another team in a shared channel", func(t *testing.T) {
		e := newEndpoint(t, func(c *Config) { c.Teams = []string{"T9TK3CUKW"} })
		body := e.click(t, "button.json", map[string]string{`"team_id":"T9TK3CUKW"`: `"team_id":"T666"`})
		e.post(sign(secretA, body, time.Now()), body)
		if len(e.desk.calls) != 0 {
			t.Errorf("the desk was asked for %q", e.desk.calls)
		}
	})
}

func TestForgeries(t *testing.T) {
	e := newEndpoint(t, nil)
	body := e.click(t, "button.json", nil)
	now := time.Now()
	good := sign(secretA, body, now)
	with := func(name, value string) http.Header {
		h := good.Clone()
		h.Set(name, value)
		return h
	}
	for name, h := range map[string]http.Header{
		"nothing":               {},
		"another secret":        sign("another-secret-of-32-characters!", body, now),
		"another body":          sign(secretA, body+"&x=1", now),
		"six minutes old":       sign(secretA, body, now.Add(-6*time.Minute)),
		"of the future":         sign(secretA, body, now.Add(6*time.Minute)),
		"another time":          with("X-Slack-Request-Timestamp", strconv.FormatInt(now.Unix()-1, 10)),
		"no time":               with("X-Slack-Request-Timestamp", ""),
		"a time that overflows": with("X-Slack-Request-Timestamp", "99999999999999999999"),
		"a strange time":        with("X-Slack-Request-Timestamp", strconv.FormatInt(now.Unix(), 10)+" "),
		"no version":            with("X-Slack-Signature", strings.TrimPrefix(good.Get("X-Slack-Signature"), "v0=")),
		"version 1":             with("X-Slack-Signature", "v1="+strings.TrimPrefix(good.Get("X-Slack-Signature"), "v0=")),
		"half":                  with("X-Slack-Signature", good.Get("X-Slack-Signature")[:40]),
		"no hexadecimal digits": with("X-Slack-Signature", "v0="+strings.Repeat("zz", 32)),
		"empty":                 with("X-Slack-Signature", "v0="),
	} {
		if w := e.post(h, body); w.Code != http.StatusUnauthorized || strings.Contains(w.Body.String(), "signature") {
			t.Errorf("%s: got %d %q", name, w.Code, w.Body)
		}
	}
	if len(e.desk.calls) != 0 {
		t.Errorf("the desk was asked for %q", e.desk.calls)
	}
	if n := strings.Count(e.log.String(), "not signed"); n != 1 {
		t.Errorf("the log complains %d times, want once a minute", n)
	}
	if strings.Contains(e.log.String(), secretA) {
		t.Error("the log shows the secret")
	}
}

func TestASecretIsReplacedWithoutAGap(t *testing.T) {
	e := newEndpoint(t, nil)
	for i, secret := range []string{secretA, secretB} {
		body := e.click(t, "button.json", nil)
		if w := e.post(sign(secret, body, time.Now()), body); w.Code != http.StatusOK || len(e.desk.calls) != i+1 {
			t.Errorf("%s: got %d", secret, w.Code)
		}
	}
}

func TestAReplayIsRefused(t *testing.T) {
	e := newEndpoint(t, nil)
	body := e.click(t, "select.json", nil)
	h := sign(secretA, body, time.Now())
	upper := h.Clone()
	upper.Set("X-Slack-Signature", "v0="+strings.ToUpper(h.Get("X-Slack-Signature")[3:]))
	codes := []int{e.post(h, body).Code, e.post(h, body).Code, e.post(upper, body).Code}
	if !slices.Equal(codes, []int{200, 409, 409}) || len(e.desk.calls) != 3 {
		t.Errorf("got %v, and %q", codes, e.desk.calls)
	}
}

// What is sent to other hosts than Slack's would tell them who clicked.
func TestAnswersGoToSlackAlone(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("somebody else was told") }))
	defer elsewhere.Close()
	host := strings.TrimPrefix(elsewhere.URL, "http://127.0.0.1")
	for _, to := range []string{"http://localhost" + host, "http://hooks.slack.com.evil.example/", "http://127.0.0.1.evil.example/x", "ftp://127.0.0.1/x",
		"http://u:p@127.0.0.1" + host, "", "::", "http://169.254.169.254/latest"} {
		e := newEndpoint(t, nil)
		e.desk.err = alerting.ErrResolved
		raw := e.click(t, "button.json", map[string]string{e.hooks.URL + "/actions/T9TK3CUKW/1/x": to})
		if w := e.post(sign(secretA, raw, time.Now()), raw); w.Code != 200 || len(e.told) != 0 || len(e.desk.calls) != 1 {
			t.Errorf("%q: got %d, told %q", to, w.Code, e.told)
		}
	}
}

func TestBadRequests(t *testing.T) {
	e := newEndpoint(t, nil)
	for want, body := range map[int]string{
		http.StatusBadRequest:            "payload=" + url.QueryEscape(`{"type":`),
		http.StatusRequestEntityTooLarge: "payload=" + strings.Repeat("x", maxBody),
	} {
		if w := e.post(sign(secretA, body, time.Now()), body); w.Code != want {
			t.Errorf("got %d, want %d", w.Code, want)
		}
	}
	w := httptest.NewRecorder()
	e.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/slack/interactions", nil))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "POST" {
		t.Errorf("got %d", w.Code)
	}
}

// Slack waits for three seconds; a desk that takes longer is no reason to make it
// wait.
func TestTheAnswerComesBeforeTheDeed(t *testing.T) {
	e := newEndpoint(t, nil)
	e.desk.mu.Lock() // the deed waits
	srv := httptest.NewServer(e)
	body := e.click(t, "button.json", nil)
	req, _ := http.NewRequest(http.MethodPost, srv.URL, strings.NewReader(body))
	req.Header = sign(secretA, body, time.Now())
	start := time.Now()
	resp, err := http.DefaultClient.Do(req)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("got %v, %v", resp, err)
	}
	if rest, err := io.ReadAll(resp.Body); err != nil || len(rest) != 0 || time.Since(start) > 2*time.Second {
		t.Errorf("got %q, %v after %v", rest, err, time.Since(start))
	}
	_ = resp.Body.Close()
	e.desk.mu.Unlock()
	srv.Close() // waits for the handler
	http.DefaultClient.CloseIdleConnections()
	if len(e.desk.calls) != 1 {
		t.Errorf("the desk was asked for %q", e.desk.calls)
	}
}
