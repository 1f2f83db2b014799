package campaign

import (
	"context"
	"fmt"
	"math"
	"net/netip"
	"os"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/campaign/correlate"
	"github.com/gatehound/gatehound/detectors/campaign/profile"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/detectors/engine"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// late is the detector without its correlation until on is set.
type late struct {
	*watch
	on bool
}

func (l *late) Profile(x *detectors.Context, s *profile.State, c *Cohort, p *profile.Profile) bool {
	return l.on && l.watch.Profile(x, s, c, p)
}

// town is a gateway with many unrelated principals, of whom nothing is kept: all
// that one is follows from its number. Behind the number people are the keys of
// campaigns, which begin some hours later.
type town struct {
	people    int
	campaigns []int
	rates     []float32 // of each, calls in a round
}

const (
	// rounds is how often everybody may call, each round 18 minutes after the one
	// before; campaigns begin in the round begins.
	rounds = 88
	step   = 18 * time.Minute
	begins = 12
)

// draw returns the k-th random number of principal i, from 0 to 1.
func draw(i, k int) float64 { return float64(sketch.Mix(uint64(i)<<16|uint64(k))>>11) / (1 << 53) }

// bell returns a normally distributed one.
func bell(i, k int) float64 {
	return math.Sqrt(-2*math.Log(1-draw(i, k))) * math.Cos(2*math.Pi*draw(i, k+7000))
}

// rank draws one of n of which the first are the most popular.
func rank(i, k, n int) int { return int(math.Exp(draw(i, k)*math.Log(float64(n)+1))) - 1 }

// style is how a principal calls.
type style struct {
	in, out, vary, rate                        float64
	model, settings, client, hello, asn, route int
}

// of returns the campaign of principal i, -1 if it is nobody's, and its style.
func (t *town) of(i int) (campaign int, s style) {
	hand, from := i, t.people
	campaign = -1
	for c, n := range t.campaigns {
		if i >= from && i < from+n {
			campaign, hand = c, 1<<40+c
		}
		from += n
	}
	s = style{
		in: 6.8 + 1.1*bell(hand, 1), out: 4.8 + bell(hand, 2), vary: 0.3 + 0.6*draw(hand, 3),
		rate:  min(max(0.14*math.Exp(1.4*bell(i, 4)), 0.12), 1),
		model: rank(hand, 5, 12), settings: rank(hand, 6, 60),
		client: rank(i, 7, 40), hello: rank(i, 8, 15), asn: rank(i, 9, 300), route: rank(hand, 10, 3),
	}
	if campaign >= 0 {
		s.in, s.out, s.vary, s.settings = 4.6+1.8*float64(campaign), 7.8, 0.4, 20+19*campaign
	}
	return campaign, s
}

// round gives all calls of a round to observe, in batches.
func (t *town) round(r int, observe func(*schemas.Batch)) (calls int) {
	all := len(t.rates)
	const size = 10_000
	part := &schemas.Part{Range: schemas.Range{Topic: "t"}, Events: make([]schemas.Event, 0, size)}
	begin := detectortest.At(step * time.Duration(r))
	for i := range all {
		n := 0
		switch {
		case i >= t.people: // a machine calls every 36 minutes
			if r >= begins && (r+i)%2 == 0 {
				n = 1
			}
		default: // people come now and then
			if draw(i, 100+r) < float64(t.rates[i]) {
				n = 1
			}
		}
		if n == 0 && i < all-1 {
			continue
		}
		_, s := t.of(i)
		a := sketch.Mix(uint64(i) << 3)
		address := netip.AddrFrom4([4]byte{byte(20 + s.asn%100), byte(a), byte(a >> 8), byte(a >> 16)})
		for j := range n {
			tokens := func(mean float64, k int) int64 { return int64(math.Exp(mean + s.vary*bell(i, k+8*r+j))) }
			part.Events = append(part.Events, schemas.Event{
				Time: begin + int64(step)*int64(i)/int64(all), Method: "POST", Operation: "chat", Status: 200, Auth: schemas.AuthSuccess,
				Known:     schemas.HasStatus | schemas.HasInputTokens | schemas.HasOutputTokens | schemas.HasMaxTokens | schemas.HasTemperature | schemas.HasMessages,
				Principal: fmt.Sprintf("h1:k1:%022d", i), Tenant: fmt.Sprintf("org-%d", i/3), Client: address, ClientAddr: address, ASN: uint32(s.asn + 1),
				Model: fmt.Sprintf("model-%d", s.model), Provider: "provider", Route: fmt.Sprintf("/v1/%d", s.route),
				UserAgent: fmt.Sprintf("client/%d", s.client), TLS: fmt.Sprintf("hello-%d", s.hello), Country: "DE",
				MaxTokens: int32(256 * (s.settings%8 + 1)), Temperature: float32(s.settings/8) / 10, Messages: int32(1 + 4*draw(i, 400+r)*draw(i, 11)),
				InputTokens: tokens(s.in, 1000), OutputTokens: tokens(s.out, 2000), FinishReason: "stop",
			})
		}
		if len(part.Events) > size-100 || i == all-1 {
			calls += len(part.Events)
			observe(&schemas.Batch{Parts: []*schemas.Part{part}})
			part.Events = part.Events[:0]
		}
	}
	return calls
}

// BenchmarkMillion is what it takes to correlate so many principals, from states in
// the engine to findings: processor and elapsed time, memory that the states hold,
// the most that is resident beyond it meanwhile, and which of the keys of two
// campaigns are in clusters. Only the last hour is correlated, so a campaign with
// little more evidence than is needed is no finding yet.
func BenchmarkMillion(b *testing.B) {
	for _, people := range []int{50_000, 1_000_000} {
		b.Run(fmt.Sprint(people), func(b *testing.B) {
			t := town{people: people, campaigns: []int{people / 1000, people / 40}}
			t.rates = make([]float32, people+people/1000+people/40)
			for i := range t.rates {
				_, s := t.of(i)
				t.rates[i] = float32(s.rate)
			}
			d := &late{watch: newWatch(DefaultConfig())}
			settings := engine.Settings{Config: engine.DefaultConfig()}
			settings.Config.Memory, settings.Config.Budget = 2<<30, 0
			e, err := engine.New(settings, []detectors.Watcher{detectors.Correlate(d)}, nil)
			if err != nil {
				b.Fatal(err)
			}
			defer e.Close()
			calls := 0
			for r := range rounds {
				calls += t.round(r, func(batch *schemas.Batch) {
					if _, err := e.Observe(batch, func(string, int32) int64 { return math.MinInt64 }); err != nil {
						b.Fatal(err)
					}
				})
			}
			d.on = true
			profiles, named := 0, []string(nil)
			judge := d.clusters
			d.clusters = func(ctx context.Context, all []profiled, o correlate.Options) []correlate.Cluster {
				profiles = len(all)
				found := judge(ctx, all, o)
				for _, c := range found {
					for _, m := range c.Members {
						named = append(named, all[m].Name)
					}
				}
				return found
			}
			debug.FreeOSMemory()
			states := resident(b, "VmRSS")
			if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
				b.Fatal(err)
			}
			cpu, from := processor(b), time.Now()
			b.ResetTimer()
			found := e.Flush()
			b.StopTimer()
			b.ReportMetric((processor(b) - cpu).Seconds(), "cpu-s")
			b.ReportMetric(time.Since(from).Seconds(), "s")
			b.ReportMetric(states, "MiB-before")
			b.ReportMetric(resident(b, "VmHWM")-states, "MiB-more")
			b.ReportMetric(float64(calls), "calls")
			b.ReportMetric(float64(profiles), "profiles")
			b.ReportMetric(float64(len(found)), "findings")
			t.report(b, named)
		})
	}
}

// report tells which share of each campaign's keys is named, and how many others.
func (t *town) report(b *testing.B, names []string) {
	named, others := make([]int, len(t.campaigns)), 0
	for _, name := range names {
		var i int
		if _, err := fmt.Sscanf(name, "h1:k1:%d", &i); err != nil {
			b.Fatalf("%q: %v", name, err)
		}
		if c, _ := t.of(i); c >= 0 {
			named[c]++
		} else {
			others++
		}
	}
	for c, n := range t.campaigns {
		b.ReportMetric(float64(named[c])/float64(n), fmt.Sprintf("named-of-%d", n))
	}
	b.ReportMetric(float64(others), "others-named")
}

// resident reads a size of the process, in MiB.
func resident(b *testing.B, which string) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		var kb float64
		if n, _ := fmt.Sscanf(line, which+": %f kB", &kb); n == 1 {
			return kb / 1024
		}
	}
	b.Fatalf("no %s", which)
	return 0
}

// processor is the processor time of the process.
func processor(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
