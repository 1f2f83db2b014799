package population

import (
	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/cmd/internal/simulate/population/internet"
	"github.com/gatehound/gatehound/cmd/internal/simulate/population/rhythm"
	"github.com/gatehound/gatehound/cmd/internal/simulate/population/usage"
)

// once is a run of set calls, at a time of the working day, gap seconds apart.
func (p *plot) once(c *client, h *usage.Habit, set int, gap float64) *actor {
	begin := p.begin - p.begin%day + int64(between(p.d, 7, 16)*float64(hour)) + day - c.tenant.zone
	return p.w.enter(p.member(c, h, rhythm.Rhythm{Visits: float64(day/second) / gap, Shape: rhythm.Flat}, set), begin, 0)
}

// machine is a new key of a tenant that calls from its servers.
func (p *plot) machine(t *tenant, h *usage.Habit) *client {
	return p.w.client(t, h.Model.Client(p.d), t.cloud)
}

// innocents are look-alikes of one principal or one customer.
var innocents = []scenario{
	{name: "nightly_evaluation", title: "an evaluation over thousands of prompts, every night", benign: true, plant: func(p *plot) {
		h := usage.Named("evaluation").Draw(p.d)
		h.Pool, h.Limit, h.Heat, h.Prompt, h.Template = 0, [...]int{0, 1024, 2048}[p.d.Below(3)], 0, gateway.FilledPrompt, p.d.Next()
		h.Model, h.Part = usage.Large(p.d), 0
		items := between(p.d, 3000, 9000)
		h.Deck = &usage.Deck{Seed: p.d.Next()}
		if p.d.Chance(.7) { // the same every night; else new ones out of production
			h.Deck.Size = uint64(items)
		}
		from := p.begin
		if p.d.Chance(.6) {
			from = p.w.start // it has always been there
		}
		p.w.enter(p.member(p.machine(p.w.tenant(), &h), &h, rhythm.Nightly(p.d, items, between(p.d, .6, 2.5)), 0), from, 0)
	}},
	{name: "bulk_enrichment", title: "one key enriches 30,000 rows within a day", benign: true, plant: func(p *plot) {
		h := usage.Named("enrichment").Draw(p.d)
		t := p.w.tenant()
		c := p.machine(t, &h)
		p.past(c, between(p.d, 30, 300))
		p.once(c, &h, 20_000+p.d.Below(20_000), between(p.d, .8, 2.5))
	}},
	{name: "tenant_enrichment", title: "12 keys of one customer share the enrichment of 40,000 rows", benign: true, plant: func(p *plot) {
		h := usage.Named("enrichment").Draw(p.d)
		t := p.w.tenant()
		ua, rows := h.Model.Client(p.d), 30_000+p.d.Below(20_000)
		for range 12 {
			p.once(p.w.client(t, ua, t.cloud), &h, rows/12, between(p.d, 6, 14))
		}
	}},
	{name: "load_test", title: "one key tests the load: 20,000 calls in some twenty minutes", benign: true, plant: func(p *plot) {
		h := &usage.Habit{Model: usage.Small(p.d), In: between(p.d, 20, 300), InVary: .1, Out: between(p.d, 10, 120), OutVary: .3, Limit: 128, Heat: .7, Turns: 1,
			Fails: .01, Prompt: gateway.FreePrompt, Pool: 1 + p.d.Below(30), Same: 1}
		a := p.once(p.machine(p.w.tenant(), h), h, 20_000, .06)
		a.client.agent, a.busy, a.blunt = "k6/0.55.0 (https://k6.io/)", .05, true
	}},
	{name: "load_test_keys", title: "a load test with 60 virtual keys of one customer", benign: true, plant: func(p *plot) {
		h := &usage.Habit{Model: usage.Small(p.d), In: between(p.d, 20, 300), InVary: .1, Out: between(p.d, 10, 120), OutVary: .3, Limit: 128, Heat: .7, Turns: 1,
			Fails: .01, Prompt: gateway.FreePrompt, Pool: 1 + p.d.Below(30), Same: 1}
		t := p.w.tenant()
		from, begin := internet.Place{Network: t.cloud.Network, Networks: 1, First: 20, Hosts: 4}, p.begin
		for range 60 {
			c := p.w.client(t, "Locust/2.32", from)
			p.w.enter(p.member(c, h, rhythm.PerDay(24*600), 300+p.d.Below(300)), begin, 0)
		}
	}},
	{name: "ci_fleet", title: "15 keys of one customer's builds, from addresses all over a cloud", benign: true, plant: func(p *plot) {
		t := p.w.tenant()
		for range 15 {
			h := usage.Named("evaluation").Draw(p.d)
			h.Pool, h.Same, h.Heat, h.Limit, h.Model = 30+p.d.Below(90), 1, 0, 512, usage.Called("gpt-4o-mini")
			r := rhythm.Rhythm{Visits: between(p.d, 2, 8), Shape: rhythm.Office, Zone: t.zone, Swing: .4, Calls: float64(h.Pool), Gap: .8, Spread: .6}
			p.w.enter(p.member(p.w.client(t, "OpenAI/Python 1.109.1", internet.Functions(p.d)), &h, r, 0), p.w.start, 0)
		}
	}},
	{name: "migration", title: "several customers move all their keys to a new model on the day that it comes out", benign: true, plant: func(p *plot) {
		for range 5 + p.d.Below(4) {
			t := p.w.tenant()
			for range 3 + p.d.Below(6) {
				app := usage.Of(p.d, "chat service", "rag", "rag", "support bot", "copywriting")
				h := app.Draw(p.d)
				a := p.member(p.machine(t, &h), &h, app.Rhythm(p.d, p.d.Lognormal(150, 1), t.zone, &h), 0)
				a.moves = p.w.release + int64(between(p.d, 2, 14)*float64(hour))
				p.w.enter(a, p.w.start, 0)
			}
		}
	}},
	{name: "rotation", title: "a customer replaces all of its 24 keys on one day", benign: true, plant: func(p *plot) {
		t := p.w.tenant()
		for range 24 {
			app := usage.Of(p.d, "chat service", "rag", "summaries", "classification", "support bot")
			h := app.Draw(p.d)
			c, r := p.machine(t, &h), app.Rhythm(p.d, p.d.Lognormal(120, .8), t.zone, &h)
			when := p.begin + int64(p.d.Exp(1)*float64(hour))
			p.w.enter(p.member(c, &h, r, 0), p.w.start, when)
			p.w.enter(p.member(p.w.client(t, c.agent, c.usual), &h, r, 0), when, 0)
		}
	}},
	{name: "synthetic_data", title: "the gateway's own company makes training data with two keys", benign: true, mild: true, plant: func(p *plot) {
		h := p.style()
		t := p.w.tenant()
		for range 2 {
			p.w.enter(p.member(p.machine(t, h), h, rhythm.PerDay(between(p.d, 1500, 6000)), 0), p.begin, 0)
		}
	}},
}
