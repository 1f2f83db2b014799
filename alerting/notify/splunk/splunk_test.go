package splunk

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/outbound"
	"github.com/gatehound/gatehound/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func alert(state schemas.AlertState) *schemas.Alert {
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	return &schemas.Alert{
		ID: "a1", Fingerprint: "f1", State: state, Sequence: 1, Severity: schemas.SeverityHigh, Confidence: 0.8, Title: "Model extraction",
		Detector: "extraction.harvest", Entity: schemas.Entity{Kind: schemas.EntityPrincipal, Name: "h1:k1:abc"}, Tenant: "acme",
		FirstSeen: at, LastSeen: at.Add(time.Hour + 719*time.Millisecond), Findings: 3, Events: 12000,
	}
}

// collector is a double of the collector: it counts events, and acknowledges
// them from the question on that ready says.
type collector struct {
	*httptest.Server
	events, questions []string
	channels          []string
	answer            string // to an event; "" is success with an id
	status            int
	ready             int
}

func collect(t *testing.T) *collector {
	t.Helper()
	c := &collector{status: http.StatusOK}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		c.channels = append(c.channels, r.Header.Get("X-Splunk-Request-Channel"))
		switch r.URL.Path {
		case "/proxy/services/collector/event":
			c.events = append(c.events, string(raw))
			w.WriteHeader(c.status)
			answer := c.answer
			if answer == "" {
				answer = fmt.Sprintf(`{"text":"Success","code":0,"ackId":%d}`, len(c.events))
			}
			_, _ = w.Write([]byte(answer))
		case "/proxy/services/collector/ack":
			c.questions = append(c.questions, string(raw))
			var q struct{ Acks []int64 }
			if err := json.Unmarshal(raw, &q); err != nil || len(q.Acks) != 1 {
				t.Errorf("%v: %s", err, raw)
				return
			}
			_, _ = fmt.Fprintf(w, `{"acks":{"%d":%v}}`, q.Acks[0], len(c.questions) >= c.ready)
		default:
			t.Errorf("got %s", r.URL.Path)
		}
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *collector) sink(t *testing.T, edit func(*Config)) *Sink {
	t.Helper()
	cfg := DefaultConfig()
	cfg.URL, cfg.Token = c.URL+"/proxy", "notreal"
	if edit != nil {
		edit(&cfg)
	}
	s, err := New("siem", &cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func notify(t *testing.T, s *Sink, key string, limit time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	_, err := s.Notify(ctx, alert(schemas.AlertOpen), key, "")
	return err
}

// With acknowledgement a notification counts once the event is indexed.
func TestAcknowledged(t *testing.T) {
	c := collect(t)
	c.ready = 3
	if err := notify(t, c.sink(t, func(cfg *Config) { cfg.Ack = true }), "k-1", 10*time.Second); err != nil {
		t.Fatal(err)
	}
	if len(c.events) != 1 || !slices.Equal(c.questions, []string{`{"acks":[1]}`, `{"acks":[1]}`, `{"acks":[1]}`}) {
		t.Errorf("%d events, questions %v", len(c.events), c.questions)
	}
	if slices.Sort(c.channels); len(slices.Compact(c.channels)) != 1 || len(c.channels[0]) != 36 {
		t.Errorf("the channels are %v", c.channels)
	}
}

// What is not acknowledged in time is tried again: the retry asks for the first
// attempt, and sends the same event again only if that is not indexed by then.
func TestNotAcknowledgedInTime(t *testing.T) {
	c := collect(t)
	c.ready = 1000
	s := c.sink(t, func(cfg *Config) { cfg.Ack = true })
	err := notify(t, s, "k-1", 300*time.Millisecond)
	if err == nil || alerting.IsPermanent(err) || !strings.Contains(err.Error(), "not acknowledged in time") && !strings.Contains(err.Error(), "no answer in time") {
		t.Fatalf("got %v", err)
	}
	c.ready = len(c.questions) + 1
	if err := notify(t, s, "k-1", time.Second); err != nil || len(c.events) != 1 {
		t.Fatalf("got %v and %d events: it was indexed meanwhile", err, len(c.events))
	}
	c.ready = len(c.questions) + 1000
	if err := notify(t, s, "k-2", 300*time.Millisecond); err == nil {
		t.Fatal("success without acknowledgement")
	}
	c.ready = len(c.questions) + 2 // not when the retry asks, but after it has sent
	if err := notify(t, s, "k-2", time.Second); err != nil || len(c.events) != 3 || c.events[1] != c.events[2] {
		t.Errorf("got %v and the events %q", err, c.events)
	}
	if last := c.questions[len(c.questions)-1]; last != `{"acks":[3]}` {
		t.Errorf("asked %s at last", last)
	}
}

func TestNoAcknowledgementIsOffered(t *testing.T) {
	c := collect(t)
	c.answer = `{"text":"Success","code":0}`
	err := notify(t, c.sink(t, func(cfg *Config) { cfg.Ack = true }), "k-1", time.Second)
	if !alerting.IsPermanent(err) || !strings.Contains(err.Error(), "enable it for the token") {
		t.Errorf("got %v", err)
	}
	if err := notify(t, c.sink(t, nil), "k-1", time.Second); err != nil || len(c.questions) != 0 {
		t.Errorf("got %v without acknowledgement, and %v", err, c.questions)
	}
}

// Every code has its class, with either status.
func TestCodes(t *testing.T) {
	retried := []int{8, 9, 17, 18, 19, 20, 23, 26, 27, 28, -1}
	c := collect(t)
	s := c.sink(t, nil)
	for code := -1; code <= 28; code++ {
		for _, status := range []int{200, 503} {
			c.status, c.answer = status, fmt.Sprintf(`{"text":"hidden","code":%d}`, code)
			err := notify(t, s, "k", time.Second)
			good := taken(code) && status == 200
			permanent := !taken(code) && !slices.Contains(retried, code)
			if (err == nil) != good || alerting.IsPermanent(err) != permanent || err != nil && strings.Contains(err.Error(), "hidden") {
				t.Errorf("code %d, status %d: got %v", code, status, err)
			}
		}
	}
}

func TestCheck(t *testing.T) {
	for _, k := range []struct {
		status    int
		answer    string
		good      bool
		permanent bool
	}{
		{400, `{"text":"No data","code":5}`, true, false}, {403, `{"text":"Invalid token","code":4}`, false, true},
		{503, `{"text":"Server is busy","code":9}`, false, false}, {404, `no`, false, true}, {502, `no`, false, false},
	} {
		c := collect(t)
		c.status, c.answer = k.status, k.answer
		err := c.sink(t, nil).Check(t.Context())
		if (err == nil) != k.good || alerting.IsPermanent(err) != k.permanent {
			t.Errorf("%d %s: got %v", k.status, k.answer, err)
		}
		if len(c.events) != 1 || c.events[0] != "" {
			t.Errorf("the check sent %q", c.events)
		}
	}
}

func TestEvent(t *testing.T) {
	c := collect(t)
	s := c.sink(t, func(cfg *Config) { cfg.Index, cfg.Host = "security", "gw-1" })
	a := alert(schemas.AlertOpen)
	a.Test = true
	if _, err := s.Notify(t.Context(), a, "a1-1", ""); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Time                            json.Number
		Host, Source, SourceType, Index string
		Event                           struct {
			Type, Key string
			Data      struct{ ID, Title string }
		}
		Fields map[string]string
	}
	d := json.NewDecoder(strings.NewReader(c.events[0]))
	d.UseNumber()
	if err := d.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.Time != "1795179600.719" || got.Host != "gw-1" || got.Source != "gatehound" || got.SourceType != "gatehound:alert" || got.Index != "security" ||
		got.Event.Type != "gatehound.alert.open" || got.Event.Key != "a1-1" || got.Event.Data.ID != "a1" || got.Event.Data.Title != "TEST: Model extraction" {
		t.Errorf("got %+v", got)
	}
	want := map[string]string{"alert_id": "a1", "alert_key": "a1-1", "state": "open", "severity": "high", "detector": "extraction.harvest",
		"tenant": "acme", "sequence": "1", "test": "true"}
	if fmt.Sprint(got.Fields) != fmt.Sprint(want) {
		t.Errorf("the fields are %v, want %v", got.Fields, want)
	}
	a.Tenant = "" // Splunk refuses empty fields
	if _, there := fields(a, "k")["tenant"]; there {
		t.Error("an empty field is sent")
	}
}

func TestConfig(t *testing.T) {
	t.Setenv("SPLUNK_TEST_TOKEN", "notreal notreal")
	for want, edit := range map[string]func(*Config){
		"url is no absolute":  func(c *Config) { c.URL = "splunk.example:8088" },
		"url has a query":     func(c *Config) { c.URL = "https://splunk.example:8088/?token=hidden" },
		"url is http":         func(c *Config) { c.URL = "http://splunk.example:8088" },
		"url has a private":   func(c *Config) { c.URL = "https://10.0.0.1:8088" },
		"token is not set":    func(c *Config) { c.Token = "" },
		"token, token_file":   func(c *Config) { c.TokenEnv = "X" },
		"token has other":     func(c *Config) { c.Token, c.TokenEnv = "", "SPLUNK_TEST_TOKEN" },
		"read token_file":     func(c *Config) { c.Token, c.TokenFile = "", "/nowhere" },
		"index is":            func(c *Config) { c.Index = "Main index" },
		"sourcetype is":       func(c *Config) { c.SourceType = "a b" },
		"host is":             func(c *Config) { c.Host = "a\nb" },
		"tls.cert_file and t": func(c *Config) { c.HTTP.TLS.CertFile = "x" },
		"":                    func(*Config) {},
	} {
		cfg := DefaultConfig()
		cfg.URL, cfg.Token = "https://splunk.example:8088", outbound.Secret("hidden")
		edit(&cfg)
		_, err := New("x", &cfg)
		if (err == nil) != (want == "") || err != nil && (!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hidden")) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// Nothing that a collector answers shows in an error.
func FuzzCodeOf(f *testing.F) {
	f.Add([]byte(`{"text":"Invalid token","code":4}`), 403)
	f.Add([]byte(`{"code":1e99}`), 200)
	f.Fuzz(func(t *testing.T, raw []byte, status int) {
		err := classify(&outbound.StatusError{Code: status % 600, Wait: -1, Body: raw})
		if err == nil || len(err.Error()) > 80 || strings.Trim(err.Error(), "abcdefghijklmnopqrstuvwxyz0123456789:, -") != "" {
			t.Errorf("got %v", err)
		}
	})
}
