package correlate

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/campaign/profile"
	"github.com/gatehound/gatehound/detectors/sketch"
)

// The watch of all tests began a week before the window's end, a Thursday noon.
const (
	end   = uint32(20_500*minutesADay + 12*60)
	since = end - 7*minutesADay
)

var testKey = sketch.NewKey([16]byte{7})

// world is profiles with the name of who they belong to; "" is nobody special.
type world struct {
	rng *rand.Rand
	all []detectors.Profiled[profile.Profile]
	who []string
}

func newWorld(seed uint64) *world { return &world{rng: rand.New(rand.NewPCG(seed, 5))} }

// caller is how somebody calls.
type caller struct {
	// inMean, inVary, outMean and outVary are of the logarithms of lengths.
	inMean, inVary, outMean, outVary         float64
	model, settings, client, hello           uint32
	system, country, tenant, network, prompt uint32
	// days is for how long it has called, daily how often; stop is how many days
	// ago it stopped.
	days, daily, stop float64
	// night is how much of the day's activity is left at night, peak the busiest
	// hour.
	night   float64
	peak    int
	scatter float64
	single  float64
	pinned  float64
	tooled  float64
	probed  float64
	users   uint8
	pivot   float64 // days ago
	// same is the share of prompts that are of a small set that all with the same
	// template have.
	same float64
}

func (w *world) uniform(a, b float64) float64 { return a + (b-a)*w.rng.Float64() }
func (w *world) vary(v, sigma float64) float64 {
	return v * math.Exp(sigma*w.rng.NormFloat64())
}

// rank draws from n values of which the first ones are the most popular.
func (w *world) rank(n int) uint32 {
	return uint32(math.Exp(w.rng.Float64()*math.Log(float64(n)+1))) - 1
}

// archetypes are what people make of models: lengths, shape and hours, as drawn for
// each caller anew around these.
var archetypes = []struct {
	share, in, out, daily, tail, night, scatter, single, tooled float64
}{
	{0.30, 6.5, 5.6, 25, 1.3, 0.05, 6, 0.1, 0},    // chat
	{0.20, 7.8, 5.3, 80, 1.2, 0.15, 2, 0.6, 0},    // questions about documents
	{0.12, 7.2, 3.2, 200, 1.5, 0.9, 3, 1, 0},      // classification
	{0.12, 8.0, 6.0, 40, 1.3, 0.3, 5, 1, 0},       // summaries
	{0.10, 8.5, 5.5, 100, 1.4, 0.2, 8, 0, 0.9},    // agents
	{0.08, 5.0, 6.8, 15, 1.2, 0.05, 4, 0.9, 0},    // copywriting
	{0.08, 6.0, 4.0, 150, 1.4, 0.95, 1.2, 1, 0.3}, // automation
}

// stranger draws a caller of its own.
func (w *world) stranger() caller {
	x := w.rng.Float64()
	a := archetypes[0]
	for _, b := range archetypes {
		if a = b; x < b.share {
			break
		}
		x -= b.share
	}
	country := w.rank(20)
	days := 30.0
	if w.rng.Float64() < 0.12 {
		days = w.uniform(0.3, 7)
	}
	c := caller{inMean: a.in + 0.4*w.rng.NormFloat64(), inVary: w.uniform(0.3, 0.9), outMean: a.out + 0.4*w.rng.NormFloat64(), outVary: w.uniform(0.3, 0.9),
		model: w.rank(12), settings: w.rank(60), client: w.rank(40), hello: w.rank(15), system: w.rank(300), country: country,
		tenant: 1000 + uint32(len(w.all)/3), network: 10_000 + w.rank(50_000), prompt: 100_000 + uint32(len(w.all)),
		days: days, daily: w.vary(a.daily, a.tail), night: min(w.vary(a.night, 0.3), 1), peak: int(8 + country%12), scatter: w.vary(a.scatter, 0.5),
		single: a.single, tooled: a.tooled, same: w.uniform(0, 0.4)}
	if a.tooled == 0 && w.rng.Float64() < 0.3 {
		c.users = 2 + uint8(w.rng.IntN(30))
	}
	return c
}

// add makes the profile of a caller.
func (w *world) add(who string, c caller) {
	p := profile.Profile{Last: end - uint32(c.stop*minutesADay) - uint32(w.rng.IntN(30)), Pivot: 0, Users: c.users, One: 0, Failed: 1,
		Reasoned: profile.NotKnown}
	first := float64(end) - c.days*minutesADay
	p.First = max(uint32(first), since+uint32(w.rng.IntN(60)))
	n, total := 0.0, 0.0
	for i := range p.Days {
		from := float64(end - end%minutesADay - uint32(i)*minutesADay)
		share := max(0, min(from+minutesADay, float64(p.Last))-max(from, float64(p.First))) / minutesADay
		calls := c.daily * share
		calls = max(0, math.Round(calls+math.Sqrt(calls*max(c.scatter, 0.3))*w.rng.NormFloat64()))
		p.Days[i] = uint16(min(calls, 65_535))
		n += calls
		total += calls * math.Exp2(-float64(i)/3)
	}
	p.Calls, p.Day, p.Measured = float32(n), float32(p.Days[0]), float32(total)
	drawn := int(min(max(total, 1), 120))
	var in, out, hours [32]float64
	for range drawn {
		i, o := math.Exp(c.inMean+c.inVary*w.rng.NormFloat64()), math.Exp(c.outMean+c.outVary*w.rng.NormFloat64())
		p.Input, p.Output = p.Input+float32(i*n/float64(drawn)), p.Output+float32(o*n/float64(drawn))
		in[profile.Bin(int64(i))]++
		out[profile.Bin(int64(o))]++
		h := w.rng.IntN(24)
		for distance := (h - c.peak + 24) % 24; distance > 6 && distance < 18 && w.rng.Float64() > c.night; distance = (h - c.peak + 24) % 24 {
			h = w.rng.IntN(24)
		}
		hours[h]++
	}
	shares(p.Inputs[:], in[:], drawn)
	shares(p.Outputs[:], out[:], drawn)
	shares(p.Hours[:], hours[:24], drawn)
	p.Scatter = -1
	if n >= 24 {
		p.Scatter = float32(max(0, c.scatter*(1+0.15*w.rng.NormFloat64())))
	}
	p.Sessions = uint8(min(254, 254*(1-1/(1+c.scatter/3))))
	set := func(kind int, v uint32) {
		if v != 0 {
			p.Traits[kind] = profile.Trait{Value: v, Share: 254}
		}
	}
	set(profile.Model, c.model+1)
	set(profile.Settings, c.settings+1)
	set(profile.Client, c.client+1)
	set(profile.Hello, c.hello+1)
	set(profile.System, c.system+1)
	set(profile.Country, c.country+1)
	if c.tenant != 0 {
		set(profile.Tenant, c.tenant)
	}
	p.Networks[0], p.Places = c.network, 1
	p.Single, p.Pinned, p.Tooled, p.Probed = uint8(254*c.single), uint8(254*c.pinned), uint8(254*c.tooled), uint8(254*c.probed)
	if c.pivot > 0 {
		p.Pivot, p.Earlier = end-uint32(c.pivot*minutesADay), 4242
	}
	w.all = append(w.all, detectors.Profiled[profile.Profile]{Key: sketch.Mix(uint64(len(w.all))), Name: who, Profile: p})
	w.who = append(w.who, who)
}

// prompts gives the last one the prompts of a caller.
func (w *world) prompts(c caller) {
	p := &w.all[len(w.all)-1].Profile
	p.Templates[0] = profile.Trait{Value: c.prompt, Share: 250}
	p.Prompted, p.Different = p.Calls, p.Calls*float32(1-c.same*0.95)
	p.Reasoned = 0
	smallest := make([]uint32, 0, 64)
	for range int(min(p.Calls, 60)) {
		h := w.rng.Uint32()
		if w.rng.Float64() < c.same {
			h = uint32(sketch.Mix(uint64(c.prompt)<<8|uint64(w.rng.IntN(20)))>>40) + 1
		}
		smallest = append(smallest, h)
	}
	lowest(p, smallest, float64(p.Calls))
}

// lowest writes the smallest hashes of a sample that stands for more.
func lowest(p *profile.Profile, hashes []uint32, of float64) {
	scale := max(1, of/60)
	last := uint32(0)
	for i := range p.Prompts {
		best := uint32(math.MaxUint32)
		for _, h := range hashes {
			if v := uint32(float64(h) / scale); v > last && v < best {
				best = v
			}
		}
		if best == math.MaxUint32 {
			return
		}
		p.Prompts[i], last = best, best
	}
}

func shares(to []uint8, counts []float64, n int) {
	for i := range to {
		to[i] = uint8(254*counts[i]/float64(n) + 0.5)
	}
}

// crowd adds n strangers.
func (w *world) crowd(n int) *world {
	for range n {
		w.add("", w.stranger())
	}
	return w
}

// hand is the style of a campaign.
func (w *world) hand() caller {
	return caller{inMean: w.uniform(4.5, 5.8), inVary: 0.6, outMean: w.uniform(6, 6.8), outVary: 0.5, model: w.rank(12), settings: 3 + w.rank(50),
		days: 3, daily: 120, night: 1, scatter: 1, single: 1, prompt: 77}
}

// member makes one key of a campaign: of its own network, client and tenant.
func (w *world) member(c caller) caller {
	c.client, c.hello, c.system, c.country = w.rank(40), w.rank(15), w.rank(300), w.rank(20)
	c.tenant, c.network = 500_000+uint32(len(w.all)), 1<<20+w.rng.Uint32()>>8
	c.days += w.uniform(-0.3, 0.3)
	c.daily = w.vary(c.daily, 0.1)
	return c
}

func options() Options { return Options{Since: since, End: end, Key: testKey} }

// seeds returns n seeds, or one with -short: nothing here runs side by side, so the
// race detector, ten times slower, has little to find.
func seeds(n uint64) uint64 {
	if testing.Short() {
		return 1
	}
	return n
}

// found tells how many of those named who are in a cluster, how many there are,
// and how many others are in a cluster with one of them or in any.
func (w *world) found(who string, clusters []Cluster) (hits, of, others int) {
	for _, name := range w.who {
		if name == who {
			of++
		}
	}
	for _, c := range clusters {
		for _, m := range c.Members {
			if w.who[m] == who {
				hits++
			} else {
				others++
			}
		}
	}
	return hits, of, others
}

func (w *world) clusters() []Cluster { return Clusters(context.Background(), w.all, options()) }

// quiet fails if anything is reported.
func (w *world) quiet(t *testing.T) {
	t.Helper()
	for _, c := range w.clusters() {
		by := map[string]int{}
		for _, m := range c.Members {
			by[w.who[m]]++
		}
		t.Errorf("a cluster of %d %v, score %.1f, of %+v", len(c.Members), by, c.Score, c.Features)
	}
}
