package simulate

import (
	"net/netip"
	"time"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/schemas"
)

// As makes r a request of an account from the n-th address of the campaign's
// caller.
func (c *Campaign) As(r *gateway.Record, account Caller, n int) {
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

// At makes r a request of another service, before it is filled.
func (c *Campaign) At(r *gateway.Record, service int) { r.Reset(r.Time, c.fleet.service(service)) }

// Caller is who runs the campaign; the numbers above it up to a million are its
// own too.
func (c *Campaign) Caller() Caller { return c.caller }

// Number tells the plants of a fleet apart, from 0.
func (c *Campaign) Number() int { return c.truth }

// Victim is the account that an attack on an account is after.
func (c *Campaign) Victim() Caller { return c.caller + 1<<19 }

// Dice is the fleet's.
func (c *Campaign) Dice() *gateway.Dice { return &c.fleet.rng }

// Home is the n-th address of an account.
func (c *Campaign) Home(account Caller, n int) netip.Addr { return c.fleet.address(account, n) }

// Guess puts a refused API key into the record, the n-th of the campaign.
func (c *Campaign) Guess(r *gateway.Record, n int64) { c.fleet.guess(r, c.caller, n) }

// Weigh derives bytes and latency from the tokens.
func (c *Campaign) Weigh(r *gateway.Record) { c.fleet.weigh(r) }

// Principal is an account as an entity of the campaign's service.
func (c *Campaign) Principal(account Caller) Entity {
	svc := c.fleet.service(c.does.Service)
	return Entity{Kind: schemas.EntityPrincipal, Raw: string(c.fleet.name(nil, account, svc)), Format: svc.Format}
}

// Progress is the part of the campaign that is over at the time of r.
func (c *Campaign) Progress(r *gateway.Record) float64 {
	return float64(r.Time-c.start) / float64(c.end-c.start)
}

// Elapsed is the time from the campaign's start to r.
func (c *Campaign) Elapsed(r *gateway.Record) time.Duration { return time.Duration(r.Time - c.start) }
