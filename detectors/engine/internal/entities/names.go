package entities

import (
	"fmt"
	"net/netip"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/schemas"
)

// nameWords is the room for a name, in words of eight bytes: a pseudonym has
// at most 40 bytes, an address 16; a longer name is cut.
func nameWords(kind schemas.EntityKind) int {
	switch kind {
	case schemas.EntityPrincipal:
		return 6
	case schemas.EntityAddress:
		return 2
	case schemas.EntityRoute:
		return 12
	case schemas.EntityModel, schemas.EntityTenant, schemas.EntityHost:
		return 8
	case schemas.EntityNone, schemas.EntityGlobal, schemas.EntitySource:
		return 0
	default:
		return 0
	}
}

// setName writes on a card what findings call the entity: the principal, the
// network of the client as it is stored, or method and route. The true address
// is not kept.
func (d *Directory) setName(at int, ev *schemas.Event) {
	e, room := d.card(at), d.name(at)
	n, length := 0, 0
	switch d.Kind {
	case schemas.EntityPrincipal:
		n, length = copy(room, ev.Principal), len(ev.Principal)
	case schemas.EntityRoute:
		n = copy(room, ev.Method)
		n += copy(room[n:], " ")
		n += copy(room[n:], ev.Route)
		length = len(ev.Method) + 1 + len(ev.Route)
	case schemas.EntityAddress:
		if ev.Client.IsValid() {
			n = copy(room, detectors.Network(ev.Client).AsSlice())
			length = n
		}
	case schemas.EntityModel:
		n = copy(room, ev.Provider)
		n += copy(room[n:], "/")
		n += copy(room[n:], ev.Model)
		length = len(ev.Provider) + 1 + len(ev.Model)
	case schemas.EntityTenant:
		n, length = copy(room, ev.Tenant), len(ev.Tenant)
	case schemas.EntityHost:
		n, length = copy(room, ev.Host), len(ev.Host)
	case schemas.EntityNone, schemas.EntityGlobal, schemas.EntitySource:
	}
	e.named, e.cut = uint8(n), length > n
}

// Subject is an entity as findings show it.
type Subject struct {
	Kind schemas.EntityKind
	Name string
	// Joined tells that a principal may have events under other pseudonyms,
	// which the table of aliases joins.
	Joined bool
	// prefix of an address's name; text of the others', whole if not cut.
	network netip.Prefix
	text    string
	cut     bool
}

// SubjectOf returns what is known of the entity at place.
func (d *Directory) SubjectOf(place int) Subject {
	s := Subject{Kind: d.Kind, Name: string(d.AppendName(nil, place))}
	raw, cut := d.named(place)
	if d.Kind == schemas.EntityAddress {
		s.network = networkOf(raw)
	} else {
		s.text, s.cut = string(raw), cut
	}
	return s
}

// PrincipalName returns the name of the principal's entity, which has the key.
func PrincipalName(principal string, key uint64) string {
	if room := 8 * nameWords(schemas.EntityPrincipal); len(principal) > room {
		return fmt.Sprintf("%s~%08x", principal[:room], uint32(key))
	}
	return principal
}

// AppendName appends the name of the entity at place to b. A name that was cut,
// and an address that policy does not store, end in digits of the key, so that
// no two entities share a name.
func (d *Directory) AppendName(b []byte, place int) []byte {
	raw, cut := d.named(place)
	if d.Kind == schemas.EntityAddress {
		return appendAddress(b, networkOf(raw), d.At(place).Key)
	}
	if b = append(b, raw...); cut {
		b = fmt.Appendf(b, "~%08x", uint32(d.At(place).Key))
	}
	return b
}

// named returns what the card of the entity at place has of its name, and whether
// there was more of it.
func (d *Directory) named(place int) (raw []byte, cut bool) {
	at := int(d.At(place).card) - 1
	if at < 0 {
		return nil, false
	}
	c := d.card(at)
	return d.name(at)[:c.named], c.cut
}

// networkOf returns what an address's card has: an IPv4 address, or the /64 of an
// IPv6 address. It is invalid if the card has none.
func networkOf(raw []byte) netip.Prefix {
	a, ok := netip.AddrFromSlice(raw)
	switch {
	case !ok:
		return netip.Prefix{}
	case a.Is6():
		return netip.PrefixFrom(a, 64)
	default:
		return netip.PrefixFrom(a, a.BitLen())
	}
}

// Client returns the address at place as it is stored, invalid if it is not or if
// the entity is none.
func (d *Directory) Client(place int) netip.Addr {
	if d.Kind != schemas.EntityAddress {
		return netip.Addr{}
	}
	raw, _ := d.named(place)
	return networkOf(raw).Addr()
}

// Client returns the stored address of an address entity, invalid if there is
// none.
func (s *Subject) Client() netip.Addr { return s.network.Addr() }
