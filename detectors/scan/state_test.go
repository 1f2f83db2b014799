package scan

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

func TestRefused(t *testing.T) {
	for _, c := range []struct {
		status uint16
		route  string
		want   bool
	}{
		{200, other, false}, {301, other, false}, {400, other, true}, {403, "/v1/x", true}, {404, "/v1/x", true}, {405, "/v1/x", true},
		{401, other, true}, {401, "/v1/x", false}, {408, other, false}, {429, other, false}, {499, other, false}, {500, other, false}, {0, "", false},
	} {
		ev := detectortest.Event(0, get(1, "/x", c.route, c.status))
		if refused(&ev) != c.want {
			t.Errorf("%d on %q: refused is %v", c.status, c.route, !c.want)
		}
	}
}

func TestWants(t *testing.T) {
	address, principal := &watch{schemas.EntityAddress, DefaultConfig()}, &watch{schemas.EntityPrincipal, DefaultConfig()}
	for name, c := range map[string]struct {
		changes  []change
		of, ofIt bool // the address' watch, the principal's
	}{
		"a page":                         {[]change{get(1, "/", "/", 200)}, true, false},
		"a page of a principal":          {[]change{get(1, "/", "/", 200), by("p")}, false, true},
		"a model call":                   {[]change{call("m", 200), by("p")}, false, false},
		"a refused model call":           {[]change{call("m", 404), by("p")}, false, true},
		"a model call of a scanner":      {[]change{call("m", 200), by("p"), class(schemas.ClientScanner)}, false, true},
		"a model call without principal": {[]change{call("m", 403), by("")}, true, false},
		"a log without a status":         {[]change{get(1, "/", "/", 200), func(ev *schemas.Event) { ev.Known = 0 }}, false, false},
	} {
		ev := detectortest.Event(0, c.changes...)
		if address.wants(&ev) != c.of || principal.wants(&ev) != c.ofIt {
			t.Errorf("%s: wanted by the address' watch %v, by the principal's %v", name, !c.of, !c.ofIt)
		}
	}
}

func TestRunEndsWithAPause(t *testing.T) {
	var s set
	for i := range 10 {
		s.add(int64(i)*int64(time.Minute), sketch.Mix(uint64(i)))
	}
	// The count is an estimate.
	if n := s.count(); n < 9 || n > 11 || s.Run.Events != 10 || s.Run.lasted() != 9*time.Minute {
		t.Errorf("%v things in %v", n, s.Run.lasted())
	}
	// One that is late does not end the run, and does not move it back.
	s.add(int64(5*time.Minute), sketch.Mix(11))
	if n := s.count(); n < 10 || n > 12 || s.Run.lasted() != 9*time.Minute {
		t.Errorf("after a late one: %v things in %v", s.count(), s.Run.lasted())
	}
	if got := s.Run.less(20, 3*time.Minute); got != 17 {
		t.Errorf("20 things less those forgiven are %v, want 17", got)
	}
	if !s.add(int64(30*time.Minute), sketch.Mix(12)) || s.count() != 1 || s.Run.lasted() != 0 {
		t.Errorf("after a pause: %v things in %v", s.count(), s.Run.lasted())
	}
}

func TestSpeakIsQuietWhileItLasts(t *testing.T) {
	var s state
	day := int64(24 * time.Hour)
	for i, want := range []bool{true, false, false, false, true} {
		// Every day the same, and then a day and a half without it.
		at := day * int64(i+1)
		if i == 4 {
			at += day / 2
		}
		if s.silent(rulePaths, at, daily) == want {
			t.Errorf("visit %d: silent is %v", i, want)
		}
		if got := s.speak(rulePaths, at, daily, schemas.SeverityLow); got != want {
			t.Errorf("visit %d: speaks is %v", i, got)
		}
	}
}

func TestThingTakesIdsOut(t *testing.T) {
	x := detectors.NewContext(nil)
	same := func(a, b string) bool {
		one := detectortest.Event(0, get(1, a, "name of a route", 404))
		two := detectortest.Event(0, get(1, b, "name of a route", 404))
		return thing(x, &one) == thing(x, &two)
	}
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"/v1/files/file-123", "/v1/files/file-456", true}, {"/v1/a", "/v1/b", false}, {"/v1/a", "/v2/a", false},
		{"/a/b", "/ab", false}, {"/x/9f8e7d", "/x/1a2b3c", true}, {"//a", "/a", true}, {"", "/", true},
	} {
		if same(c.a, c.b) != c.want {
			t.Errorf("%s and %s: the same is %v", c.a, c.b, !c.want)
		}
	}
	one := detectortest.Event(0, get(1, "/a/1", "/a/{id}", 404))
	two := detectortest.Event(0, get(1, "/a/x/y", "/a/{id}", 404))
	if thing(x, &one) != thing(x, &two) {
		t.Error("a template is not one thing")
	}
}

// TestEveryPhase starts attacks in each minute of a window: where windows begin
// must not matter.
func TestEveryPhase(t *testing.T) {
	for phase := range 6 {
		from := time.Duration(phase)*time.Minute + 17*time.Second
		shift := func(events []schemas.Event) []schemas.Event {
			events = slices.Clone(events)
			for i := range events {
				events[i].Time += int64(from)
			}
			return events
		}
		for rule, events := range map[string][]schemas.Event{
			"scan.paths": paths(3, 26, 10*time.Second), "scan.sensitive": sensitive(4, 12, 404),
			"scan.models": models(9, 2, 403), "scan.ids": ids(80, 5, 403, inOrder),
			"scan.scrape": pages(900, 300*time.Millisecond, schemas.ClientEmpty),
		} {
			found := detectortest.Run(t, shift(events), watchers(t)...)
			if !slices.Contains(detectortest.Rules(found), rule) {
				t.Errorf("%s is not found if it begins %v after the window", rule, from)
				continue
			}
			last := detectortest.Start.Add(from + time.Duration(events[len(events)-1].Time-events[0].Time)).Add(10 * time.Minute)
			if at := found[0].Detected; at.After(last) {
				t.Errorf("%s that begins after %v is told at %v", rule, from, at)
			}
		}
	}
}

func TestCrowdForgets(t *testing.T) {
	d, prev := &watch{schemas.EntityAddress, DefaultConfig()}, &crowd{}
	day := int64(24 * time.Hour)
	x := detectors.NewContext(func(*detectors.Context, *schemas.Finding) {})
	conclude := func(at int64, c crowd) *crowd {
		x.WindowStart = at
		d.Conclude(x, prev, &c)
		prev = &c
		return prev
	}
	c := conclude(day, crowd{Scanners: 15, Refused: [kinds]uint32{secrets: 40}})
	if c.Told != 15 || c.Quiet || !c.exceptional(secrets) || c.exceptional(backup) {
		t.Errorf("the first window: %+v", c)
	}
	if c = conclude(day+1, crowd{Scanners: 9}); !c.Quiet || c.Noted != c.Day {
		t.Errorf("more than the digest's number: %+v", c)
	}
	if c = conclude(2*day, crowd{Scanners: 3}); c.Quiet || c.Told != 3 || c.Refused[secrets] != 20 {
		t.Errorf("the next day: %+v", c)
	}
	if c = conclude(2*day+1, crowd{Served: [kinds]uint32{secrets: 2}}); c.exceptional(secrets) {
		t.Error("what is answered to many is exceptional")
	}
}

func TestHostilePaths(t *testing.T) {
	x := detectors.NewContext(func(*detectors.Context, *schemas.Finding) {})
	d, s := &watch{schemas.EntityAddress, DefaultConfig()}, &state{}
	for i, path := range []string{"", "/", "//////", "/.", "/..", "/%", "/%2", "\x00\xff", "/.\x00", fmt.Sprintf("/%01000d", 7), "/a.", "/.a.", "no slash"} {
		for _, status := range []uint16{200, 404} {
			ev := detectortest.Event(time.Duration(i)*time.Second, get(1, path, "{", status))
			x.Now = ev.Time
			d.Observe(x, s, &ev)
		}
	}
	if s.Seen == 0 {
		t.Error("nothing was observed")
	}
}
