package simulate

import (
	"maps"
	"math"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
)

// population is what the benign requests of a fleet look like.
type population struct {
	total      int
	principals map[string]int
	behind     map[netip.Addr]map[string]bool
	agents     map[string]int
	seconds    map[int64]int // of one service
	inputs     []float64     // of the chat service
}

func observe(t *testing.T, c Config) population {
	p := population{principals: map[string]int{}, behind: map[netip.Addr]map[string]bool{}, agents: map[string]int{}, seconds: map[int64]int{}}
	p.total = each(t, fleet(t, c), func(r *gateway.Record) {
		who := string(r.Principal)
		if who != "" {
			p.principals[who]++
			if p.behind[r.Client] == nil {
				p.behind[r.Client] = map[string]bool{}
			}
			p.behind[r.Client][who] = true
		}
		p.agents[string(r.UserAgent)]++
		if r.Route() == "POST /openai/v1/chat/completions" {
			if r.Input > 0 && r.Cached == 0 {
				p.inputs = append(p.inputs, float64(r.Input))
			}
		}
		if r.Route() == "POST /openai/v1/embeddings" {
			p.seconds[r.Time/1e9]++
		}
	})
	return p
}

func TestPopulation(t *testing.T) {
	p := observe(t, Config{Seed: 11, Start: start, Live: 30 * time.Minute})

	counts := slices.Sorted(maps.Values(p.principals))
	top, all := 0, 0
	for i, n := range counts {
		all += n
		if i >= len(counts)*9/10 {
			top += n
		}
	}
	assert.Greater(t, len(counts), 800, "of 2,000 clients many call within half an hour")
	assert.Greater(t, float64(top)/float64(all), 0.55, "a tenth of the clients make most of the requests")
	assert.Greater(t, gini(counts), 0.6)

	crowded := 0
	for _, who := range p.behind {
		if len(who) >= 10 {
			crowded++
		}
	}
	assert.Greater(t, crowded, 10, "offices have many callers behind one address")
	assert.Greater(t, len(p.agents), len(userAgents), "the usual agents, and some with an e-mail address")

	mean, variance := moments(p.seconds, 1800)
	assert.Greater(t, variance/mean, 1.5, "requests come in bursts, a Poisson process has 1")

	slices.Sort(p.inputs)
	assert.InDelta(t, 420, p.inputs[len(p.inputs)/2], 40, "the median of the chat's first turns")
	p90 := p.inputs[len(p.inputs)*9/10]
	assert.InDelta(t, 420*math.Exp(1.2816*1.1), p90, p90/8, "lognormal tail")
}

func TestRateIsThatOfTheConfiguration(t *testing.T) {
	// A week, so that every hour and day counts as it should.
	n := each(t, fleet(t, Config{Seed: 4, Start: start, Live: 7 * 24 * time.Hour, Rate: 1}), func(*gateway.Record) {})
	assert.InDelta(t, 7*86400, n, 7*86400*0.05)
}

func TestDayAndWeek(t *testing.T) {
	hours, days := map[int]float64{}, map[time.Weekday]float64{}
	each(t, fleet(t, Config{Seed: 4, Start: start, Live: 7 * 24 * time.Hour, Rate: 1}), func(r *gateway.Record) {
		if r.Model() == "gpt-4.1" { // people chat
			hours[r.When().Hour()]++
			days[r.When().Weekday()]++
		}
	})
	assert.Greater(t, hours[10], 4*hours[3], "people sleep")
	assert.Greater(t, days[time.Tuesday], 2*days[time.Sunday], "and rest")
}

func TestActivityHasAMeanOfOne(t *testing.T) {
	for i := range serviceTable {
		svc := &serviceTable[i]
		sum, n, peak := 0.0, 0, 0.0
		for at := start; at.Before(start.Add(7 * 24 * time.Hour)); at = at.Add(10 * time.Minute) {
			a := activity(svc, at.UnixNano())
			sum, n, peak = sum+a, n+1, max(peak, a)
		}
		assert.InDelta(t, 1, sum/float64(n), 0.02, svc.Name)
		assert.LessOrEqual(t, peak, officePeak)
	}
}

func TestMillionsOfClientsCostNoMemory(t *testing.T) {
	f := fleet(t, Config{Seed: 1, Start: start, Rate: 1000, Clients: 100_000_000})
	seen := map[string]bool{}
	for range 200_000 {
		r, _ := f.Next()
		seen[string(r.Principal)] = true
	}
	assert.Greater(t, len(seen), 12_000)
	assert.Less(t, len(f.idle)+len(f.queue.heap), 150_000)
}

func TestServicesHaveClientsOfTheirOwn(t *testing.T) {
	c := Config{Seed: 1, Start: start, Live: 5 * time.Minute}
	routes := map[string]string{}
	each(t, fleet(t, c), func(r *gateway.Record) {
		if who := string(r.Principal); who != "" {
			if routes[who] == "" {
				routes[who] = r.Route()
			}
			assert.Equal(t, routes[who], r.Route())
		}
	})
}

func gini(sorted []int) float64 {
	var weighted, sum float64
	for i, n := range sorted {
		weighted += float64(i+1) * float64(n)
		sum += float64(n)
	}
	n := float64(len(sorted))
	return (2*weighted)/(n*sum) - (n+1)/n
}

func moments(counts map[int64]int, n int) (mean, variance float64) {
	for _, c := range counts {
		mean += float64(c) / float64(n)
	}
	for _, c := range counts {
		variance += math.Pow(float64(c)-mean, 2) / float64(n)
	}
	return mean, variance + mean*mean*float64(n-len(counts))/float64(n)
}
