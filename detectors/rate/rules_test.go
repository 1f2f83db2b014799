package rate

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

// steady returns a plant of six callers on a route, perMinute each.
func steady(from, minutes, perMinute, route int) []plant {
	var out []plant
	for i := range 6 {
		out = append(out, burst(from, minutes, perMinute, fmt.Sprintf("h1:k1:steady%d-%d", route, i), 20+10*route+i, route))
	}
	return out
}

func play(t *testing.T, minutes int, plants ...plant) []schemas.Finding {
	t.Helper()
	tr := newTraffic(1, 0, 0)
	tr.plants = plants
	found := tr.run(t, 0, minutes)
	detectortest.Readable(t, found)
	return found
}

// want checks that the findings are those of one rule on the kinds of
// entities, no more and no less.
func want(t *testing.T, found []schemas.Finding, rule string, kinds ...schemas.EntityKind) {
	t.Helper()
	if len(found) != len(kinds) {
		tell(t, found)
		t.Fatalf("%d findings, want %d of %s", len(found), len(kinds), rule)
	}
	for i, f := range found {
		if f.Detector != rule || f.Entity.Kind != kinds[i] {
			t.Errorf("finding %d is %s on %v, want %s on %v", i, f.Detector, f.Entity.Kind, rule, kinds[i])
		}
	}
}

func TestSpikeIsToldOnce(t *testing.T) {
	plants := append(steady(0, 100, 20, 1), burst(64, 15, 1500, "h1:k1:steady1-0", 30, 1))
	found := play(t, 100, plants...)
	want(t, found, "rate.spike", schemas.EntityPrincipal, schemas.EntityAddress)
	if d := found[0].Detected.Sub(found[0].WindowStart).Seconds(); d >= 60 {
		t.Errorf("the spike was told after %v s, want before its minute was over", d)
	}
}

func TestScheduledJobIsQuiet(t *testing.T) {
	// The same on the hour is taken for a job.
	plants := append(steady(0, 100, 20, 1), burst(60, 15, 1500, "h1:k1:steady1-0", 30, 1))
	want(t, play(t, 100, plants...), "")
}

func TestSmallNumbersAreQuiet(t *testing.T) {
	plants := append(steady(0, 100, 1, 1), burst(64, 5, 500, "h1:k1:steady1-0", 30, 1))
	want(t, play(t, 100, plants...), "")
}

func TestUnknownBurst(t *testing.T) {
	// Without any cohort only the hard bound speaks.
	want(t, play(t, 2, burst(0, 1, 29_999, "h1:k1:whale", 5, 1)), "")
	found := play(t, 2, burst(0, 1, 31_000, "h1:k1:whale", 5, 1))
	want(t, found, "rate.spike", schemas.EntityPrincipal, schemas.EntityAddress)
}

func TestOfficeBehindOneAddress(t *testing.T) {
	var plants []plant
	for i := range 60 {
		who := fmt.Sprintf("h1:k1:employee%03d", i)
		plants = append(plants, burst(0, 60, 1, who, 9, 1), burst(63, 20, 40, who, 9, 1))
	}
	plants = append(plants, steady(0, 90, 400, 2)...)
	for _, f := range play(t, 90, plants...) {
		if f.Entity.Kind == schemas.EntityAddress {
			t.Errorf("%s on the office's address: %s", f.Detector, f.Summary)
		}
	}
}

func TestDropOfRoute(t *testing.T) {
	plants := append(steady(0, 200, 50, 1), steady(0, 200, 50, 2)...)
	plants = append(plants, answer(120, 40, 1, 1, 0))
	// The outage ends again, and its end is no spike.
	want(t, play(t, 200, plants...), "rate.drop", schemas.EntityRoute)
}

func TestDropOfOneCallersRoute(t *testing.T) {
	plants := append(steady(0, 200, 50, 1), burst(0, 120, 200, "h1:k1:job", 90, 3))
	want(t, play(t, 200, plants...), "")
}

func TestDropOfPrincipal(t *testing.T) {
	const day = 1440
	plants := []plant{
		burst(0, day+100, 80, "h1:k1:pump", 5, 1),
		burst(0, day+200, 5, "h1:k1:other", 6, 1),
	}
	found := play(t, day+200, plants...)
	want(t, found, "rate.drop", schemas.EntityPrincipal, schemas.EntityAddress)
	if m := int(found[0].WindowStart.Sub(detectortest.Start).Minutes()); m != day+104 {
		t.Errorf("told in minute %d, want the fifth silent one, %d", m, day+104)
	}
}

func TestShift(t *testing.T) {
	// Each caller makes more, as after a release: seven times is a spike of the
	// route, five and a half a shift.
	plants := append(steady(0, 300, 50, 1), steady(200, 100, 300, 1)...)
	want(t, play(t, 300, plants...), "rate.spike", schemas.EntityRoute)
	plants = append(steady(0, 300, 100, 1), steady(200, 100, 450, 1)...)
	want(t, play(t, 300, plants...), "rate.shift", schemas.EntityRoute)
}

func TestErrorsOfOneCaller(t *testing.T) {
	plants := append(steady(0, 100, 20, 1), plant{from: 50, until: 60, change: func(_ *rand.Rand, ev *schemas.Event) bool {
		if ev.Principal == "h1:k1:steady1-0" {
			ev.Status = 500
		}
		return true
	}})
	want(t, play(t, 100, plants...), "")
}

func TestThrottledPrincipal(t *testing.T) {
	plants := append(steady(0, 100, 20, 1), burst(0, 100, 2000, "h1:k1:eager", 80, 2), answer(70, 5, 2, 0.8, 429))
	found := play(t, 100, plants...)
	want(t, found, "rate.throttled", schemas.EntityPrincipal, schemas.EntityAddress)
	if f := found[0].Features[0]; f.Name != "throttled_share" || f.Observed < 0.7 || f.Observed > 0.9 || f.Expected > 0.01 {
		t.Errorf("the first feature is %+v", f)
	}
}

func TestVote(t *testing.T) {
	var c counts
	for i := range 100 {
		c.requests++
		c.vote(uint16(i % 2 * i))
	}
	if c.alone() {
		t.Error("half of the requests are not clearly more than half")
	}
	for range 80 {
		c.requests++
		c.vote(7)
	}
	if !c.alone() || c.major != 7 {
		t.Error("the majority was not seen")
	}
}
