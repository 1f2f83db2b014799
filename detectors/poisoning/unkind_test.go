package poisoning

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

var seed = flag.Uint64("seed", 601, "the first of the unkind test's two seeds")

// crowd has what looks like poisoning and is none, over two weeks.
func crowd(seed uint64) []schemas.Event {
	const days = 14
	r := rand.New(rand.NewPCG(seed, 3))
	var all []schemas.Event
	add := func(name string, from, until, perHour float64, changes ...change) {
		seed += 0x9e3779b97f4a7c15
		all = append(all, calls(seed, "h1:k1:"+name, from, until, perHour, changes...)...)
	}
	// Teams ask by day, upload and rate now and then, from an office each.
	for i := range 14 {
		name := fmt.Sprintf("team%d", i)
		office := func(r *rand.Rand, ev *schemas.Event) {
			ev.ClientAddr = detectortest.Address(i<<8 + r.IntN(9))
			ev.Client = ev.ClientAddr
			if r.IntN(20) == 0 {
				ev.ClientClass = schemas.ClientBrowser
			}
		}
		for d := range days {
			if d%7 >= 5 {
				continue
			}
			from := 24*float64(d) + 8
			add(name, from, from+9, 60+60*r.Float64(), office)
			if i%2 == 0 {
				add(name, from+1, from+8, 3, office, to("/v1/files", 30_000))
				add(name, from+1, from+8, 12, office, to("/v1/feedback", 300))
			}
		}
		switch i {
		case 1: // its first import, after a week of asking
			add(name, 24*8+10, 24*8+14, 700, office, to("/v1/vector_stores/{id}/files", 60_000))
		case 5: // a first upload at another desk
			add(name, 24*9+10, 24*9+11, 5, elsewhere, to("/v1/files", 9000))
		case 4: // a monthly migration, and a large data set
			add(name, 24*10+20, 24*10+23, 900, office, to("/v1/files", 30_000))
			add(name, 24*11+20, 24*11+21, 3, office, to("/v1/files", 80_000_000))
		case 6: // a campaign for ratings
			add(name, 24*10+9, 24*10+15, 300, office, to("/v1/feedback", 300))
		}
	}
	// The nightly pipeline, the weekly batch, and an agent with a memory.
	for d := range days {
		from := 24*float64(d) + 2
		add("nightly", from, from+0.3, 200, elsewhere, to("/v1/files", 9_000_000))
		add("nightly", from+0.3, from+0.5, 6, elsewhere, to("/v1/fine_tuning/jobs", 400))
		if d%7 == 6 {
			add("weekly", from, from+1, 900, elsewhere, to("/v1/batches", 900))
		}
	}
	add("agent", 0, 24*days, 20, func(_ *rand.Rand, ev *schemas.Event) { ev.Route, ev.Tool = "/mcp", "add_observations" })
	// A backend of thumbs: two sizes, and a release with a third.
	for d := range days {
		add("thumbs", 24*float64(d)+8, 24*float64(d)+20, 80, to("/v1/feedback", 300), func(r *rand.Rand, ev *schemas.Event) {
			ev.RequestBytes = 180 + 4*r.Int64N(2)
			if ev.Time > detectortest.At(24*9*time.Hour) {
				ev.RequestBytes += 31
			}
		})
	}
	// New customers, their imports, and a class that hands in one file.
	for i := range 4 {
		from, name := 24*float64(3+2*i)+9, fmt.Sprintf("customer%d", i)
		add(name, from, from+60, 50, elsewhere)
		add(name, from+2, from+6, 1500, elsewhere, to("/v1/files", 200_000))
	}
	for i := range 40 {
		from, name := 24*10+14.0, fmt.Sprintf("student%d", i)
		add(name, from, from+1.5, 20)
		add(name, from, from+1.5, 1, to("/v1/files", 1), exactly(48_211))
	}
	return all
}

// TestUnkind wants nothing to be told of the crowd above info.
func TestUnkind(t *testing.T) {
	for _, seed := range []uint64{*seed, *seed + 1} {
		all := crowd(seed)
		found := run(t, all)
		for _, f := range found {
			if f.Severity > schemas.SeverityInfo {
				t.Errorf("seed %d: %s of %s at %s: %s", seed, f.Detector, f.Entity.Name, f.Detected.Format("02 15:04"), f.Summary)
			}
		}
		t.Logf("seed %d: %d events, %d findings of severity info: %v", seed, len(all), len(found), detectortest.Rules(found))
	}
}
