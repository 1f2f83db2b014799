package simulate

import (
	"net/netip"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/schemas"
)

// Attackers who know how detectors count, and innocents who look like them.
// They are no part of the demo: they are here to find out what gets through.
const (
	siege       Kind = "siege"             // one account, many addresses
	between     Kind = "between_bounds"    // eight guesses from each of many addresses
	rotation    Kind = "ipv6_rotation"     // a new /64 of one /48 for each guess
	trickle     Kind = "slow_key_guessing" // a key a minute
	mingled     Kind = "mingled_guessing"  // own accounts succeed in between
	mingledOpen Kind = "mingled_requests"  // requests that need no key in between
	onePassword Kind = "slow_stuffing"     // an account a minute

	wrongPassword Kind = "wrong_password"    // a program with an old password
	keyTests      Kind = "key_tests"         // tests that try wrong keys every hour
	busyOffice    Kind = "busy_office"       // many people log in from one address
	probes        Kind = "probes"            // a monitor without a key
	staleFleet    Kind = "stale_fleet"       // a fleet's old key, from many addresses
	browsers      Kind = "challenged_access" // each request is challenged first
)

var innocents = []Kind{wrongPassword, keyTests, busyOffice, probes, staleFleet, browsers}

// addEvasions makes the kinds of this file known to New.
func addEvasions() {
	auth, broken := []string{"authfail"}, []string{"authfail.broken_client"}
	victims := []schemas.EntityKind{schemas.EntityPrincipal, schemas.EntityGlobal}
	for k, b := range map[Kind]*behaviour{
		siege: {title: "many addresses try passwords on one account", format: gateway.App, service: appLogin,
			expect: auth, rate: 4, jitter: 0.7, who: victims, fill: func(c *campaign, r *gateway.Record, n int64) {
				c.as(r, c.victim(), int(n%60))
				r.Refuse(401)
			}},
		between: {title: "many addresses try eight keys each", format: gateway.Kong, service: kongChat,
			expect: auth, rate: 2, jitter: 0.7, who: byCrowd, fill: func(c *campaign, r *gateway.Record, n int64) {
				c.as(r, c.caller, int(n/8))
				r.Refuse(401)
				c.fleet.guess(r, c.caller, n)
			}},
		rotation: {title: "a host guesses keys from ever new addresses of its /48", format: gateway.Kong, service: kongChat,
			expect: auth, rate: 5, jitter: 0.5, who: byCrowd, fill: func(c *campaign, r *gateway.Record, n int64) {
				c.as(r, c.caller, 0)
				a := c.fleet.v6(0xbad0, c.fleet.hash(c.caller, forAddress)).As16()
				a[6], a[7] = byte(n>>8), byte(n)
				r.Client = netip.AddrFrom16(a)
				r.Refuse(401)
				c.fleet.guess(r, c.caller, n)
			}},
		trickle: {title: "one address guesses a key a minute", format: gateway.Kong, service: kongChat,
			expect: auth, rate: 1. / 60, jitter: 0.5, who: byAddress, fill: fillKeyGuessing},
		mingled: {title: "one address guesses keys and uses four of its own", format: gateway.NginxJSON, service: edgeChat,
			expect: auth, rate: 4, jitter: 0.5, who: byAddress, fill: func(c *campaign, r *gateway.Record, n int64) {
				if n%3 == 0 {
					c.as(r, c.caller+caller(n/3%4), 0)
					return
				}
				c.as(r, c.caller+100+caller(n), 0)
				r.Refuse(401)
			}},
		mingledOpen: {title: "one address tries passwords and reads what is open", format: gateway.NginxCombined, service: combinedFiles,
			expect: auth, rate: 4, jitter: 0.5, who: byAddress, fill: func(c *campaign, r *gateway.Record, n int64) {
				if n%2 == 0 {
					r.Reset(r.Time, &c.fleet.services[combinedModels])
					c.as(r, c.caller, 0)
				} else {
					c.as(r, c.caller, 0)
					r.Refuse(401)
				}
				r.Principal = r.Principal[:0]
			}},
		onePassword: {title: "one address tries an account a minute", format: gateway.App, service: appLogin,
			expect: auth, rate: 1. / 60, jitter: 0.5, who: byAddress, fill: func(c *campaign, r *gateway.Record, n int64) {
				c.as(r, c.caller+1+caller(n), 0)
				r.Refuse(401)
			}},

		wrongPassword: {title: "a program goes on with an old password", format: gateway.App, service: appLogin,
			benign: true, expect: broken, rate: 0.2, jitter: 0.05, who: byEither, fill: func(c *campaign, r *gateway.Record, _ int64) {
				c.as(r, c.victim(), 0)
				if c.progress(r) < 0.9 {
					r.Refuse(401)
				}
			}},
		keyTests: {title: "tests try a few wrong keys", format: gateway.Kong, service: kongChat,
			benign: true, rate: 0.1, jitter: 0.5, who: byEither, fill: func(c *campaign, r *gateway.Record, n int64) {
				c.as(r, c.victim(), 0)
				if n%5 < 2 {
					r.Refuse(401)
					c.fleet.guess(r, c.caller, n%2) // always the same two
				}
			}},
		busyOffice: {title: "three hundred people log in from one address", format: gateway.App, service: appLogin,
			benign: true, rate: 1, jitter: 1, who: byEither, fill: func(c *campaign, r *gateway.Record, n int64) {
				c.as(r, c.caller+1+caller(n%300), 0)
				if n%8 == 0 {
					r.Refuse(401)
				}
			}},
		probes: {title: "a monitor asks without a key", format: gateway.NginxCombined, service: combinedModels,
			benign: true, rate: 0.2, jitter: 0.02, who: byAddress, fill: func(c *campaign, r *gateway.Record, _ int64) {
				c.as(r, c.victim(), 0)
				r.Principal = r.Principal[:0]
				r.Refuse(401)
			}},
		staleFleet: {title: "a fleet of forty hosts fails with its old key", format: gateway.Kong, service: kongEmbed,
			benign: true, expect: broken, rate: 2, jitter: 1, who: []schemas.EntityKind{schemas.EntityPrincipal, schemas.EntityAddress}, fill: func(c *campaign, r *gateway.Record, n int64) {
				c.as(r, c.victim(), int(n%40))
				r.Refuse(401)
				c.fleet.guess(r, c.caller, 0)
			}},
		browsers: {title: "each request is challenged first", format: gateway.NginxCombined, service: combinedFiles,
			benign: true, rate: 3, jitter: 0.8, who: byEither, fill: func(c *campaign, r *gateway.Record, n int64) {
				c.as(r, c.victim(), 0)
				if n%2 == 0 {
					r.Refuse(401)
					r.Principal = r.Principal[:0]
				}
			}},
	} {
		b.hour = onlyOnce
		kinds[k] = b
	}
}
