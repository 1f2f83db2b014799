package alerting

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/gatehound/gatehound/schemas"
)

func TestMain(m *testing.M) {
	if role := childRole(); role == script {
		os.Exit(m.Run())
	} else if role != "" {
		runChild(role)
		return
	}
	goleak.VerifyTestMain(m)
}

// call is what a sink was given.
type call struct {
	at    time.Time
	alert schemas.Alert
	key   string
	prev  Ref
}

// fakeSink records its calls and answers as answer says; nil takes everything.
type fakeSink struct {
	name   string
	answer func(ctx context.Context, c call) (Ref, error)

	mu    sync.Mutex
	calls []call
	taken []call
}

func (s *fakeSink) Name() string { return s.name }

func (s *fakeSink) Check(context.Context) error { return nil }

func (s *fakeSink) Notify(ctx context.Context, a *schemas.Alert, key string, prev Ref) (Ref, error) {
	c := call{time.Now(), *a, key, prev}
	s.mu.Lock()
	s.calls = append(s.calls, c)
	s.mu.Unlock()
	ref, err := Ref(""), error(nil)
	if s.answer != nil {
		ref, err = s.answer(ctx, c)
	}
	if err == nil {
		s.mu.Lock()
		s.taken = append(s.taken, c)
		s.mu.Unlock()
	}
	return ref, err
}

func (s *fakeSink) all() (calls, taken []call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]call(nil), s.calls...), append([]call(nil), s.taken...)
}

// keys lists the keys of calls.
func keys(calls []call) []string {
	var out []string
	for _, c := range calls {
		out = append(out, c.key)
	}
	return out
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// rig is a manager with its log in a folder of the test.
type rig struct {
	*Manager
	reg  *prometheus.Registry
	path string
}

func open(t *testing.T, path string, edit func(*Config), sinks ...Sink) *rig {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Path = path
	if edit != nil {
		edit(&cfg)
	}
	reg := prometheus.NewRegistry()
	m, err := New(cfg, sinks, quiet(), reg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return &rig{m, reg, path}
}

func logPath(t *testing.T) string { return filepath.Join(t.TempDir(), "log", "alerts.db") }

// run starts Run and returns what stops it.
func (r *rig) run(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	return func() {
		t.Helper()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func (r *rig) offer(t *testing.T, fs ...schemas.Finding) []schemas.Alert {
	t.Helper()
	alerts, err := r.Offer(context.Background(), fs)
	if err != nil {
		t.Fatal(err)
	}
	return alerts
}

func (r *rig) advance(t *testing.T, to time.Time) []schemas.Alert {
	t.Helper()
	alerts, err := r.Advance(context.Background(), to)
	if err != nil {
		t.Fatal(err)
	}
	return alerts
}

// value returns a metric; labels are alternating names and values.
func (r *rig) value(t *testing.T, name string, labels ...string) float64 {
	t.Helper()
	families, err := r.reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != "gatehound_alerting_"+name {
			continue
		}
	series:
		for _, s := range f.GetMetric() {
			for i := 0; i < len(labels); i += 2 {
				ok := false
				for _, l := range s.GetLabel() {
					ok = ok || l.GetName() == labels[i] && l.GetValue() == labels[i+1]
				}
				if !ok {
					continue series
				}
			}
			switch {
			case s.Counter != nil:
				return s.Counter.GetValue()
			case s.Gauge != nil:
				return s.Gauge.GetValue()
			case s.Histogram != nil:
				return float64(s.Histogram.GetSampleCount())
			}
		}
	}
	t.Fatalf("no series %s%v", name, labels)
	return 0
}

// finding is about a window of five minutes that begins at start.
func finding(who string, start time.Time, sev schemas.Severity) schemas.Finding {
	f := schemas.Finding{
		Detector: "authfail.brute_force", Entity: schemas.Entity{Kind: schemas.EntityPrincipal, Name: who},
		Severity: sev, Confidence: 0.8, Title: "Brute force by " + who, Summary: "Many failures.",
		WindowStart: start, WindowEnd: start.Add(5 * time.Minute), Detected: start.Add(5 * time.Minute), Events: 100,
		Features:   []schemas.Feature{{Name: "failures", Observed: 100, Expected: 3, Unit: "failures", Weight: 1, Text: "many"}},
		Techniques: []schemas.Technique{{Framework: "MITRE ATT&CK", ID: "T1110.001", Name: "Password Guessing"}},
		Query:      "SELECT 1",
	}
	f.ID = schemas.FindingID(f.Detector, f.Entity, f.WindowStart)
	return f
}

// many returns findings of n principals.
func many(n int, start time.Time, sev schemas.Severity) []schemas.Finding {
	var out []schemas.Finding
	for i := range n {
		out = append(out, finding("caller-"+strconv.Itoa(i), start, sev))
	}
	return out
}

// line says in short what an alert is.
func line(a schemas.Alert) string {
	return fmt.Sprintf("%s %s seq=%d findings=%d events=%d", a.State, a.Severity, a.Sequence, a.Findings, a.Events)
}
