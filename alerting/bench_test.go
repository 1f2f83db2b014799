package alerting

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/schemas"
)

// The way from Offer to a sink, with every fsync, takes milliseconds.
func TestOfferToSinkIsFast(t *testing.T) {
	s := &fakeSink{name: "s"}
	r := open(t, logPath(t), func(c *Config) {
		c.Sinks = []SinkConfig{{Name: "s", Kind: "fake", PerMinute: 100_000}}
	}, s)
	stop := r.run(t)
	var offered []time.Time
	for i := range 100 {
		offered = append(offered, time.Now())
		r.offer(t, finding(fmt.Sprint(i), noon, schemas.SeverityLow))
	}
	for len(r.Pending()) > 0 {
		time.Sleep(time.Millisecond)
	}
	stop()
	_, got := s.all()
	if len(got) != len(offered) {
		t.Fatalf("%d delivered, want %d", len(got), len(offered))
	}
	var took []time.Duration
	for i, c := range got {
		took = append(took, c.at.Sub(offered[i]))
	}
	slices.Sort(took)
	t.Logf("from Offer to the sink: p50 %v, p99 %v", took[50], took[99])
	if took[99] > time.Second {
		t.Errorf("the slowest of 100 took %v, want less than a second", took[99])
	}
}

// BenchmarkOffer measures findings of alerts that are open already, in offers
// of one and of a hundred, with the log's fsync.
func BenchmarkOffer(b *testing.B) {
	for _, n := range []int{1, 100} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			cfg := DefaultConfig()
			cfg.Path = b.TempDir() + "/alerts.db"
			m, err := New(cfg, []Sink{&fakeSink{name: "s"}}, quiet(), prometheus.NewRegistry())
			if err != nil {
				b.Fatal(err)
			}
			defer m.Close()
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				i++
				if _, err := m.Offer(context.Background(), many(n, noon.Add(time.Duration(i)*time.Second), schemas.SeverityLow)); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(i*n), "µs/finding")
		})
	}
}

// BenchmarkStorm measures one offer of ten thousand findings of ten thousand
// entities, and the delivery of all of them, one by one.
func BenchmarkStorm(b *testing.B) {
	for b.Loop() {
		cfg := DefaultConfig()
		cfg.Path = b.TempDir() + "/alerts.db"
		cfg.Sinks = []SinkConfig{{Name: "s", Kind: "fake", PerMinute: 100_000, OnStorm: StormDelay}}
		m, err := New(cfg, []Sink{&fakeSink{name: "s"}}, quiet(), prometheus.NewRegistry())
		if err != nil {
			b.Fatal(err)
		}
		start := time.Now()
		if _, err := m.Offer(context.Background(), many(10_000, noon, schemas.SeverityLow)); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(time.Since(start).Milliseconds()), "ms-offer")
		start = time.Now()
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- m.Run(ctx) }()
		for len(m.Pending()) > 0 {
			time.Sleep(50 * time.Millisecond)
		}
		b.ReportMetric(float64(time.Since(start).Milliseconds()), "ms-deliver")
		cancel()
		if err := <-done; err != nil {
			b.Fatal(err)
		}
		if err := m.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOfferToTwentySinks measures one offer of ten thousand findings of ten
// thousand entities that twenty sinks are to be told of, and what that takes on
// disk.
func BenchmarkOfferToTwentySinks(b *testing.B) {
	for b.Loop() {
		cfg := DefaultConfig()
		cfg.Path = b.TempDir() + "/alerts.db"
		var sinks []Sink
		for i := range 20 {
			sinks = append(sinks, &fakeSink{name: fmt.Sprint("s", i)})
		}
		m, err := New(cfg, sinks, quiet(), prometheus.NewRegistry())
		if err != nil {
			b.Fatal(err)
		}
		start := time.Now()
		if _, err := m.Offer(context.Background(), many(10_000, noon, schemas.SeverityLow)); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(time.Since(start).Microseconds())/10_000, "µs/finding")
		info, err := os.Stat(cfg.Path)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(info.Size())/200_000, "B/notification")
		if err := m.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
