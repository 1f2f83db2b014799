package population

import (
	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/cmd/internal/simulate/population/internet"
	"github.com/gatehound/gatehound/cmd/internal/simulate/population/rhythm"
	"github.com/gatehound/gatehound/cmd/internal/simulate/population/usage"
)

// hand is who runs a campaign: what its members have in common.
type hand struct {
	*plot
	habit *usage.Habit
	// careful tells that each member has settings and a model of its own.
	careful bool
	// joins is how long it takes until all have begun, old the share of keys with a
	// past of ordinary use.
	joins int64
	old   float64
}

func (p *plot) hand() *hand {
	h := &hand{plot: p, habit: p.style(), careful: p.d.Chance(.2)}
	h.joins = int64(between(p.d, .1, 3) * float64(day))
	h.old = [...]float64{0, .2, .6}[p.d.Below(3)]
	return h
}

// own returns the habit of a member: much like the others'. All deal from one pool.
func (h *hand) own() *usage.Habit {
	own := *h.habit
	own.In *= h.d.Lognormal(1, .04)
	own.Out *= h.d.Lognormal(1, .04)
	if h.careful {
		own.Limit, own.Heat, own.Stream = usage.Limit(h.d), usage.Heat(h.d), float64(h.d.Below(2))
		if own.Limit > 0 && float64(own.Limit) < 2*own.Out {
			own.Limit = 0
		}
		own.Model = usage.Large(h.d)
	}
	return &own
}

// homes makes a client one that comes by residential proxies: from a home here, then
// from one there.
func (h *hand) homes(c *client) {
	for range 3 + h.d.Below(12) {
		c.others = append(c.others, internet.Home(h.d, -1))
	}
	c.usual, c.roams, c.hold = c.others[0], 1, int64(between(h.d, .1, 6)*float64(hour))
}

// takes adds a member and lets it begin when its turn has come.
func (h *hand) takes(c *client, own *usage.Habit, r rhythm.Rhythm) *actor {
	if h.d.Chance(h.old) {
		h.past(c, h.d.Lognormal(12, .8))
	}
	return h.w.enter(h.member(c, own, r, 0), h.begin+int64(h.d.Float()*float64(h.joins)), 0)
}

// stranger is a key of a tenant of its own with a client of its own.
func (h *hand) stranger(own *usage.Habit) *client {
	t := h.w.tenant()
	return h.w.client(t, own.Model.Client(h.d), t.cloud)
}

// campaigns are attacks of many principals.
var campaigns = []scenario{
	{name: "shared_20", title: "20 keys on one hosting network with one client", campaign: true, plant: func(p *plot) {
		h, network := p.hand(), internet.Host(p.d)
		ua, daily := h.habit.Model.Client(p.d), between(p.d, 200, 700)
		for range 20 {
			c := p.w.client(p.w.tenant(), ua, internet.Place{Network: network, Networks: 1, First: p.d.Below(200), Hosts: 1 + p.d.Below(6)})
			h.takes(c, h.own(), p.even(daily*p.d.Lognormal(1, .2)))
		}
		p.intend(int(20 * daily * 10))
	}},
	{name: "unrelated_50", title: "50 keys of 120 answers a day by residential proxies", campaign: true, plant: func(p *plot) {
		h := p.hand()
		for range 50 {
			own := h.own()
			c := h.stranger(own)
			h.homes(c)
			h.takes(c, own, p.even(120*p.d.Lognormal(1, .12)))
		}
		p.intend(50 * 120 * 14)
	}},
	{name: "tenants_30", title: "60 keys over 30 tenants", campaign: true, plant: func(p *plot) {
		h, daily := p.hand(), between(p.d, 100, 250)
		uas := [...]string{h.habit.Model.Client(p.d), h.habit.Model.Client(p.d), h.habit.Model.Client(p.d)}
		for range 30 {
			t, from := p.w.tenant(), internet.Cloud(p.d, 3)
			for range 2 {
				h.takes(p.w.client(t, uas[p.d.Below(3)], from), h.own(), rhythm.PerDay(daily*p.d.Lognormal(1, .15)))
			}
		}
		p.intend(int(60 * daily * 14))
	}},
	{name: "hydra_1000", title: "1,000 keys of 26 answers a day from one pool of prompts", campaign: true, prompts: true, plant: func(p *plot) {
		h := p.hand()
		h.habit.Prompt, h.habit.Template, h.habit.Templates = gateway.FilledPrompt, p.d.Next(), 1+p.d.Below(12)
		for range 1000 {
			own := h.own()
			c := h.stranger(own)
			h.homes(c)
			h.takes(c, own, rhythm.PerDay(26*p.d.Lognormal(1, .2)))
		}
		p.intend(1000 * 26 * 30)
	}},
	{name: "hydra_mixed", title: "150 keys of a reseller: half of each one's calls are its customers', half one harvest", campaign: true, plant: func(p *plot) {
		h := p.hand()
		h.old = 0
		from := [...]internet.Place{internet.Cloud(p.d, 60), internet.Cloud(p.d, 60), internet.Cloud(p.d, 60)}
		for range 150 {
			own := h.own()
			c := h.stranger(own)
			c.usual, c.tenant.cloud = from[p.d.Below(3)], from[p.d.Below(3)]
			h.past(c, p.d.Lognormal(60, .6))
			h.takes(c, own, rhythm.PerDay(60*p.d.Lognormal(1, .2)))
		}
		p.intend(150 * 60 * 14)
	}},
	{name: "complementary", title: "24 keys, each three hours a day, together the clock round", campaign: true, plant: func(p *plot) {
		h, daily := p.hand(), between(p.d, 150, 350)
		for i := range 24 {
			own := h.own()
			c := h.stranger(own)
			h.homes(c)
			h.takes(c, own, rhythm.Rhythm{Visits: daily, Shape: rhythm.Only(i%8*3, 3)})
		}
		p.intend(int(24 * daily * 14))
	}},
	{name: "pivot_40", title: "40 keys go over to a new model within a day", campaign: true, plant: func(p *plot) {
		h, daily := p.hand(), between(p.d, 100, 200)
		h.careful = false
		for range 40 {
			own := h.own()
			c := h.stranger(own)
			h.homes(c)
			h.takes(c, own, rhythm.PerDay(daily*p.d.Lognormal(1, .2))).moves = p.w.release + int64(between(p.d, 1, 24)*float64(hour))
		}
		p.intend(int(40 * daily * 14))
	}},
	{name: "students_mimic", title: "120 keys with the hours and the volumes of people", campaign: true, plant: func(p *plot) {
		h, land := p.hand(), p.d.Below(internet.Countries)
		for range 120 {
			own := h.own()
			c := h.stranger(own)
			c.usual, c.others, c.roams = internet.Home(p.d, land), []internet.Place{internet.Mobile(p.d, land)}, .2
			s := [...]*rhythm.Shape{rhythm.Office, rhythm.Leisure}[p.d.Below(2)]
			h.takes(c, own, rhythm.Sessions(p.d, p.d.Lognormal(35, .7), s, internet.Zone(land)*hour))
		}
		p.intend(120 * 45 * 14)
	}},
	{name: "quota", title: "60 keys with one daily quota", campaign: true, plant: func(p *plot) {
		h, quota := p.hand(), 80+20*p.d.Below(7)
		for range 60 {
			own := h.own()
			c := h.stranger(own)
			h.homes(c)
			r := rhythm.PerDay(float64(quota) * between(p.d, 1.5, 4))
			r.Quota = quota
			h.takes(c, own, r)
		}
		p.intend(60 * quota * 14)
	}},
}
