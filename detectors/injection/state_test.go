package injection

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

func TestWants(t *testing.T) {
	address, principal := &watch{schemas.EntityAddress, DefaultConfig()}, &watch{schemas.EntityPrincipal, DefaultConfig()}
	for name, c := range map[string]struct {
		change func(*schemas.Event)
		want   bool
	}{
		"a prompt":               {prompt("p", 1), true},
		"a verdict":              {func(ev *schemas.Event) { ev.Guardrail = schemas.GuardrailPassed }, true},
		"an answer that ended":   {func(ev *schemas.Event) { ev.FinishReason = "stop" }, true},
		"tokens":                 {func(ev *schemas.Event) { ev.Known |= schemas.HasOutputTokens }, true},
		"nothing about a prompt": {func(*schemas.Event) {}, false},
	} {
		ev := detectortest.Event(0, c.change)
		if principal.wants(&ev) != c.want || address.wants(&ev) {
			t.Errorf("%s of a principal: wanted is %v", name, !c.want)
		}
		ev.Principal = ""
		if address.wants(&ev) != c.want || principal.wants(&ev) {
			t.Errorf("%s without one: wanted is %v", name, !c.want)
		}
	}
}

// observe shows events to a watch and returns the state and the window.
func observe(events []schemas.Event) (*watch, *state, *window) {
	d, s := &watch{schemas.EntityPrincipal, DefaultConfig()}, &state{}
	x := detectors.NewContext(func(*detectors.Context, *schemas.Finding) {})
	for i := range events {
		x.Now = events[i].Time
		d.Observe(x, s, &events[i])
	}
	return d, s, &s.Window[0]
}

func TestRunsEnd(t *testing.T) {
	_, s, _ := observe(series("p", 10, 0, time.Minute, all(injected)))
	if n := s.Run.Hits.Count(); n < 9 || n > 11 || s.Run.Prompts != 10 {
		t.Errorf("%v hits of %d prompts", n, s.Run.Prompts)
	}
	_, s, _ = observe(join(series("p", 10, 0, time.Minute, all(injected)), series("p", 3, 3*time.Hour, time.Minute, all(injected))))
	if n := s.Run.Hits.Count(); n > 4 || s.Run.Prompts != 3 {
		t.Errorf("after a pause: %v hits of %d prompts", n, s.Run.Prompts)
	}
	_, s, _ = observe(series("p", 400, 0, time.Minute, all(injected)))
	if s.Run.Prompts > 121 {
		t.Errorf("a run has %d minutes", s.Run.Prompts)
	}
	// What is ordinary does not make a run longer, and is counted in it.
	_, s, _ = observe(series("p", 300, 0, time.Minute, nil))
	if s.Run.Prompts > 61 {
		t.Errorf("an ordinary run has %d minutes", s.Run.Prompts)
	}
}

func TestSeverity(t *testing.T) {
	d := &watch{schemas.EntityPrincipal, DefaultConfig()}
	for name, c := range map[string]struct {
		state state
		j     judgement
		want  schemas.Severity
	}{
		"a stranger":                          {state{}, judgement{hits: 10, prompts: 10}, schemas.SeverityLow},
		"a caller who never did":              {state{Known: 30}, judgement{hits: 10, prompts: 100}, schemas.SeverityMedium},
		"a caller who always does":            {state{Known: 30, Hits: 0.2}, judgement{hits: 10, prompts: 12}, schemas.SeverityLow},
		"a caller who is always blocked":      {state{Known: 30, Blocks: 0.2}, judgement{blocks: 10, prompts: 12}, schemas.SeverityLow},
		"a scanner":                           {state{Known: 30, Run: run{Tests: 9}}, judgement{hits: 10, prompts: 12}, schemas.SeverityLow},
		"nothing remarkable but the answers":  {state{Known: 30}, judgement{prompts: 40}, schemas.SeverityLow},
		"a few tests by a scanner among many": {state{Known: 30, Run: run{Tests: 2}}, judgement{hits: 20, prompts: 30}, schemas.SeverityMedium},
	} {
		if got := d.severityOf(&c.state, &c.j); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestEndUsersAreToldApart(t *testing.T) {
	// Twenty users with a hit each, and one with twelve.
	d, s, w := observe(series("app", 800, 0, time.Second, func(i int) []change {
		switch {
		case i%40 == 0:
			return []change{user(fmt.Sprint("user", i)), injected}
		case i > 400 && i%33 == 0:
			return []change{user("mallory"), injected}
		}
		return []change{user(fmt.Sprint("user", i%300))}
	}))
	if j := d.judge(s, w); j.user < 5 || j.user > 14 || !j.met[ruleSignatures] {
		t.Errorf("one user has %v of %v hits, told is %v", j.user, j.hits, j.met[ruleSignatures])
	}
	// The same number, each of another.
	d, s, w = observe(series("app", 800, 0, time.Second, func(i int) []change {
		c := []change{user(fmt.Sprint("user", i))}
		if i%25 == 0 {
			c = append(c, injected)
		}
		return c
	}))
	if j := d.judge(s, w); j.user >= 5 || j.met[ruleSignatures] {
		t.Errorf("of many users one has %v, told is %v", j.user, j.met[ruleSignatures])
	}
}

func TestClusterKeepsWhatIsAskedForOften(t *testing.T) {
	var c cluster
	for i := range uint64(100) {
		c.add(sketch.Mix(5)^1<<(i%64), &[4]uint32{}, i, i%2 == 0, i%4 == 0)
	}
	// Others come between, many more.
	for i := range uint64(300) {
		c.add(sketch.Mix(i+500), &[4]uint32{}, i+500, false, false)
		c.add(sketch.Mix(5), &[4]uint32{}, i, false, false)
	}
	if c.Near < 390 || c.Bad != 50 && c.Bad != 49 || c.Blocked > 25 {
		t.Errorf("%d are near, %d hit, %d blocked", c.Near, c.Bad, c.Blocked)
	}
}

func TestHabitsAreNotTold(t *testing.T) {
	// Eight hours of a guardrail that blocks a quarter, with two hours more.
	events := series("p", 6000, 0, 6*time.Second, one(4, stopped))
	found := detectortest.Run(t, events, watchers(t)...)
	if len(found) != 1 || found[0].Severity != schemas.SeverityLow {
		t.Errorf("a habit is told %d times", len(found))
	}
	if len(found) > 0 && found[0].Detected.After(detectortest.Start.Add(time.Hour)) {
		t.Errorf("a habit is told after %v", found[0].Detected)
	}
	// Then all is blocked.
	events = append(events, series("p", 200, 11*time.Hour, 3*time.Second, all(stopped))...)
	if again := detectortest.Run(t, events, watchers(t)...); len(again) != 1 {
		t.Errorf("within eight days it is told %d times", len(again))
	}
}

// TestEveryPhase starts attacks in each two minutes of a window: where windows
// begin must not matter.
func TestEveryPhase(t *testing.T) {
	for phase := range 5 {
		from := attackAt + time.Duration(2*phase)*time.Minute + 7*time.Second
		for rule, attack := range map[string][]schemas.Event{
			"injection.signatures": series("p", 60, from, 5*time.Second, one(3, injected)),
			"injection.blocked":    series("p", 60, from, 5*time.Second, one(3, stopped)),
			"injection.hidden":     series("p", 60, from, 5*time.Second, one(6, injected, signals(schemas.SignalLookalike))),
			"injection.variants": series("p", 80, from, 4*time.Second, func(i int) []change {
				return []change{variant(3, i), injected}
			}),
		} {
			found := detectortest.Run(t, join(quietDay("p"), attack), watchers(t)...)
			if !slices.Contains(detectortest.Rules(found), rule) {
				t.Errorf("%s is not found if it begins at %v: %v", rule, from, detectortest.Rules(found))
			}
			for _, f := range found {
				if f.Detected.After(detectortest.Start.Add(attackAt + 20*time.Minute)) {
					t.Errorf("%s that begins at %v is told at %v", f.Detector, from, f.Detected)
				}
			}
		}
	}
}

func TestForgets(t *testing.T) {
	d, s := &watch{schemas.EntityPrincipal, DefaultConfig()}, &state{Seen: 1}
	x := detectors.NewContext(func(*detectors.Context, *schemas.Finding) {})
	if x.Now = keepFor; !d.Close(x, s, &cohort{}) {
		t.Error("habits are forgotten too soon")
	}
	if x.Now = keepFor + 2; d.Close(x, s, &cohort{}) {
		t.Error("who is gone is kept")
	}
	s.Met[ruleHidden] = 1
	if x.Now = int64(quiet); !d.Close(x, s, &cohort{}) {
		t.Error("what was told is forgotten too soon")
	}
	if x.Now = int64(quiet) + 2; d.Close(x, s, &cohort{}) {
		t.Error("what was told is kept for ever")
	}
}

func TestCrowdIsQuietForADay(t *testing.T) {
	d, prev, said := &watch{schemas.EntityPrincipal, DefaultConfig()}, &cohort{}, 0
	x := detectors.NewContext(func(_ *detectors.Context, f *schemas.Finding) {
		said++
		detectortest.Readable(t, []schemas.Finding{*f})
	})
	for range 140 {
		c := &cohort{Callers: 20, Blocked: 6, Prompts: 400, Blocks: 90}
		d.Conclude(x, prev, c)
		prev = c
	}
	if said != 1 {
		t.Errorf("many who are blocked are told %d times a day", said)
	}
	few := &cohort{Callers: 400, Blocked: 6, Prompts: 4000, Blocks: 90}
	if d.Conclude(x, &cohort{}, few); few.together {
		t.Error("six of four hundred are a crowd")
	}
}
