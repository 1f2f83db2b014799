package correlate

import "testing"

// TestImitatedCustomersAreNamed shows what likeness cannot tell: keys that imitate
// a customer take him in, also if one thing about him differs. Package campaign
// marks him by his past. Callers whom nobody imitates are not named.
func TestImitatedCustomersAreNamed(t *testing.T) {
	ways := map[string]func(c, hand *caller){
		"in everything":   func(_, _ *caller) {},
		"but in volume":   func(c, _ *caller) { c.daily = 1000 },
		"but in client":   func(c, _ *caller) { c.client, c.hello = 30, 10 },
		"but in rhythm":   func(c, _ *caller) { c.scatter, c.night, c.peak = 5, 0.1, 14 },
		"but in lengths":  func(c, _ *caller) { c.inMean, c.outMean = archetypes[0].in, archetypes[0].out },
		"but in settings": func(c, hand *caller) { c.settings = hand.settings + 7 },
		"in settings and client": func(c, _ *caller) {
			c.inMean, c.outMean, c.daily, c.scatter, c.night, c.single = 7.8, 4.5, 15, 6, 0.1, 0.2
		},
	}
	for _, keys := range []int{20, 50} {
		named, likeness := map[string]int{}, map[string]float32{}
		const worlds = 3
		for seed := range uint64(worlds) {
			w := newWorld(100 + seed).crowd(1500)
			h := w.hand()
			for range keys {
				c := w.member(h)
				c.client, c.hello = 3, 2
				w.add("key", c)
			}
			for name, change := range ways {
				c := w.member(h)
				c.client, c.hello, c.days, c.tenant = 3, 2, 30, 1000
				change(&c, &h)
				w.add(name, c)
			}
			for _, c := range w.clusters() {
				for i, m := range c.Members {
					named[w.who[m]]++
					likeness[w.who[m]] += c.Likeness[i]
				}
			}
		}
		if named["key"] != worlds*keys || named[""] > 0 {
			t.Errorf("%d of %d keys are named, and %d whom nobody imitates", named["key"], worlds*keys, named[""])
		}
		if n := named["in settings and client"]; n > 0 {
			t.Errorf("who shares settings and client alone is named in %d of %d worlds", n, worlds)
		}
		if named["in everything"] != worlds {
			t.Errorf("who is imitated in everything is named in %d of %d worlds: say so where it is said that he is", named["in everything"], worlds)
		}
		for name := range ways {
			t.Logf("%d keys, imitated %s: named in %d of %d worlds, likeness %.2f", keys, name, named[name], worlds, likeness[name]/float32(max(named[name], 1)))
		}
	}
}
