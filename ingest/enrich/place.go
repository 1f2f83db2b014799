package enrich

import (
	"encoding/binary"
	"net/netip"

	"github.com/gatehound/gatehound/schemas"
)

// placeEntries is the size of the cache of addresses, a power of two. A worker's
// cache takes 48 KB.
const placeEntries = 1024

// place is what the databases and lists say of an address.
type place struct {
	addr    netip.Addr
	country string
	asn     uint32
	class   schemas.NetworkClass
}

// place sets ASN, Country and Network of the client's address. They come from
// files that the operator names, not from the record.
func (e *Enricher) place(ev *schemas.Event) {
	a := ev.ClientAddr
	if !a.IsValid() || e.now.countries == nil && e.now.asns == nil && e.now.networks == nil {
		return
	}
	p := &e.places[slot(a)]
	if p.addr != a {
		*p = e.now.place(a)
	}
	ev.Country, ev.ASN, ev.Network = p.country, p.asn, p.class
}

func (s *snapshot) place(a netip.Addr) place {
	p := place{addr: a}
	if s.countries != nil {
		p.country = s.countries.Lookup(a)
	}
	if s.asns != nil {
		p.asn = s.asns.Lookup(a)
	}
	if s.networks != nil {
		p.class = s.networks.Class(a, p.asn)
	}
	return p
}

// slot returns the place of an address in the cache. Who makes addresses collide
// makes lookups slower, and no more.
func slot(a netip.Addr) uint64 {
	b := a.As16()
	h := (binary.LittleEndian.Uint64(b[:8])*0x9e3779b97f4a7c15 ^ binary.LittleEndian.Uint64(b[8:])) * 0xff51afd7ed558ccd
	return h >> 32 % placeEntries
}
