package population

import (
	"strconv"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/cmd/internal/simulate/population/internet"
	"github.com/gatehound/gatehound/cmd/internal/simulate/population/rhythm"
	"github.com/gatehound/gatehound/cmd/internal/simulate/population/usage"
)

// style is what those who copy a model ask for. Published sets of distilled answers
// have prompts of some dozens to hundreds of tokens, written from few templates over
// many topics, and answers of hundreds to thousands (Alpaca 2023, Evol-Instruct 2023,
// DeepSeek-R1's distilled sets 2025); see README.md.
func (p *plot) style() *usage.Habit {
	d := p.d
	h := &usage.Habit{Turns: 1, Fails: .005, Heat: [...]float64{-1, 0, .2, .7, 1}[d.Below(5)], Prompt: gateway.FilledPrompt, Template: d.Next(), Templates: 1 + d.Below(6),
		Deck: &usage.Deck{Seed: d.Next()}, Model: usage.Large(d), Stream: [...]float64{0, 0, 1}[d.Below(3)]}
	switch d.Below(4) {
	case 0: // instructions and answers
		h.In, h.InVary, h.Out, h.OutVary, h.Limit = between(d, 60, 200), between(d, .25, .5), between(d, 450, 900), between(d, .35, .6), 2048
	case 1: // reasoning, written out
		h.In, h.InVary, h.Out, h.OutVary, h.Limit = between(d, 120, 350), between(d, .3, .5), between(d, 1200, 2600), between(d, .4, .6), 8192
	case 2: // code and its explanation
		h.In, h.InVary, h.Out, h.OutVary, h.Limit = between(d, 250, 800), between(d, .4, .7), between(d, 700, 1600), between(d, .4, .6), 4096
	default: // grading by a rubric, and rewriting
		h.In, h.InVary, h.Out, h.OutVary, h.Limit = between(d, 500, 1400), between(d, .4, .7), between(d, 350, 800), between(d, .3, .5), 2048
	}
	if d.Chance(.3) {
		h.Limit = [...]int{0, 1500, 3000, 4000, 16384}[d.Below(5)]
	}
	if d.Chance(.4) {
		h.System = between(d, 30, 300)
	}
	if d.Chance(.15) { // every prompt is worded by itself
		h.Prompt, h.Template, h.Templates = gateway.FreePrompt, 0, 0
	}
	return h
}

// account returns a key that is new or, with the chance old, has a past and a
// present of ordinary use.
func (p *plot) account(h *usage.Habit, old float64) *client {
	t := p.w.tenant()
	c := p.w.client(t, h.Model.Client(p.d), internet.One(internet.Host(p.d), p.d.Below(254)))
	if p.d.Chance(.4) {
		c.usual = internet.Cloud(p.d, 1+p.d.Below(3))
	}
	if p.d.Chance(old) {
		p.past(c, between(p.d, 5, 60))
	}
	return c
}

// past gives a client ordinary use besides, from the first day on.
func (p *plot) past(c *client, calls float64) {
	app := usage.Of(p.d, "assistant", "chat service", "rag", "summaries", "agent", "support bot")
	h := app.Draw(p.d)
	own := *c
	own.usual, own.others, own.roams = c.tenant.cloud, nil, 0
	p.w.enter(&actor{client: &own, habit: &h, rhythm: app.Rhythm(p.d, calls, c.tenant.zone, &h), truth: -1}, p.w.start, 0)
}

// does lets a client take set exchanges from the beginning on.
func (p *plot) does(c *client, h *usage.Habit, r rhythm.Rhythm, set int) *actor {
	p.intend(set)
	return p.w.enter(p.member(c, h, r, set), p.begin, 0)
}

// even is one of the two.
func (p *plot) even(calls float64) rhythm.Rhythm {
	if p.d.Chance(.5) {
		return rhythm.PerDay(calls)
	}
	return rhythm.Clock(calls, between(p.d, .02, .9))
}

// singles are the attacks of one principal that copy what a model knows.
var singles = []scenario{
	{name: "burst", title: "one key takes 10,000 answers in some hours", plant: func(p *plot) {
		h := p.style()
		a := p.does(p.account(h, .4), h, rhythm.PerDay(10_000*24/between(p.d, 3, 8)), 10_000)
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
		p.does(c, h, rhythm.Sessions(p.d, between(p.d, 500, 900), rhythm.Office, c.tenant.zone), 8000)
	}},
	{name: "start_and_stop", title: "one key takes answers for some hours and rests for many", plant: func(p *plot) {
		h := p.style()
		r := rhythm.PerDay(24 * between(p.d, 250, 500))
		r.On, r.Off, r.Salt = int64(between(p.d, 2, 5)*float64(hour)), int64(between(p.d, 8, 26)*float64(hour)), p.d.Next()
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
		h.Model = usage.Released
		p.begin = p.w.release + int64(between(p.d, 1, 12)*float64(hour))
		p.does(p.account(h, 1), h, p.even(between(p.d, 2000, 6000)), 15_000)
	}},
}
