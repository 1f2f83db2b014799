package correlate

import (
	"context"
	"math"
	"testing"
)

// scenarios are campaigns of extraction.
var scenarios = map[string]func(w *world){
	"shared_20": func(w *world) { // one hosting network, one client
		h := w.hand()
		h.daily = w.uniform(200, 500)
		client, system, network := w.rank(40), w.rank(300), uint32(1<<30)
		for range 20 {
			c := w.member(h)
			c.client, c.hello, c.system, c.network = client, client%15, system, network
			w.add("campaign", c)
		}
	},
	"unrelated_50": func(w *world) { // nothing in common but what they want
		h := w.hand()
		for range 50 {
			w.add("campaign", w.member(h))
		}
	},
	"tenants_30": func(w *world) { // two keys of each of 30 tenants, four clouds
		h := w.hand()
		clouds := []uint32{w.rank(300), w.rank(300), w.rank(300), w.rank(300)}
		for range 30 {
			tenant := uint32(600_000 + len(w.all))
			for range 2 {
				c := w.member(h)
				c.tenant, c.system = tenant, clouds[w.rng.IntN(4)]
				w.add("campaign", c)
			}
		}
	},
	"quota_60": func(w *world) { // starts over four days, one quota
		h := w.hand()
		for range 60 {
			c := w.member(h)
			c.days = w.uniform(1, 5)
			c.daily = w.vary(200, 0.02)
			w.add("campaign", c)
		}
	},
	"office_hours": func(w *world) { // each keeps the hours of an office
		h := w.hand()
		h.night = 0.05
		for range 60 {
			c := w.member(h)
			c.peak = 8 + w.rng.IntN(10)
			w.add("campaign", c)
		}
	},
	"complementary": func(w *world) { // shifts, together the clock round
		h := w.hand()
		h.night = 0
		h.daily = 200
		for i := range 48 {
			c := w.member(h)
			c.peak = i % 24
			w.add("campaign", c)
		}
	},
	"pivot_40": func(w *world) { // to a new model within a day
		h := w.hand()
		h.days = 6
		for range 40 {
			c := w.member(h)
			c.pivot = w.uniform(0.5, 1.2)
			w.add("campaign", c)
		}
	},
	"logits_30": func(w *world) { // one token at a time, with probabilities
		h := w.hand()
		h.outMean, h.outVary, h.probed = 0, 0.01, 1
		for range 30 {
			w.add("campaign", w.member(h))
		}
	},
}

func TestCampaignsAreFound(t *testing.T) {
	for name, make := range scenarios {
		t.Run(name, func(t *testing.T) {
			for seed := range seeds(3) {
				w := newWorld(seed).crowd(1500)
				make(w)
				hits, of, others := w.found("campaign", w.clusters())
				if float64(hits) < 0.8*float64(of) || 20*others > of {
					t.Errorf("seed %d: %d of %d keys named, and %d others", seed, hits, of, others)
				}
			}
		})
	}
}

func TestHydraOfAThousandKeysWithPrompts(t *testing.T) {
	for seed := range seeds(2) {
		w := newWorld(seed)
		for range 2000 {
			c := w.stranger()
			w.add("", c)
			w.prompts(c)
		}
		h := w.hand()
		h.days, h.daily = 2, 26
		for range 1000 {
			c := w.member(h)
			c.days = w.uniform(0.8, 2)
			w.add("campaign", c)
			w.prompts(c)
		}
		clusters := w.clusters()
		hits, of, others := w.found("campaign", clusters)
		if hits < of*8/10 || others > of/50 {
			t.Errorf("seed %d: %d of %d keys named, and %d others", seed, hits, of, others)
		}
		if len(clusters) > 0 && (clusters[0].Score < 15 || clusters[0].Groups < 5) {
			t.Errorf("seed %d: score %.1f of %d groups", seed, clusters[0].Score, clusters[0].Groups)
		}
	}
}

func TestTwoCampaignsAreTwo(t *testing.T) {
	w := newWorld(3).crowd(1500)
	for _, name := range []string{"first", "second"} {
		h := w.hand()
		if name == "second" {
			h.inMean, h.settings, h.daily, h.days = h.inMean+2, h.settings+100, 300, 1.5
		}
		for range 30 {
			w.add(name, w.member(h))
		}
	}
	clusters := w.clusters()
	if len(clusters) != 2 {
		t.Fatalf("%d clusters", len(clusters))
	}
	for _, c := range clusters {
		for _, m := range c.Members[1:] {
			if w.who[m] != w.who[c.Members[0]] {
				t.Fatal("members of two campaigns in one cluster")
			}
		}
	}
}

func TestClusterIsWhatItSays(t *testing.T) {
	w := newWorld(1).crowd(1500)
	scenarios["shared_20"](w)
	clusters := w.clusters()
	if len(clusters) != 1 {
		t.Fatalf("%d clusters", len(clusters))
	}
	c := clusters[0]
	if len(c.Likeness) != len(c.Members) || len(c.Linked) != len(c.Members) || c.Groups < 3 || c.Innocent == "" {
		t.Fatalf("%+v", c)
	}
	for i, m := range c.Members {
		if i > 0 && w.all[m].Profile.Calls > w.all[c.Members[i-1]].Profile.Calls {
			t.Error("members are not by falling calls")
		}
		if !(c.Likeness[i] > 0.5 && c.Likeness[i] <= 1) {
			t.Errorf("a likeness of %v", c.Likeness[i])
		}
		if c.Linked[i] == 0 || c.Linked[i]>>len(KindNames()) != 0 {
			t.Errorf("linked by %b", c.Linked[i])
		}
	}
	sum := 0.0
	kinds := map[string]bool{}
	for i, l := range c.Links {
		sum += l.Weight
		kinds[l.Kind] = true
		if i > 0 && l.Weight > c.Links[i-1].Weight {
			t.Error("links are not by falling weight")
		}
		if l.Members < 7 || l.Members > 20 || l.Others < 0 || l.Others > 300 {
			t.Errorf("%+v", l)
		}
	}
	if math.Abs(sum-1) > 1e-6 {
		t.Errorf("weights of links sum to %v", sum)
	}
	for _, kind := range []string{"network", "lengths", "client"} {
		if !kinds[kind] {
			t.Errorf("no link by %s: %v", kind, c.Links)
		}
	}
}

func TestOrderIsIrrelevant(t *testing.T) {
	w := newWorld(2).crowd(1000)
	scenarios["unrelated_50"](w)
	want := w.clusters()
	if len(want) == 0 {
		t.Fatal("nothing was found")
	}
	names := func(w *world, clusters []Cluster) (out []uint64) {
		for _, c := range clusters {
			for _, m := range c.Members {
				out = append(out, w.all[m].Key)
			}
			out = append(out, math.Float64bits(c.Score))
		}
		return out
	}
	wanted := names(w, want)
	w.rng.Shuffle(len(w.all), func(i, j int) { w.all[i], w.all[j] = w.all[j], w.all[i] })
	got := names(w, w.clusters())
	set := map[uint64]int{}
	for _, k := range wanted {
		set[k]++
	}
	for _, k := range got {
		set[k]--
	}
	for k, n := range set {
		if n != 0 {
			t.Fatalf("%d is %d times more in one order", k, n)
		}
	}
}

func TestDoneContextReturnsAtOnce(t *testing.T) {
	w := newWorld(2).crowd(500)
	scenarios["unrelated_50"](w)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if got := Clusters(ctx, w.all, options()); len(got) != 0 {
		t.Errorf("%d clusters", len(got))
	}
}
