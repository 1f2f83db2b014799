// Package internet is where the callers of a population are: homes, mobile carriers,
// clouds, hosting providers, offices, universities and corporate proxies.
package internet

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

// Place is where a caller's requests come from: Hosts addresses from First on in
// Networks /24s from Network on.
type Place struct {
	Network, Networks, First, Hosts int
}

// Pick returns an address of the place.
func (p Place) Pick(d *gateway.Dice) netip.Addr {
	n, host := p.Network, p.First
	if p.Networks > 1 {
		n += d.Below(p.Networks)
	}
	if p.Hosts > 1 {
		host += d.Below(p.Hosts)
	}
	return netip.AddrFrom4([4]byte{100, 64 | byte(n>>8), byte(n), byte(1 + host%254)})
}

// within returns a network of a block.
func within(d *gateway.Dice, block int) int { return block*perBlock + d.Below(perBlock) }

// Countries is how many countries there are; a number below it names one.
const Countries = len(countries)

// Zone returns how many hours a country is ahead of UTC.
func Zone(c int) int64 { return countries[c].zone }

// One is a place of one address.
func One(network, host int) Place { return Place{network, 1, host, 1} }

// Home returns the address of a home in a country, or of any if it is below 0.
func Home(d *gateway.Dice, c int) Place {
	return One(within(d, inCountry(d, isps, carriers-isps, c)), d.Below(254))
}

// Mobile returns what phones and laptops on the way have: many addresses.
func Mobile(d *gateway.Dice, c int) Place {
	return Place{inCountry(d, carriers, clouds-carriers, c) * perBlock, 12, 0, 250}
}

// inCountry returns one of n blocks from first on, 12 at least, that lies in a
// country, or in any if that is below 0.
func inCountry(d *gateway.Dice, first, n, c int) int {
	b := first + d.Below(n)
	if c >= 0 {
		if b += (c - country(b) + Countries) % Countries; b >= first+n {
			b -= Countries
		}
	}
	return b
}

// Cloud returns hosts addresses of one of the clouds. The first ones have most of
// the customers.
func Cloud(d *gateway.Dice, hosts int) Place {
	n := within(d, clouds+perCloud*d.Rank((hosters-clouds)/perCloud, .8)+d.Below(perCloud))
	return Place{n, 1, d.Below(254), hosts}
}

// Functions are the addresses of a cloud's functions: thousands of customers have
// the same.
func Functions(d *gateway.Dice) Place {
	return Place{(clouds + perCloud*d.Below(2)) * perBlock, 24, 0, 254}
}

// Host returns a network of a small hosting provider.
func Host(d *gateway.Dice) int { return within(d, hosters+d.Below(companies-hosters)) }

// Office returns a network of companies in a country.
func Office(d *gateway.Dice, c int) int {
	return within(d, inCountry(d, companies, campuses-companies, c))
}

// Tool returns what a tool in a cloud goes out by, for all who use it.
func Tool(d *gateway.Dice) Place { return Place{within(d, clouds), 2, 0, 60} }

// Campus returns what a university goes out by.
func Campus(d *gateway.Dice) Place {
	return Place{(campuses + d.Below(proxies-campuses)) * perBlock, 2, 0, 30}
}

// Proxy returns what a corporate proxy service goes out by, for many companies.
func Proxy(d *gateway.Dice) Place {
	return Place{(proxies + d.Rank(blocks-proxies, .3)) * perBlock, 2, 0, 40}
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
