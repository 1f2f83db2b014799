package population

import (
	"net/netip"
	"strconv"

	"github.com/gatehound/gatehound/cmd/internal/simulate"
	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/cmd/internal/simulate/population/internet"
	"github.com/gatehound/gatehound/schemas"
)

// client is who calls, as the gateway sees it.
type client struct {
	// id makes the name and the key.
	id     uint64
	tenant *tenant
	agent  string
	// usual is where it calls from, others where it does so at times, with the
	// chance roams.
	usual  internet.Place
	others []internet.Place
	roams  float64
	// hold is how long it keeps an address; 0 is what is usual there. held is the
	// address that it has at present, until it is due to change.
	hold  int64
	held  netip.Addr
	until int64
}

// tenant is a customer of the gateway: what its keys have in common.
type tenant struct {
	name    string
	country int
	zone    int64
	office  internet.Place
	cloud   internet.Place
}

// tenant returns a new customer.
func (w *World) tenant() *tenant {
	d := &w.dice
	w.numbers++
	c := d.Below(internet.Countries)
	t := &tenant{name: string(strconv.AppendInt([]byte("org-"), int64(gateway.Mix(w.cfg.Seed*31+w.numbers)>>40), 36)), country: c}
	t.zone = internet.Zone(c) * hour
	switch x := d.Float(); {
	case x < .15: // goes out by a corporate proxy service, with many others
		t.office = internet.Proxy(d)
	case x < .25: // has several lines
		t.office = internet.Place{Network: internet.Office(d, c), Networks: 1, First: d.Below(200), Hosts: 8}
	default:
		t.office = internet.One(internet.Office(d, c), d.Below(254))
	}
	switch x := d.Float(); {
	case x < .25:
		t.cloud = internet.Functions(d)
	case x < .85:
		t.cloud = internet.Cloud(d, 1+d.Below(4))
	case x < .93:
		t.cloud = internet.One(internet.Host(d), d.Below(254))
	default:
		t.cloud = t.office // its own machines
	}
	return t
}

// client returns a new principal of a tenant.
func (w *World) client(t *tenant, agent string, usual internet.Place) *client {
	w.numbers++
	return &client{id: gateway.Mix(gateway.Mix(w.cfg.Seed+0xc11e) + w.numbers), tenant: t, agent: agent, usual: usual}
}

// name appends the principal as a gateway logs it: LiteLLM the SHA-256 of the key,
// others a name.
func (c *client) name(buf []byte, f gateway.Format) []byte {
	if f == gateway.LiteLLM {
		for i := range uint64(4) {
			buf = gateway.AppendHex(buf, gateway.Mix(c.id+i))
		}
		return buf
	}
	buf = append(append(buf, c.tenant.name...), '-')
	return strconv.AppendUint(buf, c.id>>24, 36)
}

func (c *client) entity(f gateway.Format) simulate.Entity {
	return simulate.Entity{Kind: schemas.EntityPrincipal, Raw: string(c.name(nil, f)), Format: f}
}

// sign makes r a request of the client.
func (c *client) sign(d *gateway.Dice, r *gateway.Record) {
	r.Principal = c.name(r.Principal, r.Format)
	r.Team = c.tenant.name
	r.UserAgent = append(r.UserAgent, c.agent...)
	r.KeyID = [2]uint64{c.id, gateway.Mix(c.id)}
	if r.Time >= c.until {
		p := c.usual
		if len(c.others) > 0 && d.Chance(c.roams) {
			p = c.others[d.Below(len(c.others))]
		}
		hold := c.hold
		if hold == 0 {
			if hold = 3 * hour; p.Networks > 1 || p.Hosts > 100 {
				hold = 10 * minute
			}
		}
		c.held, c.until = p.Pick(d), r.Time+int64(d.Exp(float64(hold)))
	}
	r.Client = c.held
}
