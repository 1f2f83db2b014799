package spend

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

// use is what one key does in a stretch of hours.
type use struct {
	from, until float64 // hours since the start
	perHour     float64
	in, out     float64 // typical tokens
	// spread is how far tokens vary, as a factor; 2 if it is 0.
	spread float64
	change func(r *rand.Rand, i int, ev *schemas.Event)
}

// dollars are the prices of a token in and out, as of gpt-4o.
const dollarsIn, dollarsOut = 2.5e-6, 10e-6

// events returns the calls of a key.
func events(seed uint64, key string, uses ...use) []schemas.Event {
	r := rand.New(rand.NewPCG(seed, 99))
	var out []schemas.Event
	for _, u := range uses {
		if u.spread == 0 {
			u.spread = 2
		}
		n := 0
		for at := u.from; ; n++ {
			at += r.ExpFloat64() / u.perHour
			if at >= u.until {
				break
			}
			vary := func(v float64) int64 { return int64(v * (1/u.spread + r.Float64()*(u.spread-1/u.spread))) }
			out = append(out, detectortest.Event(time.Duration(at*float64(time.Hour)), func(ev *schemas.Event) {
				ev.Principal, ev.Tenant, ev.Operation, ev.Provider, ev.Model = key, "team", "chat", "openai", "gpt-4o"
				ev.InputTokens, ev.OutputTokens = vary(u.in), vary(u.out)
				ev.Known |= schemas.HasInputTokens | schemas.HasOutputTokens | schemas.HasCost
				if u.change != nil {
					u.change(r, n, ev)
				}
				if ev.Known&schemas.HasCost != 0 && ev.Cost == 0 {
					ev.Cost = float64(ev.InputTokens)*dollarsIn + float64(ev.OutputTokens)*dollarsOut
				}
			}))
		}
	}
	return out
}

// usual is a chat of a small team: some four dollars an hour at most.
func usual(until float64) use { return use{until: until, perHour: 60, in: 1500, out: 300} }

// mix gives several changes as one.
func mix(all ...func(*rand.Rand, int, *schemas.Event)) func(*rand.Rand, int, *schemas.Event) {
	return func(r *rand.Rand, i int, ev *schemas.Event) {
		for _, change := range all {
			change(r, i, ev)
		}
	}
}

func elsewhere(r *rand.Rand, _ int, ev *schemas.Event) {
	ev.ClientAddr = detectortest.Address(1<<16 + r.IntN(9))
	ev.Client = ev.ClientAddr
}

func model(name string, price float64) func(*rand.Rand, int, *schemas.Event) {
	return func(_ *rand.Rand, _ int, ev *schemas.Event) {
		ev.Model = name
		ev.Cost = price * (float64(ev.InputTokens)*dollarsIn + float64(ev.OutputTokens)*dollarsOut)
	}
}

func cached(share float64) func(*rand.Rand, int, *schemas.Event) {
	return func(_ *rand.Rand, _ int, ev *schemas.Event) {
		ev.CachedTokens = int64(share * float64(ev.InputTokens))
		ev.Known |= schemas.HasCachedTokens
	}
}

func thinking(tokens int64) func(*rand.Rand, int, *schemas.Event) {
	return func(r *rand.Rand, _ int, ev *schemas.Event) {
		ev.ReasoningTokens = tokens/2 + r.Int64N(tokens)
		ev.OutputTokens += ev.ReasoningTokens
		ev.Known |= schemas.HasReasoningTokens
	}
}

func cut(share float64, after time.Duration, spread float64) func(*rand.Rand, int, *schemas.Event) {
	return func(r *rand.Rand, _ int, ev *schemas.Event) {
		if r.Float64() < share {
			ev.Status, ev.Stream = 499, true
			ev.Latency = time.Duration(float64(after) * (1 + spread*(r.Float64()-0.5)))
		}
	}
}

func noCost(_ *rand.Rand, _ int, ev *schemas.Event) { ev.Known &^= schemas.HasCost }

// agent is a run of n calls that grow by about step tokens each, times jitter.
func agent(seed uint64, key string, at time.Duration, n int, step, jitter float64, change func(*rand.Rand, int, *schemas.Event)) []schemas.Event {
	r := rand.New(rand.NewPCG(seed, 5))
	in, out := 2000.0, []schemas.Event(nil)
	for i := range n {
		in += step * (1 + jitter*(2*r.Float64()-1))
		at += time.Duration(4+r.IntN(8)) * time.Second
		out = append(out, detectortest.Event(at, func(ev *schemas.Event) {
			ev.Principal, ev.Operation, ev.Provider, ev.Model = key, "chat", "openai", "gpt-4o"
			ev.InputTokens, ev.OutputTokens = int64(in), 60
			ev.Known |= schemas.HasInputTokens | schemas.HasOutputTokens
			if change != nil {
				change(r, i, ev)
			}
		}))
	}
	return out
}

func tools(_ *rand.Rand, i int, ev *schemas.Event) {
	ev.Tools, ev.Messages = 6, int32(2+2*i)
	ev.Known |= schemas.HasTools | schemas.HasMessages
}

func run(t testing.TB, c Config, all []schemas.Event) []schemas.Finding {
	t.Helper()
	return detectortest.Run(t, all, detectortest.Fresh(t, Watchers, c)()...)
}

// of returns the findings of a rule about an entity of a kind.
func of(found []schemas.Finding, rule string, kind schemas.EntityKind) []schemas.Finding {
	var out []schemas.Finding
	for _, f := range found {
		if f.Detector == rule && f.Entity.Kind == kind {
			out = append(out, f)
		}
	}
	return out
}
