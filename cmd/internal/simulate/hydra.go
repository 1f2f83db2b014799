package simulate

import (
	"fmt"
	"time"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
)

// Hydra is a campaign of extraction: many keys of one hand, none of which does
// anything that would be told of it alone. It is none of AttackKinds, because it
// takes hours to be told and the past of a gateway: package population has
// campaigns of all forms, to measure how well they are found.
const Hydra Kind = "extraction_campaign"

const (
	// hydraKeys are the keys, each with a tenant, a client and a home network of
	// its own; hydraRate are the calls of each in an hour.
	hydraKeys = 30
	hydraRate = 60.
	// hydraLeast is the least time in which it can be told: callers are compared
	// once an hour, and the first hour is mostly cut short.
	hydraLeast = 3 * time.Hour
)

var hydra = Behaviour{Title: fmt.Sprintf("%d quiet keys of one hand copy a model", hydraKeys), Service: LiteLLMChat,
	Expect: []string{"campaign"}, Rate: hydraKeys * hydraRate / 3600, Jitter: 1, Lasts: hydraLeast, Fixed: true,
	Also: hydraMembers, Fill: fillHydra}

// Campaigns returns the campaign of many keys, from the beginning of the backlog
// to the end; none if that is too short to tell of one.
func Campaigns(backlog, live time.Duration) []Plant {
	whole := backlog + live
	if live <= 0 {
		whole = lasting
	}
	if whole < hydraLeast {
		return nil
	}
	return []Plant{{Kind: Hydra, After: -backlog, For: whole}}
}

func (c *Campaign) hydraKey(i int) Caller { return c.caller + 1 + Caller(i) }

// hydraMembers are the keys.
func hydraMembers(c *Campaign) []Entity {
	out := make([]Entity, hydraKeys)
	for i := range out {
		out[i] = c.Principal(c.hydraKey(i))
	}
	return out
}

// fillHydra asks the next prompt of the pool, by any of the keys. What they have
// in common is the program that sends them: one limit, one temperature, one
// template around ever other texts, and long answers, some of them cut off.
func fillHydra(c *Campaign, r *gateway.Record, _ int64) {
	d := c.Dice()
	i := d.Below(hydraKeys)
	c.As(r, c.hydraKey(i), 0)
	r.Client = c.Home(victimBase+Caller(c.Number())<<20+Caller(i), d.Below(3))
	r.Team = fmt.Sprintf("team-%d", 1000+i)
	r.Prompt = gateway.Prompt{Kind: gateway.FilledPrompt, Template: gateway.Mix(uint64(c.Number())), Seed: d.Next(), Length: 500}
	r.Input, r.Output, r.Cached = int64(d.Lognormal(130, 0.25)), int64(d.Lognormal(2000, 0.3)), 0
	r.MaxTokens, r.Temperature, r.Messages, r.Stream, r.Tools = 2048, 0.7, 1, false, 0
	if r.Output >= int64(r.MaxTokens) {
		r.Output, r.Finish = int64(r.MaxTokens), "length"
	}
	c.Weigh(r)
}
