package injection

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

var seed = flag.Uint64("seed", 41, "seed of the honest traffic; also the next is run")

// days is how many days of honest traffic are made.
const days = 4

// honest makes days of callers whose prompts look like attacks.
func honest(seed uint64) []schemas.Event {
	r := rand.New(rand.NewPCG(seed, 11))
	var out []schemas.Event
	// every makes calls at about the given distance in the hours of a day.
	every := func(who string, step time.Duration, from, until int, more func(i int) []change) {
		i := 0
		for d := range days {
			at, end := time.Duration(24*d+from)*time.Hour, time.Duration(24*d+until)*time.Hour
			for at += time.Duration(r.Int64N(int64(step))); at < end; at += time.Duration(r.ExpFloat64() * float64(step)) {
				out = append(out, detectortest.Event(at, append([]change{prompt(who, int(r.Uint32()>>4))}, more(i)...)...))
				i++
			}
		}
	}
	chance := func(p float64, c ...change) []change {
		if r.Float64() < p {
			return c
		}
		return nil
	}
	users := func(n int) change { return user(fmt.Sprint("user", r.IntN(n))) }
	for i := range 20 {
		who := fmt.Sprint("h1:k1:customer", i)
		every(who, time.Minute, i%12, 12+i%12, func(int) []change {
			return append(chance(0.008, injected), chance(0.006, stopped)...)
		})
	}
	// An application with many users, a forum that is moderated, a service that
	// rates posts and has no end users, one whose guardrail finds names.
	every("h1:k1:app", 4*time.Second, 0, 24, func(int) []change {
		return append(chance(0.015, injected), users(2000))
	})
	every("h1:k1:forum", 8*time.Second, 0, 24, func(int) []change { return append(chance(0.2, stopped), users(900)) })
	every("h1:k1:moderation", 10*time.Second, 0, 24, func(int) []change {
		return append(chance(0.08, injected), chance(0.15, stopped)...)
	})
	every("h1:k1:support", 15*time.Second, 7, 19, func(int) []change { return chance(0.06, stopped) })
	// Search over texts on security, a red team with its tools all day, an
	// application whose own instructions name an attack.
	every("h1:k1:security", 12*time.Second, 6, 20, func(int) []change {
		return append(chance(0.12, injected), chance(0.02, signals(schemas.SignalEncoded))...)
	})
	every("h1:k1:redteam", 15*time.Second, 0, 24, func(int) []change {
		return append(append(chance(0.7, injected), chance(0.3, stopped)...), func(ev *schemas.Event) { ev.ClientClass = schemas.ClientScanner })
	})
	every("h1:k1:guarded", 20*time.Second, 8, 18, func(int) []change { return []change{injected} })
	// Templates and evaluations, data that is made, a developer, samples.
	every("h1:k1:rag", 5*time.Second, 0, 24, func(i int) []change {
		return []change{func(ev *schemas.Event) { ev.PromptSimHash = 0x5a5a5a5a5a5a5a5a ^ r.Uint64()&r.Uint64()&r.Uint64() }, users(300)}
	})
	every("h1:k1:evaluation", time.Second, 2, 3, func(i int) []change {
		return append(chance(0.02, stopped), variant(seed, i), warm(0))
	})
	every("h1:k1:developer", 15*time.Second, 14, 15, func(i int) []change { return []change{variant(seed+1, i), warm(0.8)} })
	every("h1:k1:samples", time.Second, 4, 5, func(i int) []change { return []change{variant(seed+2, i/40), warm(1)} })
	// Classifiers, of labels and of short sentences, also of one who else gets
	// long answers.
	every("h1:k1:labels", 3*time.Second, 0, 24, func(int) []change { return []change{answer(300+r.Int64N(15), 1+r.Int64N(3))} })
	every("h1:k1:json", 3*time.Second, 0, 24, func(int) []change { return []change{answer(500+r.Int64N(25), 9+r.Int64N(3))} })
	every("h1:k1:customer3", 4*time.Second, 13, 14, func(int) []change { return []change{answer(400+r.Int64N(20), 1+r.Int64N(4))} })
	// Text from the web, with characters without width; files in base64.
	every("h1:k1:web", 10*time.Second, 0, 24, func(int) []change {
		return append(chance(0.1, signals(schemas.SignalInvisible)), chance(0.006, injected)...)
	})
	every("h1:k1:files", 10*time.Second, 0, 24, func(int) []change {
		return append(chance(0.6, signals(schemas.SignalEncoded), func(ev *schemas.Event) { ev.PromptHidden = 80 }), chance(0.004, injected)...)
	})
	// A client that tries a blocked prompt again and again.
	every("h1:k1:retries", 2*time.Second, 10, 11, func(i int) []change {
		return []change{stopped, func(ev *schemas.Event) { ev.PromptFingerprint = sketch.Mix(uint64(i / 900)) }}
	})
	return out
}

// TestUnkind wants no finding above low in days of look-alikes, and few at all:
// those who do nothing but attack a model, as their work, are told once.
func TestUnkind(t *testing.T) {
	for s := *seed; s < *seed+2; s++ {
		events := honest(s)
		found := detectortest.Run(t, events, watchers(t)...)
		detectortest.Readable(t, found)
		t.Logf("seed %d: %d events, %d findings", s, len(events), len(found))
		for _, f := range found {
			t.Logf("%s %s %s %s: %s", f.WindowStart.Format("02 15:04"), f.Detector, f.Severity, f.Entity.Name, f.Summary)
			if f.Severity > schemas.SeverityLow {
				t.Errorf("%s on %s is %s", f.Detector, f.Entity.Name, f.Severity)
			}
		}
		if len(found) > 10 {
			t.Errorf("%d findings in %d days, want at most ten", len(found), days)
		}
	}
}
