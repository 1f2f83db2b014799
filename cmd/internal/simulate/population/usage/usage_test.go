package usage

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/cmd/internal/simulate/population/rhythm"
)

// calls makes some calls by a habit and returns copies of them.
func calls(t *testing.T, h *Habit, n int) []gateway.Record {
	t.Helper()
	g := Open(gateway.LiteLLM, true, 1)
	d, s, r := gateway.Dice(7), State{}, gateway.Record{}
	out := make([]gateway.Record, 0, n)
	for range n {
		h.Fill(g, &d, &r, &s, 0)
		out = append(out, r)
	}
	require.Equal(t, n, s.Calls)
	return out
}

func median(rs []gateway.Record, of func(*gateway.Record) int64) float64 {
	xs := make([]int64, 0, len(rs))
	for i := range rs {
		xs = append(xs, of(&rs[i]))
	}
	slices.Sort(xs)
	return float64(xs[len(xs)/2])
}

func input(r *gateway.Record) int64  { return r.Input }
func output(r *gateway.Record) int64 { return r.Output }

// TestPrincipalsDiffer: of one application, each has its own lengths and settings.
func TestPrincipalsDiffer(t *testing.T) {
	d := gateway.Dice(4)
	a := Named("rag")
	limits, ins := map[int]bool{}, []float64{}
	for range 200 {
		h := a.Draw(&d)
		limits[h.Limit] = true
		ins = append(ins, h.In+h.System)
		require.False(t, h.Limit > 0 && float64(h.Limit) < h.Out, "no answer is usually cut off")
	}
	slices.Sort(ins)
	assert.Greater(t, len(limits), 8)
	assert.Greater(t, ins[180], 2.5*ins[20])
}

// TestApplications draws principals of each application: their calls are what the
// application's priors say.
func TestApplications(t *testing.T) {
	for i := range Applications {
		a := &Applications[i]
		t.Run(a.Name, func(t *testing.T) {
			d := gateway.Dice(uint64(i) + 3)
			var ins, outs []float64
			for range 60 {
				h := a.Draw(&d)
				h.Turns = 1
				rs := calls(t, &h, 60)
				ins, outs = append(ins, math.Log(median(rs, input))), append(outs, math.Log(median(rs, output)+1))
				for j := range rs {
					require.Positive(t, rs[j].Input)
					require.Equal(t, a.embeds, rs[j].Output == 0)
					require.LessOrEqual(t, rs[j].Cached, rs[j].Input)
					require.True(t, rs[j].Unset&gateway.MaxTokens != 0 || rs[j].Output <= int64(rs[j].MaxTokens))
					require.Positive(t, rs[j].Latency)
				}
			}
			slices.Sort(ins)
			slices.Sort(outs)
			assert.InDelta(t, math.Log(a.in+a.system), ins[30], .6, "prompts")
			want := a.out
			if a.ratio > 0 {
				want = a.in * a.ratio
			}
			if want > 8 { // one token is the least
				assert.InDelta(t, math.Log(want), outs[30], .7, "answers")
			}
		})
	}
	assert.Nil(t, Named("nothing"))
}

func TestParametersAreAsPopularAsTheyAre(t *testing.T) {
	d := gateway.Dice(5)
	none, zero := 0, 0
	for range 10_000 {
		if Limit(&d) == 0 {
			none++
		}
		if Heat(&d) == 0 {
			zero++
		}
	}
	assert.InDelta(t, 3600, none, 800, "no limit")
	assert.InDelta(t, 1700, zero, 600, "a temperature of 0")
}

func TestModelsAndTheirClients(t *testing.T) {
	d := gateway.Dice(6)
	seen := map[string]int{}
	for range 5000 {
		m := choose(&d, models, false)
		seen[m.Name]++
		assert.True(t, m.at == anthropic || !strings.Contains(m.Client(&d), "nthropic/"), "a client of another provider")
		require.True(t, Large(&d).large)
		require.False(t, Small(&d).large)
		require.Equal(t, embeddings, Embedder(&d).at)
	}
	assert.Len(t, seen, len(models))
	assert.Greater(t, seen["gpt-4o-mini"], 3*seen["gpt-4.1"])
	assert.Equal(t, "o4-mini", Called("o4-mini").Name)
	assert.Empty(t, Called("nothing").Name)
	for _, m := range append(models[:len(models):len(models)], Released) {
		assert.NotEqual(t, gateway.Prices[0], gateway.PriceOf(m.Name), "%s has a price", m.Name)
	}
}

// TestAConversationGrows: what was said before comes again, from the cache.
func TestAConversationGrows(t *testing.T) {
	g, d := Open(gateway.LiteLLM, true, 1), gateway.Dice(4)
	h := Named("assistant").Draw(&d)
	h.Users, h.Other, h.Part = 0, Model{}, 0
	var s State
	r := &gateway.Record{}
	last := int64(0)
	for turn := range 12 {
		h.Fill(g, &d, r, &s, turn)
		require.Greater(t, r.Input, last)
		require.GreaterOrEqual(t, r.Messages, 2*turn+1)
		if turn > 4 {
			require.Greater(t, r.Cached, r.Input/4)
		}
		last = r.Input
	}
	h.Fill(g, &d, r, &s, 0)
	assert.Less(t, r.Input, last, "a new one")
}

func TestADeckDealsEachPromptOnce(t *testing.T) {
	seen := map[uint64]bool{}
	h := &Habit{Model: models[0], In: 100, InVary: .3, Out: 100, OutVary: .3, Turns: 1, Heat: -1, Prompt: gateway.FilledPrompt, Template: 5, Templates: 3, Deck: &Deck{Seed: 1}}
	templates := map[uint64]bool{}
	for _, r := range calls(t, h, 3000) {
		seen[r.Prompt.Seed], templates[r.Prompt.Template] = true, true
	}
	assert.Len(t, seen, 3000)
	assert.Len(t, templates, 3)

	h.Deck = &Deck{Seed: 1, Size: 50}
	again := map[uint64]bool{}
	for _, r := range calls(t, h, 3000) {
		again[r.Prompt.Seed] = true
	}
	assert.Len(t, again, 50, "and begins again")

	h.Deck, h.Pool, h.Same = nil, 20, 1
	pool := map[uint64]bool{}
	for _, r := range calls(t, h, 3000) {
		pool[r.Prompt.Seed] = true
	}
	assert.Len(t, pool, 20)
}

func TestAnOutageAndTheWayRoundIt(t *testing.T) {
	g, d := Open(gateway.Kong, false, 1), gateway.Dice(2)
	g.outage = outage{&g.services[openAI], 1000, 2000}
	r, s := &gateway.Record{}, State{}
	h := &Habit{Model: models[0], Other: models[2], In: 10, Out: 10, Turns: 1}
	for at, model := range map[int64]string{999: models[0].Name, 1000: models[2].Name, 1999: models[2].Name, 2000: models[0].Name} {
		r.Time = at
		h.Fill(g, &d, r, &s, 0)
		assert.Equal(t, model, r.Asked, at)
	}
	assert.True(t, g.Fails(&g.services[openAI], 1500))
	assert.False(t, g.Fails(&g.services[google], 1500))
	g.Fail(&d, 5, 10)
	assert.True(t, g.Fails(&g.services[openAI], 10) || g.Fails(&g.services[anthropic], 10))
	assert.False(t, g.Fails(&g.services[openAI], 15))
}

// TestRhythmsHaveTheirVolume: whatever the pace, about as many calls as asked for.
func TestRhythmsHaveTheirVolume(t *testing.T) {
	for i := range Applications {
		a := &Applications[i]
		t.Run(a.Name, func(t *testing.T) {
			total, want := 0., 0.
			for n := range 40 {
				d := gateway.Dice(uint64(n)*31 + uint64(i))
				h := a.Draw(&d)
				daily := 100.
				if n%4 == 0 {
					daily = 900 // more than a person makes
				}
				r := a.Rhythm(&d, daily, 0, &h)
				want += daily * 28
				for at := r.Next(&d, 4*rhythm.Day); at < 32*rhythm.Day; at = r.Next(&d, at) {
					total++
				}
			}
			assert.InEpsilon(t, want, total, .3)
		})
	}
}
