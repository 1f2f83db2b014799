package rate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors"
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

// TestSpikeOnTheHour wants no job to make as much as an attack does: a calm
// caller who calls eighty times as much is told at any minute.
func TestSpikeOnTheHour(t *testing.T) {
	calm := steady(0, 220, 30, 1)
	for _, from := range []int{180, 181, 200, 210} {
		found := play(t, 220, append(calm, burst(from, 5, 2400, "h1:k1:steady1-0", 30, 1))...)
		want(t, found, "rate.spike", schemas.EntityPrincipal, schemas.EntityAddress)
	}
	want(t, play(t, 220, append(calm, burst(180, 5, 1800, "h1:k1:steady1-0", 30, 1))...), "")
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

// TestOutage wants the end of an outage to be no spike; that it is silent is
// told by another detector.
func TestOutage(t *testing.T) {
	plants := append(steady(0, 200, 50, 1), steady(0, 200, 50, 2)...)
	for _, route := range []int{1, -1} {
		want(t, play(t, 200, append(plants, answer(120, 40, route, 1, 0))...), "")
	}
}

// TestSteadyCaller holds a caller who never varied against less than others.
func TestSteadyCaller(t *testing.T) {
	calm := append(steady(0, 220, 30, 1), steady(0, 220, 30, 2)...)
	found := play(t, 220, append(calm, burst(200, 3, 450, "h1:k1:steady1-0", 30, 1))...)
	want(t, found, "rate.spike", schemas.EntityPrincipal, schemas.EntityAddress)
	// Below five times of what is usual, and without hours of a past.
	want(t, play(t, 220, append(calm, burst(200, 3, 100, "h1:k1:steady1-0", 30, 1))...), "")
	want(t, play(t, 100, append(steady(0, 100, 30, 1), burst(84, 3, 450, "h1:k1:steady1-0", 30, 1))...), "")
}

// TestNameless wants a flood without any name to be told earlier than one of
// somebody who says who he is: that may be a load test.
func TestNameless(t *testing.T) {
	for name, want := range map[string]bool{"": true, "h1:k1:test": false} {
		tr := newTraffic(5, 300, 900)
		tr.plants = []plant{burst(77, 2, 2300, name, 9000, 2)}
		found := at(detectortest.Of(tr.run(t, 0, 82), "rate.spike"), 77, 80)
		if got := len(found) > 0; got != want {
			tell(t, found)
			t.Errorf("%d findings on %q, want any: %v", len(found), name, want)
		}
	}
}

// TestSlowRise lets a caller double each day, after two steady weeks, and wants
// it told, once while he doubles twice; growth of 5 % a day is not.
func TestSlowRise(t *testing.T) {
	for growth, want := range map[float64]bool{2: true, 1.05: false} {
		var found []schemas.Finding
		d := &watch{kind: schemas.EntityPrincipal, limits: DefaultConfig().Principal, config: DefaultConfig()}
		x := detectors.NewContext(func(_ *detectors.Context, f *schemas.Finding) { found = append(found, *f) })
		x.Window = d.Spec().Window
		c := Cohort{factor: 1, requests: 1}
		var s State
		r := newTraffic(3, 0, 0)
		for m := range 20 * 1440 {
			mean := 25 * math.Pow(growth, max(float64(m)/1440-14, 0))
			x.WindowStart = detectortest.At(time.Duration(m) * time.Minute)
			x.Now, x.Slot = x.WindowStart+int64(x.Window), m%2
			s.open[x.Slot].requests = uint32(r.poisson(mean))
			d.Close(x, &s, &c)
		}
		detectortest.Readable(t, found)
		if got := len(found) > 0; got != want || len(found) > 2 {
			tell(t, found)
			t.Errorf("%d findings at a growth of %v a day, want any: %v", len(found), growth, want)
		}
	}
}

func TestShift(t *testing.T) {
	// Each caller makes more, as after a release: seven times is a spike of the
	// route and of all steady callers together, five and a half a shift.
	plants := append(steady(0, 300, 50, 1), steady(200, 100, 300, 1)...)
	want(t, play(t, 300, plants...), "rate.spike", schemas.EntityGlobal, schemas.EntityGlobal, schemas.EntityRoute)
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
		c.major.Vote(uint16(i % 2 * i))
	}
	if c.alone() {
		t.Error("half of the requests are not clearly more than half")
	}
	for range 80 {
		c.requests++
		c.major.Vote(7)
	}
	if !c.alone() || c.major.Value != 7 {
		t.Error("the majority was not seen")
	}
}

func TestSignsAreWhatTheRuleCounts(t *testing.T) {
	for _, c := range []struct {
		rule   string
		status uint16
		want   bool
	}{
		{"rate.spike", 200, true}, {"rate.shift", 404, true}, {"rate.errors", 503, true}, {"rate.errors", 200, false},
		{"rate.throttled", 429, true}, {"rate.throttled", 200, false},
	} {
		if got := signs(c.rule, &schemas.Event{Status: c.status}); got != c.want {
			t.Errorf("a %d is a sign of %s: %v", c.status, c.rule, got)
		}
	}
}
