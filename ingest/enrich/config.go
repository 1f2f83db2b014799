package enrich

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/gatehound/gatehound/ingest/enrich/inventory"
	"github.com/gatehound/gatehound/ingest/enrich/price"
	"github.com/gatehound/gatehound/schemas"
)

// The bounds of the configuration.
const (
	maxProxies = 1024
	maxRoutes  = 1024
	maxFiles   = 64
	maxPrices  = 10_000
)

// Config says what ingest knows about the network in front of the gateways, and
// the files that tell more. All files are optional; one that changes is loaded
// again, and one that cannot be used leaves the version before it in force.
type Config struct {
	// TrustedProxies are the networks (CIDR) or addresses of the proxies and
	// load balancers whose X-Forwarded-For is believed. Default: none, so that
	// the address which the gateway logged is the client. At most 1024.
	TrustedProxies []string `mapstructure:"trusted_proxies"`
	// Routes are templates of paths beyond those of the known AI APIs, such as
	// "/agents/{id}/run": a path that fits one has it as its route. Default:
	// none. At most 1024, each of at most 16 segments.
	Routes []string `mapstructure:"routes"`

	// CountryDatabase and ASNDatabase are files in MaxMind's format (.mmdb),
	// such as GeoLite2-Country and GeoLite2-ASN. Default: none. At most 512 MiB
	// each.
	CountryDatabase string `mapstructure:"country_database"`
	ASNDatabase     string `mapstructure:"asn_database"`
	// Networks are lists of networks and autonomous systems by class. Default:
	// none. At most 64, of 256 MiB each and 5,000,000 networks together.
	Networks []NetworkList `mapstructure:"networks"`
	// Clouds counts the autonomous systems of the large clouds as hosting, as
	// far as no list says otherwise. It needs asn_database. Default true.
	Clouds bool `mapstructure:"clouds"`
	// Endpoints are inventories of the endpoints that there are. Default: none.
	// At most 64, of 64 MiB each and 100,000 endpoints together.
	Endpoints []EndpointFile `mapstructure:"endpoints"`
	// ModelFile lists the models that there are. Default: none. At most 16 MiB.
	ModelFile string `mapstructure:"model_file"`
	// Prices are what models cost. They come before those of PriceFile. Default:
	// none. At most 10000.
	Prices []price.Price `mapstructure:"prices"`
	// PriceFile has prices in the shape of LiteLLM's
	// model_prices_and_context_window.json. Default: none. At most 64 MiB.
	PriceFile string `mapstructure:"price_file"`
	// ReloadEvery is how often the files are looked at. A change is loaded when
	// the file has stayed the same for as long again. Default 3s. 100ms to 1h.
	ReloadEvery time.Duration `mapstructure:"reload_every"`
}

// NetworkList names a list of networks.
type NetworkList struct {
	// Class is hosting, proxy, tor or internal. Required.
	Class string `mapstructure:"class"`
	// File has a network, an address or an autonomous system ("AS64496") on
	// each line; "#" begins a comment. Required.
	File string `mapstructure:"file"`
}

// EndpointFile names an inventory of endpoints.
type EndpointFile struct {
	// File is the inventory. Required.
	File string `mapstructure:"file"`
	// Format is openapi, kong, list, or auto (default), which tells by the
	// content.
	Format string `mapstructure:"format"`
	// Mount stands before all paths of the file, as clients of the gateway see
	// them: "/billing". Default: none. At most 256 bytes.
	Mount string `mapstructure:"mount"`
	// Host is that of the endpoints which name none, perhaps with "*" as its
	// first or last label. Default: every host. At most 253 bytes.
	Host string `mapstructure:"host"`
}

// DefaultConfig returns the defaults.
func DefaultConfig() Config { return Config{Clouds: true, ReloadEvery: 3 * time.Second} }

// Validate reports the first setting that cannot be used. It opens no file.
func (c *Config) Validate() error {
	if len(c.TrustedProxies) > maxProxies {
		return fmt.Errorf("trusted_proxies has %d entries: at most %d are allowed", len(c.TrustedProxies), maxProxies)
	}
	if _, err := parseProxies(c.TrustedProxies); err != nil {
		return err
	}
	if len(c.Routes) > maxRoutes {
		return fmt.Errorf("routes has %d entries: at most %d are allowed", len(c.Routes), maxRoutes)
	}
	for i, r := range c.Routes {
		if !strings.HasPrefix(r, "/") || strings.ContainsAny(r, "?#% ") || len(r) > 256 || strings.Count(r, "/") > maxSegments {
			return fmt.Errorf("routes[%d] is %q: want a path such as /agents/{id}/run, of at most %d segments and 256 bytes, without query and escapes", i, r, maxSegments)
		}
	}
	if c.ReloadEvery != 0 && (c.ReloadEvery < 100*time.Millisecond || c.ReloadEvery > time.Hour) {
		return fmt.Errorf("reload_every is %v: want 100ms to 1h", c.ReloadEvery)
	}
	if len(c.Prices) > maxPrices {
		return fmt.Errorf("prices has %d entries: at most %d are allowed", len(c.Prices), maxPrices)
	}
	for i := range c.Prices {
		if err := c.Prices[i].Validate(); err != nil {
			return fmt.Errorf("prices[%d].%w", i, err)
		}
	}
	return c.validateFiles()
}

func (c *Config) validateFiles() error {
	if len(c.Networks) > maxFiles {
		return fmt.Errorf("networks has %d entries: at most %d are allowed", len(c.Networks), maxFiles)
	}
	for i, n := range c.Networks {
		if _, ok := classOf(n.Class); !ok {
			return fmt.Errorf("networks[%d].class is %q: want hosting, proxy, tor or internal", i, n.Class)
		}
		if n.File == "" {
			return fmt.Errorf("networks[%d].file is empty: want a file", i)
		}
	}
	if len(c.Endpoints) > maxFiles {
		return fmt.Errorf("endpoints has %d entries: at most %d are allowed", len(c.Endpoints), maxFiles)
	}
	for i, e := range c.Endpoints {
		switch {
		case e.File == "":
			return fmt.Errorf("endpoints[%d].file is empty: want a file", i)
		case e.Format != "" && !slices.Contains(inventory.Formats, inventory.Format(e.Format)):
			return fmt.Errorf("endpoints[%d].format is %q: want one of %q", i, e.Format, inventory.Formats)
		case e.Mount != "" && (!strings.HasPrefix(e.Mount, "/") || strings.HasSuffix(e.Mount, "/") || len(e.Mount) > 256):
			return fmt.Errorf("endpoints[%d].mount is %q: want a path such as /billing, of at most 256 bytes, without / at its end", i, e.Mount)
		case len(e.Host) > 253 || strings.ContainsAny(e.Host, "/: "):
			return fmt.Errorf("endpoints[%d].host is %q: want a host without port, of at most 253 bytes", i, e.Host)
		}
	}
	return nil
}

// classOf returns the class that a list may have.
func classOf(name string) (c schemas.NetworkClass, ok bool) {
	err := c.UnmarshalText([]byte(name))
	return c, err == nil && c != schemas.NetworkUnknown
}

func parseProxies(list []string) ([]netip.Prefix, error) {
	nets := make([]netip.Prefix, 0, len(list))
	for i, s := range list {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			a, err := netip.ParseAddr(s)
			if err != nil || a.Zone() != "" {
				return nil, fmt.Errorf("trusted_proxies[%d] is %q: want a network such as 10.0.0.0/8 or an address", i, s)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		if p.Addr().Is4In6() {
			if p.Bits() < 96 {
				return nil, fmt.Errorf("trusted_proxies[%d] is %q: want an IPv4 network in IPv4 form", i, s)
			}
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		nets = append(nets, p.Masked())
	}
	return nets, nil
}
