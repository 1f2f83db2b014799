package enrich

import (
	"fmt"
	"net/netip"
	"strings"
)

// The bounds of the configuration.
const (
	maxProxies = 1024
	maxRoutes  = 1024
)

// Config says what ingest knows about the network in front of the gateways.
type Config struct {
	// TrustedProxies are the networks (CIDR) or addresses of the proxies and
	// load balancers whose X-Forwarded-For is believed. Default: none, so that
	// the address which the gateway logged is the client. At most 1024.
	TrustedProxies []string `mapstructure:"trusted_proxies"`
	// Routes are templates of paths beyond those of the known AI APIs, such as
	// "/agents/{id}/run": a path that fits one has it as its route. Default:
	// none. At most 1024, each of at most 16 segments.
	Routes []string `mapstructure:"routes"`
}

// DefaultConfig returns the defaults.
func DefaultConfig() Config { return Config{} }

// Validate reports the first setting that cannot be used.
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
	return nil
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
