package population

import (
	"math"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/cmd/internal/simulate/population/internet"
	"github.com/gatehound/gatehound/cmd/internal/simulate/population/usage"
)

// The life of customers: shares of the principals.
const (
	joinDaily  = .03  // new ones, each day
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
	app    *usage.Application
	client *client
	habit  usage.Habit
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
	habit := main.Draw(d)
	client := habit.Model.Client(d)
	var out []asked
	for k := range keys {
		app, h, ua := main, habit, client
		switch {
		case k == 0:
		case d.Chance(.5): // another environment or another team of the same application
			h.Same = min(h.Same*2, 1)
		default:
			app = w.application()
			if h = app.Draw(d); d.Chance(.4) {
				ua = h.Model.Client(d)
			}
		}
		out = append(out, w.principal(t, app, h, ua))
	}
	return out
}

// application draws one by the share of principals that use it.
func (w *World) application() *usage.Application {
	var sum float64
	for i := range usage.Applications {
		sum += usage.Applications[i].Share
	}
	x := w.dice.Float() * sum
	for i := range usage.Applications {
		if x -= usage.Applications[i].Share; x < 0 {
			return &usage.Applications[i]
		}
	}
	return usage.Named("assistant")
}

// principal returns a principal of a tenant.
func (w *World) principal(t *tenant, app *usage.Application, h usage.Habit, ua string) asked {
	d := &w.dice
	c := w.client(t, ua, t.cloud)
	if c.hold = second; app.Pace != usage.People && d.Chance(.06) { // runs in several regions
		c.others, c.roams = []internet.Place{internet.Cloud(d, 2), internet.Cloud(d, 2), internet.Cloud(d, 2)}[:1+d.Below(3)], .5
	}
	switch app.Pace {
	case usage.People:
		c.usual, c.hold = t.office, 0
		if d.Chance(.3) {
			c.usual = internet.Home(d, t.country)
		}
		c.others, c.roams = []internet.Place{internet.Home(d, t.country), internet.Mobile(d, t.country)}, .3
	case usage.Ticks:
		c.usual = internet.Cloud(d, 3)
	}
	a := asked{app: app, client: c, habit: h, calls: app.Volume * d.Lognormal(1, app.Tail), fixed: app.Pace == usage.Ticks}
	if app.Pace != usage.People && d.Chance(.03) { // a few make most of the traffic
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
	app := usage.Named("rag")
	h := app.Draw(d)
	h.Prompt, h.Template, h.Limit, h.Heat = gateway.FilledPrompt, d.Next(), 1000, .2
	return func() asked {
		own := h
		own.In *= d.Lognormal(1, .25) // the documents are the customer's
		own.Users = 2 + int(d.Lognormal(60, 1))
		t := w.tenant()
		return w.principal(t, app, own, "acme-helpdesk/4.2.1 OpenAI/Python 1.82.0")
	}
}

// tool returns users of a tool for building assistants: its settings and its
// addresses, their own prompts.
func (w *World) tool() func() asked {
	d := &w.dice
	from := internet.Tool(d)
	settings := usage.Named("chat service").Draw(d)
	settings.Limit, settings.Heat, settings.Model = 2000, .7, usage.Called("gpt-4o-mini")
	return func() asked {
		app := usage.Of(d, "chat service", "chat service", "rag", "summaries", "classification", "copywriting")
		own := app.Draw(d)
		own.Limit, own.Heat, own.Stream = settings.Limit, settings.Heat, 0
		if d.Chance(.8) {
			own.Model, own.Part = settings.Model, 0
		}
		a := w.principal(w.tenant(), app, own, "flowmaker/2.18 axios/1.7.9")
		a.client.usual, a.client.others = from, nil
		return a
	}
}

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
	ru := a.app.Rhythm(d, a.calls, a.client.tenant.zone, &a.habit)
	h := a.habit
	var moves int64
	if a.app.Pace < usage.Nightly && d.Chance(adopts) {
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
