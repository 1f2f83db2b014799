package world

import (
	"net/netip"
	"strconv"
	"time"

	"github.com/gatehound/gatehound/cmd/internal/simulate"
	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/schemas"
)

// from makes r a request of an account from an address, by another client.
func from(c *campaign, r *gateway.Record, account caller, a netip.Addr, ua string) {
	c.As(r, account, 0)
	r.Client = a
	r.SetAgent(ua)
}

// addressed returns an address as an entity.
func addressed(c *campaign, as ...netip.Addr) []simulate.Entity {
	var es []simulate.Entity
	for _, a := range as {
		es = append(es, simulate.Entity{Kind: schemas.EntityAddress, Raw: a.String()})
	}
	return es
}

const (
	sdk  = "OpenAI/Python 1.99.9"
	node = "OpenAI/JS 5.12.2"
	curl = "curl/8.7.1"
)

// The homes of victims, and where their thieves are.
func atHome(c *campaign) netip.Addr   { return at(home(1, c.Number()), c) }
func atThief(c *campaign) netip.Addr  { return at(hosting(9, c.Number()), c) }
func atAbroad(c *campaign) netip.Addr { return at(home(10, c.Number()), c) }

func thief(c *campaign) []simulate.Entity  { return addressed(c, atThief(c)) }
func abroad(c *campaign) []simulate.Entity { return addressed(c, atAbroad(c)) }

// ordinary is a victim on other days: a program with one address and one model.
func ordinary(c *campaign, r *gateway.Record, _ int64) { from(c, r, c.Victim(), atHome(c), sdk) }

// spends sets the tokens of a call.
func spends(c *campaign, r *gateway.Record, input, output int64) {
	d := c.Dice()
	r.Input, r.Output, r.Cached = int64(d.Lognormal(float64(input), 0.2)), int64(d.Lognormal(float64(output), 0.2)), 0
	r.MaxTokens = 8192
	c.Weigh(r)
}

// enumerated are models that thieves try.
var enumerated = []string{"claude-opus-4-1", "claude-3-opus-20240229", "gpt-5-pro", "o1-pro", "o3", "gpt-4-32k", "claude-instant-v1",
	"gemini-2.5-pro", "mistral-large-2411", "command-r-plus", "llama-3.1-405b", "titan-premier"}

var stolenKeys = kinds{
	"llmjacking": {Title: "a stolen key probes models from a host abroad, then burns the costliest", Service: kongShared,
		Expect: []string{"keyabuse", "spend"}, Rate: 2, Jitter: 0.4, Who: byPrincipal, Also: func(c *campaign) []simulate.Entity {
			return append(thief(c), simulate.Entity{Kind: schemas.EntityTenant, Raw: "research"},
				simulate.Entity{Kind: schemas.EntityModel, Raw: "claude-opus-4-1"}, simulate.Entity{Kind: schemas.EntityRoute, Raw: "POST /anthropic/v1/messages"})
		}, Lasts: 10 * time.Minute, Learn: 12 * time.Hour,
		Before: &simulate.Habit{Rate: 1. / 30, Jitter: 0.8, Fill: ordinary},
		Fill: func(c *campaign, r *gateway.Record, n int64) {
			if n < 24 {
				from(c, r, c.Victim(), atThief(c), "python-requests/2.32.4")
				r.Asked = enumerated[n%int64(len(enumerated))]
				r.Fail([]int{404, 400, 403}[n%3])
				return
			}
			c.At(r, kongOpus)
			from(c, r, c.Victim(), atThief(c), "python-requests/2.32.4")
			spends(c, r, 3000, 1800)
		}},
	"impossible_travel": {Title: "a key is used at home and, minutes later, on another continent", Service: kongShared,
		Expect: []string{"keyabuse"}, Rate: 0.2, Jitter: 0.5, Who: byPrincipal, Also: abroad, Lasts: 15 * time.Minute, Learn: 6 * time.Hour,
		Before: &simulate.Habit{Rate: 1. / 20, Jitter: 0.8, Fill: ordinary},
		Fill:   func(c *campaign, r *gateway.Record, _ int64) { from(c, r, c.Victim(), atAbroad(c), node) }},
	"key_resale": {Title: "one key serves hundreds of strangers all over the world", Service: simulate.LiteLLMChat,
		Expect: []string{"keyabuse"}, Rate: 1, Jitter: 0.8, Who: byPrincipal, Lasts: 30 * time.Minute, Learn: 6 * time.Hour,
		Before: &simulate.Habit{Rate: 1. / 30, Jitter: 0.8, Fill: func(c *campaign, r *gateway.Record, n int64) {
			ordinary(c, r, n)
			r.EndUser = append(r.EndUser[:0], "own-app"...)
		}},
		Fill: func(c *campaign, r *gateway.Record, n int64) {
			who := gateway.Mix(uint64(n)) % 400
			from(c, r, c.Victim(), at(int(who%places), c), []string{sdk, node, curl, "SillyTavern/1.12.6"}[who%4])
			r.EndUser = strconv.AppendUint(append(r.EndUser[:0], "guest-"...), who, 10)
		}},
	"off_hours": {Title: "a key of the office works through the night from elsewhere", Service: kongShared,
		Expect: []string{"keyabuse"}, Rate: 0.2, Jitter: 0.5, Hour: 2, Who: byPrincipal, Also: abroad, Lasts: 55 * time.Minute, Learn: 72 * time.Hour, Fixed: true,
		Before: &simulate.Habit{Rate: 1. / 40, Jitter: 0.8, From: 7, To: 17, Fill: ordinary},
		Fill:   func(c *campaign, r *gateway.Record, _ int64) { from(c, r, c.Victim(), atAbroad(c), node) }},
}

var spending = kinds{
	"spend_surge": {Title: "a frugal key spends hundreds of times as much", Service: simulate.LiteLLMChat,
		Expect: []string{"spend", "keyabuse"}, Rate: 3, Jitter: 0.5, Who: byPrincipal, Lasts: 10 * time.Minute, Learn: 12 * time.Hour,
		Before: &simulate.Habit{Rate: 1. / 30, Jitter: 0.8, Fill: ordinary},
		Fill: func(c *campaign, r *gateway.Record, _ int64) {
			from(c, r, c.Victim(), atHome(c), sdk)
			spends(c, r, 6000, 3000)
		}},
	"context_stuffing": {Title: "a key fills the context window with every call", Service: litellmOpus,
		Expect: []string{"spend"}, Rate: 0.4, Jitter: 0.5, Who: byPrincipal, Lasts: 10 * time.Minute, Learn: 6 * time.Hour,
		Before: &simulate.Habit{Rate: 1. / 60, Jitter: 0.8, Fill: ordinary},
		Fill: func(c *campaign, r *gateway.Record, _ int64) {
			from(c, r, c.Victim(), atHome(c), sdk)
			spends(c, r, 170_000, 300)
		}},
	"cache_busting": {Title: "a key that lived on the prompt cache misses it with every call", Service: litellmTools, Quiet: true,
		Expect: []string{"spend"}, Rate: 0.4, Jitter: 0.5, Who: byPrincipal, Lasts: 130 * time.Minute, Learn: 8 * time.Hour, Fixed: true,
		Before: &simulate.Habit{Rate: 0.2, Jitter: 0.5, Fill: func(c *campaign, r *gateway.Record, n int64) {
			ordinary(c, r, n)
			spends(c, r, 12_000, 200)
			r.Cached = r.Input * 9 / 10
		}},
		Fill: func(c *campaign, r *gateway.Record, _ int64) {
			from(c, r, c.Victim(), atHome(c), sdk)
			spends(c, r, 12_000, 200)
		}},
	"agent_loop": {Title: "an agent goes round in circles with ever more context", Service: litellmTools,
		Expect: []string{"spend"}, Rate: 0.5, Jitter: 0.2, Who: byPrincipal, Lasts: 20 * time.Minute, Learn: 2 * time.Hour, Fixed: true,
		Fill: func(c *campaign, r *gateway.Record, n int64) {
			from(c, r, c.Victim(), atHome(c), sdk)
			r.Input, r.Output, r.Cached = 2400+350*n, 90, 0
			r.Messages, r.Tools = int(min(2*n+1, 61)), 9
			c.Weigh(r)
		}},
}
