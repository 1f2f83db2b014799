package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/outbound"
	"github.com/gatehound/gatehound/cmd/internal/api/gate"
	"github.com/gatehound/gatehound/cmd/internal/api/wire"
	"github.com/gatehound/gatehound/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The tokens of the tests.
var (
	readToken    = strings.Repeat("r", 32)
	operateToken = strings.Repeat("o", 40)
	adminToken   = strings.Repeat("a", 64)
)

// sink is a sink that does what the test says.
type sink struct {
	name string
	mu   sync.Mutex // workers call it
	fail error
	got  []schemas.Alert
}

func (s *sink) Name() string { return s.name }

func (s *sink) Notify(_ context.Context, a *schemas.Alert, _ string, _ alerting.Ref) (alerting.Ref, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return "", s.fail
	}
	s.got = append(s.got, *a)
	return "", nil
}

func (s *sink) Check(context.Context) error { return nil }

func (s *sink) set(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

// lines is a log that a test can read.
type lines struct {
	mu sync.Mutex // requests log side by side
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// world is an API over a real manager with a real log.
type world struct {
	t       *testing.T
	s       *Server
	m       *alerting.Manager
	sink    *sink
	log     *lines
	reg     *prometheus.Registry
	client  *http.Client
	schemas *jsonschema.Compiler
	doc     document
	// stopped is closed when the API is stopped.
	stop func()
}

// document is what the tests look at of openapi.json.
type document struct {
	Paths map[string]map[string]struct {
		OperationID string `json:"operationId"`
		Role        string `json:"x-role"`
		Responses   map[string]struct {
			Content map[string]struct {
				Schema map[string]any `json:"schema"`
			} `json:"content"`
		} `json:"responses"`
	} `json:"paths"`
}

func manager(t *testing.T, log *slog.Logger, sinks ...alerting.Sink) *alerting.Manager {
	t.Helper()
	cfg := alerting.DefaultConfig()
	cfg.Path = filepath.Join(t.TempDir(), "alerts.db")
	m, err := alerting.New(cfg, sinks, log, prometheus.NewRegistry())
	require.NoError(t, err)
	require.NoError(t, m.Open())
	t.Cleanup(func() { require.NoError(t, m.Close()) })
	return m
}

// newWorld starts an API; set changes its settings.
func newWorld(t *testing.T, set ...func(*Config)) *world {
	t.Helper()
	w := &world{t: t, sink: &sink{name: "oncall"}, log: &lines{}, reg: prometheus.NewRegistry(),
		client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	log := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w.m = manager(t, log, w.sink)
	cfg := DefaultConfig()
	cfg.Listen = "127.0.0.1:0"
	cfg.Rate, cfg.Burst = 10_000, 10_000
	cfg.Tokens = []gate.TokenConfig{{Name: "dashboard", Role: "read", Token: outbound.Secret(readToken)},
		{Name: "bot", Role: "operate", Token: outbound.Secret(operateToken)}, {Name: "root", Role: "admin", Token: outbound.Secret(adminToken)}}
	for _, f := range set {
		f(&cfg)
	}
	var err error
	w.s, err = New(cfg, w.m, slackDouble(), log, w.reg)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.s.Run(ctx) }()
	w.stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-ended)
	})
	t.Cleanup(w.stop)
	var any any
	require.NoError(t, json.Unmarshal(Document, &any))
	require.NoError(t, json.Unmarshal(Document, &w.doc))
	w.schemas = jsonschema.NewCompiler()
	w.schemas.AssertFormat()
	require.NoError(t, w.schemas.AddResource("openapi.json", any))
	return w
}

// slackDouble stands for the handler of interactions.
func slackDouble() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

// alerts makes the manager open so many alerts, and returns their ids, the one
// that was seen last first.
func (w *world) alerts(n int) []string {
	w.t.Helper()
	return offer(w.t, w.m, n)
}

func offer(t *testing.T, m *alerting.Manager, n int) []string {
	t.Helper()
	start := time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
	var findings []schemas.Finding
	for i := range n {
		from := start.Add(time.Duration(i) * time.Second)
		e := schemas.Entity{Kind: schemas.EntityPrincipal, Name: fmt.Sprintf("h1:k1:caller%d", i)}
		findings = append(findings, schemas.Finding{ID: schemas.FindingID("authfail.stuffing", e, from), Detector: "authfail.stuffing", Entity: e, Tenant: "acme",
			Severity: schemas.SeverityHigh, Confidence: .9, Title: "Credential stuffing", Summary: "Many keys failed.", WindowStart: from, WindowEnd: from.Add(time.Minute),
			Detected: from.Add(time.Minute), Events: 100, Query: "SELECT 1"})
	}
	_, err := m.Offer(t.Context(), findings)
	require.NoError(t, err)
	list, err := m.List(alerting.Filter{Limit: 1000})
	require.NoError(t, err)
	var ids []string
	for i := range list {
		ids = append(ids, list[i].ID)
	}
	require.Len(t, ids, min(n, 1000))
	return ids
}

// reply is an answer.
type reply struct {
	code   int
	header http.Header
	body   string
}

// problem reads the answer as a problem, which says what to do.
func (r reply) problem(t *testing.T) wire.Problem {
	t.Helper()
	require.Equal(t, "application/problem+json", r.header.Get("Content-Type"), r.body)
	var p wire.Problem
	require.NoError(t, json.Unmarshal([]byte(r.body), &p))
	require.Equal(t, r.code, p.Status)
	require.NotEmpty(t, p.Title)
	require.NotEmpty(t, p.Detail)
	require.True(t, strings.HasPrefix(p.Type, wire.ProblemType))
	return p
}

// do makes a request and holds its answer against the document.
func (w *world) do(method, path, token, body string, headers ...string) reply {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.s.URL()+path, strings.NewReader(body))
	require.NoError(w.t, err)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	return w.send(r)
}

func (w *world) send(r *http.Request) reply {
	w.t.Helper()
	res, err := w.client.Do(r)
	require.NoError(w.t, err)
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	require.NoError(w.t, err)
	out := reply{res.StatusCode, res.Header, string(data)}
	if r.Method != http.MethodHead && r.URL.Path != interactions {
		require.NoError(w.t, w.conforms(r.Method, r.URL.Path, out))
	}
	return out
}

// conforms holds an answer against the document.
func (w *world) conforms(method, path string, r reply) error {
	kind, _, _ := strings.Cut(r.header.Get("Content-Type"), ";")
	if r.code >= 400 {
		return w.matches(map[string]any{"$ref": "#/components/schemas/Problem"}, r.body)
	}
	for template, item := range w.doc.Paths {
		op, ok := item[strings.ToLower(method)]
		if !ok || !fits(template, path) {
			continue
		}
		answer, ok := op.Responses[fmt.Sprint(r.code)]
		if !ok {
			return fmt.Errorf("%s does not say that it answers %d", op.OperationID, r.code)
		}
		content, ok := answer.Content[kind]
		if !ok {
			return fmt.Errorf("%s does not say that it answers with %s", op.OperationID, kind)
		}
		if content.Schema == nil {
			return nil
		}
		return w.matches(content.Schema, r.body)
	}
	return errors.New("the document has no such operation")
}

// matches holds a JSON text against a schema of the document.
func (w *world) matches(schema map[string]any, text string) error {
	ref, ok := schema["$ref"].(string)
	if !ok {
		return nil // a document of its own
	}
	s, err := w.schemas.Compile("openapi.json" + ref)
	if err != nil {
		return err
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		return err
	}
	return s.Validate(v)
}

// fits reports whether a path is one of a template; a template without
// parameters goes before one that has some.
func fits(template, path string) bool {
	t, p := strings.Split(template, "/"), strings.Split(path, "/")
	if len(t) != len(p) {
		return false
	}
	for i := range t {
		if t[i] != p[i] && (!strings.HasPrefix(t[i], "{") || p[i] == "export" || p[i] == "dead") {
			return false
		}
	}
	return true
}

// counted returns the value of one of the API's counters.
func (w *world) counted(name string, labels ...string) float64 {
	w.t.Helper()
	families, err := w.reg.Gather()
	require.NoError(w.t, err)
	sum := 0.0
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
	series:
		for _, s := range f.GetMetric() {
			for i := 0; i < len(labels); i += 2 {
				found := false
				for _, l := range s.GetLabel() {
					found = found || l.GetName() == labels[i] && l.GetValue() == labels[i+1]
				}
				if !found {
					continue series
				}
			}
			sum += s.GetCounter().GetValue()
		}
	}
	return sum
}

// alertingPermanent is a refusal that no further attempt cures.
var alertingPermanent = alerting.Permanent(errors.New("the channel is gone"))

// run delivers until the test's end.
func run(t *testing.T, m *alerting.Manager) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
}

// slow is a desk that waits in Redeliver until the test lets it go on.
type slow struct {
	alerting.Desk
	began, release chan struct{}
}

func (s *slow) Redeliver(sink string) (int, error) {
	close(s.began)
	<-s.release
	return s.Desk.Redeliver(sink)
}

// request makes a request with a token.
func (w *world) request(method, path, token string) *http.Request {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.s.URL()+path, nil)
	require.NoError(w.t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}
