package outbound

import "net/netip"

// where says what an address is for.
type where int

const (
	public where = iota
	private
	loopback
	reserved // link-local, multicast, metadata and the like: never a receiver
)

// The blocks of IANA's special-purpose registries
// (https://www.iana.org/assignments/iana-ipv4-special-registry,
// https://www.iana.org/assignments/iana-ipv6-special-registry) that
// netip.Addr does not tell of. The first that holds an address counts.
var blocks = []struct {
	prefix netip.Prefix
	where  where
}{
	{netip.MustParsePrefix("fd00:ec2::254/128"), reserved},  // Amazon's metadata
	{netip.MustParsePrefix("100.100.100.200/32"), reserved}, // Alibaba's metadata
	{netip.MustParsePrefix("168.63.129.16/32"), reserved},   // Azure's host
	{netip.MustParsePrefix("100.64.0.0/10"), private},       // shared address space
	{netip.MustParsePrefix("198.18.0.0/15"), private},       // benchmarks
	{netip.MustParsePrefix("0.0.0.0/8"), reserved},
	{netip.MustParsePrefix("192.0.0.0/24"), reserved},
	{netip.MustParsePrefix("240.0.0.0/4"), reserved},
	{netip.MustParsePrefix("100::/64"), reserved},
	{netip.MustParsePrefix("fec0::/10"), private},       // site-local, of old
	{netip.MustParsePrefix("64:ff9b:1::/48"), reserved}, // where it leads is not told by the address
	{netip.MustParsePrefix("2001::/32"), reserved},      // Teredo, likewise
}

// Prefixes of IPv6 that hold an IPv4 address, and at which byte. What is
// reached by them is the address within.
var embeds = []struct {
	prefix netip.Prefix
	at     int
}{
	{netip.MustParsePrefix("64:ff9b::/96"), 12},
	{netip.MustParsePrefix("2002::/16"), 2},
	{netip.MustParsePrefix("::/96"), 12},
}

// place says what a is for.
func place(a netip.Addr) where {
	a = a.Unmap().WithZone("")
	switch {
	case !a.IsValid(), a.IsUnspecified(), a.IsMulticast(), a.IsLinkLocalUnicast():
		return reserved
	case a.IsLoopback():
		return loopback
	}
	for _, b := range blocks {
		if b.prefix.Contains(a) {
			return b.where
		}
	}
	if a.IsPrivate() {
		return private
	}
	for _, e := range embeds {
		if e.prefix.Contains(a) {
			b := a.As16()
			return place(netip.AddrFrom4([4]byte(b[e.at : e.at+4])))
		}
	}
	return public
}
