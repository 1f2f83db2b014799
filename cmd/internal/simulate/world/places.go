package world

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"

	"github.com/gatehound/gatehound/cmd/internal/simulate"
	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/ingest/enrich"
	"github.com/gatehound/gatehound/ingest/enrich/price"
)

// countries are those of benign callers, then those that only plants come from.
var countries = [...]string{"US", "DE", "GB", "FR", "IN", "US", "JP", "BR", "NL", "RU", "VN", "NG", "TR", "CA", "AU", "KR"}

// The kinds of places. Each place is a /24 of 198.19.0.0/16 and an autonomous
// system of its own: homes from 0 on, hosting from hosts on, mobile carriers
// from mobiles on.
const (
	hosts   = 128
	mobiles = 192
	places  = 256
)

// home is a place in the country of that number, hosting one of a data centre.
func home(country, n int) int { return (country + n*len(countries)) % hosts }
func hosting(country, n int) int {
	return hosts + (country+n*len(countries))%(mobiles-hosts)
}
func mobile(country int) int { return mobiles + country%len(countries) }

// at returns an address of a place; plants do not share one.
func at(place int, c *simulate.Campaign) netip.Addr {
	return netip.AddrFrom4([4]byte{198, 19, byte(place), byte(1 + c.Number()%254)})
}

// cloud returns the n-th of 32,768 addresses of a large cloud, without end.
func cloud(n uint64) netip.Addr {
	return netip.AddrFrom4([4]byte{198, 18, 128 | byte(n>>8)&127, byte(n)})
}

// Network is where some addresses are.
type Network struct {
	Prefix  string
	Country string
	ASN     uint32
	Hosting bool
}

// networks returns every network of the fleet, with private numbers of
// autonomous systems (RFC 6996).
func networks() []Network {
	var ns []Network
	add := func(country string, hosting bool, format string, args ...any) {
		ns = append(ns, Network{fmt.Sprintf(format, args...), country, 64512 + uint32(len(ns)), hosting})
	}
	for i := range 64 {
		add(countries[i%simulate.Countries], i >= 56, "100.%d.0.0/16", 64+i)
	}
	for i := range 24 {
		add(countries[i%simulate.Countries], false, "198.18.0.%d/32", 1+i)
	}
	for i := range 16 {
		add(countries[i%simulate.Countries], false, "2001:db8:%x::/48", 0x1000+i)
		add("RU", true, "2001:db8:%x::/48", 0xbad0+i)
	}
	add("RU", true, "203.0.113.0/24")
	add("VN", true, "198.51.100.0/24")
	add("NL", true, "192.0.2.0/24")
	for p := range places {
		add(countries[p%len(countries)], p >= hosts && p < mobiles, "198.19.%d.0/24", p)
	}
	add("US", true, "198.18.128.0/17")
	return ns
}

// Write makes the files of the world in dir and points cfg to them: databases
// of countries and autonomous systems, the list of hosting networks,
// inventories of endpoints and models, and prices. What cfg names for the same
// purpose is replaced, because it is about another world.
func Write(dir string, cfg *enrich.Config) error {
	if err := WriteNetworks(dir, networks(), cfg); err != nil {
		return err
	}
	var endpoints, models strings.Builder
	for _, e := range listedEndpoints() {
		fmt.Fprintln(&endpoints, e)
	}
	for _, m := range listedModels {
		fmt.Fprintln(&models, m)
	}
	if err := write(dir, file{"endpoints.txt", text(&endpoints)}, file{"models.txt", text(&models)}); err != nil {
		return err
	}
	cfg.Endpoints = []enrich.EndpointFile{{File: filepath.Join(dir, "endpoints.txt"), Format: "list"}}
	cfg.ModelFile = filepath.Join(dir, "models.txt")
	return nil
}

// WriteNetworks makes databases of the networks and the list of those that host,
// and points cfg to them and to the prices of the simulated models. It leaves cfg
// without inventories.
func WriteNetworks(dir string, ns []Network, cfg *enrich.Config) error {
	var list strings.Builder
	country, err := newDatabase("GeoLite2-Country")
	if err != nil {
		return err
	}
	asn, err := newDatabase("GeoLite2-ASN")
	if err != nil {
		return err
	}
	for _, n := range ns {
		country.add(n.Prefix, mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.String(n.Country)}})
		asn.add(n.Prefix, mmdbtype.Map{"autonomous_system_number": mmdbtype.Uint32(n.ASN)})
		if n.Hosting {
			fmt.Fprintln(&list, n.Prefix)
		}
	}
	if err := write(dir, file{"country.mmdb", country.bytes}, file{"asn.mmdb", asn.bytes}, file{"hosting.txt", text(&list)}); err != nil {
		return err
	}
	path := func(name string) string { return filepath.Join(dir, name) }
	cfg.CountryDatabase, cfg.ASNDatabase = path("country.mmdb"), path("asn.mmdb")
	cfg.Networks = []enrich.NetworkList{{Class: "hosting", File: path("hosting.txt")}}
	cfg.Endpoints, cfg.ModelFile, cfg.PriceFile, cfg.Prices = nil, "", "", nil
	for _, p := range gateway.Prices {
		if p.Model != "" {
			cfg.Prices = append(cfg.Prices, price.Price{Model: p.Model, Input: p.Input, Output: p.Output})
		}
	}
	return nil
}

type file struct {
	name string
	data func() ([]byte, error)
}

func write(dir string, files ...file) error {
	for _, f := range files {
		data, err := f.data()
		if err != nil {
			return fmt.Errorf("make %s: %w", f.name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, f.name), data, 0o600); err != nil {
			return fmt.Errorf("write %s: %w", f.name, err)
		}
	}
	return nil
}

func text(b *strings.Builder) func() ([]byte, error) {
	return func() ([]byte, error) { return []byte(b.String()), nil }
}

// database is one in MaxMind's format; the first error is kept for bytes.
type database struct {
	tree *mmdbwriter.Tree
	err  error
}

func newDatabase(kind string) (*database, error) {
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: kind, RecordSize: 24, BuildEpoch: 1_760_000_000, IncludeReservedNetworks: true})
	if err != nil {
		return nil, fmt.Errorf("make a database: %w", err)
	}
	return &database{tree: tree}, nil
}

func (d *database) add(prefix string, record mmdbtype.Map) {
	if d.err == nil {
		var n *net.IPNet
		if _, n, d.err = net.ParseCIDR(prefix); d.err == nil {
			d.err = d.tree.Insert(n, record)
		}
	}
}

func (d *database) bytes() ([]byte, error) {
	if d.err != nil {
		return nil, d.err
	}
	var b bytes.Buffer
	_, err := d.tree.WriteTo(&b)
	return b.Bytes(), err
}
