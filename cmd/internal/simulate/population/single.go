package population

import (
	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
)

// style is what those who copy a model ask for. Published sets of distilled answers
// have prompts of some dozens to hundreds of tokens, written from few templates over
// many topics, and answers of hundreds to thousands (Alpaca 2023, Evol-Instruct 2023,
// DeepSeek-R1's distilled sets 2025); see README.md.
func (p *plot) style() *habit {
	d := p.d
	h := &habit{turns: 1, fails: .005, heat: heats[d.Below(5)], prompt: gateway.FilledPrompt, template: d.Next(), templates: 1 + d.Below(6),
		deck: &deck{seed: d.Next()}, model: choose(d, models, true), stream: [...]float64{0, 0, 1}[d.Below(3)]}
	switch d.Below(4) {
	case 0: // instructions and answers
		h.in, h.inVary, h.out, h.outVary, h.limit = between(d, 60, 200), between(d, .25, .5), between(d, 450, 900), between(d, .35, .6), 2048
	case 1: // reasoning, written out
		h.in, h.inVary, h.out, h.outVary, h.limit = between(d, 120, 350), between(d, .3, .5), between(d, 1200, 2600), between(d, .4, .6), 8192
	case 2: // code and its explanation
		h.in, h.inVary, h.out, h.outVary, h.limit = between(d, 250, 800), between(d, .4, .7), between(d, 700, 1600), between(d, .4, .6), 4096
	default: // grading by a rubric, and rewriting
		h.in, h.inVary, h.out, h.outVary, h.limit = between(d, 500, 1400), between(d, .4, .7), between(d, 350, 800), between(d, .3, .5), 2048
	}
	if d.Chance(.3) {
		h.limit = [...]int{0, 1500, 3000, 4000, 16384}[d.Below(5)]
	}
	if d.Chance(.4) {
		h.system = between(d, 30, 300)
	}
	return h
}

// account returns a new key, of a tenant of its own, on some host.
func (p *plot) account() *client {
	t := p.w.tenant()
	usual := one(within(p.d, hosters+p.d.Below(companies-hosters)), p.d.Below(254))
	if p.d.Chance(.4) {
		usual = cloud(p.d, 1+p.d.Below(3))
	}
	return p.w.client(t, agent(p.d), usual)
}

// perDay is a Poisson process of that many calls a day, round the clock.
func perDay(calls float64) rhythm { return rhythm{visits: calls, shape: flat} }

// singles are the attacks of one principal.
var singles = []scenario{
	{name: "burst", title: "one key takes 10,000 answers in some hours", plant: func(p *plot) {
		hours := between(p.d, 3, 8)
		a := p.member(p.account(), p.style(), perDay(10_000/hours*24), 10_000)
		a.busy = .02
		p.w.enter(a, p.begin, 0)
		p.intend(10_000)
	}},
	{name: "paced", title: "one key takes 300 to 600 answers an hour", plant: func(p *plot) {
		hourly := between(p.d, 300, 600)
		r := perDay(hourly * 24)
		if p.d.Chance(.5) { // a loop that sleeps
			r = rhythm{every: int64(float64(hour) / hourly), jitter: between(p.d, .02, .5)}
		}
		set := int(hourly * 24 * between(p.d, 2, 4))
		p.w.enter(p.member(p.account(), p.style(), r, set), p.begin, 0)
		p.intend(set)
	}},
	{name: "slow", title: "one key takes 400 answers a day, for weeks", plant: func(p *plot) {
		r := perDay(400)
		if p.d.Chance(.5) {
			r = rhythm{every: day / 400, jitter: between(p.d, .05, .9)}
		}
		p.w.enter(p.member(p.account(), p.style(), r, 8000), p.begin, 0)
		p.intend(8000)
	}},
	{name: "mimic", title: "one key copies a real client's hours and sessions", plant: func(p *plot) {
		c := p.account()
		c.usual = c.tenant.office
		calls := between(p.d, 500, 900)
		r := rhythm{visits: calls / 6, shape: office, zone: c.tenant.zone, swing: .4, calls: 6, gap: between(p.d, 20, 60), spread: .9}
		p.w.enter(p.member(c, p.style(), r, 8000), p.begin, 0)
		p.intend(8000)
	}},
}
