package extraction

import (
	"testing"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

func TestConform(t *testing.T) {
	corpus := hits[0].use.events(1, "h1:k1:thief")
	corpus = append(corpus, hits[8].use.events(1, "h1:k1:prober")...)
	corpus = append(corpus, hits[7].use.events(1, "h1:k1:patient")...)
	corpus = append(corpus, shared(at(24, use{perHour: 200, jitter: 1, unlogged: true, in: 120, out: 900, spread: 0.4}).events(1, ""), 30, func(int) float64 { return 1 })...)
	corpus = append(corpus, each(at(8, use{perHour: 3000, jitter: 1, in: 15, out: 2, spread: 0.3}).events(4, "h1:k1:encoder"), func(_ int, ev *schemas.Event) {
		ev.Operation, ev.OutputTokens = "embeddings", 0
	})...)
	corpus = append(corpus, each(at(24, use{perHour: 2, jitter: 0.5}).events(5, "h1:k1:batcher"), func(i int, ev *schemas.Event) {
		ev.Operation, ev.Route, ev.RequestBytes = "", []string{"/v1/files", "/v1/batches"}[i%2], 40_000_000
	})...)
	detectortest.Conform(t, detectortest.Fresh(t, Watchers, DefaultConfig()), corpus)
}

func TestConfig(t *testing.T) {
	detectortest.Bounds(t, DefaultConfig, Watchers, map[string]func(*Config){
		"calls is 99, want 100 to 1000000000":             func(c *Config) { c.Calls = 99 },
		"score is 0.5, want 1 to 20":                      func(c *Config) { c.Score = 0.5 },
		"early_score is 21, want 1 to 20":                 func(c *Config) { c.EarlyScore = 21 },
		"logit_calls is 0, want 50 to 1000000000":         func(c *Config) { c.LogitCalls = 0 },
		"logit_score is 0, want 1 to 20":                  func(c *Config) { c.LogitScore = 0 },
		"day_calls is 1, want 50 to 1000000000":           func(c *Config) { c.DayCalls = 1 },
		"day_score is 99, want 1 to 20":                   func(c *Config) { c.DayScore = 99 },
		"reasoning_calls is 9, want 10 to 1000000000":     func(c *Config) { c.ReasoningCalls = 9 },
		"reasoning_score is 0, want 1 to 20":              func(c *Config) { c.ReasoningScore = 0 },
		"membership_calls is 99, want 100 to 1000000000":  func(c *Config) { c.MembershipCalls = 99 },
		"membership_score is 21, want 1 to 20":            func(c *Config) { c.MembershipScore = 21 },
		"embedding_calls is 999, want 1000 to 1000000000": func(c *Config) { c.EmbeddingCalls = 999 },
		"batch_jobs is 1, want 2 to 1000000000":           func(c *Config) { c.BatchJobs = 1 },
		"tenant_keys is 2, want 3 to 1000000":             func(c *Config) { c.TenantKeys = 2 },
		"tenant_calls is 99, want 100 to 1000000000":      func(c *Config) { c.TenantCalls = 99 },
		"tenant_score is 0, want 1 to 20":                 func(c *Config) { c.TenantScore = 0 },
		"repeat_hours is 0, want 1 to 8760":               func(c *Config) { c.RepeatHours = 0 },
	})
}

// BenchmarkObserve folds calls into states that fit the cache, and into more
// than do.
func BenchmarkObserve(b *testing.B) {
	events := use{perHour: 4000, jitter: 1, from: 0, until: 1, in: 100, out: 500, users: 50, templates: 3}.events(1, "h1:k1:c25a8f0e77b1e3d94c6f")
	for name, n := range map[string]int{"hot": 16, "cold": 10_000} {
		b.Run(name, func(b *testing.B) {
			d := &watch{DefaultConfig()}
			states := make([]State, n)
			x := detectors.NewContext(func(*detectors.Context, *schemas.Finding) {})
			x.WindowStart, x.Window = detectortest.At(0), d.Spec().Window
			b.ReportAllocs()
			i := 0
			for ; i < 8*n; i++ {
				d.Observe(x, &states[i*7919%n], &events[i%len(events)])
			}
			for b.Loop() {
				ev := &events[i%len(events)]
				x.Now = ev.Time
				d.Observe(x, &states[i*7919%n], ev)
				i++
			}
		})
	}
}
