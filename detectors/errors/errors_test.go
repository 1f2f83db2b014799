package errors

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

var (
	chat  = lane{route: "/v1/chat", models: []string{"gpt-4o"}, perMinute: 120, callers: 30, fails: 0.004, median: 12 * time.Millisecond, tokens: true}
	embed = lane{route: "/v1/embed", models: []string{"embed-3"}, perMinute: 60, callers: 12, fails: 0.004, median: 150 * time.Millisecond}
	quiet = lane{route: "/v1/quiet", models: []string{"llama"}, perMinute: 4, callers: 6, median: 800 * time.Millisecond}
	files = lane{route: "/v1/files", perMinute: 40, callers: 20, fails: 0.01, median: 40 * time.Millisecond}
	both  = lane{route: "/v1/both", models: []string{"good", "bad"}, perMinute: 80, callers: 20, median: 15 * time.Millisecond, tokens: true}
	lanes = []lane{chat, embed, quiet, files, both}
)

const (
	gateway  = schemas.ResponderGateway
	behind   = schemas.ResponderUpstream
	unknown  = schemas.ResponderUnknown
	planted  = 70
	lastMade = 90
)

// one lets an event pass the change if its caller is the n-th.
func one(route string, change func(r *rand.Rand, ev *schemas.Event)) plant {
	return plant{planted, lastMade, func(r *rand.Rand, ev *schemas.Event) {
		if ev.Principal == "h1:k1:"+route+"-0" {
			change(r, ev)
		}
	}}
}

var cases = []struct {
	name   string
	lanes  []lane
	plants []plant
	rule   string
	kind   schemas.EntityKind
	entity string
	within int // minutes after the first that is planted
}{
	{"rate: a route answers 503", lanes, []plant{failing(planted, lastMade, "/v1/chat", 0.7, 503, unknown)}, "errors.rate", schemas.EntityRoute, "POST /v1/chat", 1},
	{"rate: a quiet route fails", lanes, []plant{failing(planted, lastMade, "/v1/quiet", 0.9, 500, unknown)}, "errors.rate", schemas.EntityRoute, "POST /v1/quiet", 10},
	{"rate: a quarter fails", lanes, []plant{failing(planted, lastMade, "/v1/chat", 0.25, 500, unknown)}, "errors.rate", schemas.EntityRoute, "POST /v1/chat", 4},
	{"rate: near miss", lanes, []plant{failing(planted, lastMade, "/v1/chat", 0.1, 500, unknown)}, "", 0, "", 0},
	{"rate: a restart of half a minute", lanes, []plant{{planted, planted + 1, func(r *rand.Rand, ev *schemas.Event) {
		if ev.Time%6e10 < 25e9 && r.IntN(5) > 0 {
			fail(ev, 503, gateway)
		}
	}}}, "", 0, "", 0},
	{"rate: one caller's poison", lanes, []plant{one("/v1/chat", func(_ *rand.Rand, ev *schemas.Event) { fail(ev, 500, behind) }), {planted, lastMade, nil}}, "", 0, "", 0},
	{"rate: a broken client's 400", lanes, []plant{failing(planted, lastMade, "/v1/chat", 0.8, 400, behind)}, "", 0, "", 0},
	{"rate: everything fails", lanes, []plant{failing(planted, lastMade, "", 0.9, 503, unknown)}, "errors.rate", schemas.EntityGlobal, "global", 1},

	{"timeouts: hit", lanes, []plant{failing(planted, lastMade, "/v1/embed", 0.6, 504, gateway)}, "errors.timeouts", schemas.EntityRoute, "POST /v1/embed", 1},
	{"timeouts: near miss", lanes, []plant{failing(planted, lastMade, "/v1/embed", 0.08, 504, gateway)}, "", 0, "", 0},
	{"timeouts: people who stop answers", lanes, []plant{{planted, lastMade, func(r *rand.Rand, ev *schemas.Event) {
		if r.IntN(2) == 0 {
			ev.Status, ev.Latency = 499, 4*time.Second
		}
	}}}, "", 0, "", 0},

	{"upstream: hit", lanes, []plant{failing(planted, lastMade, "/v1/chat", 0.5, 502, gateway)}, "errors.upstream", schemas.EntityRoute, "POST /v1/chat", 2},
	{"upstream: a model of two", lanes, []plant{{planted, lastMade, func(_ *rand.Rand, ev *schemas.Event) {
		if ev.Model == "bad" {
			fail(ev, 500, behind)
		}
	}}}, "errors.upstream", schemas.EntityRoute, "POST /v1/both", 2},
	{"upstream: a model on two routes", []lane{chat, {route: "/v1/agents", models: []string{"gpt-4o"}, perMinute: 50, callers: 10, median: 12 * time.Millisecond, tokens: true}, embed, files, both},
		[]plant{{planted, lastMade, func(_ *rand.Rand, ev *schemas.Event) {
			if ev.Model == "gpt-4o" {
				fail(ev, 500, behind)
			}
		}}}, "errors.upstream", schemas.EntityModel, "openai/gpt-4o", 1},
	{"upstream: a log without routes", []lane{{models: []string{"claude"}, noRoute: true, perMinute: 60, callers: 10, median: 12 * time.Millisecond, tokens: true}},
		[]plant{failing(planted, lastMade, "", 0.8, 503, behind)}, "errors.upstream", schemas.EntityModel, "openai/claude", 1},
	{"upstream: near miss", lanes, []plant{failing(planted, lastMade, "/v1/chat", 0.12, 502, gateway)}, "", 0, "", 0},

	{"quota: by the gateway", lanes, []plant{failing(planted, lastMade, "/v1/embed", 0.7, 429, gateway)}, "errors.quota", schemas.EntityRoute, "POST /v1/embed", 1},
	{"quota: by the provider", lanes, []plant{failing(planted, lastMade, "/v1/chat", 0.4, 429, behind)}, "errors.quota", schemas.EntityRoute, "POST /v1/chat", 3},
	{"quota: near miss", lanes, []plant{failing(planted, lastMade, "/v1/embed", 0.1, 429, gateway)}, "", 0, "", 0},
	{"quota: one caller's limit", lanes, []plant{one("/v1/embed", func(_ *rand.Rand, ev *schemas.Event) { fail(ev, 429, gateway) })}, "", 0, "", 0},

	{"latency: of a token", lanes, []plant{slower(planted, lastMade, "/v1/chat", 5)}, "errors.latency", schemas.EntityRoute, "POST /v1/chat", 4},
	{"latency: of an answer", lanes, []plant{slower(planted, lastMade, "/v1/embed", 10)}, "errors.latency", schemas.EntityRoute, "POST /v1/embed", 4},
	{"latency: near miss", lanes, []plant{slower(planted, lastMade, "/v1/chat", 1.8)}, "", 0, "", 0},
	{"latency: longer answers", lanes, []plant{{planted, lastMade, func(_ *rand.Rand, ev *schemas.Event) {
		if ev.OutputTokens > 0 {
			ev.OutputTokens, ev.Latency = 6*ev.OutputTokens, 6*ev.Latency
		}
	}}}, "", 0, "", 0},
	{"latency: a model among others of its route", lanes, []plant{{planted, lastMade, func(_ *rand.Rand, ev *schemas.Event) {
		if ev.Model == "bad" {
			ev.Latency *= 4
		}
	}}}, "errors.latency", schemas.EntityModel, "openai/bad", 4},
	{"latency: all models of a route", lanes, []plant{slower(planted, lastMade, "/v1/both", 4)}, "errors.latency", schemas.EntityRoute, "POST /v1/both", 4},
	{"latency: everything", lanes, []plant{slower(planted, lastMade, "", 20)}, "errors.latency", schemas.EntityGlobal, "global", 4},
}

func TestCases(t *testing.T) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var plants []plant
			for _, p := range c.plants {
				if p.change != nil {
					plants = append(plants, p)
				}
			}
			found := detectortest.Run(t, traffic(5, 0, lastMade, c.lanes, plants...), watchers(t)...)
			detectortest.Readable(t, found)
			ok := c.rule == ""
			for _, f := range found {
				t.Logf("%s %s %s %s %s", f.Detector, f.Severity, f.Entity.Kind, f.Entity.Name, f.Title)
				minute := int(f.WindowStart.Sub(detectortest.Start) / time.Minute)
				if c.rule == "" || minute < planted {
					t.Errorf("should be silent: %s", f.Summary)
				}
				ok = ok || f.Detector == c.rule && f.Entity.Kind == c.kind && f.Entity.Name == c.entity && minute < planted+c.within
			}
			if !ok {
				t.Errorf("%s on %s was not found in %d minutes: %v", c.rule, c.entity, c.within, detectortest.Rules(found))
			}
			if c.rule != "" && c.kind != schemas.EntityModel && len(found) != 1 {
				t.Errorf("%d findings for one trouble", len(found))
			}
		})
	}
}

// TestTroubleIsToldOnce lets a route fail on and off for three hours.
func TestTroubleIsToldOnce(t *testing.T) {
	var plants []plant
	for m := planted; m < planted+180; m += 20 {
		plants = append(plants, failing(m, m+8, "/v1/chat", 0.7, 503, unknown))
	}
	found := detectortest.Run(t, traffic(6, 0, planted+200, lanes, plants...), watchers(t)...)
	if len(found) != 1 {
		t.Errorf("%d findings, want one: %v", len(found), detectortest.Rules(found))
	}
}

func TestConform(t *testing.T) {
	events := traffic(7, 0, 160, lanes, failing(50, 60, "/v1/chat", 0.7, 503, behind), failing(80, 90, "/v1/embed", 0.7, 429, gateway),
		slower(100, 110, "/v1/chat", 6), failing(130, 140, "", 0.9, 500, unknown))
	detectortest.Conform(t, detectortest.Fresh(t, Watchers, DefaultConfig()), events)
}

func BenchmarkObserve(b *testing.B) {
	events := traffic(8, 0, 20, []lane{chat}, failing(0, 20, "", 0.02, 503, behind))
	for _, kind := range []schemas.EntityKind{schemas.EntityRoute, schemas.EntityModel} {
		b.Run(kind.String(), func(b *testing.B) {
			d, states := &watch{kind, DefaultConfig()}, make([]state, 16)
			x := detectors.NewContext(func(*detectors.Context, *schemas.Finding) {})
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				if s := &states[i%16]; s.Open[0].Total > 2000 {
					s.Open[0] = counts{}
				}
				d.Observe(x, &states[i%16], &events[i%len(events)])
				i++
			}
		})
	}
}

func BenchmarkClose(b *testing.B) {
	d, states := &watch{schemas.EntityRoute, DefaultConfig()}, make([]state, 256)
	x := detectors.NewContext(func(*detectors.Context, *schemas.Finding) {})
	x.Window = time.Minute
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		var c cohort
		x.WindowStart = detectortest.At(time.Duration(i/256) * time.Minute)
		s := &states[i%256]
		s.Open[0].Total = uint32(i % 40)
		d.Gather(x, s, &c)
		d.Close(x, s, &c)
		i++
	}
}

func ExampleConfig_Validate() {
	c := DefaultConfig()
	c.Share = 2
	fmt.Println(c.Validate())
	// Output: share is 2, want 0.01 to 1
}
