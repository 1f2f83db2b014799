package errors

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// minute observes a minute of events in which the callers by their number
// answer or fail as told, and returns its counts.
func minute(kind schemas.EntityKind, n int, change func(i int, ev *schemas.Event)) *counts {
	d, s := &watch{kind, DefaultConfig()}, &state{}
	x := detectors.NewContext(func(*detectors.Context, *schemas.Finding) {})
	x.WindowStart = detectortest.At(0)
	for i := range n {
		ev := detectortest.Event(time.Duration(i)*time.Minute/time.Duration(n), func(ev *schemas.Event) {
			ev.Model = "m"
			change(i, ev)
		})
		x.Now = ev.Time
		if d.wants(&ev) {
			d.Observe(x, s, &ev)
		}
	}
	return &s.Open[0]
}

func caller(i int) string { return fmt.Sprint("h1:k1:caller", i) }

func TestOthersLeaveOutWhoFailsMost(t *testing.T) {
	// One of five callers makes six in ten requests, and all of his fail.
	w := minute(schemas.EntityRoute, 1000, func(i int, ev *schemas.Event) {
		if i%10 < 6 {
			ev.Principal = caller(0)
			fail(ev, 500, behind)
			return
		}
		ev.Principal = caller(1 + i%4)
		if i%100 == 9 {
			fail(ev, 500, behind)
		}
	})
	all, others := w.shares(), w.others()
	if all.of(failures) != 610 || all.Total != 1000 {
		t.Fatalf("%v of %v failed", all.of(failures), all.Total)
	}
	if k := others.of(failures); k > 40 || others.Total > 440 {
		t.Errorf("without the one who fails most %v of %v failed, want about 10 of 400", k, others.Total)
	}
}

func TestOthersLeaveOutHisAnswersToo(t *testing.T) {
	// One caller makes eight in ten requests; of everybody's, seven in ten fail.
	w := minute(schemas.EntityRoute, 1000, func(i int, ev *schemas.Event) {
		ev.Principal = caller(0)
		if i%5 == 0 {
			ev.Principal = caller(1 + i/5%4)
		}
		if sketch.Mix(uint64(i))%10 < 7 {
			fail(ev, 503, gateway)
		}
	})
	others := w.others()
	if share := others.of(failures) / others.Total; share < 0.5 {
		t.Errorf("of the others %v failed, want about seven in ten", share)
	}
}

func TestGroupsAreApart(t *testing.T) {
	// One caller meets his limit, the others an outage.
	w := minute(schemas.EntityRoute, 300, func(i int, ev *schemas.Event) {
		switch {
		case i%3 > 0:
			ev.Principal = caller(0)
			fail(ev, 429, gateway)
		default:
			ev.Principal = caller(1 + i%7)
			fail(ev, 502, gateway)
		}
	})
	if s := w.others(); s.of(failures) < 60 || s.of(quota) > 5 {
		t.Errorf("%v failures and %v of the quota are left", s.of(failures), s.of(quota))
	}
}

func TestSuspectIsOneModel(t *testing.T) {
	w := minute(schemas.EntityRoute, 1200, func(i int, ev *schemas.Event) {
		ev.Principal, ev.Model = caller(i%11), fmt.Sprint("model", i%6)
		if i%6 == 2 && i%5 > 0 {
			fail(ev, 500, behind)
		}
	})
	s := w.suspect()
	if share := s.of(failures) / s.Total; share < 0.7 || share > 0.9 || s.Total > 210 {
		t.Errorf("of the model's %v requests %v failed", s.Total, share)
	}
	even := minute(schemas.EntityRoute, 1200, func(i int, ev *schemas.Event) {
		ev.Principal, ev.Model = caller(i%11), fmt.Sprint("model", i%6)
		if sketch.Mix(uint64(i))%10 == 0 {
			fail(ev, 500, behind)
		}
	})
	if s := even.suspect(); s.of(failures) > 0.5*s.Total {
		t.Errorf("where all models fail alike one is suspected: %v of %v", s.of(failures), s.Total)
	}
	if s := (&counts{}).suspect(); s.Total != 0 {
		t.Errorf("nothing is suspected of %v", s.Total)
	}
}

func TestSteady(t *testing.T) {
	for name, c := range map[string]struct {
		from, until int // seconds
		want        bool
	}{
		"a restart": {20, 35, false}, "half a minute": {0, 30, false}, "the whole minute": {0, 60, true}, "from its ninth second": {9, 60, true},
	} {
		w := minute(schemas.EntityRoute, 600, func(i int, ev *schemas.Event) {
			if sec := i / 10; sec >= c.from && sec < c.until {
				fail(ev, 503, gateway)
			}
		})
		if w.steady(failures) != c.want {
			t.Errorf("%s: steady is %v", name, !c.want)
		}
		if w.steady(quota) {
			t.Errorf("%s: the quota is steady", name)
		}
	}
}

func TestTimesAreOfTokensWhereTheyAreKnown(t *testing.T) {
	d := &watch{schemas.EntityRoute, DefaultConfig()}
	tokens := func(n int64) *counts {
		return minute(schemas.EntityRoute, 200, func(i int, ev *schemas.Event) {
			ev.Principal = caller(i % 9)
			ev.Known |= schemas.HasLatency | schemas.HasOutputTokens
			ev.OutputTokens, ev.Latency = n, time.Duration(n)*10*time.Millisecond
		})
	}
	for _, n := range []int64{64, 200, 4000} {
		if v, ok := d.timed(&state{}, tokens(n)); !ok || math.Abs(v-10_000) > 1 {
			t.Errorf("%d tokens: %v µs for one", n, v)
		}
	}
	if v, ok := d.timed(&state{}, tokens(10)); !ok || math.Abs(v-100) > 0.1 {
		t.Errorf("few tokens: %v ms for an answer", v)
	}
	if _, ok := d.timed(&state{PerToken: 2}, tokens(10)); ok {
		t.Error("answers of few tokens are held against the time of a token")
	}
	one := minute(schemas.EntityRoute, 200, func(i int, ev *schemas.Event) {
		ev.Known |= schemas.HasLatency
		if i%10 == 0 {
			ev.Principal = caller(i % 9)
		}
	})
	if _, ok := d.timed(&state{}, one); ok {
		t.Error("the time of one caller's answers is the route's")
	}
	if _, ok := d.timed(&state{}, &counts{}); ok {
		t.Error("a minute without answers has a time")
	}
}

func TestAModelSpeaksOfSeveralRoutes(t *testing.T) {
	d := &watch{schemas.EntityModel, DefaultConfig()}
	on := func(routes int, named bool) *counts {
		return minute(schemas.EntityModel, 200, func(i int, ev *schemas.Event) {
			ev.Route = fmt.Sprint("/v1/route", i%routes)
			if !named {
				ev.Route = ""
			}
			if i%2 == 0 {
				fail(ev, 500, behind)
			}
		})
	}
	if d.mine(on(1, true), &cohort{}, failures) || !d.mine(on(6, true), &cohort{}, failures) || !d.mine(on(1, false), &cohort{}, failures) {
		t.Error("failures on one route are the route's, on several or on none the model's")
	}
}

func TestManyOfARouteAreOneFinding(t *testing.T) {
	for _, c := range []struct {
		hit, able uint32
		want      bool
	}{{2, 2, false}, {3, 3, true}, {3, 6, false}, {6, 10, true}, {5, 10, false}} {
		said := 0
		x := detectors.NewContext(func(_ *detectors.Context, f *schemas.Finding) {
			said++
			detectortest.Readable(t, []schemas.Finding{*f})
		})
		d, prev := &watch{schemas.EntityRoute, DefaultConfig()}, &cohort{}
		for range 3 {
			now := &cohort{events: 100, hit: [groups]uint32{c.hit}, able: [groups]uint32{c.able}}
			d.Conclude(x, prev, now)
			prev = now
		}
		if (said == 1) != c.want || said > 1 {
			t.Errorf("%d of %d routes: told %d times in three minutes", c.hit, c.able, said)
		}
	}
}

// TestEveryPhase starts an outage in each ten seconds of a minute: it is told by
// the end of the first whole one.
func TestEveryPhase(t *testing.T) {
	for phase := range 6 {
		from := detectortest.At(40*time.Minute + time.Duration(phase)*10*time.Second)
		events := traffic(uint64(phase), 0, 45, []lane{chat, embed}, plant{40, 45, outage(from)})
		found := detectortest.Run(t, events, watchers(t)...)
		if len(found) != 1 {
			t.Errorf("phase %d: %v", phase, detectortest.Rules(found))
			continue
		}
		if at := found[0].Detected; at.After(detectortest.Start.Add(42 * time.Minute)) {
			t.Errorf("phase %d: told at %v", phase, at)
		}
	}
}

// outage lets most requests of a route fail from a time on.
func outage(from int64) func(*rand.Rand, *schemas.Event) {
	return func(r *rand.Rand, ev *schemas.Event) {
		if ev.Route == "/v1/chat" && ev.Time >= from && r.IntN(10) < 7 {
			fail(ev, 503, unknown)
		}
	}
}
