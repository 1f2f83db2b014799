package engine_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/campaign/profile"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

// copied is a correlator with a state of the size of a campaign's that compares
// everything and finds nothing.
type copied struct{ toy }

type copiedState struct {
	Count uint32
	_     [200]uint32
}

func (*copied) Observe(_ *detectors.Context, s *copiedState, _ *schemas.Event)                  { s.Count++ }
func (*copied) Gather(*detectors.Context, *copiedState, *int64)                                 {}
func (*copied) Merge(*int64, *int64)                                                            {}
func (*copied) Conclude(*detectors.Context, *int64, *int64)                                     {}
func (*copied) Close(*detectors.Context, *copiedState, *int64) bool                             { return true }
func (*copied) Save() []byte                                                                    { return nil }
func (*copied) Load([]byte) error                                                               { return nil }
func (*copied) Forget(func(uint64) bool) int                                                    { return 0 }
func (*copied) Correlate(*detectors.Correlation, *int64, []detectors.Profiled[profile.Profile]) {}
func (*copied) Profile(_ *detectors.Context, s *copiedState, _ *int64, p *profile.Profile) bool {
	p.Calls = float32(s.Count)
	return true
}

// BenchmarkProfiles closes windows of 200,000 principals of which the profiles are
// copied and put in order, and nothing else is done.
func BenchmarkProfiles(b *testing.B) {
	const entities = 200_000
	s := detectortest.Settings()
	s.Config.Shards, s.Config.Workers, s.Config.Memory = 64, 1, 1<<30
	w := &copied{toy{id: "copied.principal", kind: schemas.EntityPrincipal, window: time.Hour}}
	h := start(b, s, detectors.Correlate[copiedState, int64, profile.Profile](w))
	events := make([]schemas.Event, 0, entities)
	for i := range entities {
		events = append(events, detectortest.Event(time.Minute, func(ev *schemas.Event) { ev.Principal = fmt.Sprintf("h1:k1:%032x", i) }))
	}
	h.feed(0, events...)
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu := h.count("correlation_cpu_seconds_total")
	b.ResetTimer()
	for i := range b.N {
		h.feed(0, by("h1:k1:one", time.Duration(i+1)*time.Hour+time.Minute)...)
	}
	h.Flush() // waits for the last
	b.StopTimer()
	runtime.ReadMemStats(&after)
	n := h.count("correlations_total")
	profiles := n * entities
	if got := h.count("correlated_profiles"); got < entities {
		b.Fatalf("%v profiles", got)
	}
	b.ReportMetric((h.count("correlation_cpu_seconds_total")-cpu)*1e9/profiles, "cpu-ns/profile")
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/profiles, "B/profile")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/profiles, "allocs/profile")
}
