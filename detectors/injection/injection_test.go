package injection

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

type change = func(*schemas.Event)

// prompt is an ordinary model call, the n-th of its caller, with a prompt that
// no other is like.
func prompt(who string, n int) change {
	return func(ev *schemas.Event) {
		h := sketch.Mix(uint64(n)*7919 + uint64(len(who)))
		for _, c := range who {
			h = sketch.Mix(h + uint64(c))
		}
		ev.Principal, ev.Operation, ev.Model = who, "chat", "m"
		ev.Known |= schemas.HasPrompt | schemas.HasInputTokens | schemas.HasOutputTokens
		ev.PromptFingerprint, ev.TemplateFingerprint, ev.PromptSimHash = h, h>>3, sketch.Mix(h+1)
		ev.InputTokens, ev.OutputTokens, ev.FinishReason = int64(200+h%900), int64(120+h>>20%400), "stop"
		ev.Guardrail = schemas.GuardrailPassed
	}
}

func signals(s schemas.PromptSignals) change {
	return func(ev *schemas.Event) { ev.PromptSignals |= s }
}

func stopped(ev *schemas.Event) {
	ev.Guardrail, ev.Status, ev.Responder, ev.OutputTokens = schemas.GuardrailInputBlocked, 400, schemas.ResponderGateway, 0
}

func user(name string) change { return func(ev *schemas.Event) { ev.EndUser = name } }

// variant makes the prompt the n-th near duplicate of one.
func variant(of uint64, n int) change {
	return func(ev *schemas.Event) {
		ev.PromptSimHash = sketch.Mix(of) ^ 1<<(n%64)
		ev.PromptFingerprint = sketch.Mix(of*1_000_003 + uint64(n))
	}
}

func warm(t float32) change {
	return func(ev *schemas.Event) { ev.Known |= schemas.HasTemperature; ev.Temperature = t }
}

// answer sets the lengths of prompt and answer.
func answer(in, out int64) change {
	return func(ev *schemas.Event) { ev.InputTokens, ev.OutputTokens = in, out }
}

// series makes n calls of a caller, one every step.
func series(who string, n int, from, step time.Duration, more func(i int) []change) []schemas.Event {
	var out []schemas.Event
	for i := range n {
		c := []change{prompt(who, int(from/time.Second)+i)}
		if more != nil {
			c = append(c, more(i)...)
		}
		out = append(out, detectortest.Event(from+time.Duration(i)*step, c...))
	}
	return out
}

func join(parts ...[]schemas.Event) []schemas.Event {
	var out []schemas.Event
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

func watchers(t testing.TB) []detectors.Watcher {
	return detectortest.Fresh(t, Watchers, DefaultConfig())()
}

// one returns the change for one call in so many.
func one(in int, c ...change) func(i int) []change {
	return func(i int) []change {
		if i%in == 0 {
			return c
		}
		return nil
	}
}

func all(c ...change) func(i int) []change { return one(1, c...) }

// quietDay is six hours of ordinary calls of a caller.
func quietDay(who string) []schemas.Event { return series(who, 720, 0, 30*time.Second, nil) }

const attackAt = 6 * time.Hour

var injected = signals(schemas.SignalInjection)

var cases = []struct {
	name   string
	events []schemas.Event
	rule   string
	want   schemas.Severity
}{
	{"signatures: a new caller", series("p", 20, 0, 5*time.Second, one(2, injected)), "injection.signatures", schemas.SeverityLow},
	{"signatures: a caller who never did", join(quietDay("p"), series("p", 40, attackAt, 10*time.Second, one(2, injected))), "injection.signatures", schemas.SeverityMedium},
	{"signatures: with blocks, a stranger", series("p", 60, 0, 10*time.Second, func(i int) []change {
		if i%3 == 0 {
			return []change{injected, stopped}
		}
		return []change{injected}
	}), "injection.signatures", schemas.SeverityLow},
	{"signatures: one end user of many", series("app", 3000, 0, 2*time.Second, func(i int) []change {
		if i > 2000 && i%50 == 0 {
			return []change{user("mallory"), injected}
		}
		return []change{user(fmt.Sprint("user", i%400))}
	}), "injection.signatures", schemas.SeverityLow},
	{"signatures: near miss", series("p", 40, 0, 10*time.Second, one(12, injected)), "", 0},
	{"signatures: mistakes of the signatures", series("p", 3000, 0, 2*time.Second, one(70, injected)), "", 0},
	{"signatures: a question that is asked again", series("p", 40, 0, 10*time.Second, func(i int) []change {
		return []change{injected, func(ev *schemas.Event) { ev.PromptFingerprint = 7 }}
	}), "", 0},
	{"signatures: users of an application", series("app", 3000, 0, 2*time.Second, func(i int) []change {
		c := []change{user(fmt.Sprint("user", i%900))}
		if i%20 == 0 {
			c = append(c, injected)
		}
		return c
	}), "", 0},

	{"signatures: mistakes of a caller with one end user", series("p", 3000, 0, 2*time.Second, func(i int) []change {
		if i%70 == 0 {
			return []change{user("alice"), injected}
		}
		return []change{user("alice")}
	}), "", 0},
	{"leak: hit", series("p", 20, 0, 5*time.Second, one(2, signals(schemas.SignalPromptLeak))), "injection.prompt_leak", schemas.SeverityLow},
	{"leak: near miss", series("p", 40, 0, 5*time.Second, one(14, signals(schemas.SignalPromptLeak))), "", 0},

	{"blocked: hit", join(quietDay("p"), series("p", 60, attackAt, 5*time.Second, one(2, stopped))), "injection.blocked", schemas.SeverityMedium},
	{"blocked: without prompts", join(quietDay("p"), series("p", 60, attackAt, 5*time.Second, one(2, stopped, func(ev *schemas.Event) { ev.PromptFingerprint = 0 }))), "injection.blocked", schemas.SeverityMedium},
	{"blocked: cut answers", series("p", 90, 0, 5*time.Second, one(3, func(ev *schemas.Event) { ev.FinishReason = "content_filter" })), "injection.blocked", schemas.SeverityLow},
	{"blocked: near miss", series("p", 60, 0, 5*time.Second, one(18, stopped)), "", 0},
	{"blocked: one prompt again and again", series("p", 60, 0, 5*time.Second, all(stopped, func(ev *schemas.Event) { ev.PromptFingerprint = 7 })), "", 0},
	{"blocked: a forum's posts", series("forum", 4000, 0, 2*time.Second, func(i int) []change {
		c := []change{user(fmt.Sprint("poster", i%900))}
		if i%5 == 0 {
			c = append(c, stopped)
		}
		return c
	}), "", 0},

	{"hidden: hit", join(quietDay("p"), series("p", 60, attackAt, 10*time.Second, one(3, injected, signals(schemas.SignalInvisible)))), "injection.hidden", schemas.SeverityMedium},
	{"hidden: near miss", series("p", 60, 0, 10*time.Second, one(40, injected, signals(schemas.SignalInvisible))), "", 0},
	{"hidden: files that name an attack", series("p", 3000, 0, 2*time.Second, func(i int) []change {
		c := []change{signals(schemas.SignalEncoded)}
		if i%70 == 0 {
			c = append(c, injected)
		}
		return c
	}), "", 0},
	{"hidden: data in prompts", series("p", 200, 0, 10*time.Second, all(signals(schemas.SignalEncoded))), "", 0},

	{"variants: blocked", join(quietDay("p"), series("p", 80, attackAt, 5*time.Second, func(i int) []change {
		if i%2 == 0 {
			return []change{variant(3, i), stopped}
		}
		return []change{variant(3, i)}
	})), "injection.variants", schemas.SeverityMedium},
	{"variants: best of many", series("p", 900, 0, 600*time.Millisecond, func(i int) []change { return []change{variant(3, i), warm(1)} }), "injection.variants", schemas.SeverityLow},
	{"variants: begun at the end of a window", join(quietDay("p"), series("p", 900, attackAt+9*time.Minute, 600*time.Millisecond, func(i int) []change { return []change{variant(3, i), warm(1)} })), "injection.variants", schemas.SeverityLow},
	{"variants: two a minute", series("p", 2000, 0, 30*time.Second, func(i int) []change { return []change{variant(3, i), warm(1)} }), "injection.variants", schemas.SeverityLow},
	{"variants: one a minute", series("p", 1000, 0, time.Minute, func(i int) []change { return []change{variant(3, i), warm(1)} }), "", 0},
	{"variants: some words changed", series("p", 900, 0, 600*time.Millisecond, func(i int) []change {
		return []change{variant(3, i), warm(1), func(ev *schemas.Event) {
			// Three in ten of its MinHash are those of a base, 14 bits of its SimHash others.
			for k := range 14 {
				ev.PromptSimHash ^= 1 << (sketch.Mix(uint64(i*20+k)) % 64)
			}
			for k := range ev.PromptMinHash {
				ev.PromptMinHash[k] = uint32(k + 1)
				if sketch.Mix(uint64(i*4+k))%10 < 3 {
					ev.PromptMinHash[k] = uint32(i*4 + k + 100)
				}
			}
		}}
	}), "injection.variants", schemas.SeverityLow},
	{"variants: near miss", series("p", 14, 0, 5*time.Second, func(i int) []change { return []change{variant(3, i)} }), "", 0},
	{"variants: one template that is filled in", series("p", 900, 0, 600*time.Millisecond, func(i int) []change {
		return []change{variant(3, i), warm(1), func(ev *schemas.Event) { ev.TemplateFingerprint, ev.PromptLength = 77, int32(300+i%13) }}
	}), "", 0},
	{"variants: letters swapped within one template", series("p", 900, 0, 600*time.Millisecond, func(i int) []change {
		return []change{variant(3, i), warm(1), func(ev *schemas.Event) { ev.TemplateFingerprint, ev.PromptLength = 77, 300 }}
	}), "injection.variants", schemas.SeverityLow},
	{"variants: best of many, in other words each", series("p", 900, 0, 600*time.Millisecond, func(i int) []change {
		return []change{variant(3, i), warm(1), func(ev *schemas.Event) { ev.TemplateFingerprint = uint64(1000 + i) }}
	}), "injection.variants", schemas.SeverityLow},
	{"variants: an evaluation", series("p", 2000, 0, time.Second, func(i int) []change { return []change{variant(uint64(i%3), i), warm(0)} }), "", 0},
	{"variants: a developer", series("p", 120, 0, 12*time.Second, func(i int) []change { return []change{variant(3, i), warm(1)} }), "", 0},
	{"variants: samples of one prompt", series("p", 2000, 0, time.Second, func(i int) []change {
		return []change{variant(3, 1), warm(1)}
	}), "", 0},

	{"refusals: hit", join(quietDay("p"), series("p", 60, attackAt, 5*time.Second, func(i int) []change {
		return []change{answer(int64(300+i%9), int64(12+i%3))}
	})), "injection.refusals", schemas.SeverityLow},
	{"refusals: near miss", join(quietDay("p"), series("p", 15, attackAt, 5*time.Second, func(i int) []change {
		return []change{answer(int64(300+i%9), int64(12+i%3))}
	})), "", 0},
	{"refusals: a classifier", series("p", 2000, 0, 3*time.Second, func(i int) []change {
		return []change{answer(int64(300+i%9), int64(9+i%2))}
	}), "", 0},
	{"refusals: labels of another job", join(quietDay("p"), series("p", 300, attackAt, 5*time.Second, func(i int) []change {
		return []change{answer(int64(300+i%9), int64(1+i%3))}
	})), "", 0},
}

func TestCases(t *testing.T) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			found := detectortest.Run(t, c.events, watchers(t)...)
			detectortest.Readable(t, found)
			most := schemas.SeverityInfo
			for _, f := range found {
				if c.want == 0 {
					t.Errorf("%s %s: %s", f.Detector, f.Severity, f.Summary)
				}
				if f.Detector == c.rule {
					most = max(most, f.Severity)
					t.Logf("%s: %s", f.Title, f.Summary)
				}
			}
			if most != c.want {
				t.Errorf("%s has severity %s, want %s; findings: %v", c.rule, most, c.want, detectortest.Rules(found))
			}
		})
	}
}

// policyChange lets a guardrail block a third of everybody's prompts.
func policyChange() []schemas.Event {
	var out []schemas.Event
	for p := range 12 {
		who := fmt.Sprint("h1:k1:team", p)
		out = append(out, series(who, 240, 0, time.Minute, nil)...)
		out = append(out, series(who, 120, 4*time.Hour, 30*time.Second, one(3, stopped))...)
	}
	return out
}

func TestAChangedGuardrailIsOneFinding(t *testing.T) {
	found := detectortest.Run(t, policyChange(), watchers(t)...)
	detectortest.Readable(t, found)
	global := 0
	for _, f := range found {
		if f.Entity.Kind == schemas.EntityGlobal {
			global++
		}
		t.Logf("%s %s %s: %s", f.Detector, f.Severity, f.Entity.Name, f.Summary)
	}
	if global != 1 || len(found) > 3 {
		t.Errorf("%d findings, %d of them on everything", len(found), global)
	}
}

func TestConform(t *testing.T) {
	var events []schemas.Event
	for i, c := range cases {
		if c.want == 0 {
			continue
		}
		for _, ev := range c.events {
			if ev.Principal == "p" {
				ev.Principal = fmt.Sprint("h1:k1:p", i)
			}
			if i%5 == 0 {
				ev.Principal = ""
				ev.ClientAddr, ev.Client = detectortest.Address(i), detectortest.Address(i)
			}
			events = append(events, ev)
		}
	}
	events = append(events, policyChange()...)
	detectortest.Conform(t, detectortest.Fresh(t, Watchers, DefaultConfig()), events)
}

func BenchmarkObserve(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	x := detectors.NewContext(func(*detectors.Context, *schemas.Finding) {})
	for name, events := range map[string][]schemas.Event{
		"ordinary": series("p", 1000, 0, time.Second, nil),
		"attack":   series("p", 1000, 0, time.Second, func(i int) []change { return []change{variant(uint64(r.IntN(9)), i), injected, user("u")} }),
	} {
		b.Run(name, func(b *testing.B) {
			d, states := &watch{schemas.EntityPrincipal, DefaultConfig()}, make([]state, 256)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				ev := &events[i%len(events)]
				x.Now = ev.Time
				d.Observe(x, &states[i%256], ev)
				i++
			}
		})
	}
}
