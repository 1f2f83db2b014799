package correlate

import "testing"

// lookalikes act as one in part, and are nobody's campaign.
var lookalikes = map[string]func(w *world){
	"course": func(w *world) { // 200 students, one template, a campus and homes
		c := w.stranger()
		c.inMean, c.outMean, c.inVary, c.outVary, c.settings, c.tenant = 6, 6, 0.4, 0.4, 40, 900_000
		for range 200 {
			s := c
			s.days, s.daily, s.scatter, s.night, s.same = w.uniform(2, 3), w.vary(15, 0.9), w.vary(7, 0.3), 0.1, 0.5
			if s.network = 1 << 29; w.rng.Float64() < 0.4 {
				s.network = w.rng.Uint32()
			}
			w.add("course", s)
			w.prompts(s)
		}
	},
	"product": func(w *world) { // 300 installations, old and new
		c := w.stranger()
		c.inMean, c.outMean, c.single, c.client, c.hello, c.settings = 7, 6.2, 1, 900, 900, 900
		for range 300 {
			s := c
			s.tenant, s.network, s.system, s.users = 700_000+uint32(len(w.all)), w.rng.Uint32(), w.rank(300), 20
			s.days, s.daily, s.scatter, s.night = w.uniform(0.5, 100), w.vary(60, 1.2), w.vary(1.5, 0.3), w.uniform(0.1, 0.9)
			w.add("product", s)
			w.prompts(s)
		}
	},
	"launch": func(w *world) { // 80 customers install it within two days
		c := w.stranger()
		c.inMean, c.outMean, c.client, c.settings = 7, 6, 901, 901
		for range 80 {
			s := c
			s.tenant, s.network, s.users = 710_000+uint32(len(w.all)), w.rng.Uint32(), 10
			s.days, s.daily, s.scatter, s.night = w.uniform(2, 4), w.vary(50, 1.1), w.vary(2.5, 0.3), 0.2
			w.add("launch", s)
			w.prompts(s)
		}
	},
	"load test": func(w *world) { // 100 virtual keys of one customer for two hours
		c := w.stranger()
		c.tenant, c.network, c.days, c.stop, c.daily, c.scatter, c.same = 910_000, 1<<28, 1.08, 1, 3000, 1, 1
		for range 100 {
			w.add("load test", c)
			w.prompts(c)
		}
	},
	"enrichment": func(w *world) { // 20 keys of a customer share a job
		c := w.stranger()
		c.inMean, c.inVary, c.outMean, c.outVary, c.tenant, c.network = 6.5, 0.3, 3, 0.3, 920_000, 1<<27
		c.days, c.scatter, c.night, c.daily, c.single = 1.5, 1, 1, 2000, 1
		for range 20 {
			s := c
			s.daily = w.vary(c.daily, 0.1)
			w.add("enrichment", s)
		}
	},
	"evaluation": func(w *world) { // every night with 12 keys, the same prompts
		c := w.stranger()
		c.tenant, c.network, c.days, c.scatter, c.night, c.peak, c.same = 930_000, 1<<26, 30, 20, 0, 2, 1
		for range 12 {
			w.add("evaluation", c)
			w.prompts(c)
		}
	},
	"fleet": func(w *world) { // 40 builds of one customer, from all over a cloud
		c := w.stranger()
		c.tenant, c.client, c.settings, c.system = 940_000, 950, 950, 5
		for range 40 {
			s := c
			s.network, s.days, s.daily, s.scatter = w.rng.Uint32(), w.uniform(0.5, 30), w.vary(60, 0.8), w.vary(9, 0.3)
			w.add("fleet", s)
		}
	},
	"no-code tool": func(w *world) { // 150 users of one tool: its settings and addresses
		for range 150 {
			s := w.stranger()
			s.settings, s.client, s.hello, s.network, s.system, s.model = 2, 960, 960, 1<<25, 960, 0
			w.add("no-code tool", s)
		}
	},
	"monitors": func(w *world) { // one product's probes, every five minutes, of 60 customers
		c := w.stranger()
		c.inMean, c.inVary, c.outMean, c.outVary, c.client, c.settings, c.system = 3, 0.05, 1.5, 0.05, 970, 970, 970
		for range 60 {
			s := c
			s.tenant, s.network, s.daily, s.scatter, s.night, s.days = 720_000+uint32(len(w.all)), 1<<24, 288, 0.05, 1, w.uniform(1, 90)
			w.add("monitors", s)
		}
	},
	"services": func(w *world) { // 30 microservices of one tenant
		c := w.stranger()
		for range 30 {
			s := w.stranger()
			s.tenant, s.network, s.system, s.client, s.hello, s.days = 950_000, 1<<23, c.system, c.client, c.hello, 90
			w.add("services", s)
		}
	},
	"archetype": func(w *world) { // 300 callers of exactly one kind, from the start on
		c := w.stranger()
		for range 300 {
			s := c
			s.tenant, s.network, s.daily, s.days = 730_000+uint32(len(w.all)), w.rng.Uint32(), w.vary(40, 1.1), 30
			w.add("archetype", s)
		}
	},
	"writers": func(w *world) { // long answers to single questions, at all hours, from the start on
		c := w.stranger()
		c.inMean, c.outMean, c.single, c.night, c.scatter = 5, 7, 1, 1, 1
		for range 100 {
			s := c
			s.tenant, s.network, s.daily, s.days = 740_000+uint32(len(w.all)), w.rng.Uint32(), w.vary(60, 0.9), 30
			w.add("writers", s)
		}
	},
}

func TestLookalikesAreQuiet(t *testing.T) {
	for name, make := range lookalikes {
		t.Run(name, func(t *testing.T) {
			for seed := range seeds(3) {
				w := newWorld(100 + seed).crowd(1500)
				make(w)
				w.quiet(t)
			}
		})
	}
}

func TestStrangersAreQuiet(t *testing.T) {
	for _, n := range []int{8, 50, 300, 1500, 4000} {
		for seed := range seeds(3) {
			newWorld(200 + seed).crowd(n).quiet(t)
		}
	}
}

func TestNewcomersOfAllKindsAreQuiet(t *testing.T) {
	w := newWorld(1).crowd(500)
	for range 500 { // a price falls, and the customers double within three days
		c := w.stranger()
		c.days = w.uniform(0.3, 3)
		w.add("", c)
	}
	w.quiet(t)
}
