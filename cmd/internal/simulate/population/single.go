package population

import (
	"strconv"

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
	if d.Chance(.15) { // every prompt is worded by itself
		h.prompt, h.template, h.templates = gateway.FreePrompt, 0, 0
	}
	return h
}

// account returns a key that is new or, with the chance old, has a past and a
// present of ordinary use.
func (p *plot) account(h *habit, old float64) *client {
	t := p.w.tenant()
	c := p.w.client(t, agent(p.d, h.model.at), one(within(p.d, hosters+p.d.Below(companies-hosters)), p.d.Below(254)))
	if p.d.Chance(.4) {
		c.usual = cloud(p.d, 1+p.d.Below(3))
	}
	if p.d.Chance(old) {
		p.past(c, between(p.d, 5, 60))
	}
	return c
}

// past gives a client ordinary use besides, from the first day on.
func (p *plot) past(c *client, calls float64) {
	app := &applications[[...]int{0, 1, 2, 3, 7, 8}[p.d.Below(6)]]
	h := app.draw(p.d)
	own := *c
	own.usual, own.others, own.roams = c.tenant.cloud, nil, 0
	p.w.enter(&actor{client: &own, habit: &h, rhythm: app.rhythm(p.d, calls, c.tenant.zone, &h), truth: -1}, p.w.start, 0)
}

// does lets a client take set exchanges from the beginning on.
func (p *plot) does(c *client, h *habit, r rhythm, set int) *actor {
	p.intend(set)
	return p.w.enter(p.member(c, h, r, set), p.begin, 0)
}

// perDay is a Poisson process of that many calls a day, round the clock.
func perDay(calls float64) rhythm { return rhythm{visits: calls, shape: flat} }

// clock is so many calls a day of a loop that sleeps.
func clock(calls, jitter float64) rhythm {
	return rhythm{every: int64(float64(day) / calls), jitter: jitter}
}

// even is one of the two.
func (p *plot) even(calls float64) rhythm {
	if p.d.Chance(.5) {
		return perDay(calls)
	}
	return clock(calls, between(p.d, .02, .9))
}

// sessions is what a person does, so many calls a day. A visit begins when the one
// before has ended: the time that they take is made up for.
func sessions(d *gateway.Dice, calls float64, s *shape, zone int64) rhythm {
	r := rhythm{shape: s, zone: zone, swing: .4, calls: 6, gap: min(between(d, 20, 60), 15_000/calls), spread: .9}
	visits := calls / r.calls
	busy := visits * (r.calls - 1) * r.gap * 1.5 / float64(day/second)
	r.visits = visits / (1 - min(2.2*busy, .6))
	return r
}

// singles are the attacks of one principal that copy what a model knows.
var singles = []scenario{
	{name: "burst", title: "one key takes 10,000 answers in some hours", plant: func(p *plot) {
		h := p.style()
		a := p.does(p.account(h, .4), h, perDay(10_000*24/between(p.d, 3, 8)), 10_000)
		a.busy = .02
	}},
	{name: "paced", title: "one key takes 300 to 600 answers an hour", plant: func(p *plot) {
		h, daily := p.style(), 24*between(p.d, 300, 600)
		p.does(p.account(h, .4), h, p.even(daily), int(daily*between(p.d, 2, 4)))
	}},
	{name: "slow", title: "one key takes 400 answers a day, for weeks", plant: func(p *plot) {
		h := p.style()
		p.does(p.account(h, .4), h, p.even(400), 8000)
	}},
	{name: "mimic", title: "one key keeps a real client's hours and sessions", plant: func(p *plot) {
		h := p.style()
		c := p.account(h, .4)
		c.usual = c.tenant.office
		p.does(c, h, sessions(p.d, between(p.d, 500, 900), office, c.tenant.zone), 8000)
	}},
	{name: "start_and_stop", title: "one key takes answers for some hours and rests for many", plant: func(p *plot) {
		h := p.style()
		r := perDay(24 * between(p.d, 250, 500))
		r.on, r.off, r.salt = int64(between(p.d, 2, 5)*float64(hour)), int64(between(p.d, 8, 26)*float64(hour)), p.d.Next()
		p.does(p.account(h, .4), h, r, 12_000)
	}},
	{name: "varied", title: "one key adds tools, end users and messages to look like an agent", plant: func(p *plot) {
		h, daily := p.style(), between(p.d, 2500, 7000)
		a := p.does(p.account(h, .4), h, p.even(daily), int(daily*4))
		tools, users := 2+p.d.Below(9), 10+p.d.Below(60)
		a.before = func(d *gateway.Dice, r *gateway.Record, _ int) {
			r.Offered, r.Messages = tools, 3+2*d.Below(5)
			r.EndUser = strconv.AppendInt(append(r.EndUser[:0], "customer-"...), int64(d.Below(users)), 10)
		}
	}},
	{name: "new_model", title: "a key of little use harvests a new model from the day that it comes out", plant: func(p *plot) {
		h := p.style()
		h.model = released
		p.begin = p.w.release + int64(between(p.d, 1, 12)*float64(hour))
		p.does(p.account(h, 1), h, p.even(between(p.d, 2000, 6000)), 15_000)
	}},
}
