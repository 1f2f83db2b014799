package alerting_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/outbound"
	"github.com/gatehound/gatehound/alerting/notify/webhook"
	"github.com/gatehound/gatehound/schemas"
)

const (
	healthy = 15
	hanging = 5
)

// taker is a receiver of webhooks that notes when it took what.
type taker struct {
	mu   sync.Mutex
	keys []string
	at   map[string]time.Time
}

func (r *taker) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	_, _ = io.Copy(io.Discard, req.Body)
	key, now := req.Header.Get("webhook-id"), time.Now()
	r.mu.Lock()
	if _, again := r.at[key]; !again {
		r.at[key] = now
	}
	r.keys = append(r.keys, key)
	r.mu.Unlock()
	w.WriteHeader(http.StatusNoContent)
}

func (r *taker) took() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.keys)
}

// hang listens, accepts and never says a word.
func hang(tb testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	var mu sync.Mutex
	var conns []net.Conn
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, c)
			mu.Unlock()
		}
	}()
	tb.Cleanup(func() {
		_ = l.Close()
		<-done
		for _, c := range conns {
			_ = c.Close()
		}
	})
	return "http://" + l.Addr().String()
}

// twenty is a running manager with twenty webhook sinks, five of which hang.
func twenty(tb testing.TB) (*alerting.Manager, []*taker) {
	cfg := alerting.DefaultConfig()
	cfg.Path = filepath.Join(tb.TempDir(), "alerts.db")
	cfg.DrainTimeout = 0
	var sinks []alerting.Sink
	var takers []*taker
	add := func(name, url string) {
		wc := webhook.DefaultConfig()
		wc.URL, wc.Secrets = outbound.Secret(url), []outbound.Secret{signing}
		s, err := webhook.New(name, &wc)
		if err != nil {
			tb.Fatal(err)
		}
		sinks = append(sinks, s)
		cfg.Sinks = append(cfg.Sinks, alerting.SinkConfig{Name: name, Kind: "webhook", PerMinute: 100_000, OnStorm: alerting.StormDelay})
	}
	for i := range healthy + hanging {
		if i%4 == 3 {
			add("hangs-"+strconv.Itoa(i), hang(tb))
			continue
		}
		r := &taker{at: make(map[string]time.Time)}
		srv := httptest.NewServer(r)
		tb.Cleanup(srv.Close)
		takers = append(takers, r)
		add("works-"+strconv.Itoa(i), srv.URL)
	}
	m, err := alerting.New(cfg, sinks, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		tb.Fatal(err)
	}
	if err := m.Open(); err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	tb.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			tb.Error(err)
		}
		if err := m.Close(); err != nil {
			tb.Error(err)
		}
	})
	return m, takers
}

// signing is the secret of the webhooks.
const signing = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="

// rain offers findings of n actors, one every gap, and returns the keys of what
// is to be told of them, in order, and when each was offered.
func rain(tb testing.TB, m *alerting.Manager, n int, gap time.Duration) (keys []string, offered []time.Time) {
	tick := time.NewTicker(gap)
	defer tick.Stop()
	for i := range n {
		<-tick.C
		start := time.Date(2026, 11, 20, 12, 0, i/1000, i, time.UTC)
		f := schemas.Finding{
			Detector: "authfail.brute_force", Entity: schemas.Entity{Kind: schemas.EntityPrincipal, Name: fmt.Sprint("caller-", i)},
			Severity: schemas.SeverityHigh, Confidence: .9, Title: "Brute force: 120 failures in 5 minutes", Summary: "Many failures, usually 3.",
			WindowStart: start, WindowEnd: start.Add(5 * time.Minute), Detected: start.Add(5 * time.Minute), Events: 120,
			Features:   []schemas.Feature{{Name: "failures", Observed: 120, Expected: 3, Unit: "failures", Weight: 1, Text: "120 failures, usually 3"}},
			Techniques: []schemas.Technique{{Framework: "MITRE ATT&CK", ID: "T1110.001", Name: "Password Guessing"}},
			Query:      "SELECT * FROM events WHERE principal = 'caller'",
		}
		f.ID = schemas.FindingID(f.Detector, f.Entity, f.WindowStart)
		offered = append(offered, time.Now())
		alerts, err := m.Offer(context.Background(), []schemas.Finding{f})
		if err != nil || len(alerts) != 1 {
			tb.Fatal(len(alerts), err)
		}
		keys = append(keys, alerting.Key(&alerts[0]))
	}
	return keys, offered
}

// settled waits until the takers have n each.
func settled(tb testing.TB, takers []*taker, n int) {
	deadline := time.Now().Add(time.Minute)
	for _, r := range takers {
		for len(r.took()) < n {
			if time.Now().After(deadline) {
				tb.Fatalf("%d of %d delivered within a minute", len(r.took()), n)
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
}

// Five receivers that accept and never answer delay none of the fifteen others,
// which get everything, in order and once; what the five lack waits for them.
func TestFiveHangingSinksDelayNoOther(t *testing.T) {
	m, takers := twenty(t)
	keys, offered := rain(t, m, 40, 25*time.Millisecond)
	settled(t, takers, len(keys))
	var took []time.Duration
	for i, r := range takers {
		if got := r.took(); !slices.Equal(got, keys) {
			t.Errorf("receiver %d got %d notifications, want the %d in order", i, len(got), len(keys))
		}
		for j, key := range keys {
			took = append(took, r.at[key].Sub(offered[j]))
		}
	}
	slices.Sort(took)
	t.Logf("from a finding to its acceptance: p50 %v, p99 %v", took[len(took)/2], took[len(took)*99/100])
	if p99 := took[len(took)*99/100]; p99 > 2*time.Second {
		t.Errorf("p99 is %v on a machine that may be busy, want less than 2s", p99)
	}
	waiting := make(map[string][]string)
	for _, d := range m.Pending() {
		waiting[d.Sink] = append(waiting[d.Sink], d.Key)
	}
	stuck := 0
	for _, s := range m.Sinks() {
		if !strings.HasPrefix(s.Name, "hangs") {
			continue
		}
		stuck++
		if !slices.Equal(waiting[s.Name], keys) || s.Waiting != len(keys) {
			t.Errorf("%d wait for %s, want all %d in order", s.Waiting, s.Name, len(keys))
		}
	}
	if stuck != hanging {
		t.Errorf("%d sinks hang, want %d", stuck, hanging)
	}
}

// BenchmarkTwentySinks measures the way from a finding to the acceptance of each
// of fifteen receivers on loopback, while five others hang: twenty and two hundred
// findings a second for ten seconds.
func BenchmarkTwentySinks(b *testing.B) {
	for _, rate := range []int{20, 200} {
		b.Run(fmt.Sprintf("findings=%d", rate), func(b *testing.B) {
			for b.Loop() {
				m, takers := twenty(b)
				keys, offered := rain(b, m, 10*rate, time.Second/time.Duration(rate))
				settled(b, takers, len(keys))
				var took []float64
				for _, r := range takers {
					for i, key := range keys {
						took = append(took, float64(r.at[key].Sub(offered[i]).Microseconds())/1000)
					}
				}
				slices.Sort(took)
				b.ReportMetric(took[len(took)/2], "ms-p50")
				b.ReportMetric(took[len(took)*99/100], "ms-p99")
				b.ReportMetric(took[len(took)-1], "ms-max")
				b.ReportMetric(offered[len(offered)-1].Sub(offered[0]).Seconds(), "s-offering")
			}
		})
	}
}
