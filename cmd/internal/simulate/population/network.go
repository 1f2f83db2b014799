package population

import (
	"fmt"
	"net/netip"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/cmd/internal/simulate/world"
	"github.com/gatehound/gatehound/ingest/enrich"
)

// The internet of this world is 100.64.0.0/10 (RFC 6598), which belongs to
// nobody: 256 blocks of 64 networks (/24) each. The blocks of a kind:
const (
	isps      = 0   // 120 internet providers, whose customers are homes
	carriers  = 120 // 20 mobile carriers
	clouds    = 140 // 6 clouds of 6 blocks each
	hosters   = 176 // 24 small hosting providers
	companies = 200 // 40 blocks of offices
	campuses  = 240 // 4 universities
	proxies   = 244 // 12 corporate proxy services that many companies go out by
	blocks    = 256
	perBlock  = 64
	perCloud  = 6
)

// countries are those of the blocks, in turn, with their distance from UTC in
// hours.
var countries = [...]struct {
	code string
	zone int64
}{{"US", -5}, {"DE", 1}, {"GB", 0}, {"US", -8}, {"FR", 1}, {"IN", 5}, {"US", -6}, {"JP", 9}, {"BR", -3}, {"NL", 1}, {"CA", -5}, {"AU", 10}}

// country returns the country of a block.
func country(block int) int { return block % len(countries) }

// place is where a caller's requests come from: hosts addresses in networks /24s
// from that one on.
type place struct {
	network, networks, first, hosts int
}

// pick returns an address of the place.
func (p place) pick(d *gateway.Dice) netip.Addr {
	n, host := p.network, p.first
	if p.networks > 1 {
		n += d.Below(p.networks)
	}
	if p.hosts > 1 {
		host += d.Below(p.hosts)
	}
	return netip.AddrFrom4([4]byte{100, 64 | byte(n>>8), byte(n), byte(1 + host%254)})
}

// within returns a network of a block.
func within(d *gateway.Dice, block int) int { return block*perBlock + d.Below(perBlock) }

// one is a place of one address.
func one(network, host int) place { return place{network, 1, host, 1} }

// home returns the address of a home in a country, or of any if it is below 0.
func home(d *gateway.Dice, c int) place {
	return one(within(d, isps+inCountry(d, c, carriers-isps)), d.Below(254))
}

// mobile returns what phones and laptops on the way have: many addresses.
func mobile(d *gateway.Dice, c int) place {
	return place{(carriers + inCountry(d, c, clouds-carriers)) * perBlock, 12, 0, 250}
}

// inCountry returns one of n blocks that lies in the country, if there is one.
func inCountry(d *gateway.Dice, c, n int) int {
	b := d.Below(n)
	if c >= 0 && n >= len(countries) {
		b = b - b%len(countries) + c
		if b >= n {
			b = c
		}
	}
	return b
}

// cloud returns hosts addresses of one of the clouds. The first ones have most of
// the customers.
func cloud(d *gateway.Dice, hosts int) place {
	n := within(d, clouds+perCloud*d.Rank((hosters-clouds)/perCloud, .8)+d.Below(perCloud))
	return place{n, 1, d.Below(254), hosts}
}

// functions are the addresses of a cloud's functions: thousands of customers have
// the same.
func functions(d *gateway.Dice) place {
	return place{(clouds + perCloud*d.Below(2)) * perBlock, 24, 0, 254}
}

// Write makes databases of countries and autonomous systems and the list of hosting
// networks in dir and points cfg to them, with the prices of the models.
func Write(dir string, cfg *enrich.Config) error {
	var ns []world.Network
	for b := range blocks {
		asn := 64512 + b
		if b >= clouds && b < hosters {
			asn = 64512 + clouds + (b-clouds)/perCloud*perCloud
		}
		ns = append(ns, world.Network{Prefix: fmt.Sprintf("100.%d.%d.0/18", 64+b/4, b%4*64), Country: countries[country(b)].code,
			ASN: uint32(asn), Hosting: b >= clouds && b < companies})
	}
	return world.WriteNetworks(dir, ns, cfg)
}
