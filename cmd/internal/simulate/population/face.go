package population

import (
	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/cmd/internal/simulate/population/rhythm"
	"github.com/gatehound/gatehound/cmd/internal/simulate/population/usage"
)

// faces are attacks of one principal on something else than a model's knowledge, or
// by another way.
var faces = []scenario{
	{name: "logits", title: "one key reads out logits by logit_bias", plant: func(p *plot) {
		h := &usage.Habit{Model: usage.Large(p.d), In: 6, InVary: .01, System: between(p.d, 1, 40), Out: 1, Limit: 1, Turns: 1, Fails: .003,
			Probes: 5 * p.d.Below(5), Bias: 1 + p.d.Below(300), Prompt: gateway.ProbePrompt}
		p.does(p.account(h, .3), h, rhythm.PerDay(24*between(p.d, 1500, 6000)), 15_000)
	}},
	{name: "sweep", title: "one key sweeps over the parameters of sampling", plant: func(p *plot) {
		h := &usage.Habit{Model: usage.Large(p.d), In: between(p.d, 15, 60), InVary: .05, Out: 1, Limit: 1, Turns: 1, Fails: .01, Prompt: gateway.EvalPrompt}
		a := p.does(p.account(h, .3), h, rhythm.PerDay(24*between(p.d, 400, 1500)), 10_000)
		a.before = func(d *gateway.Dice, r *gateway.Record, n int) {
			r.Unset, r.MaxTokens = r.Unset&^gateway.Temperature, 1
			r.Temperature = [...]float64{0, 2, 0, 1, 2}[n%5]
			r.Choices, r.TopLogprobs = [...]int{1, 4, 8, 16}[n/5%4], [...]int{0, 5, 20}[n/20%3]
			r.Output = int64(r.Choices)
		}
	}},
	{name: "membership", title: "one key asks the same with a few letters changed, thousands of times", plant: func(p *plot) {
		h := &usage.Habit{Model: usage.Large(p.d), In: between(p.d, 80, 350), InVary: .02, Out: between(p.d, 20, 120), OutVary: .06, Heat: 0, Limit: 256,
			Turns: 1, Fails: .004, Prompt: gateway.MutantPrompt}
		if p.d.Chance(.4) { // the first tokens are enough
			h.Limit = int(h.Out / 2)
		}
		p.does(p.account(h, .3), h, p.even(24*between(p.d, 300, 900)), 6000)
	}},
	{name: "reasoning", title: "one key makes a model write out its reasoning", plant: func(p *plot) {
		h := p.style()
		h.Prompt, h.Deck, h.Model, h.Reasoning = gateway.HarvestPrompt, nil, usage.Called("o4-mini"), between(p.d, 1.5, 4)
		h.In, h.Out, h.Limit = between(p.d, 120, 300), between(p.d, 700, 1500), 16_384
		p.does(p.account(h, .3), h, p.even(between(p.d, 800, 2500)), 15_000)
	}},
	{name: "embedding_harvest", title: "one key embeds tens of thousands of short texts, to copy the model", plant: func(p *plot) {
		h := &usage.Habit{Model: usage.Embedder(p.d), In: between(p.d, 8, 25), InVary: .35, Turns: 1, Fails: .003, Embeds: true,
			Prompt: gateway.FreePrompt, Deck: &usage.Deck{Seed: p.d.Next()}}
		p.does(p.account(h, .2), h, rhythm.PerDay(between(p.d, 40_000, 90_000)), 100_000)
	}},
	{name: "batch", title: "one key distils by batches: each upload has 5,000 to 50,000 prompts", plant: func(p *plot) {
		h := &usage.Habit{Model: usage.Upload, In: 1, Turns: 1}
		r := rhythm.PerDay(between(p.d, 8, 30))
		r.Calls, r.Gap, r.Spread = 2, between(p.d, 4, 30), .5
		a := p.does(p.account(h, .3), h, r, 120)
		svc := p.w.gateway.Batches()
		a.before = func(d *gateway.Dice, r *gateway.Record, n int) {
			size := int64(d.Lognormal(40e6, .5))
			if n%2 == 0 {
				size = 300
				r.Service, r.Path = svc, append(r.Path[:0], svc.Path...)
			}
			r.Input, r.Output, r.Asked, r.RequestBytes, r.ResponseBytes = 0, 0, "", size, 700
		}
	}},
}
