package world

import (
	"net/netip"
	"strconv"
	"time"

	"github.com/gatehound/gatehound/cmd/internal/simulate"
	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/schemas"
)

// travels look like stolen keys: keys that are at home in many networks.
var travels = kinds{
	"corporate_proxy": {Title: "two thousand employees behind one address", Service: simulate.KongChat, Benign: true,
		Rate: 1, Jitter: 1, Who: byAddress, Lasts: simulate.Always, Fill: func(c *campaign, r *gateway.Record, n int64) {
			h := gateway.Mix(uint64(n))
			from(c, r, c.Caller()+1+caller(h%2000), at(home(0, 3), c), node)
			if h>>40%100 == 0 { // an expired session
				r.Refuse(401)
			}
		}, Also: func(c *campaign) []simulate.Entity { return addressed(c, at(home(0, 3), c)) }},
	"mobile_carrier": {Title: "subscribers whose addresses change with every cell", Service: simulate.AppAssistant, Benign: true,
		Rate: 0.5, Jitter: 1, Who: byRoute, Lasts: simulate.Always, Fill: func(c *campaign, r *gateway.Record, n int64) {
			h := gateway.Mix(uint64(n))
			from(c, r, c.Caller()+1+caller(h%80), at(mobile(1), c), "okhttp/4.12.0")
			a := r.Client.As4()
			a[3] = byte(h >> 20) // many addresses of one carrier
			r.Client = netip.AddrFrom4(a)
		}},
	"business_trip": {Title: "a user flies from one continent to another", Service: simulate.LiteLLMChat, Benign: true,
		Rate: 1. / 90, Jitter: 0.8, Who: byPrincipal, Lasts: 20 * time.Hour, Fill: func(c *campaign, r *gateway.Record, _ int64) {
			switch p := c.Progress(r); {
			case p < 0.2:
				from(c, r, c.Victim(), at(home(1, 0), c), sdk)
			case p < 0.75: // on the plane; somebody else works
				from(c, r, c.Caller()+9, at(home(2, 0), c), sdk)
			default:
				from(c, r, c.Victim(), at(home(0, 0), c), sdk)
			}
		}},
	"company_vpn": {Title: "a user is on the company's network abroad and off it, all day", Service: simulate.KongChat, Benign: true,
		Rate: 1. / 40, Jitter: 0.8, Who: byPrincipal, Lasts: 9 * time.Hour, Fill: func(c *campaign, r *gateway.Record, n int64) {
			if n/20%2 == 0 {
				from(c, r, c.Victim(), at(home(1, 1), c), node)
			} else {
				from(c, r, c.Victim(), at(hosting(8, 1), c), node)
			}
		}},
	"build_fleet": {Title: "a build fleet with one key and a fresh address for each job", Service: simulate.KongAssist, Benign: true,
		Rate: 2, Jitter: 1, Who: byPrincipal, Fill: func(c *campaign, r *gateway.Record, n int64) {
			from(c, r, c.Victim(), cloud(uint64(c.Number())*997+uint64(n/4)), "Anthropic/Python 0.64.0")
		}},
	"serverless": {Title: "functions with one key and ever other addresses", Service: simulate.LiteLLMChat, Benign: true,
		Rate: 0.3, Jitter: 1, Who: byPrincipal, Lasts: simulate.Always, Fill: func(c *campaign, r *gateway.Record, n int64) {
			from(c, r, c.Victim(), cloud(gateway.Mix(uint64(n/3+7))), node)
			r.EndUser = r.EndUser[:0]
		}},
	"multi_region": {Title: "a service with one key in four regions at once", Service: simulate.KongEmbed, Benign: true,
		Rate: 0.8, Jitter: 0.6, Who: byPrincipal, Lasts: simulate.Always, Fill: func(c *campaign, r *gateway.Record, n int64) {
			from(c, r, c.Victim(), at(hosting([]int{0, 1, 6, 7}[gateway.Mix(uint64(n))%4], 0), c), sdk)
		}},
	"overtime": {Title: "a user of the office works late one evening, from home", Service: simulate.KongChat, Benign: true,
		Rate: 1. / 60, Jitter: 0.8, Hour: 20, Who: byPrincipal, Lasts: 110 * time.Minute, Learn: 12 * time.Hour,
		Before: &simulate.Habit{Rate: 1. / 60, Jitter: 0.8, From: 7, To: 17, Fill: ordinary}, Quiet: true,
		Fill: func(c *campaign, r *gateway.Record, _ int64) { from(c, r, c.Victim(), at(mobile(1), c), sdk) }},
	"office_keys": {Title: "keys that rest at night and at weekends", Service: simulate.LiteLLMChat, Benign: true, Who: byRoute, Lasts: simulate.Always,
		Before: &simulate.Habit{Rate: 0.2, Jitter: 0.8, From: 6, To: 18, Fill: func(c *campaign, r *gateway.Record, n int64) {
			k := caller(gateway.Mix(uint64(n)) % 20)
			from(c, r, c.Caller()+k, at(home(int(k), 2), c), sdk)
		}}},
	"resting_customer": {Title: "a customer leaves", Service: simulate.KongEmbed, Benign: true, Mild: true, Who: byPrincipal,
		Lasts: 13 * time.Hour, Learn: 12 * time.Hour, Stays: true, Quiet: true,
		Before: &simulate.Habit{Rate: 0.2, Jitter: 0.5, Fill: ordinary}},
	"end_users": {Title: "an application with one key passes on its many users", Service: simulate.LiteLLMChat, Benign: true,
		Rate: 0.7, Jitter: 1, Who: byPrincipal, Lasts: simulate.Always, Fill: func(c *campaign, r *gateway.Record, n int64) {
			from(c, r, c.Victim(), at(hosting(0, 1), c), node)
			r.EndUser = strconv.AppendUint(append(r.EndUser[:0], "user-"...), gateway.Mix(uint64(n))%1500, 10)
		}},
}

// loads look like misuse by their amount.
var loads = kinds{
	"document_import": {Title: "a new customer imports all documents", Service: litellmEmbed, Benign: true,
		Rate: 15, Jitter: 0.3, Who: byEither, Lasts: 40 * time.Minute, Fill: func(c *campaign, r *gateway.Record, _ int64) {
			from(c, r, c.Victim(), at(hosting(0, 2), c), sdk)
		}, Also: func(c *campaign) []simulate.Entity { return addressed(c, at(hosting(0, 2), c)) }},
	"weekly_job": {Title: "a job that runs once a week", Service: simulate.KongEmbed, Benign: true,
		Rate: 10, Jitter: 0.2, Hour: 3, Who: byPrincipal, Lasts: 50 * time.Minute,
		Fill: func(c *campaign, r *gateway.Record, _ int64) { ordinary(c, r, 0) }},
	"own_export": {Title: "an account reads its own documents, one after another", Service: simulate.AppDocuments, Benign: true,
		Rate: 2, Jitter: 0.2, Daily: true, Hour: 4, Who: byEither, Lasts: 20 * time.Minute, Fill: func(c *campaign, r *gateway.Record, n int64) {
			from(c, r, c.Victim(), atHome(c), "Go-http-client/2.0")
			r.Path = strconv.AppendInt(append(r.Path[:0], r.Service.Path...), 900_000+n%2400, 10)
		}},
	"nightly_upload": {Title: "the nightly upload of what is new", Service: kongFiles, Benign: true,
		Rate: 0.5, Jitter: 0.5, Daily: true, Hour: 1, Who: byPrincipal, Lasts: 15 * time.Minute, Fill: func(c *campaign, r *gateway.Record, _ int64) {
			from(c, r, c.Victim(), atHome(c), sdk)
			r.RequestBytes = int64(c.Dice().Lognormal(30_000, 1.2))
		}},
	"feedback": {Title: "users press thumbs up and down", Service: appFeedback, Benign: true,
		Rate: 0.1, Jitter: 1, Who: byRoute, Lasts: simulate.Always, Fill: func(c *campaign, r *gateway.Record, n int64) {
			who := caller(gateway.Mix(uint64(n)) % 300)
			from(c, r, c.Caller()+who, c.Home(c.Caller()+who, 0), node)
		}},
	"own_training": {Title: "the team that fine-tunes looks after its jobs", Service: kongFineTune, Benign: true,
		Rate: 1. / 1200, Jitter: 0.8, Who: byPrincipal, Lasts: simulate.Always,
		Fill: func(c *campaign, r *gateway.Record, _ int64) { ordinary(c, r, 0) }},
	"uploads": {Title: "users upload files now and then", Service: kongFiles, Benign: true,
		Rate: 0.02, Jitter: 1, Who: byRoute, Lasts: simulate.Always, Fill: func(c *campaign, r *gateway.Record, n int64) {
			who := caller(gateway.Mix(uint64(n)) % 60)
			from(c, r, c.Caller()+who, c.Home(c.Caller()+who, 0), node)
			r.RequestBytes = int64(c.Dice().Lognormal(60_000, 1.5))
		}},
	"agent_that_ends": {Title: "agents whose context grows until they are done", Service: litellmTools, Benign: true,
		Rate: 0.4, Jitter: 0.4, Who: byPrincipal, Lasts: simulate.Always, Fill: func(c *campaign, r *gateway.Record, n int64) {
			who := caller(n / 25 % 30)
			from(c, r, c.Victim()+who, c.Home(c.Caller()+who, 0), sdk)
			r.Input, r.Messages, r.Tools = 2400+int64(c.Dice().Lognormal(500, 0.5))*(n%25), int(2*(n%25)+1), 9
			r.Cached = r.Input * 7 / 10
			c.Weigh(r)
		}},
	"cache_turned_off": {Title: "a deployment turns prompt caching off", Service: simulate.KongAssist, Benign: true, Mild: true,
		Who: byService, Lasts: 10 * time.Hour, Learn: 8 * time.Hour, Stays: true, Change: func(_ *gateway.Dice, r *gateway.Record) simulate.Effect {
			if r.Cached == 0 {
				return simulate.Untouched
			}
			r.Cached = 0
			return simulate.Altered
		}},
	"holiday": {Title: "a holiday", Service: simulate.AllServices, Benign: true, Who: everything, Lasts: 24 * time.Hour, Learn: 24 * time.Hour,
		Change: func(d *gateway.Dice, r *gateway.Record) simulate.Effect {
			if !r.Service.Machine && d.Chance(0.85) {
				return simulate.Swallowed
			}
			return simulate.Untouched
		}},
}

// novelties are new models, routes and hosts, as every team has them.
var novelties = kinds{
	"model_migration": {Title: "everybody moves to a new model", Service: simulate.LiteLLMChat, Benign: true, Who: byService, Lasts: 10 * time.Hour, Learn: 6 * time.Hour, Stays: true,
		Change: func(_ *gateway.Dice, r *gateway.Record) simulate.Effect {
			if r.Asked != "" {
				return simulate.Untouched
			}
			r.Asked = "gpt-4.1"
			return simulate.Altered
		}, Also: func(*campaign) []simulate.Entity {
			return []simulate.Entity{{Kind: schemas.EntityModel, Raw: "gpt-4.1"}}
		}},
	"model_test": {Title: "one in ten requests tries another model", Service: simulate.EnvoyChat, Benign: true, Who: byService, Lasts: simulate.Always,
		Change: func(d *gateway.Dice, r *gateway.Record) simulate.Effect {
			if !d.Chance(0.1) {
				return simulate.Untouched
			}
			r.Asked = "gpt-4o"
			return simulate.Altered
		}, Also: func(*campaign) []simulate.Entity {
			return []simulate.Entity{{Kind: schemas.EntityModel, Raw: "gpt-4o"}}
		}},
	"new_deployment": {Title: "a deployment with a route and a host of its own, not listed yet", Service: edgeNew, Benign: true, Expect: []string{"shadow"},
		Rate: 1, Jitter: 1, Who: byService, Lasts: 5 * time.Hour, Learn: 4 * time.Hour, Stays: true, Fill: func(c *campaign, r *gateway.Record, n int64) {
			who := caller(gateway.Mix(uint64(n)) % 100)
			from(c, r, c.Caller()+who, c.Home(c.Caller()+who, 0), node)
		}},
	"old_client": {Title: "an old client stays on the version that was given up", Service: kongOlder, Benign: true, Expect: []string{"shadow"},
		Rate: 1. / 300, Jitter: 0.5, Who: []schemas.EntityKind{schemas.EntityPrincipal, schemas.EntityRoute, schemas.EntityModel}, Lasts: simulate.Always,
		Fill: func(c *campaign, r *gateway.Record, _ int64) { ordinary(c, r, 0) }},
	"wrong_model": {Title: "a developer mistypes the name of a model", Service: simulate.KongChat, Benign: true,
		Rate: 0.05, Jitter: 1, Who: byPrincipal, Fill: func(c *campaign, r *gateway.Record, n int64) {
			r.Asked = []string{"gpt-4o-min", "gpt4o-mini"}[n%2]
			ordinary(c, r, n)
			r.Status, r.Upstream, r.Output, r.Cached = 404, 404, 0, 0
		}},
	"background_scan": {Title: "scanners of the internet come by, and are refused", Service: simulate.CombinedModels, Benign: true, Mild: true,
		Expect: []string{"authfail.scan", "scan"}, Rate: 1. / 90, Jitter: 1, Lasts: simulate.Always, Also: func(c *campaign) []simulate.Entity {
			var es []simulate.Entity
			for i := range 40 {
				es = append(es, addressed(c, at(hosting(i, 0), c))...)
			}
			return append(append(es, unknownRoutes(c)...), simulate.Entity{Kind: schemas.EntityGlobal})
		}, Fill: func(c *campaign, r *gateway.Record, n int64) {
			c.As(r, c.Caller(), 0)
			r.Client = at(hosting(int(n/8%40), 0), c)
			r.SetPath("GET", sensitive[gateway.Mix(uint64(n))%uint64(len(sensitive))])
			r.Principal = r.Principal[:0]
			r.SetAgent("Mozilla/5.0 zgrab/0.x")
			r.Refuse([]int{404, 403, 400, 404}[n%4])
		}},
}

// talks look like attacks on the model.
var talks = kinds{
	"red_team": {Title: "the red team's application tries the guardrails every morning", Service: litellmTools, Benign: true, Mild: true,
		Rate: 0.3, Jitter: 0.6, Daily: true, Hour: 9, Who: byPrincipal, Lasts: 15 * time.Minute, Fill: func(c *campaign, r *gateway.Record, n int64) {
			ordinary(c, r, n)
			prompted(c, r, gateway.InjectPrompt, 0)
			if n%2 == 0 {
				r.Refuse(400)
				r.Blocked = gateway.InputBlocked
			}
		}},
	"moderation": {Title: "a guardrail blocks a fifth of a forum's posts", Service: litellmModerated, Benign: true, Mild: true,
		Rate: 0.3, Jitter: 1, Who: byPrincipal, Lasts: simulate.Always, Fill: func(c *campaign, r *gateway.Record, n int64) {
			ordinary(c, r, n)
			r.EndUser = strconv.AppendUint(append(r.EndUser[:0], "poster-"...), gateway.Mix(uint64(n))%900, 10)
			if n%5 == 0 {
				r.Refuse(400)
				r.Blocked = gateway.InputBlocked
			}
		}},
	"course": {Title: "sixty students work on one exercise", Service: simulate.LiteLLMChat, Benign: true,
		Rate: 1, Jitter: 1, Hour: 13, Who: byRoute, Lasts: 90 * time.Minute, Fill: func(c *campaign, r *gateway.Record, n int64) {
			who := caller(gateway.Mix(uint64(n)) % 60)
			from(c, r, c.Caller()+who, at(home(1, 4), c), node)
			prompted(c, r, gateway.CoursePrompt, 0)
		}, Also: func(c *campaign) []simulate.Entity {
			es := addressed(c, at(home(1, 4), c))
			for i := range 60 {
				es = append(es, c.Principal(c.Caller()+caller(i)))
			}
			return es
		}},
	"prompt_tuning": {Title: "a developer tries variants of a prompt", Service: simulate.LiteLLMChat, Benign: true,
		Rate: 0.08, Jitter: 0.8, Who: byPrincipal, Lasts: 25 * time.Minute, Fill: func(c *campaign, r *gateway.Record, n int64) {
			ordinary(c, r, n)
			prompted(c, r, gateway.MutantPrompt, 31+c.Number())
		}},
	"curious_user": {Title: "a user asks about prompt injection, once", Service: simulate.LiteLLMChat, Benign: true,
		Rate: 1. / 200, Jitter: 1, Who: byPrincipal, Fill: func(c *campaign, r *gateway.Record, n int64) {
			ordinary(c, r, n)
			if n == 0 {
				prompted(c, r, gateway.InjectPrompt, 0)
			}
		}},
	"classifier": {Title: "a classifier whose answers are one word", Service: simulate.LiteLLMChat, Benign: true,
		Rate: 0.6, Jitter: 0.5, Who: byPrincipal, Lasts: simulate.Always, Fill: func(c *campaign, r *gateway.Record, n int64) {
			ordinary(c, r, n)
			r.Output, r.MaxTokens, r.Temperature, r.Messages = 2, 4, 0, 1
			c.Weigh(r)
		}},
}

// troubles are those that pass.
var troubles = kinds{
	"provider_incident": {Title: "a provider has trouble for a minute and a half", Service: simulate.KongAssist, Benign: true,
		Expect: faulty, Who: byService, Lasts: 90 * time.Second, Change: failing(0.5, 503, 200*time.Millisecond)},
	"slow_afternoon": {Title: "answers take a third longer for an hour", Service: simulate.KongChat, Benign: true,
		Who: byService, Lasts: time.Hour, Change: slower(1.35)},
	"aborted_streams": {Title: "users close the page while the model writes", Service: simulate.EdgeChat, Benign: true,
		Who: byService, Lasts: simulate.Always, Change: func(d *gateway.Dice, r *gateway.Record) simulate.Effect {
			if !d.Chance(0.03) {
				return simulate.Untouched
			}
			r.Status = 499
			return simulate.Altered
		}},
}
