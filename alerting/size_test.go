package alerting

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/alerting/route"
	"github.com/gatehound/gatehound/schemas"
)

// ruled is a routing of fifty routes and ten rules of inhibition, of which each looks
// at the open alerts, and sinks that it names.
func ruled(cfg *Config) {
	for i := range 49 {
		cfg.Routing.Routes = append(cfg.Routing.Routes, route.Route{Name: fmt.Sprint("r", i), Sinks: []string{"s"},
			Matchers: []string{fmt.Sprintf("tenant=tenant%d", i), "severity>=high"}})
	}
	cfg.Routing.Routes = append(cfg.Routing.Routes, route.Route{Name: "rest", Sinks: []string{"s"}})
	for i := range 10 {
		cfg.Routing.Inhibit = append(cfg.Routing.Inhibit, route.Inhibition{Source: []string{"severity>=low", fmt.Sprintf("detector!=other%d", i)},
			Target: []string{"severity<=high"}, Equal: []string{"tenant", "entity"}})
	}
}

// hush makes a hundred silences of which none covers anything.
func hush(tb testing.TB, m *Manager) {
	for i := range 100 {
		s := schemas.Silence{Matchers: []string{fmt.Sprintf("entity=nobody%d", i), "severity<=critical"}, Until: time.Now().Add(time.Hour), By: "alice"}
		if _, err := m.Silence(context.Background(), s); err != nil {
			tb.Fatal(err)
		}
	}
}

// filled is a manager with n open incidents.
func filled(tb testing.TB, n int, edit func(*Config)) *Manager {
	cfg := DefaultConfig()
	cfg.Path = tb.TempDir() + "/alerts.db"
	cfg.Sinks = []SinkConfig{{Name: "s", Kind: "fake", MinSeverity: "critical"}}
	if edit != nil {
		edit(&cfg)
	}
	m, err := New(cfg, []Sink{&fakeSink{name: "s"}}, quiet(), prometheus.NewRegistry())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := m.Close(); err != nil {
			tb.Error(err)
		}
	})
	for i := 0; i < n; i += 10_000 {
		if _, err := m.Offer(context.Background(), crowd(i, min(10_000, n-i), 0)); err != nil {
			tb.Fatal(err)
		}
	}
	return m
}

// crowd returns findings of n callers of their own, at the minute.
func crowd(from, n, minute int) []schemas.Finding {
	fs := make([]schemas.Finding, 0, n)
	for i := range n {
		f := caller(spike, fmt.Sprint("c", from+i), minute, schemas.SeverityLow)
		f.Tenant = fmt.Sprint("t", (from+i)%100)
		fs = append(fs, f)
	}
	return fs
}

// BenchmarkOfferAmong measures findings of new callers, a hundred in an offer and with
// the log's fsync, while as many incidents are open as the name says; ruled is with
// fifty routes, a hundred silences and ten rules of inhibition.
func BenchmarkOfferAmong(b *testing.B) {
	for name, edit := range map[string]func(*Config){"plain": nil, "ruled": ruled} {
		for _, n := range []int{1, 10_000, 100_000} {
			b.Run(fmt.Sprintf("%s/open=%d", name, n), func(b *testing.B) {
				m := filled(b, n, func(c *Config) {
					if c.MaxAlerts = 1_000_000; edit != nil {
						edit(c)
					}
				})
				if edit != nil {
					hush(b, m)
				}
				i := 0
				for b.Loop() {
					if _, err := m.Offer(context.Background(), crowd(n+i*100, 100, 1)); err != nil {
						b.Fatal(err)
					}
					i++
				}
				b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(i*100), "µs/finding")
			})
		}
	}
}

// BenchmarkLog measures what a log of a hundred thousand incidents takes to open, to
// list page by page, and to look through for what is not in it.
func BenchmarkLog(b *testing.B) {
	const n = 100_000
	m := filled(b, n, func(c *Config) { c.MaxAlerts = n })
	cfg := m.cfg
	if err := m.Close(); err != nil {
		b.Fatal(err)
	}
	info, err := os.Stat(cfg.Path)
	if err != nil {
		b.Fatal(err)
	}
	reopen := func(b *testing.B) *Manager {
		m, err := New(cfg, []Sink{&fakeSink{name: "s"}}, quiet(), prometheus.NewRegistry())
		if err != nil {
			b.Fatal(err)
		}
		if err := m.Open(); err != nil {
			b.Fatal(err)
		}
		return m
	}
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			if err := reopen(b).Close(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(info.Size())/n, "B/alert")
	})
	m = reopen(b)
	defer m.Close()
	list := func(b *testing.B, f Filter) (got int) {
		for {
			page, err := m.List(f)
			if err != nil {
				b.Fatal(err)
			}
			if got += len(page); len(page) < max(f.Limit, 100) {
				return got
			}
			f.After = page[len(page)-1].ID
		}
	}
	b.Run("page", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if page, err := m.List(Filter{}); err != nil || len(page) != 100 {
				b.Fatal(len(page), err)
			}
		}
	})
	b.Run("all", func(b *testing.B) {
		var before, after runtime.MemStats
		for b.Loop() {
			runtime.ReadMemStats(&before)
			if got := list(b, Filter{Limit: 1000}); got != n {
				b.Fatal(got)
			}
			runtime.ReadMemStats(&after)
		}
		b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/n, "B/alert")
	})
	b.Run("nothing", func(b *testing.B) {
		for b.Loop() {
			if got := list(b, Filter{Matchers: []string{"tenant=nobody"}}); got != 0 {
				b.Fatal(got)
			}
		}
	})
}
