package world

import (
	"time"

	"github.com/gatehound/gatehound/cmd/internal/simulate"
	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/schemas"
)

var (
	byService  = []schemas.EntityKind{schemas.EntityRoute, schemas.EntityModel, schemas.EntityHost, schemas.EntityTenant, schemas.EntityGlobal}
	everything = []schemas.EntityKind{schemas.EntityGlobal}
	faulty     = []string{"errors", "rate"}
	quiet      = []string{"silence", "rate", "feed"}
)

var poisonings = kinds{
	"upload_burst": {Title: "a stolen key that only read uploads files by the hundred", Service: kongFiles,
		Expect: []string{"poisoning", "keyabuse"}, Rate: 2, Jitter: 0.4, Who: byCallerAndRoute, Also: thief, Lasts: 10 * time.Minute, Learn: 74 * time.Hour,
		Before: &simulate.Habit{Rate: 1. / 30, Jitter: 0.8, Fill: reads},
		Fill: func(c *campaign, r *gateway.Record, _ int64) {
			from(c, r, c.Victim(), atThief(c), curl)
			r.RequestBytes = int64(c.Dice().Lognormal(40_000, 0.3))
		}},
	"equal_payloads": {Title: "many keys upload files of one and the same size", Service: kongFiles,
		Expect: []string{"poisoning"}, Rate: 0.5, Jitter: 0.6, Who: byService, Lasts: 15 * time.Minute, Learn: 25 * time.Hour,
		Also: func(c *campaign) []simulate.Entity {
			var es []simulate.Entity
			for i := range 60 {
				es = append(es, c.Principal(c.Victim()+caller(i)))
			}
			return es
		},
		Fill: func(c *campaign, r *gateway.Record, n int64) {
			c.As(r, c.Victim()+caller(n%60), int(n%60))
			r.RequestBytes = 18_433
		}},
	"new_trainer": {Title: "a stolen key that never did starts to fine-tune", Service: kongFineTune,
		Expect: []string{"poisoning", "keyabuse"}, Rate: 1. / 60, Jitter: 0.5, Who: byCallerAndRoute, Also: thief, Lasts: 10 * time.Minute, Learn: 74 * time.Hour, Fixed: true,
		Before: &simulate.Habit{Rate: 1. / 30, Jitter: 0.8, Fill: reads},
		Fill: func(c *campaign, r *gateway.Record, _ int64) {
			from(c, r, c.Victim(), atThief(c), curl)
			r.RequestBytes = 900
		}},
}

// reads is what a key does that writes nothing.
func reads(c *campaign, r *gateway.Record, n int64) {
	c.At(r, kongShared)
	ordinary(c, r, n)
}

// failing lets a share of the requests fail at the upstream.
func failing(share float64, status int, latency time.Duration) func(*gateway.Dice, *gateway.Record) simulate.Effect {
	return func(d *gateway.Dice, r *gateway.Record) simulate.Effect {
		if !d.Chance(share) {
			return simulate.Untouched
		}
		r.Fail(status)
		r.Latency = latency
		return simulate.Altered
	}
}

// slower multiplies the latency of every request.
func slower(times float64) func(*gateway.Dice, *gateway.Record) simulate.Effect {
	return func(_ *gateway.Dice, r *gateway.Record) simulate.Effect {
		r.Latency = time.Duration(float64(r.Latency) * times)
		return simulate.Altered
	}
}

func swallow(*gateway.Dice, *gateway.Record) simulate.Effect { return simulate.Swallowed }

var faults = kinds{
	"model_errors": {Title: "a model fails half of its calls", Service: simulate.LiteLLMChat,
		Expect: faulty, Who: byService, Lasts: 10 * time.Minute, Learn: 2 * time.Hour, Fixed: true, Change: failing(0.5, 500, 300*time.Millisecond)},
	"timeouts": {Title: "a route's upstream times out", Service: simulate.EnvoyChat,
		Expect: faulty, Who: byService, Lasts: 10 * time.Minute, Learn: 2 * time.Hour, Fixed: true, Change: failing(0.4, 504, 60*time.Second)},
	"provider_quota": {Title: "the provider's quota is used up", Service: simulate.KongChat,
		Expect: faulty, Who: byService, Lasts: 10 * time.Minute, Learn: 2 * time.Hour, Fixed: true, Change: failing(0.6, 429, 120*time.Millisecond)},
	"latency_shift": {Title: "a route's answers take six times as long", Service: simulate.AppAssistant,
		Expect: []string{"errors"}, Who: byService, Lasts: 30 * time.Minute, Learn: 6 * time.Hour, Fixed: true, Change: slower(6)},
	"key_silence": {Title: "a busy key falls silent", Service: kongShared,
		Expect: quiet, Who: byPrincipal, Lasts: 55 * time.Minute, Learn: 74 * time.Hour, Fixed: true, Quiet: true,
		Before: &simulate.Habit{Rate: 0.4, Jitter: 0.5, Fill: ordinary}},
	"all_silent": {Title: "everything falls silent", Service: simulate.AllServices,
		Expect: quiet, Who: everything, Also: func(*campaign) []simulate.Entity {
			return []simulate.Entity{{Kind: schemas.EntityRoute, Raw: "*"}, {Kind: schemas.EntitySource, Raw: "*"}, {Kind: schemas.EntityHost, Raw: "*"}, {Kind: schemas.EntityPrincipal, Raw: "*"}, {Kind: schemas.EntityModel, Raw: "*"}, {Kind: schemas.EntityTenant, Raw: "*"}}
		}, Lasts: 10 * time.Minute, Learn: 2 * time.Hour, Fixed: true, Change: swallow},
}
