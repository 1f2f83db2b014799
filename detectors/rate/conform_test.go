package rate

import (
	"math/rand/v2"
	"testing"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

func TestConform(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	var corpus []schemas.Event
	for _, p := range []plant{
		burst(0, 100, 90, "h1:k1:one", 1, 1),
		burst(0, 120, 20, "h1:k1:two", 2, 1), burst(0, 120, 20, "h1:k1:three", 3, 1), burst(0, 120, 20, "h1:k1:four", 4, 1),
		burst(0, 120, 20, "h1:k1:five", 5, 1), burst(0, 120, 20, "h1:k1:six", 6, 1), burst(0, 120, 20, "h1:k1:seven", 7, 2),
		burst(70, 2, 1500, "h1:k1:two", 2, 2),
	} {
		for m := p.from; m < p.until; m++ {
			corpus = append(corpus, p.add(r, m)...)
		}
	}
	change := answer(80, 3, 1, 0.8, 503).change
	for i := range corpus {
		if m := (corpus[i].Time - detectortest.At(0)) / 6e10; m >= 80 && m < 83 {
			change(r, &corpus[i])
		}
	}
	detectortest.Conform(t, detectortest.Fresh(t, Watchers, DefaultConfig()), corpus)
}

func TestConfig(t *testing.T) {
	detectortest.Bounds(t, DefaultConfig, Watchers, map[string]func(*Config){
		"cold_factor is 1, want 2 to 10000":                    func(c *Config) { c.ColdFactor = 1 },
		"round_factor is 0, want 1 to 100":                     func(c *Config) { c.RoundFactor = 0 },
		"crowd is 1, want 2 to 1000000":                        func(c *Config) { c.Crowd = 1 },
		"principal.floor is 9, want 10 to 1e+09":               func(c *Config) { c.Principal.Floor = 9 },
		"address.factor is 1, want 1.5 to 1000":                func(c *Config) { c.Address.Factor = 1 },
		"route.burst is -1, want 0 to 1e+09":                   func(c *Config) { c.Route.Burst = -1 },
		"route.cold_floor is 1, want 10 to 1e+09":              func(c *Config) { c.Route.ColdFloor = 1 },
		"route.shift_factor is 1, want 0 (off) or 1.5 to 1000": func(c *Config) { c.Route.ShiftFactor = 1 },
		"address.round_floor is 1, want 10 to 1e+09":           func(c *Config) { c.Address.RoundFloor = 1 },
		"route.nameless_floor is -1, want 0 to 1e+09":          func(c *Config) { c.Route.NamelessFloor = -1 },
		"route.steady_floor is -1, want 0 to 1e+09":            func(c *Config) { c.Route.SteadyFloor = -1 },
		"route.steady_factor is 1, want 1.5 to 1000":           func(c *Config) { c.Route.SteadyFactor = 1 },
		"route.throttled_floor is -1, want 0 to 1e+09":         func(c *Config) { c.Route.ThrottledFloor = -1 },
		"route.throttled_share is 2, want 0 to 1":              func(c *Config) { c.Route.ThrottledShare = 2 },
		"route.errors_floor is -1, want 0 to 1e+09":            func(c *Config) { c.Route.ErrorsFloor = -1 },
		"route.errors_share is 2, want 0 to 1":                 func(c *Config) { c.Route.ErrorsShare = 2 },
		"route.callers is 61, want 0 to 60":                    func(c *Config) { c.Route.Callers = 61 },
	})
}

func TestDistinct(t *testing.T) {
	if n := sketch.Distinct32(0); n != 0 {
		t.Errorf("an empty bitmap has %v", n)
	}
	if n := sketch.Distinct32(1<<32 - 1); n > 111 || n < 80 {
		t.Errorf("a full bitmap has %v", n)
	}
}

func BenchmarkObserve(b *testing.B) {
	events := burst(0, 1, 4096, "h1:k1:c25a8f0e77b1e3d94c6f", 1, 1).add(rand.New(rand.NewPCG(1, 1)), 0)
	for _, kind := range []schemas.EntityKind{schemas.EntityPrincipal, schemas.EntityAddress, schemas.EntityRoute} {
		b.Run(kind.String(), func(b *testing.B) {
			d := &watch{kind: kind, limits: DefaultConfig().Principal, config: DefaultConfig()}
			d.limits.Burst = 0
			states := make([]State, 256)
			x := detectors.NewContext(func(*detectors.Context, *schemas.Finding) {})
			x.WindowStart, x.Window = detectortest.At(0), d.Spec().Window
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				d.Observe(x, &states[i%256], &events[i%4096])
				i++
			}
		})
	}
}

func BenchmarkClose(b *testing.B) {
	d := &watch{kind: schemas.EntityPrincipal, limits: DefaultConfig().Principal, config: DefaultConfig()}
	states := make([]State, 4096)
	x := detectors.NewContext(func(*detectors.Context, *schemas.Finding) {})
	x.Window = d.Spec().Window
	c := Cohort{factor: 1, requests: 1}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		minute := i / len(states)
		x.WindowStart = detectortest.At(0) + int64(minute)*int64(x.Window)
		x.Now, x.Slot = x.WindowStart+int64(x.Window), minute%2
		s := &states[i%len(states)]
		s.open[x.Slot].requests = uint32(i % 7)
		d.Gather(x, s, &c)
		d.Close(x, s, &c)
		i++
	}
}
