package population

import "github.com/gatehound/gatehound/cmd/internal/simulate/gateway"

// job is a run at an hour of the night, in so many calls, gap seconds apart.
func job(d *gateway.Dice, size, gap float64) rhythm {
	return rhythm{at: int64(d.Below(7))*hour + int64(1+d.Below(30))*minute, mask: 0x7f, size: size, swing: .05, gap: gap, spread: .4}
}

// once is a run of set calls, at a time of the working day, gap seconds apart.
func (p *plot) once(c *client, h *habit, set int, gap float64) *actor {
	begin := p.begin - p.begin%day + int64(between(p.d, 7, 16)*float64(hour)) + day - c.tenant.zone
	return p.w.enter(p.member(c, h, rhythm{visits: float64(day/second) / gap, shape: flat}, set), begin, 0)
}

// named returns the application of that name.
func named(name string) *application {
	for i := range applications {
		if applications[i].name == name {
			return &applications[i]
		}
	}
	return nil
}

// machine is a new key of a tenant that calls from its servers.
func (p *plot) machine(t *tenant, h *habit) *client {
	return p.w.client(t, agent(p.d, h.model.at), t.cloud)
}

// innocents are look-alikes of one principal or one customer.
var innocents = []scenario{
	{name: "nightly_evaluation", title: "an evaluation over thousands of prompts, every night", benign: true, plant: func(p *plot) {
		h := named("evaluation").draw(p.d)
		h.pool, h.limit, h.heat, h.prompt, h.template = 0, [...]int{0, 1024, 2048}[p.d.Below(3)], 0, gateway.FilledPrompt, p.d.Next()
		h.model, h.part = choose(p.d, models, true), 0
		items := between(p.d, 3000, 9000)
		h.deck = &deck{seed: p.d.Next()}
		if p.d.Chance(.7) { // the same every night; else new ones out of production
			h.deck.size = uint64(items)
		}
		from := p.begin
		if p.d.Chance(.6) {
			from = p.w.start // it has always been there
		}
		p.w.enter(p.member(p.machine(p.w.tenant(), &h), &h, job(p.d, items, between(p.d, .6, 2.5)), 0), from, 0)
	}},
	{name: "bulk_enrichment", title: "one key enriches 30,000 rows within a day", benign: true, plant: func(p *plot) {
		h := named("enrichment").draw(p.d)
		t := p.w.tenant()
		c := p.machine(t, &h)
		p.past(c, between(p.d, 30, 300))
		p.once(c, &h, 20_000+p.d.Below(20_000), between(p.d, .8, 2.5))
	}},
	{name: "tenant_enrichment", title: "12 keys of one customer share the enrichment of 40,000 rows", benign: true, plant: func(p *plot) {
		h := named("enrichment").draw(p.d)
		t := p.w.tenant()
		ua, rows := agent(p.d, h.model.at), 30_000+p.d.Below(20_000)
		for range 12 {
			p.once(p.w.client(t, ua, t.cloud), &h, rows/12, between(p.d, 6, 14))
		}
	}},
	{name: "load_test", title: "one key tests the load: 20,000 calls in some twenty minutes", benign: true, plant: func(p *plot) {
		h := &habit{model: choose(p.d, models[:4:4], false), in: between(p.d, 20, 300), inVary: .1, out: between(p.d, 10, 120), outVary: .3, limit: 128, heat: .7, turns: 1,
			fails: .01, prompt: gateway.FreePrompt, pool: 1 + p.d.Below(30), same: 1}
		a := p.once(p.machine(p.w.tenant(), h), h, 20_000, .06)
		a.client.agent, a.busy, a.blunt = "k6/0.55.0 (https://k6.io/)", .05, true
	}},
	{name: "load_test_keys", title: "a load test with 60 virtual keys of one customer", benign: true, plant: func(p *plot) {
		h := &habit{model: choose(p.d, models[:4:4], false), in: between(p.d, 20, 300), inVary: .1, out: between(p.d, 10, 120), outVary: .3, limit: 128, heat: .7, turns: 1,
			fails: .01, prompt: gateway.FreePrompt, pool: 1 + p.d.Below(30), same: 1}
		t := p.w.tenant()
		from, begin := place{t.cloud.network, 1, 20, 4}, p.begin
		for range 60 {
			c := p.w.client(t, "Locust/2.32", from)
			p.w.enter(p.member(c, h, perDay(24*600), 300+p.d.Below(300)), begin, 0)
		}
	}},
	{name: "ci_fleet", title: "15 keys of one customer's builds, from addresses all over a cloud", benign: true, plant: func(p *plot) {
		t := p.w.tenant()
		for range 15 {
			h := named("evaluation").draw(p.d)
			h.pool, h.same, h.heat, h.limit, h.model = 30+p.d.Below(90), 1, 0, 512, models[0]
			r := rhythm{visits: between(p.d, 2, 8), shape: office, zone: t.zone, swing: .4, calls: float64(h.pool), gap: .8, spread: .6}
			p.w.enter(p.member(p.w.client(t, "OpenAI/Python 1.109.1", functions(p.d)), &h, r, 0), p.w.start, 0)
		}
	}},
	{name: "migration", title: "several customers move all their keys to a new model on the day that it comes out", benign: true, plant: func(p *plot) {
		for range 5 + p.d.Below(4) {
			t := p.w.tenant()
			for range 3 + p.d.Below(6) {
				app := &applications[[...]int{1, 2, 2, 8, 9}[p.d.Below(5)]]
				h := app.draw(p.d)
				a := p.member(p.machine(t, &h), &h, app.rhythm(p.d, p.d.Lognormal(150, 1), t.zone, &h), 0)
				a.moves = p.w.release + int64(between(p.d, 2, 14)*float64(hour))
				p.w.enter(a, p.w.start, 0)
			}
		}
	}},
	{name: "rotation", title: "a customer replaces all of its 24 keys on one day", benign: true, plant: func(p *plot) {
		t := p.w.tenant()
		for range 24 {
			app := &applications[[...]int{1, 2, 3, 4, 8}[p.d.Below(5)]]
			h := app.draw(p.d)
			c, r := p.machine(t, &h), app.rhythm(p.d, p.d.Lognormal(120, .8), t.zone, &h)
			when := p.begin + int64(p.d.Exp(1)*float64(hour))
			p.w.enter(p.member(c, &h, r, 0), p.w.start, when)
			p.w.enter(p.member(p.w.client(t, c.agent, c.usual), &h, r, 0), when, 0)
		}
	}},
	{name: "synthetic_data", title: "the gateway's own company makes training data with two keys", benign: true, mild: true, plant: func(p *plot) {
		h := p.style()
		t := p.w.tenant()
		for range 2 {
			p.w.enter(p.member(p.machine(t, h), h, perDay(between(p.d, 1500, 6000)), 0), p.begin, 0)
		}
	}},
}
