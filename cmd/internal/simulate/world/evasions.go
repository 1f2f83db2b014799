package world

import (
	"net/netip"
	"time"

	"github.com/gatehound/gatehound/cmd/internal/simulate"
	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/schemas"
)

var (
	auth   = []string{"authfail"}
	broken = []string{"authfail.broken_client"}
)

// evasions are attackers who know how the detectors of authentication count.
var evasions = kinds{
	"siege": {Title: "many addresses try passwords on one account", Service: simulate.AppLogin,
		Expect: auth, Fixed: true, Rate: 4, Jitter: 0.7, Who: byVictim, Fill: func(c *campaign, r *gateway.Record, n int64) {
			c.As(r, c.Victim(), int(n%60))
			r.Refuse(401)
		}},
	"between_bounds": {Title: "many addresses try eight keys each", Service: simulate.KongChat,
		Expect: auth, Fixed: true, Rate: 2, Jitter: 0.7, Who: byCrowd, Fill: func(c *campaign, r *gateway.Record, n int64) {
			c.As(r, c.Caller(), int(n/8))
			r.Refuse(401)
			c.Guess(r, n)
		}},
	"ipv6_rotation": {Title: "a host guesses keys from ever new addresses of its /48", Service: simulate.KongChat,
		Expect: auth, Fixed: true, Rate: 5, Jitter: 0.5, Who: byCrowd, Fill: func(c *campaign, r *gateway.Record, n int64) {
			c.As(r, c.Caller(), 0)
			a := [16]byte{0x20, 1, 0x0d, 0xb8, 0xba, 0xd0, byte(n >> 8), byte(n), 8: byte(c.Number()), 15: 1}
			r.Client = netip.AddrFrom16(a)
			r.Refuse(401)
			c.Guess(r, n)
		}},
	"slow_key_guessing": {Title: "one address guesses a key a minute", Service: simulate.KongChat,
		Expect: auth, Fixed: true, Rate: 1. / 60, Jitter: 0.5, Who: byAddress, Lasts: 4 * time.Hour, Fill: func(c *campaign, r *gateway.Record, n int64) {
			c.As(r, c.Caller(), 0)
			r.Refuse(401)
			c.Guess(r, n)
		}},
	"mingled_guessing": {Title: "one address guesses keys and uses four of its own", Service: simulate.EdgeChat,
		Expect: auth, Fixed: true, Rate: 4, Jitter: 0.5, Who: byAddress, Fill: func(c *campaign, r *gateway.Record, n int64) {
			if n%3 == 0 {
				c.As(r, c.Caller()+caller(n/3%4), 0)
				return
			}
			c.As(r, c.Caller()+100+caller(n), 0)
			r.Refuse(401)
		}},
	"mingled_requests": {Title: "one address tries passwords and reads what is open", Service: simulate.CombinedFiles,
		Expect: auth, Fixed: true, Rate: 4, Jitter: 0.5, Who: byAddress, Fill: func(c *campaign, r *gateway.Record, n int64) {
			if n%2 == 0 {
				c.At(r, simulate.CombinedModels)
				c.As(r, c.Caller(), 0)
			} else {
				c.As(r, c.Caller(), 0)
				r.Refuse(401)
			}
			r.Principal = r.Principal[:0]
		}},
	"slow_stuffing": {Title: "one address tries an account a minute", Service: simulate.AppLogin,
		Expect: auth, Fixed: true, Lasts: 4 * time.Hour, Rate: 1. / 60, Jitter: 0.5, Who: byAddress, Fill: func(c *campaign, r *gateway.Record, n int64) {
			c.As(r, c.Caller()+1+caller(n), 0)
			r.Refuse(401)
		}},
}

// evasiveInnocents look like them.
var evasiveInnocents = kinds{
	"wrong_password": {Title: "a program goes on with an old password", Service: simulate.AppLogin,
		Benign: true, Expect: broken, Rate: 0.2, Jitter: 0.05, Who: byEither, Fill: func(c *campaign, r *gateway.Record, _ int64) {
			c.As(r, c.Victim(), 0)
			if c.Progress(r) < 0.9 {
				r.Refuse(401)
			}
		}},
	"key_tests": {Title: "tests try a few wrong keys", Service: simulate.KongChat,
		Benign: true, Rate: 0.1, Jitter: 0.5, Who: byEither, Fill: func(c *campaign, r *gateway.Record, n int64) {
			c.As(r, c.Victim(), 0)
			if n%5 < 2 {
				r.Refuse(401)
				c.Guess(r, n%2) // always the same two
			}
		}},
	"busy_office": {Title: "three hundred people log in from one address", Service: simulate.AppLogin,
		Benign: true, Rate: 1, Jitter: 1, Who: byEither, Fill: func(c *campaign, r *gateway.Record, n int64) {
			c.As(r, c.Caller()+1+caller(n%300), 0)
			if n%8 == 0 {
				r.Refuse(401)
			}
		}},
	"probes": {Title: "a monitor asks without a key", Service: simulate.CombinedModels,
		Benign: true, Rate: 0.2, Jitter: 0.02, Who: byAddress, Fill: func(c *campaign, r *gateway.Record, _ int64) {
			c.As(r, c.Victim(), 0)
			r.Principal = r.Principal[:0]
			r.Refuse(401)
		}},
	"stale_fleet": {Title: "a fleet of forty hosts fails with its old key", Service: simulate.KongEmbed,
		Benign: true, Expect: broken, Rate: 2, Jitter: 1, Who: []schemas.EntityKind{schemas.EntityPrincipal, schemas.EntityAddress}, Fill: func(c *campaign, r *gateway.Record, n int64) {
			c.As(r, c.Victim(), int(n%40))
			r.Refuse(401)
			c.Guess(r, 0)
		}},
	"challenged_access": {Title: "each request is challenged first", Service: simulate.CombinedFiles,
		Benign: true, Rate: 3, Jitter: 0.8, Who: byEither, Fill: func(c *campaign, r *gateway.Record, n int64) {
			c.As(r, c.Victim(), 0)
			if n%2 == 0 {
				r.Refuse(401)
				r.Principal = r.Principal[:0]
			}
		}},
}
