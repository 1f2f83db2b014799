package tenant

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
	"unsafe"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

// TestEvenness wants equal shares told from unequal ones, with few keys and many.
func TestEvenness(t *testing.T) {
	for _, keys := range []int{10, 40, 300} {
		for name, c := range map[string]struct {
			key        func(r *rand.Rand) int
			from, till float64
		}{
			"equal": {func(r *rand.Rand) int { return r.IntN(keys) }, 0, 0.6},
			"unequal": {func(r *rand.Rand) int {
				return int(float64(keys) * r.Float64() * r.Float64() * r.Float64() * r.Float64())
			}, 1, 100},
		} {
			r := rand.New(rand.NewPCG(1, uint64(keys)))
			x := detectors.NewContext(func(*detectors.Context, *schemas.Finding) {})
			w := &Watch{Limits: Limits{Keys: 1 << 30, Calls: 1 << 30}}
			x.WindowStart, x.Window = detectortest.At(0), w.Spec().Window
			var s State
			for range 6000 {
				ev := detectortest.Event(time.Hour, func(ev *schemas.Event) {
					ev.Tenant, ev.Operation, ev.Principal = "org-1", "chat", fmt.Sprint("h1:k1:", c.key(r))
				})
				w.Observe(x, &s, &ev)
			}
			d := &s.open[0]
			if got := d.evenness(d.keys.Count()); got < c.from || got > c.till {
				t.Errorf("%d keys, %s: the square of the variation is %v, want %v to %v", keys, name, got, c.from, c.till)
			}
		}
	}
}

func TestWants(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*schemas.Event)
		want   bool
	}{
		"an answer":         {func(*schemas.Event) {}, true},
		"without a tenant":  {func(ev *schemas.Event) { ev.Tenant = "" }, false},
		"without principal": {func(ev *schemas.Event) { ev.Principal = "" }, false},
		"an embedding":      {func(ev *schemas.Event) { ev.Operation = "embeddings" }, false},
		"a failure":         {func(ev *schemas.Event) { ev.Status = 500 }, false},
	} {
		ev := detectortest.Event(time.Minute, func(ev *schemas.Event) { ev.Tenant, ev.Operation = "org-1", "chat" }, c.change)
		if got := wants(&ev); got != c.want {
			t.Errorf("%s: wanted %v, want %v", name, got, c.want)
		}
	}
}

func TestSize(t *testing.T) {
	if n := unsafe.Sizeof(State{}); n > 512 {
		t.Errorf("a state takes %d bytes, want at most 512", n)
	}
}

// BenchmarkObserve folds calls into states that fit the cache.
func BenchmarkObserve(b *testing.B) {
	w := &Watch{Limits: Limits{Keys: 1 << 30, Calls: 1 << 30}}
	var states [16]State
	x := detectors.NewContext(func(*detectors.Context, *schemas.Finding) {})
	x.WindowStart, x.Window = detectortest.At(0), w.Spec().Window
	ev := detectortest.Event(time.Hour, func(ev *schemas.Event) {
		ev.Tenant, ev.Operation, ev.InputTokens, ev.OutputTokens = "org-1", "chat", 100, 300
	})
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		w.Observe(x, &states[i%len(states)], &ev)
		i++
	}
}
