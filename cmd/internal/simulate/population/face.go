package population

import "github.com/gatehound/gatehound/cmd/internal/simulate/gateway"

// faces are attacks of one principal on something else than a model's knowledge, or
// by another way.
var faces = []scenario{
	{name: "logits", title: "one key reads out logits by logit_bias", plant: func(p *plot) {
		h := &habit{model: choose(p.d, models[4:7:7], true), in: 6, inVary: .01, system: between(p.d, 1, 40), out: 1, limit: 1, turns: 1, fails: .003,
			probes: 5 * p.d.Below(5), bias: 1 + p.d.Below(300), prompt: gateway.ProbePrompt}
		p.does(p.account(h, .3), h, perDay(24*between(p.d, 1500, 6000)), 15_000)
	}},
	{name: "sweep", title: "one key sweeps over the parameters of sampling", plant: func(p *plot) {
		h := &habit{model: choose(p.d, models, true), in: between(p.d, 15, 60), inVary: .05, out: 1, limit: 1, turns: 1, fails: .01, prompt: gateway.EvalPrompt}
		a := p.does(p.account(h, .3), h, perDay(24*between(p.d, 400, 1500)), 10_000)
		a.before = func(d *gateway.Dice, r *gateway.Record, n int) {
			r.Unset, r.MaxTokens = r.Unset&^gateway.Temperature, 1
			r.Temperature = [...]float64{0, 2, 0, 1, 2}[n%5]
			r.Choices, r.TopLogprobs = [...]int{1, 4, 8, 16}[n/5%4], [...]int{0, 5, 20}[n/20%3]
			r.Output = int64(r.Choices)
		}
	}},
	{name: "membership", title: "one key asks the same with a few letters changed, thousands of times", plant: func(p *plot) {
		h := &habit{model: choose(p.d, models, true), in: between(p.d, 80, 350), inVary: .02, out: between(p.d, 20, 120), outVary: .06, heat: 0, limit: 256,
			turns: 1, fails: .004, prompt: gateway.MutantPrompt}
		p.does(p.account(h, .3), h, p.even(24*between(p.d, 300, 900)), 6000)
	}},
	{name: "reasoning", title: "one key makes a model write out its reasoning", plant: func(p *plot) {
		h := p.style()
		h.prompt, h.deck, h.model, h.reasoning = gateway.HarvestPrompt, nil, models[7], between(p.d, 1.5, 4)
		h.in, h.out, h.limit = between(p.d, 120, 300), between(p.d, 700, 1500), 16_384
		p.does(p.account(h, .3), h, p.even(between(p.d, 800, 2500)), 15_000)
	}},
	{name: "embedding_harvest", title: "one key embeds tens of thousands of short texts, to copy the model", plant: func(p *plot) {
		h := &habit{model: choose(p.d, embedders, false), in: between(p.d, 8, 25), inVary: .35, turns: 1, fails: .003, embeds: true,
			prompt: gateway.FreePrompt, deck: &deck{seed: p.d.Next()}}
		p.does(p.account(h, .2), h, perDay(between(p.d, 40_000, 90_000)), 100_000)
	}},
	{name: "batch", title: "one key distils by batches: each upload has 5,000 to 50,000 prompts", plant: func(p *plot) {
		h := &habit{model: model{at: files}, in: 1, turns: 1}
		r := perDay(between(p.d, 8, 30))
		r.calls, r.gap, r.spread = 2, between(p.d, 4, 30), .5
		a := p.does(p.account(h, .3), h, r, 120)
		svc := &p.w.services[batches]
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
