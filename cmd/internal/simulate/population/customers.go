package population

import (
	"math"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
)

// The life of customers: shares of the principals.
const (
	joinDaily  = .02  // new ones, each day
	leaveDaily = .004 // that stop for good
	rotates    = .006 // whose key is replaced, each day
	adopts     = .25  // of those with users that go over to a new model, some days after it came out
)

// The share of principals that use something made by others: a product that is
// installed at its vendor's customers, each with a key of its own, and a tool for
// building assistants without code. There are at least 100 of each in a world of
// 600 and more.
const (
	installed = .07
	noCode    = .07
	shared    = 110
)

// asked is a principal before its volume is known.
type asked struct {
	app    *application
	client *client
	habit  habit
	// calls is how many it makes a day; fixed tells that the scale of the world does
	// not matter.
	calls       float64
	fixed       bool
	from, until int64
}

// settle fills the world with its customers.
func (w *World) settle() {
	var all []asked
	product, tool := w.product(), w.tool()
	n := w.cfg.Principals
	few := func(share float64) int {
		k := int(share * float64(n))
		if n >= 600 {
			k = max(k, shared)
		}
		return k
	}
	for range few(installed) {
		all = append(all, product())
	}
	for range few(noCode) {
		all = append(all, tool())
	}
	for len(all) < n {
		all = append(all, w.company(n-len(all))...)
	}
	for i := range all {
		all[i].from, all[i].until = w.start, w.end
	}
	d := &w.dice
	for day := w.start; day < w.end; day += 24 * hour {
		for k := d.Exp(1) * joinDaily * float64(n); k > 0 || d.Chance(k+1); {
			joined := w.company(1 + int(k))
			for i := range joined {
				joined[i].from, joined[i].until = day+int64(d.Float()*float64(24*hour)), w.end
			}
			all = append(all, joined...)
			k -= float64(len(joined))
		}
	}
	w.scale(all)
	for i := range all {
		w.live(&all[i])
	}
}

// scale makes the calls of all together what the world's rate says.
func (w *World) scale(all []asked) {
	total := w.cfg.Rate * float64(w.end-w.start) / 1e9
	var free float64
	for i := range all {
		if calls := all[i].calls * float64(all[i].until-all[i].from) / float64(day); all[i].fixed {
			total -= calls
		} else {
			free += calls
		}
	}
	factor := max(total, w.cfg.Rate*float64(w.end-w.start)/2e9) / free
	for i := range all {
		if !all[i].fixed {
			all[i].calls *= factor
		}
	}
}

// company returns a new customer with up to most keys: one, a few or some twenty.
func (w *World) company(most int) []asked {
	d := &w.dice
	t := w.tenant()
	keys := min(1+d.Rank(20, .9), most)
	main := w.application()
	habit := main.draw(d)
	client := agent(d, habit.model.at)
	var out []asked
	for k := range keys {
		app, h, ua := main, habit, client
		switch {
		case k == 0:
		case d.Chance(.5): // another environment or another team of the same application
			h.same = min(h.same*2, 1)
		default:
			app = w.application()
			if h = app.draw(d); d.Chance(.4) {
				ua = agent(d, h.model.at)
			}
		}
		out = append(out, w.principal(t, app, h, ua))
	}
	return out
}

// application draws one by the share of principals that use it.
func (w *World) application() *application {
	var sum float64
	for i := range applications {
		sum += applications[i].share
	}
	x := w.dice.Float() * sum
	for i := range applications {
		if x -= applications[i].share; x < 0 {
			return &applications[i]
		}
	}
	return &applications[0]
}

// principal returns a principal of a tenant.
func (w *World) principal(t *tenant, app *application, h habit, ua string) asked {
	d := &w.dice
	c := w.client(t, ua, t.cloud)
	if c.hold = second; app.pace != people && d.Chance(.06) { // runs in several regions
		c.others, c.roams = []place{cloud(d, 2), cloud(d, 2), cloud(d, 2)}[:1+d.Below(3)], .5
	}
	switch app.pace {
	case people:
		c.usual, c.hold = t.office, 0
		if d.Chance(.3) {
			c.usual = home(d, t.country)
		}
		c.others, c.roams = []place{home(d, t.country), mobile(d, t.country)}, .3
	case ticks:
		c.usual = cloud(d, 3)
	}
	a := asked{app: app, client: c, habit: h, calls: app.volume * d.Lognormal(1, app.tail), fixed: app.pace == ticks}
	if app.pace != people && d.Chance(.03) { // a few make most of the traffic
		a.calls *= math.Pow(1-d.Float(), -1)
	}
	if a.fixed {
		a.calls = [...]float64{1440, 288, 288, 144, 96}[d.Below(5)]
	}
	return a
}

// product returns installations of one product: the same requests from each of its
// vendor's customers.
func (w *World) product() func() asked {
	d := &w.dice
	app := &applications[2]
	h := app.draw(d)
	h.prompt, h.template, h.limit, h.heat = gateway.FilledPrompt, d.Next(), 1000, .2
	return func() asked {
		own := h
		own.in *= d.Lognormal(1, .25) // the documents are the customer's
		own.users = 2 + int(d.Lognormal(60, 1))
		t := w.tenant()
		return w.principal(t, app, own, "acme-helpdesk/4.2.1 OpenAI/Python 1.82.0")
	}
}

// tool returns users of a tool for building assistants: its settings and its
// addresses, their own prompts.
func (w *World) tool() func() asked {
	d := &w.dice
	from := place{within(d, clouds), 2, 0, 60}
	settings := applications[1].draw(d)
	settings.limit, settings.heat, settings.model = 2000, .7, models[0]
	return func() asked {
		app := &applications[[...]int{1, 1, 2, 3, 4, 9}[d.Below(6)]]
		own := app.draw(d)
		own.limit, own.heat, own.stream = settings.limit, settings.heat, 0
		if d.Chance(.8) {
			own.model, own.part = settings.model, 0
		}
		a := w.principal(w.tenant(), app, own, "flowmaker/2.18 axios/1.7.9")
		a.client.usual, a.client.others = from, nil
		return a
	}
}

// personal is the most calls that one person makes a day, on average.
const personal = 350

// live lets a principal begin, and now and then replaces its key or lets it go.
func (w *World) live(a *asked) {
	d := &w.dice
	days := float64(a.until-a.from) / float64(day)
	if d.Chance(leaveDaily * days) {
		a.until = a.from + int64(d.Float()*float64(a.until-a.from))
	}
	from, until := a.from, a.until
	if d.Chance(rotates * days) {
		until = from + int64(d.Float()*float64(until-from))
	}
	ru := a.app.rhythm(d, a.calls, a.client.tenant.zone, &a.habit)
	h := a.habit
	var moves int64
	if a.app.pace < nightly && d.Chance(adopts) {
		moves = w.release + int64(d.Exp(4)*float64(day))
	}
	w.enter(&actor{client: a.client, habit: &h, rhythm: ru, truth: -1, moves: moves}, from, until)
	if until < a.until {
		next := *a.client
		w.numbers++
		next.id = gateway.Mix(gateway.Mix(w.cfg.Seed+0xc11e) + w.numbers)
		w.enter(&actor{client: &next, habit: &h, rhythm: ru, truth: -1, moves: moves}, until, a.until)
	}
}

// rhythm returns when a principal calls that makes so many calls a day.
func (a *application) rhythm(d *gateway.Dice, calls float64, zone int64, h *habit) rhythm {
	r := rhythm{zone: zone, swing: .35 + .3*d.Float(), salt: d.Next()}
	pace := a.pace
	if pace == people && calls > personal {
		pace = crowd // a key that a team shares
		if h.users == 0 {
			h.users = 2 + int(calls/60)
		}
	}
	switch pace {
	case people:
		// As many calls a visit as the conversation has turns; agents and editors
		// call every few seconds, people every minute.
		r.calls, r.gap, r.spread, r.shape = max(h.turns, 1.01), d.Lognormal(45, .4), .9, office
		if a.tools > 0 || a.name == "completion" {
			r.gap = d.Lognormal(5, .4)
		}
		if d.Chance(.3) {
			r.shape = leisure
		}
		r.visits = calls / r.calls
	case crowd:
		r.shape = [...]*shape{backend, backend, office, leisure, global}[d.Below(5)]
		r.visits = calls
	case streams:
		// What arrives comes in batches of a few.
		r.shape = [...]*shape{backend, office, global, flat}[d.Below(4)]
		r.calls, r.gap, r.spread = 1+d.Exp(6), d.Lognormal(1.5, .6), .6
		r.visits = calls / r.calls
	case nightly:
		r.mask = 0x7f
		switch x := d.Float(); {
		case x < .15:
			r.mask = 1 << d.Below(7) // once a week
		case x < .35:
			r.mask = 0x3e // on working days
		}
		runs := 0.
		for i := range 7 {
			runs += float64(r.mask >> i & 1)
		}
		r.at = int64(d.Below(24*4)) * 15 * minute
		if d.Chance(.5) {
			r.at = int64(d.Below(6)) * hour // most people think of midnight to five
		}
		r.at = max(r.at, minute)
		r.size = calls * 7 / runs
		r.swing = .3
		r.gap, r.spread = min(d.Lognormal(1.2, .7), float64(10*hour/second)/r.size), .4
	case ticks:
		r.every, r.jitter = int64(float64(day)/calls), .02
	}
	return r
}
