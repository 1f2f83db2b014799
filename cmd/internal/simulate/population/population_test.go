package population

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/cmd/internal/simulate/population/usage"
)

// census is what is counted of a population.
type census struct {
	calls, failed         int
	byPrincipal           map[string]int
	first, last           map[string]int64
	byDay                 map[int64]int
	byAgent, byAddress    map[string]map[string]bool
	byModel, byLimit      map[string]map[string]bool
	turns, users, offered int
	outputs               []float64
}

func tell(m map[string]map[string]bool, key, principal string) {
	if m[key] == nil {
		m[key] = map[string]bool{}
	}
	m[key][principal] = true
}

func count(t *testing.T, cfg Config) *census {
	c := &census{byPrincipal: map[string]int{}, first: map[string]int64{}, last: map[string]int64{}, byDay: map[int64]int{},
		byAgent: map[string]map[string]bool{}, byAddress: map[string]map[string]bool{}, byModel: map[string]map[string]bool{}, byLimit: map[string]map[string]bool{}}
	run(t, cfg, func(r *gateway.Record) {
		p := string(r.Principal)
		if c.calls++; c.byPrincipal[p] == 0 {
			c.first[p] = r.Time
		}
		c.byPrincipal[p]++
		c.last[p] = r.Time
		c.byDay[r.Time/day]++
		tell(c.byAgent, string(r.UserAgent), p)
		tell(c.byAddress, r.Client.String(), p)
		if r.Status != 200 {
			c.failed++
			return
		}
		tell(c.byModel, r.Asked, p)
		if r.Unset&gateway.MaxTokens != 0 {
			tell(c.byLimit, "none", p)
		}
		if r.Messages > 3 {
			c.turns++
		}
		if len(r.EndUser) > 0 {
			c.users++
		}
		if r.Offered > 0 {
			c.offered++
		}
		if r.Output > 0 {
			c.outputs = append(c.outputs, float64(r.Output))
		}
	})
	return c
}

// largest returns the size of the largest set.
func largest(m map[string]map[string]bool) (n int) {
	for _, s := range m {
		n = max(n, len(s))
	}
	return n
}

func TestThePopulation(t *testing.T) {
	for seed := range uint64(2) {
		cfg := Config{Seed: 90 + seed, Rate: 1}.withDefaults()
		c := count(t, cfg)
		assert.InEpsilon(t, cfg.Rate*7*86400, c.calls, .15, "the rate")

		// A few make most of the traffic.
		volumes := make([]int, 0, len(c.byPrincipal))
		for _, n := range c.byPrincipal {
			volumes = append(volumes, n)
		}
		slices.Sort(volumes)
		slices.Reverse(volumes)
		share := func(top int) float64 {
			sum := 0
			for _, n := range volumes[:top] {
				sum += n
			}
			return float64(sum) / float64(c.calls)
		}
		assert.Greater(t, share(len(volumes)/100), .2, "the first hundredth")
		assert.Greater(t, share(len(volumes)/10), .65, "the first tenth")
		assert.Less(t, volumes[len(volumes)/2], 400, "a week's calls of the median")
		hill, k := 0., len(volumes)/20
		for _, n := range volumes[:k] {
			hill += math.Log(float64(n)/float64(volumes[k])) / float64(k)
		}
		assert.InDelta(t, 1.1, 1/hill, .5, "Hill's estimate of the tail index")

		// 2 March 2026 is a Monday.
		monday := cfg.Start.UnixNano() / day
		work := c.byDay[monday] + c.byDay[monday+1] + c.byDay[monday+2] + c.byDay[monday+3]
		rest := c.byDay[monday+5] + c.byDay[monday+6]
		assert.Greater(t, float64(work)/4, 1.1*float64(rest)/2, "working days")

		// Some come and some go, every day.
		born, gone := map[int64]int{}, 0
		for p, at := range c.first {
			born[at/day-monday]++
			if c.last[p] < (monday+5)*day && c.byPrincipal[p] > 100 {
				gone++
			}
		}
		for d := int64(1); d < 7; d++ {
			assert.NotZero(t, born[d], "new ones on day %d", d)
		}
		assert.Greater(t, gone, 3)

		// What honest callers share.
		assert.Greater(t, largest(c.byAgent), len(volumes)/6, "a popular client")
		assert.GreaterOrEqual(t, len(c.byAgent["acme-helpdesk/4.2.1 OpenAI/Python 1.82.0"]), 100, "a product")
		assert.GreaterOrEqual(t, len(c.byAgent["flowmaker/2.18 axios/1.7.9"]), 100, "a tool")
		assert.Greater(t, largest(c.byAddress), 30, "a shared address")
		assert.Greater(t, len(c.byLimit["none"]), len(volumes)/4, "the default limit")
		assert.Greater(t, len(c.byModel), 12)
		assert.Greater(t, len(c.byModel[usage.Released.Name]), 5, "the new model")

		assert.InDelta(t, .01, float64(c.failed)/float64(c.calls), .007)
		for what, n := range map[string]int{"long conversations": c.turns, "end users": c.users, "tools": c.offered} {
			assert.Greater(t, n, c.calls/100, what)
		}
		slices.Sort(c.outputs)
		at := func(q float64) float64 { return c.outputs[int(q*float64(len(c.outputs)))] }
		assert.Less(t, at(.1), 25., "short answers")
		assert.Greater(t, at(.95), 350., "long answers")
	}
}

func TestApplicationsAreDrawnByTheirShare(t *testing.T) {
	w, err := New(Config{Seed: 1, Principals: 20})
	require.NoError(t, err)
	seen, total := map[string]int{}, 0.
	for range 50_000 {
		seen[w.application().Name]++
	}
	for _, a := range usage.Applications {
		total += a.Share
	}
	assert.GreaterOrEqual(t, len(usage.Applications), 12)
	for _, a := range usage.Applications {
		assert.InDelta(t, a.Share/total, float64(seen[a.Name])/50_000, .01, a.Name)
	}
}
