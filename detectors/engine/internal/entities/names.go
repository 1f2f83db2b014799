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

// SubjectOf returns what is known of the entity at place. A name that was cut,
// and an address that policy does not store, end in digits of the key, so that
// no two entities share a name.
func (d *Directory) SubjectOf(place int) Subject {
	key, s := d.At(place).Key, Subject{Kind: d.Kind}
	var raw []byte
	if at := d.At(place).card; at > 0 {
		c := d.card(int(at - 1))
		raw, s.cut = d.name(int(at - 1))[:c.named], c.cut
	}
	switch {
	case d.Kind != schemas.EntityAddress:
		s.text = string(raw)
		s.Name = s.text
		if s.cut {
			s.Name = fmt.Sprintf("%s~%08x", s.text, uint32(key))
		}
	case len(raw) == 0:
		s.Name = fmt.Sprintf("~%016x", key)
	default:
		a, _ := netip.AddrFromSlice(raw)
		s.Name, s.network = a.String(), netip.PrefixFrom(a, a.BitLen())
		if a.Is6() {
			s.network = netip.PrefixFrom(a, 64)
			s.Name = s.network.String()
		}
	}
	return s
}

// Client returns the stored address of an address entity, invalid if there is
// none.
func (s *Subject) Client() netip.Addr { return s.network.Addr() }
