package rate

import (
	"flag"
	"fmt"
	"testing"
)

// unkind adds what honest traffic is like on bad days.
func unkind(t *traffic) {
	const day = 1440
	r := t.r
	for i := range 6 {
		// Nightly batches of customers with hardly any other traffic, and of
		// new names.
		who := fmt.Sprintf("h1:k1:customer%06d", 40+i*20)
		if i%2 == 0 {
			who = fmt.Sprintf("h1:k1:batch%06d", i)
		}
		for d := range *days {
			t.plants = append(t.plants, burst(d*day+r.IntN(2), 12+r.IntN(10), 700+i*200, who, 5000+i, i))
		}
	}
	for d := range *days {
		t.plants = append(t.plants,
			burst(d*day+120+r.IntN(40), 20, 450, "h1:k1:evaluation", 5100, 1),
			burst(d*day+500+r.IntN(300), 10, 1500+r.IntN(400), fmt.Sprintf("h1:k1:loadtest%d", d), 5200+d, 2),
		)
	}
	for i := range 25 {
		t.plants = append(t.plants, burst(r.IntN(*days*day), 2*day, 1+r.IntN(60), fmt.Sprintf("h1:k1:new%06d", i), 6000+i, i%routes))
	}
	// A gap in the logs, a blip of errors of one caller, and clients that try
	// again after an outage that the gateway did not log.
	gap := 900 + r.IntN(100)
	t.plants = append(t.plants, answer(gap, 4, -1, 1, 0))
	t.plants = append(t.plants, plant{from: gap + 4, until: gap + 9, add: t.again})
}

// TestBenign wants no finding in days of unkind traffic.
func TestBenign(t *testing.T) {
	tr := newTraffic(*seed, 250, 60)
	unkind(tr)
	found := tr.run(t, 0, *days*1440)
	tell(t, found)
	t.Logf("%d events, %d findings", tr.events, len(found))
	if len(found) > 0 {
		t.Errorf("%d findings in %d honest events, want none", len(found), tr.events)
	}
}

var (
	seed  = flag.Uint64("seed", 31, "seed of the honest traffic")
	days  = flag.Int("days", 1, "how many days of honest traffic are made")
	seeds = flag.Uint64("seeds", 1, "with how many seeds each attack is tried")
)
