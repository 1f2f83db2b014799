package world

import (
	"fmt"
	"strconv"
	"time"

	"github.com/gatehound/gatehound/cmd/internal/simulate"
	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/schemas"
)

var byCallerAndRoute = []schemas.EntityKind{schemas.EntityPrincipal, schemas.EntityAddress, schemas.EntityRoute, schemas.EntityHost, schemas.EntityModel}

// unknownRoutes lets a finding name whatever route a path without one gets.
func unknownRoutes(c *campaign) []simulate.Entity {
	return []simulate.Entity{{Kind: schemas.EntityRoute, Raw: "GET {other}"}, {Kind: schemas.EntityRoute, Raw: "GET /"}}
}

var shadows = kinds{
	"shadow_endpoint": {Title: "an endpoint that nobody listed answers", Service: appAdmin,
		Expect: []string{"shadow"}, Rate: 0.2, Jitter: 0.8, Who: byCallerAndRoute, Fixed: true,
		Fill: func(c *campaign, r *gateway.Record, _ int64) { c.As(r, c.Victim(), 0) }},
	"unlisted_model": {Title: "a model that nobody listed answers", Service: simulate.KongChat,
		Expect: []string{"shadow"}, Rate: 0.3, Jitter: 0.8, Who: byCallerAndRoute, Fixed: true,
		Also: func(*campaign) []simulate.Entity {
			return []simulate.Entity{{Kind: schemas.EntityModel, Raw: "qwen3-235b-private"}}
		},
		Fill: func(c *campaign, r *gateway.Record, _ int64) {
			r.Asked = "qwen3-235b-private"
			c.As(r, c.Victim(), 0)
		}},
	"deprecated_back": {Title: "a version that was given up is used again", Service: kongLegacy,
		Expect: []string{"shadow"}, Rate: 0.3, Jitter: 0.8, Who: byCallerAndRoute, Learn: 8 * time.Hour, Fixed: true,
		Fill: func(c *campaign, r *gateway.Record, _ int64) { c.As(r, c.Victim(), 0) }},
	"unlisted_host": {Title: "a host that was never seen answers", Service: simulate.EdgeChat,
		Expect: []string{"shadow"}, Rate: 0.3, Jitter: 0.8, Who: byCallerAndRoute, Learn: 6 * time.Hour, Fixed: true,
		Also: func(*campaign) []simulate.Entity {
			return []simulate.Entity{{Kind: schemas.EntityHost, Raw: "staging-7.example.com"}}
		},
		Fill: func(c *campaign, r *gateway.Record, _ int64) {
			r.Host = "staging-7.example.com"
			c.As(r, c.Victim(), 0)
		}},
}

// sensitive are paths that hold secrets where somebody was careless.
var sensitive = []string{"/.env", "/.git/config", "/.aws/credentials", "/config.json", "/actuator/env", "/server-status", "/.ssh/id_rsa",
	"/api/tags", "/debug/pprof/", "/backup.sql", "/wp-login.php", "/phpinfo.php", "/.vscode/sftp.json", "/v1/internal/keys"}

var scans = kinds{
	"path_scan": {Title: "one address tries hundreds of paths", Service: simulate.CombinedModels,
		Expect: []string{"scan", "authfail.scan"}, Rate: 5, Jitter: 0.4, Who: byCrowd, Also: unknownRoutes, Fill: func(c *campaign, r *gateway.Record, n int64) {
			c.As(r, c.Caller(), 0)
			r.SetPath("GET", fmt.Sprintf("/%s/%s.php", gateway.FirstNames[n%int64(len(gateway.FirstNames))], strconv.FormatUint(gateway.Mix(uint64(n))%100000, 36)))
			r.Principal = r.Principal[:0]
			r.SetAgent("Mozilla/5.0 zgrab/0.x")
			r.Refuse(404)
		}},
	"sensitive_paths": {Title: "one address asks for files with secrets, and gets one", Service: simulate.CombinedModels,
		Expect: []string{"scan", "authfail.scan"}, Rate: 0.2, Jitter: 0.5, Who: byCrowd, Also: unknownRoutes, Fixed: true, Fill: func(c *campaign, r *gateway.Record, n int64) {
			c.As(r, c.Caller(), 0)
			r.SetPath("GET", sensitive[n%int64(len(sensitive))])
			r.Principal = r.Principal[:0]
			r.SetAgent(curl)
			if n != 9 {
				r.Refuse(404)
			}
		}},
	"model_enumeration": {Title: "one key tries every model that there may be", Service: simulate.KongChat,
		Expect: []string{"scan", "keyabuse"}, Rate: 0.5, Jitter: 0.5, Who: byEither, Fixed: true, Fill: func(c *campaign, r *gateway.Record, n int64) {
			r.Asked = fmt.Sprintf("%s-%d", enumerated[n%int64(len(enumerated))], n%7)
			c.As(r, c.Victim(), 0)
			if n%12 != 0 {
				r.Status, r.Upstream = 404, 404 // the provider knows no such model
				r.Output, r.Cached = 0, 0
			}
		}},
	"id_enumeration": {Title: "one account reads the documents of others, number by number", Service: simulate.AppDocuments,
		Expect: []string{"scan"}, Rate: 3, Jitter: 0.3, Who: byEither, Fill: func(c *campaign, r *gateway.Record, n int64) {
			c.As(r, c.Victim(), 0)
			r.Path = strconv.AppendInt(append(r.Path[:0], r.Service.Path...), 40_000+n, 10)
			switch d := c.Dice(); {
			case d.Chance(0.2):
				r.Status, r.Upstream = 403, 403
			case d.Chance(0.15):
				r.Status, r.Upstream = 404, 404
			}
		}},
	"scraping": {Title: "one address copies every file, one after another", Service: simulate.CombinedFiles,
		Expect: []string{"scan", "rate"}, Rate: 6, Jitter: 0.3, Who: byAddress, Lasts: 10 * time.Minute, Fill: func(c *campaign, r *gateway.Record, n int64) {
			c.As(r, c.Caller(), 0)
			r.Path = strconv.AppendInt(append(r.Path[:0], r.Service.Path...), 1000+n, 10)
			r.Principal = r.Principal[:0]
			r.SetAgent("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/139.0.0.0 Safari/537.36")
		}},
	"sdk_poser": {Title: "a bot says that it is an SDK and asks for what no SDK does", Service: simulate.EdgeChat,
		Expect: []string{"scan", "authfail.scan"}, Rate: 1, Jitter: 0.5, Who: byCrowd, Also: unknownRoutes, Fixed: true, Fill: func(c *campaign, r *gateway.Record, n int64) {
			c.As(r, c.Caller(), 0)
			r.SetPath("GET", []string{"/", "/index.html", "/robots.txt", "/.env", "/admin", "/.git/config", "/favicon.ico", "/wp-login.php", "/docs", "/.aws/credentials"}[n%10])
			r.Principal = r.Principal[:0]
			r.SetAgent([]string{sdk, node, "Anthropic/Python 0.64.0"}[n%3])
			if n%10 != 0 {
				r.Refuse(404)
			}
		}},
}

// prompted sets the kind of the prompt.
func prompted(c *campaign, r *gateway.Record, kind gateway.PromptKind, length int) {
	r.Prompt = gateway.Prompt{Kind: kind, Seed: c.Dice().Next(), Length: length}
	r.Messages, r.Stream = 1, false
}

var injections = kinds{
	"injection_run": {Title: "one key tries to talk the model out of its instructions", Service: simulate.LiteLLMChat,
		Expect: []string{"injection"}, Rate: 0.3, Jitter: 0.5, Who: byEither, Fill: func(c *campaign, r *gateway.Record, _ int64) {
			c.As(r, c.Victim(), 0)
			prompted(c, r, gateway.InjectPrompt, 0)
		}},
	"guardrail_blocks": {Title: "a guardrail blocks one key again and again", Service: litellmTools,
		Expect: []string{"injection"}, Rate: 0.2, Jitter: 0.5, Who: byEither, Lasts: 10 * time.Minute, Fill: func(c *campaign, r *gateway.Record, n int64) {
			c.As(r, c.Victim(), 0)
			if n%4 != 0 {
				r.Refuse(400)
				r.Blocked = gateway.InputBlocked
			}
		}},
	"refusal_run": {Title: "the model refuses one key again and again", Service: simulate.LiteLLMChat,
		Expect: []string{"injection"}, Rate: 0.5, Jitter: 0.5, Who: byEither, Lasts: 10 * time.Minute, Fill: func(c *campaign, r *gateway.Record, n int64) {
			c.As(r, c.Victim(), 0)
			r.Output, r.Messages = 14+int64(c.Dice().Below(6)), 1
			if n%3 == 0 {
				r.Finish, r.Output = "content_filter", 0
			}
		}},
	"best_of_n": {Title: "one key sends one prompt in thousands of spellings", Service: simulate.LiteLLMChat,
		Expect: []string{"injection", "extraction"}, Rate: 2, Jitter: 0.3, Who: byEither, Lasts: 10 * time.Minute, Fill: func(c *campaign, r *gateway.Record, _ int64) {
			c.As(r, c.Victim(), 0)
			prompted(c, r, gateway.MutantPrompt, 7+c.Number())
			r.Input, r.Temperature = 330, 1
			r.Output = int64(c.Dice().Lognormal(60, 0.5))
		}},
}
