package simulate

import (
	"strconv"
	"time"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/schemas"
)

// retryFailures is how many requests of a retry storm fail before the service
// is back.
const retryFailures = 6

// triesPerAddress is how often each address of a spraying tries: too seldom to
// be noticed by itself.
const triesPerAddress = 3

var (
	byAddress = []schemas.EntityKind{schemas.EntityAddress}
	byEither  = []schemas.EntityKind{schemas.EntityPrincipal, schemas.EntityAddress}
	byRoute   = []schemas.EntityKind{schemas.EntityRoute}
	byCrowd   = []schemas.EntityKind{schemas.EntityGlobal, schemas.EntityAddress}
)

// kinds is what each kind of plant does.
var kinds = map[Kind]*Behaviour{
	BruteForce: {Title: "one address tries passwords on one account", Service: CombinedFiles,
		Expect: []string{"authfail"}, Rate: 8, Jitter: 0.4, Who: byEither, Fill: fillBruteForce},
	Stuffing: {Title: "one address tries leaked passwords on many accounts", Service: AppLogin,
		Expect: []string{"authfail"}, Rate: 6, Jitter: 0.6, Who: byAddress, Fill: fillStuffing},
	KeyGuessing: {Title: "one address guesses API keys", Service: KongChat,
		Expect: []string{"authfail"}, Rate: 10, Jitter: 0.5, Who: byAddress, Fill: fillKeyGuessing},
	Spraying: {Title: "many addresses try one password on many accounts", Service: EdgeChat,
		Expect: []string{"authfail"}, Rate: 12, Jitter: 0.8, Who: byCrowd, Fill: fillSpraying},
	SuccessAfterFailures: {Title: "an account is taken over after failed logins", Service: AppLogin,
		Expect: []string{"authfail"}, Rate: 2, Jitter: 0.5, Who: byEither, Fill: fillTakeover},
	Harvest: {Title: "one key harvests answers with one template", Service: LiteLLMChat,
		Expect: []string{"extraction"}, Rate: 40, Jitter: 0.2, Who: byEither, Fill: fillHarvest},
	LogitStealing: {Title: "one key reads out logits with logit_bias", Service: LiteLLMChat,
		Expect: []string{"extraction"}, Rate: 20, Jitter: 0.1, Who: byEither, Fill: fillLogits},
	SlowExtraction: {Title: "one key extracts slowly, round the clock", Service: KongAssist,
		Expect: []string{"extraction"}, Rate: 1. / 6, Lasts: 25 * time.Hour, Fixed: true, Jitter: 0.05, Who: byEither, Fill: fillSlow},
	AddressFlood: {Title: "one address floods the API", Service: CombinedModels,
		Expect: []string{"rate"}, Rate: 120, Jitter: 0.3, Who: byAddress, Fill: fillFlood},
	PrincipalSpike: {Title: "a calm caller calls eighty times as much", Service: EnvoyChat,
		Expect: []string{"rate"}, Rate: 40, Jitter: 0.7, Who: byEither, Fill: fillVictim,
		Before: &Habit{Rate: 0.5, Jitter: 0.8, Fill: fillVictim}},
	Errors: {Title: "a route answers 503", Service: EnvoyAgents,
		Expect: []string{"rate", "errors"}, Who: byRoute, Lasts: 10 * time.Minute, Fixed: true, Change: changeErrors},
	Throttling: {Title: "a route answers 429", Service: KongEmbed,
		Expect: []string{"rate", "errors"}, Who: byRoute, Lasts: 10 * time.Minute, Fixed: true, Change: changeThrottling},
	Silence: {Title: "a route falls silent", Service: AppDocuments,
		Expect: []string{"rate", "silence"}, Who: byRoute, Lasts: 10 * time.Minute, Fixed: true, Change: func(*gateway.Dice, *gateway.Record) Effect { return Swallowed }},
	Hydra: &hydra,

	MidnightBatch: {Title: "the batch of embeddings at midnight", Service: KongEmbed,
		Benign: true, Rate: 30, Jitter: 0.1, Daily: true, Who: byEither, Fill: fillVictim},
	NightlyEvaluation: {Title: "the evaluation run at night", Service: LiteLLMChat,
		Benign: true, Rate: 8, Jitter: 0.3, Daily: true, Hour: 2, Who: byEither, Fill: fillEvaluation},
	RetryStorm: {Title: "clients retry after a short outage", Service: EdgeCompletions,
		Benign: true, Rate: 10, Jitter: 0.8, Who: byRoute, Fill: fillRetries},
	KeyRotation: {Title: "a rotated key is refused for a minute", Service: KongAssist,
		Benign: true, Expect: []string{"authfail.broken_client"}, Rate: 0.5, Jitter: 0.5, Who: byEither, Fill: fillRefused},
	ExpiredKey: {Title: "a forgotten job retries an expired key", Service: KongEmbed,
		Benign: true, Expect: []string{"authfail.broken_client"}, Rate: 1. / 30, Jitter: 0.02, Who: byEither, Fill: fillRefused},
	ProviderRejects: {Title: "the provider refuses the gateway's own key", Service: KongChat,
		Benign: true, Rate: 0.2, Jitter: 1, Who: byRoute, Fill: fillProvider},
	LoadTest: {Title: "an announced load test", Service: EdgeChat,
		Benign: true, Rate: 30, Jitter: 0.1, Who: byEither, Fill: fillLoadTest},
	NewCustomers: {Title: "new customers begin", Service: KongChat,
		Benign: true, Rate: 0.5, Jitter: 1, Who: byRoute, Fill: fillNewCustomers},
}

func fillBruteForce(c *Campaign, r *gateway.Record, _ int64) {
	c.As(r, c.Victim(), 0)
	r.SetAgent("python-requests/2.32.4")
	r.Refuse(401)
}

func fillStuffing(c *Campaign, r *gateway.Record, n int64) {
	c.As(r, c.caller+1+Caller(n), 0)
	r.SetAgent("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36")
	if n%67 != 66 {
		r.Refuse(401)
	}
}

func fillKeyGuessing(c *Campaign, r *gateway.Record, n int64) {
	c.As(r, c.caller, 0)
	r.SetAgent("Go-http-client/1.1")
	r.Refuse(401)
	c.fleet.guess(r, c.caller, n)
}

func fillSpraying(c *Campaign, r *gateway.Record, n int64) {
	// Each account is tried once, from one of the addresses in turn.
	c.As(r, c.caller+1+Caller(n), int(n%int64(c.addresses)))
	r.Refuse(401)
}

func fillTakeover(c *Campaign, r *gateway.Record, _ int64) {
	switch p := c.Progress(r); {
	case p < 0.6:
		c.As(r, c.Victim(), 0)
		r.Refuse(401)
	case p < 0.65:
		c.As(r, c.Victim(), 0)
	default:
		r.Reset(r.Time, &c.fleet.services[AppAssistant])
		c.As(r, c.Victim(), 0)
	}
	r.SetAgent("python-httpx/0.28.1")
}

func fillHarvest(c *Campaign, r *gateway.Record, n int64) {
	c.As(r, c.Victim(), 0)
	d := &c.fleet.rng
	r.Prompt = gateway.Prompt{Kind: gateway.HarvestPrompt, Seed: d.Next()}
	r.Input, r.Output, r.Cached = 74+int64(d.Below(6)), int64(d.Lognormal(1600, 0.25)), 0
	r.MaxTokens, r.Temperature, r.TopLogprobs = 4096, 1, 5
	r.Messages, r.Stream, r.Tools = 1, false, 0
	c.fleet.weigh(r)
}

func fillLogits(c *Campaign, r *gateway.Record, n int64) {
	c.As(r, c.Victim(), 0)
	r.Prompt = gateway.Prompt{Kind: gateway.ProbePrompt}
	r.Input, r.Output, r.Cached = 11, 1, 0
	r.MaxTokens, r.Temperature, r.TopLogprobs, r.LogitBias = 1, 0, 20, 1+int(n%20)
	r.Messages, r.Stream, r.Tools = 1, false, 0
	c.fleet.weigh(r)
}

func fillSlow(c *Campaign, r *gateway.Record, n int64) {
	fillHarvest(c, r, n)
	r.TopLogprobs, r.MaxTokens = 0, 2048
	r.Output = min(r.Output, 2048)
}

func fillFlood(c *Campaign, r *gateway.Record, _ int64) {
	c.As(r, c.caller, 0)
	r.Principal = r.Principal[:0]
	// The attacker also tries his luck with who reads the logs: a link for
	// Slack and an escape sequence for the terminal.
	r.SetAgent("curl/8.7.1 <!channel> \x1b[31;1mall is well\x1b[0m")
}

func fillVictim(c *Campaign, r *gateway.Record, _ int64) {
	c.As(r, c.Victim(), 0)
}

func fillEvaluation(c *Campaign, r *gateway.Record, _ int64) {
	c.As(r, c.Victim(), 0)
	r.SetAgent("lm-evaluation-harness/0.4.9")
	r.Prompt = gateway.Prompt{Kind: gateway.EvalPrompt, Seed: c.fleet.rng.Next()}
	r.Temperature, r.MaxTokens, r.Messages = 0, 16, 1
	r.Output = min(r.Output, 16)
}

func fillRetries(c *Campaign, r *gateway.Record, n int64) {
	// The outage itself is short, or it would be one to be woken for.
	c.As(r, c.caller+1+Caller(n%150), int(n%150))
	if n < retryFailures {
		r.Fail(503)
	}
}

func fillRefused(c *Campaign, r *gateway.Record, _ int64) {
	c.As(r, c.Victim(), 0)
	r.Refuse(401)
	c.fleet.guess(r, c.caller, 0)
}

func fillProvider(c *Campaign, r *gateway.Record, n int64) {
	c.As(r, c.caller+1+Caller(n%40), int(n%40))
	r.Fail(401)
}

func fillLoadTest(c *Campaign, r *gateway.Record, _ int64) {
	c.As(r, c.Victim(), 0)
	r.SetAgent("k6/1.2.1 (https://k6.io/)")
}

func fillNewCustomers(c *Campaign, r *gateway.Record, n int64) {
	// A customer more every thirty requests; each begins with little.
	c.As(r, c.caller+1+Caller(gateway.Mix(uint64(n))%uint64(n/30+1)), int(gateway.Mix(uint64(n))%uint64(n/30+1)))
	r.EndUser = strconv.AppendInt(r.EndUser[:0], n%7, 10)
}

func changeErrors(d *gateway.Dice, r *gateway.Record) Effect {
	if !d.Chance(0.7) {
		return Untouched
	}
	r.Fail(503)
	return Altered
}

func changeThrottling(d *gateway.Dice, r *gateway.Record) Effect {
	if !d.Chance(0.7) {
		return Untouched
	}
	r.Refuse(429)
	return Altered
}
