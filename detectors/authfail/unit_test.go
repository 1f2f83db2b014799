package authfail

import (
	"math"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/detectors/evidence"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

func TestOutcomeOf(t *testing.T) {
	upstream := func(ev *schemas.Event) { ev.Responder, ev.UpstreamStatus = schemas.ResponderUpstream, 401 }
	reached := func(ev *schemas.Event) { ev.UpstreamStatus = 401 }
	unstated := func(ev *schemas.Event) { ev.Known = 0 }
	cases := map[string]struct {
		changes []change
		want    outcome
	}{
		"success":                          {nil, success},
		"wrong key":                        {[]change{failed, with("k")}, guess},
		"wrong password":                   {[]change{failed, as("p")}, guess},
		"wrong, reason not stated":         {[]change{failed, with("k"), reason(schemas.ReasonUnstated)}, guess},
		"refused, nothing known":           {[]change{failed}, blind},
		"expired":                          {[]change{failed, with("k"), reason(schemas.ReasonExpired)}, stale},
		"no credential":                    {[]change{failed, reason(schemas.ReasonMissing)}, missing},
		"forbidden":                        {[]change{failed, with("k"), reason(schemas.ReasonForbidden)}, silent},
		"refused by the upstream":          {[]change{failed, with("k"), upstream}, silent},
		"401 of the upstream":              {[]change{combined(401), upstream}, silent},
		"401, the upstream was reached":    {[]change{combined(401), reached}, silent},
		"401 in a combined log":            {[]change{combined(401)}, blind},
		"200 in a combined log":            {[]change{combined(200)}, passed},
		"304 in a combined log":            {[]change{combined(304)}, passed},
		"403 in a combined log":            {[]change{combined(403)}, silent},
		"500 in a combined log":            {[]change{combined(500)}, silent},
		"a log that states no status":      {[]change{combined(401), unstated}, silent},
		"an event of which all is unknown": {[]change{func(ev *schemas.Event) { *ev = schemas.Event{} }}, silent},
	}
	for name, c := range cases {
		ev := detectortest.Event(0, c.changes...)
		if got := outcomeOf(&ev); got != c.want {
			t.Errorf("%s: got %d, want %d", name, got, c.want)
		}
	}
}

func TestSeverityAndConfidence(t *testing.T) {
	if severityOf(10, 10, schemas.SeverityMedium) != schemas.SeverityMedium || severityOf(50, 10, schemas.SeverityMedium) != schemas.SeverityHigh {
		t.Error("five times the bound is not more severe")
	}
	if severityOf(50, 10, schemas.SeverityCritical) != schemas.SeverityCritical {
		t.Error("there is nothing over critical")
	}
	last := 0.0
	for observed := 10.0; observed < 1e6; observed *= 3 {
		c := evidence.Confidence(observed, 10, 0.6, 0.99)
		if c < 0.6 || c > 0.99 || c < last {
			t.Errorf("%v over 10: confidence %v after %v", observed, c, last)
		}
		last = c
	}
	if last != 0.99 {
		t.Errorf("far over the bound confidence is %v", last)
	}
}

// windows concludes windows of n failures of n/2 quiet addresses each, and
// returns the rules that spoke, by window.
func windows(counts ...uint64) [][]string {
	d, prev := &addresses{DefaultConfig()}, &crowd{}
	var out [][]string
	for _, n := range counts {
		var rules []string
		x := detectors.NewContext(func(_ *detectors.Context, f *schemas.Finding) { rules = append(rules, f.Detector) })
		c := &crowd{Failures: n, Failing: n / 2, Quiet: n / 2, Tries: n}
		for i := range n / 2 {
			c.Targets.Add(sketch.Mix(i))
			c.Credentials.Add(sketch.Mix(i << 20))
			c.OwnTargets.Add(sketch.Mix(i))
			c.OwnCredentials.Add(sketch.Mix(i << 20))
		}
		d.Conclude(x, prev, c)
		prev, out = c, append(out, rules)
	}
	return out
}

func TestSprayIsHeldAgainstTheUsual(t *testing.T) {
	usual := slices.Repeat([]uint64{40}, 30)
	if got := windows(append(usual, 90)...); len(slices.Concat(got...)) > 0 {
		t.Errorf("twice the usual: %v", got)
	}
	got := windows(append(slices.Clone(usual), 900, 40, 900)...)
	if !slices.Equal(got[30], []string{"authfail.spraying"}) || len(got[31]) > 0 || !slices.Equal(got[32], []string{"authfail.spraying"}) {
		t.Errorf("an attack, quiet, an attack: %v", got[30:])
	}
}

func TestAnAttackDoesNotBecomeTheUsual(t *testing.T) {
	counts := append(slices.Repeat([]uint64{20}, 30), slices.Repeat([]uint64{2000}, 24)...)
	for i, rules := range windows(counts...)[30:] {
		if !slices.Contains(rules, "authfail.spraying") {
			t.Errorf("window %d of two hours of attack: %v", i, rules)
		}
	}
}

func TestColdStartIsCautious(t *testing.T) {
	if got := windows(200); len(got[0]) > 0 {
		t.Errorf("a hundred addresses in the first window: %v", got)
	}
	if got := windows(2000); !slices.Equal(got[0], []string{"authfail.spraying"}) {
		t.Errorf("a thousand addresses in the first window: %v", got)
	}
}

func TestALastingRiseIsSeen(t *testing.T) {
	d, prev, first := &addresses{DefaultConfig()}, &crowd{}, -1
	for i := range 80 {
		x := detectors.NewContext(func(_ *detectors.Context, f *schemas.Finding) {
			if f.Detector != "authfail.failure_spike" {
				t.Errorf("got %s", f.Detector)
			}
			if first < 0 {
				first = i
			}
		})
		n := uint64(110)
		if i >= 40 {
			n = 330 // three times the usual: no spike, but it stays
		}
		c := &crowd{Failures: n, Failing: 5}
		d.Conclude(x, prev, c)
		prev = c
	}
	if first < 41 || first > 50 {
		t.Errorf("the rise at window 40 is reported at window %d", first)
	}
}

func TestMergeIsCommutative(t *testing.T) {
	d := &addresses{DefaultConfig()}
	a, b := crowd{Failures: 3, Failing: 2, Quiet: 1, Tries: 4}, crowd{Failures: 5, Quiet: 7}
	a.Targets.Add(sketch.Mix(1))
	b.Targets.Add(sketch.Mix(2))
	b.Credentials.Add(sketch.Mix(3))
	a.OwnTargets.Add(sketch.Mix(1))
	b.OwnCredentials.Add(sketch.Mix(3))
	ab, ba := a, b
	d.Merge(&ab, &b)
	d.Merge(&ba, &a)
	if ab != ba || ab.Failures != 8 || ab.Failing != 2 || ab.Quiet != 8 || ab.Tries != 4 || math.Round(ab.Targets.Count()) != 2 {
		t.Errorf("got %+v and %+v", ab, ba)
	}
}

func TestStatesAreForgotten(t *testing.T) {
	d, p, x := &addresses{DefaultConfig()}, &principals{DefaultConfig()}, &detectors.Context{Now: detectortest.At(48 * time.Hour)}
	var never, old, fresh address
	old.Known.Add(1)
	old.Last = detectortest.At(23 * time.Hour)
	fresh.Known.Add(1)
	fresh.Last = detectortest.At(47 * time.Hour)
	if d.Close(x, &never, nil) || d.Close(x, &old, nil) || !d.Close(x, &fresh, nil) {
		t.Error("who is kept is not who did something in a day")
	}
	if p.Close(x, &principal{}, nil) || !p.Close(x, &principal{Last: x.Now}, nil) {
		t.Error("which principal is kept is not who did something in a day")
	}
}

func TestOneSubscriberOfIPv6IsOneAddress(t *testing.T) {
	found := detectortest.Run(t, many(0, time.Second, 15, func(i int) []change {
		return []change{failed, with("k%d", i), func(ev *schemas.Event) {
			ev.ClientAddr = netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 15: byte(i)})
			ev.Client = ev.ClientAddr
		}}
	}), watchers(t)...)
	if len(found) != 1 || found[0].Entity.Name != "2001:db8::/64" {
		t.Errorf("got %+v", found)
	}
}

func TestABrokenClientThatRecoversIsReportedAgain(t *testing.T) {
	broken := func(start time.Duration) []schemas.Event {
		return many(start, 3*time.Second, 100, func(int) []change { return []change{failed, from(1), with("old")} })
	}
	events := append(broken(0), detectortest.Event(10*time.Minute, from(1), with("new"), as("p")))
	events = append(events, broken(20*time.Minute)...)
	if found := detectortest.Run(t, events, watchers(t)...); len(found) != 2 {
		t.Errorf("%d findings, want one for each time", len(found))
	}
}

func TestTechniques(t *testing.T) {
	for want, changes := range map[string]func(i int) []change{
		"T1110.001": func(i int) []change { return []change{failed, from(1), with("k%d", i)} },
		"T1110.003": func(i int) []change { return []change{failed, from(1), as("u%d", i), with("k")} },
		"T1110.004": func(i int) []change { return []change{failed, from(1), as("u%d", i), with("k%d", i)} },
	} {
		found := detectortest.Run(t, many(0, time.Second, 20, changes), watchers(t)...)
		if len(found) == 0 || found[0].Techniques[0].ID != want || found[0].Techniques[1].ID != "API2:2023" {
			t.Errorf("%s: got %+v", want, found)
		}
	}
}

func TestNoMoreIsCountedThanWasRefused(t *testing.T) {
	over := 0
	for seed := range uint64(200) {
		var w tally
		for i := range uint64(47) {
			w.Guesses++
			w.Targets.Add(sketch.Mix(seed<<32 | i))
			w.Credentials.Add(sketch.Mix(^(seed<<32 | i)))
		}
		if different(&w.Targets) > 47 || different(&w.Credentials) > 47 {
			over++
		}
		f := w.figures()
		if f.principals > f.tries || f.credentials > f.tries {
			t.Fatalf("%v accounts and %v credentials in %v refusals", f.principals, f.credentials, f.tries)
		}
	}
	if over == 0 {
		t.Fatal("no estimate is off upwards: this test would prove nothing")
	}
}

func TestSignsAreRefusals(t *testing.T) {
	for _, c := range []struct {
		ev   schemas.Event
		want bool
	}{
		{schemas.Event{Auth: schemas.AuthFailure, Credential: "c"}, true},
		{schemas.Event{Auth: schemas.AuthFailure, AuthReason: schemas.ReasonExpired}, true},
		{schemas.Event{Auth: schemas.AuthSuccess}, false},
		{schemas.Event{Auth: schemas.AuthFailure, AuthReason: schemas.ReasonForbidden}, false},
	} {
		if got := signs("authfail.stuffing", &c.ev); got != c.want {
			t.Errorf("auth %v, reason %v is a sign: %v", c.ev.Auth, c.ev.AuthReason, got)
		}
	}
	if span(breakIn) >= 0 || span(taken) >= 0 || span(slowGuessing) != 24*time.Hour || span("authfail.stuffing") != 0 {
		t.Error("a break-in ends, or what is slow is not of a day")
	}
}
