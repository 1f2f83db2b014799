package correlate

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/campaign/profile"
	"github.com/gatehound/gatehound/detectors/sketch"
)

// BenchmarkHostile correlates what somebody with many keys could make: profiles that
// are all equal, that have nothing in common, and that share each trait with an
// eighth of all, so that every bucket is full of unrelated ones. The processor time
// must grow no faster than their number, and nothing be found.
func BenchmarkHostile(b *testing.B) {
	for _, shape := range []string{"equal", "unlike", "crossed"} {
		for _, n := range []int{50_000, 200_000, 1_000_000} {
			b.Run(fmt.Sprintf("shape=%s/%d", shape, n), func(b *testing.B) {
				all := hostile(shape, n)
				b.ReportAllocs()
				found, rounds, cpu := 0, 0, processor(b)
				for b.Loop() {
					found = len(Clusters(context.Background(), all, options()))
					rounds++
				}
				b.ReportMetric(float64(processor(b)-cpu)/float64(rounds*n), "cpu-ns/profile")
				b.ReportMetric(float64(found), "found")
			})
		}
	}
}

// processor is the processor time of the process.
func processor(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func hostile(shape string, n int) []detectors.Profiled[profile.Profile] {
	w := newWorld(9)
	w.add("", w.stranger())
	all := make([]detectors.Profiled[profile.Profile], n)
	for i := range all {
		all[i] = w.all[0]
		all[i].Key = sketch.Mix(uint64(i))
		p := &all[i].Profile
		values := uint32(1 << 31)
		switch shape {
		case "equal":
			continue
		case "crossed":
			values = 8
		}
		for t := range p.Traits {
			p.Traits[t] = profile.Trait{Value: uint32(t)<<28 + 1 + w.rng.Uint32N(values), Share: 254}
		}
		for t := range p.Networks {
			p.Networks[t] = 1 + w.rng.Uint32N(values)
		}
		for bin := range p.Inputs {
			p.Inputs[bin], p.Outputs[bin] = uint8(w.rng.Uint32N(16)), uint8(w.rng.Uint32N(16))
		}
		p.First = since + 60 + w.rng.Uint32N(end-since-120)
		p.Calls = float32(10 + w.rng.Uint32N(1000))
	}
	return all
}
