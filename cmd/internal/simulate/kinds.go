package simulate

import (
	"strconv"

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
var kinds = map[Kind]*behaviour{
	BruteForce: {title: "one address tries passwords on one account", format: gateway.NginxCombined, service: combinedFiles,
		expect: []string{"authfail"}, rate: 8, jitter: 0.4, hour: onlyOnce, who: byEither, fill: fillBruteForce},
	Stuffing: {title: "one address tries leaked passwords on many accounts", format: gateway.App, service: appLogin,
		expect: []string{"authfail"}, rate: 6, jitter: 0.6, hour: onlyOnce, who: byAddress, fill: fillStuffing},
	KeyGuessing: {title: "one address guesses API keys", format: gateway.Kong, service: kongChat,
		expect: []string{"authfail"}, rate: 10, jitter: 0.5, hour: onlyOnce, who: byAddress, fill: fillKeyGuessing},
	Spraying: {title: "many addresses try one password on many accounts", format: gateway.NginxJSON, service: edgeChat,
		expect: []string{"authfail"}, rate: 12, jitter: 0.8, hour: onlyOnce, who: byCrowd, fill: fillSpraying},
	SuccessAfterFailures: {title: "an account is taken over after failed logins", format: gateway.App, service: appLogin,
		expect: []string{"authfail"}, rate: 2, jitter: 0.5, hour: onlyOnce, who: byEither, fill: fillTakeover},
	Harvest: {title: "one key harvests answers with one template", format: gateway.LiteLLM, service: litellmChat,
		expect: []string{"extraction"}, rate: 40, jitter: 0.2, hour: onlyOnce, who: byEither, fill: fillHarvest},
	LogitStealing: {title: "one key reads out logits with logit_bias", format: gateway.LiteLLM, service: litellmChat,
		expect: []string{"extraction"}, rate: 20, jitter: 0.1, hour: onlyOnce, who: byEither, fill: fillLogits},
	SlowExtraction: {title: "one key extracts slowly, round the clock", format: gateway.Kong, service: kongAssist,
		expect: []string{"extraction"}, rate: 1. / 6, jitter: 0.05, hour: onlyOnce, who: byEither, fill: fillSlow},
	AddressFlood: {title: "one address floods the API", format: gateway.NginxCombined, service: combinedModels,
		expect: []string{"rate"}, rate: 120, jitter: 0.3, hour: onlyOnce, who: byAddress, fill: fillFlood},
	PrincipalSpike: {title: "a calm caller calls eighty times as much", format: gateway.Envoy, service: envoyChat,
		expect: []string{"rate"}, rate: 40, jitter: 0.7, hour: onlyOnce, who: byEither, fill: fillVictim},
	Errors: {title: "a route answers 503", format: gateway.Envoy, service: envoyAgents,
		expect: []string{"rate"}, hour: onlyOnce, who: byRoute, change: changeErrors},
	Throttling: {title: "a route answers 429", format: gateway.Kong, service: kongEmbed,
		expect: []string{"rate"}, hour: onlyOnce, who: byRoute, change: changeThrottling},
	Silence: {title: "a route falls silent", format: gateway.App, service: appDocuments,
		expect: []string{"rate"}, hour: onlyOnce, who: byRoute, change: func(*gateway.Dice, *gateway.Record) bool { return false }},

	MidnightBatch: {title: "the batch of embeddings at midnight", format: gateway.Kong, service: kongEmbed,
		benign: true, rate: 30, jitter: 0.1, hour: 0, who: byEither, fill: fillVictim},
	NightlyEvaluation: {title: "the evaluation run at night", format: gateway.LiteLLM, service: litellmChat,
		benign: true, rate: 8, jitter: 0.3, hour: 2, who: byEither, fill: fillEvaluation},
	RetryStorm: {title: "clients retry after a short outage", format: gateway.NginxJSON, service: edgeCompletions,
		benign: true, rate: 10, jitter: 0.8, hour: onlyOnce, who: byRoute, fill: fillRetries},
	KeyRotation: {title: "a rotated key is refused for a minute", format: gateway.Kong, service: kongAssist,
		benign: true, expect: []string{"authfail.broken_client"}, rate: 0.5, jitter: 0.5, hour: onlyOnce, who: byEither, fill: fillRefused},
	ExpiredKey: {title: "a forgotten job retries an expired key", format: gateway.Kong, service: kongEmbed,
		benign: true, expect: []string{"authfail.broken_client"}, rate: 1. / 30, jitter: 0.02, hour: onlyOnce, who: byEither, fill: fillRefused},
	ProviderRejects: {title: "the provider refuses the gateway's own key", format: gateway.Kong, service: kongChat,
		benign: true, rate: 0.2, jitter: 1, hour: onlyOnce, who: byRoute, fill: fillProvider},
	LoadTest: {title: "an announced load test", format: gateway.NginxJSON, service: edgeChat,
		benign: true, rate: 30, jitter: 0.1, hour: onlyOnce, who: byEither, fill: fillLoadTest},
	NewCustomers: {title: "new customers begin", format: gateway.Kong, service: kongChat,
		benign: true, rate: 0.5, jitter: 1, hour: onlyOnce, who: byRoute, fill: fillNewCustomers},
}

// calmVictim is what the caller of a PrincipalSpike does on other days.
var calmVictim = behaviour{service: envoyChat, jitter: 0.8, hour: onlyOnce, fill: fillVictim}

// as makes r a request of an account from the n-th address of the campaign's
// caller.
func (c *campaign) as(r *gateway.Record, account caller, n int) {
	c.fleet.fill(r, account, 0)
	r.Status, r.Upstream = 200, 200
	r.Query = r.Query[:0]
	r.Client = c.fleet.address(c.caller, n)
	if len(r.Principal) == 0 {
		r.Principal = c.fleet.name(r.Principal, account, r.Service)
	}
	if r.Service.Model != "" && r.Input == 0 {
		c.fleet.converse(r, 0)
	}
}

// agent sets the user agent.
func agent(r *gateway.Record, ua string) { r.UserAgent = append(r.UserAgent[:0], ua...) }

func fillBruteForce(c *campaign, r *gateway.Record, _ int64) {
	c.as(r, c.victim(), 0)
	agent(r, "python-requests/2.32.4")
	r.Refuse(401)
}

func fillStuffing(c *campaign, r *gateway.Record, n int64) {
	c.as(r, c.caller+1+caller(n), 0)
	agent(r, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36")
	if n%67 != 66 {
		r.Refuse(401)
	}
}

func fillKeyGuessing(c *campaign, r *gateway.Record, n int64) {
	c.as(r, c.caller, 0)
	agent(r, "Go-http-client/1.1")
	r.Refuse(401)
	c.fleet.guess(r, c.caller, n)
}

func fillSpraying(c *campaign, r *gateway.Record, n int64) {
	// Each account is tried once, from one of the addresses in turn.
	c.as(r, c.caller+1+caller(n), int(n%int64(c.addresses)))
	r.Refuse(401)
}

func fillTakeover(c *campaign, r *gateway.Record, _ int64) {
	switch p := c.progress(r); {
	case p < 0.6:
		c.as(r, c.victim(), 0)
		r.Refuse(401)
	case p < 0.65:
		c.as(r, c.victim(), 0)
	default:
		r.Reset(r.Time, &c.fleet.services[appAssistant])
		c.as(r, c.victim(), 0)
	}
	agent(r, "python-httpx/0.28.1")
}

func fillHarvest(c *campaign, r *gateway.Record, n int64) {
	c.as(r, c.victim(), 0)
	d := &c.fleet.rng
	r.Prompt = gateway.Prompt{Kind: gateway.HarvestPrompt, Seed: d.Next()}
	r.Input, r.Output, r.Cached = 74+int64(d.Below(6)), int64(d.Lognormal(1600, 0.25)), 0
	r.MaxTokens, r.Temperature, r.TopLogprobs = 4096, 1, 5
	r.Messages, r.Stream, r.Tools = 1, false, 0
	c.fleet.weigh(r)
}

func fillLogits(c *campaign, r *gateway.Record, n int64) {
	c.as(r, c.victim(), 0)
	r.Prompt = gateway.Prompt{Kind: gateway.ProbePrompt}
	r.Input, r.Output, r.Cached = 11, 1, 0
	r.MaxTokens, r.Temperature, r.TopLogprobs, r.LogitBias = 1, 0, 20, 1+int(n%20)
	r.Messages, r.Stream, r.Tools = 1, false, 0
	c.fleet.weigh(r)
}

func fillSlow(c *campaign, r *gateway.Record, n int64) {
	fillHarvest(c, r, n)
	r.TopLogprobs, r.MaxTokens = 0, 2048
	r.Output = min(r.Output, 2048)
}

func fillFlood(c *campaign, r *gateway.Record, _ int64) {
	c.as(r, c.caller, 0)
	r.Principal = r.Principal[:0]
	// The attacker also tries his luck with who reads the logs: a link for
	// Slack and an escape sequence for the terminal.
	agent(r, "curl/8.7.1 <!channel> \x1b[31;1mall is well\x1b[0m")
}

func fillVictim(c *campaign, r *gateway.Record, _ int64) {
	c.as(r, c.victim(), 0)
}

func fillEvaluation(c *campaign, r *gateway.Record, _ int64) {
	c.as(r, c.victim(), 0)
	agent(r, "lm-evaluation-harness/0.4.9")
	r.Prompt = gateway.Prompt{Kind: gateway.EvalPrompt, Seed: c.fleet.rng.Next()}
	r.Temperature, r.MaxTokens, r.Messages = 0, 16, 1
	r.Output = min(r.Output, 16)
}

func fillRetries(c *campaign, r *gateway.Record, n int64) {
	// The outage itself is short, or it would be one to be woken for.
	c.as(r, c.caller+1+caller(n%150), int(n%150))
	if n < retryFailures {
		r.Fail(503)
	}
}

func fillRefused(c *campaign, r *gateway.Record, _ int64) {
	c.as(r, c.victim(), 0)
	r.Refuse(401)
	c.fleet.guess(r, c.caller, 0)
}

func fillProvider(c *campaign, r *gateway.Record, n int64) {
	c.as(r, c.caller+1+caller(n%40), int(n%40))
	r.Fail(401)
}

func fillLoadTest(c *campaign, r *gateway.Record, _ int64) {
	c.as(r, c.victim(), 0)
	agent(r, "k6/1.2.1 (https://k6.io/)")
}

func fillNewCustomers(c *campaign, r *gateway.Record, n int64) {
	// A customer more every thirty requests; each begins with little.
	c.as(r, c.caller+1+caller(gateway.Mix(uint64(n))%uint64(n/30+1)), int(gateway.Mix(uint64(n))%uint64(n/30+1)))
	r.EndUser = strconv.AppendInt(r.EndUser[:0], n%7, 10)
}

func changeErrors(d *gateway.Dice, r *gateway.Record) bool {
	if d.Chance(0.7) {
		r.Fail(503)
	}
	return true
}

func changeThrottling(d *gateway.Dice, r *gateway.Record) bool {
	if d.Chance(0.7) {
		r.Refuse(429)
	}
	return true
}
