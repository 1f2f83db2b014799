package enrich

import (
	"net/netip"
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
)

// maxHops bounds how many addresses of X-Forwarded-For are read, from the right.
const maxHops = 32

// ClientAddr returns the address of the client: the peer, or, if the peer is a
// trusted proxy, the right-most address of X-Forwarded-For that is none. What
// stands left of it was written by the client and is never believed. If all are
// trusted, it is the left-most of them. The result has no zone and is IPv4 where
// it can be; it is invalid if the record states no address.
//
// A record without a peer is taken as one of a trusted proxy if there are
// trusted proxies at all: who configures them says that clients do not reach the
// gateway directly.
func (e *Enricher) ClientAddr(rec *decode.Record) netip.Addr {
	client, ok := ParseAddr(rec.Peer)
	if len(e.now.proxies) == 0 || ok && !e.trusted(client) || !ok && !blank(rec.Peer) {
		return client
	}
	rest := rec.Forwarded
	for hop := 0; hop < maxHops && rest != ""; hop++ {
		var entry string
		if i := strings.LastIndexByte(rest, ','); i >= 0 {
			rest, entry = rest[:i], rest[i+1:]
		} else {
			rest, entry = "", rest
		}
		a, ok := ParseAddr(entry)
		if !ok {
			return client // the nearest hop that is known
		}
		client = a
		if !e.trusted(a) {
			return client
		}
	}
	return client
}

func (e *Enricher) trusted(a netip.Addr) bool {
	for i := range e.now.proxies {
		if e.now.proxies[i].Contains(a) {
			return true
		}
	}
	return false
}

func blank(s string) bool { return s == "" || s == "-" }

// ParseAddr parses an address as gateways write it: with or without a port,
// brackets, a zone, quotes or white space around; "localhost" and the sockets
// of the host ("unix:…") are 127.0.0.1. ok is false for what is no address, such
// as "-" and "unknown".
func ParseAddr(s string) (a netip.Addr, ok bool) {
	s = strings.Trim(s, " \t\"'")
	if len(s) < 2 || len(s) > 80 {
		return netip.Addr{}, false
	}
	switch {
	case s[0] == '[':
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return netip.Addr{}, false
		}
		s = s[1:end]
	case s[0]|0x20 == 'u' && len(s) >= 5 && strings.EqualFold(s[:5], "unix:"),
		s[0]|0x20 == 'l' && (strings.EqualFold(s, "localhost") || len(s) > 10 && strings.EqualFold(s[:10], "localhost:")):
		return netip.AddrFrom4([4]byte{127, 0, 0, 1}), true
	default:
		// One colon is a port; two are IPv6.
		if i := strings.IndexByte(s, ':'); i >= 0 && strings.LastIndexByte(s, ':') == i {
			s = s[:i]
		}
	}
	if i := strings.IndexByte(s, '%'); i >= 0 {
		s = s[:i]
	}
	if s == "" || s[0] > 'f' || s[0] > '9' && s[0] < 'A' && s[0] != ':' {
		return netip.Addr{}, false // a name: spares the parser's error
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Addr{}, false
	}
	return a.Unmap(), true
}

// Network returns the network that is likely to be one subscriber's or one
// site's: the /24 of an IPv4 address, the /64 of an IPv6 address. It is invalid
// if a is.
func Network(a netip.Addr) netip.Prefix {
	a = a.Unmap()
	bits := 64
	if a.Is4() {
		bits = 24
	}
	p, err := a.WithZone("").Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}
