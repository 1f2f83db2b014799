package keyabuse

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

func TestConform(t *testing.T) {
	own := owner
	own.change = func(r *rand.Rand, m int, ev *schemas.Event) {
		ev.Country, ev.EndUser = "DE", fmt.Sprintf("h1:k1:user%d", r.IntN(3))
		ev.Credential = fmt.Sprintf("c1:k1:session%d", m/hour60)
	}
	guest := thief(20, func(ev *schemas.Event) { strong(ev); ev.Country = "VN" })
	as := guest.change
	guest.change = func(r *rand.Rand, m int, ev *schemas.Event) {
		as(r, m, ev)
		ev.EndUser, ev.ClientAddr = fmt.Sprintf("h1:k1:guest%d", r.IntN(90)), at(77+r.IntN(40), 3)
		ev.Credential = fmt.Sprintf("c1:k1:session%d", m/hour60)
		if m < start+2 {
			ev.Status, ev.Model = 404, fmt.Sprintf("m%d", r.IntN(9))
		}
	}
	corpus := talk(rand.New(rand.NewPCG(5, 5)), 0, start+2*hour60, []user{own, guest, {name: "h1:k1:hum", net: 250, much: every(0.3)}})
	detectortest.Conform(t, detectortest.Fresh(t, Watchers, DefaultConfig()), corpus)
	if rules := detectortest.Rules(func() []schemas.Finding {
		w, _ := Watchers(DefaultConfig())
		return detectortest.Run(t, corpus, w...)
	}()); len(rules) < 5 {
		t.Errorf("the corpus meets only %v", rules)
	}
}

func TestConfig(t *testing.T) {
	detectortest.Bounds(t, DefaultConfig, Watchers, map[string]func(*Config){
		"history is 1ns, want 1h0m0s to 720h0m0s":       func(c *Config) { c.History = 1 },
		"events is 1, want 50 to 1000000":               func(c *Config) { c.Events = 1 },
		"settle is 1ns, want 1h0m0s to 720h0m0s":        func(c *Config) { c.Settle = 1 },
		"burst_calls is 1, want 10 to 1000000000":       func(c *Config) { c.BurstCalls = 1 },
		"burst_tokens is 1, want 1000 to 1000000000000": func(c *Config) { c.BurstTokens = 1 },
		"burst_factor is 1, want 1.5 to 1000":           func(c *Config) { c.BurstFactor = 1 },
		"models is 7, want 2 to 6":                      func(c *Config) { c.Models = 7 },
		"networks is 1, want 3 to 100":                  func(c *Config) { c.Networks = 1 },
		"users is 1, want 5 to 100":                     func(c *Config) { c.Users = 1 },
		"speed is 1, want 100 to 40000":                 func(c *Config) { c.Speed = 1 },
		"replays is 1, want 2 to 1000":                  func(c *Config) { c.Replays = 1 },
		"repeat is 1ns, want 1h0m0s to 720h0m0s":        func(c *Config) { c.Repeat = 1 },
	})
}

func TestSizes(t *testing.T) {
	t.Logf("state %d bytes, cohort %d bytes", unsafe.Sizeof(State{}), unsafe.Sizeof(Cohort{}))
	if n := unsafe.Sizeof(State{}); n > 1100 {
		t.Errorf("a state takes %d bytes, want at most 1,100", n)
	}
	if n := unsafe.Sizeof(Cohort{}); n > 1700 {
		t.Errorf("a cohort takes %d bytes, want at most 1,700", n)
	}
}

// BenchmarkObserve observes calls of keys that are a week old.
func BenchmarkObserve(b *testing.B) {
	own := owner
	own.much = every(64)
	own.change = func(r *rand.Rand, _ int, ev *schemas.Event) {
		ev.ASN, ev.Country, ev.EndUser = 64500, "DE", "h1:k1:c25a8f0e77b1e3d94c6f"
		ev.RequestID = fmt.Sprintf("%08x-7b1e-4d94-8c6f-%012x", r.Uint32(), r.Uint64()>>16)
	}
	for name, bare := range map[string]bool{"all fields": false, "combined log": true} {
		b.Run(name, func(b *testing.B) {
			events := talk(rand.New(rand.NewPCG(1, 1)), 7*oneDay, 7*oneDay+60, []user{own})
			for i := range events {
				if bare {
					events[i] = schemas.Event{Time: events[i].Time, Principal: victim, ClientAddr: events[i].ClientAddr, Status: 200, UserAgent: "curl/8.1"}
				}
			}
			d, states, i := newWatch(DefaultConfig()), make([]State, 256), 0
			x := detectors.NewContext(func(*detectors.Context, *schemas.Finding) {})
			x.WindowStart, x.Window = events[0].Time, d.Spec().Window
			for j := range states {
				first := events[j]
				first.Time = detectortest.At(0)
				d.Observe(x, &states[j], &first)
				states[j].count = 1000
			}
			b.ReportAllocs()
			for b.Loop() {
				d.Observe(x, &states[i%256], &events[i%len(events)])
				i++
			}
		})
	}
}

func BenchmarkClose(b *testing.B) {
	d, states, i := newWatch(DefaultConfig()), make([]State, 4096), 0
	x := detectors.NewContext(func(*detectors.Context, *schemas.Finding) {})
	x.Window, x.WindowStart, x.Now = d.Spec().Window, detectortest.At(7*24*3600e9), detectortest.At(7*24*3600e9+3600e9)
	var c Cohort
	b.ReportAllocs()
	for b.Loop() {
		s := &states[i%len(states)]
		if s.first, s.last, s.count = detectortest.At(0), x.WindowStart, 1000; i%3 == 0 {
			s.open[0] = hour{calls: 40, networks: 7, tokens: 9000}
		}
		d.Gather(x, s, &c)
		d.Close(x, s, &c)
		i++
	}
}
