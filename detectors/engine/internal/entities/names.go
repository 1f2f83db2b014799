package entities

import (
	"fmt"
	"net/netip"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/schemas"
)

// SetName keeps with the entry what findings call the entity: the principal,
// the network of the client as it is stored, or method and route. The true
// address is not kept.
func (t *Table) SetName(place int, ev *schemas.Event) {
	e, room := t.At(place), t.name(place)
	n, length := 0, 0
	switch t.Kind {
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
func (t *Table) SubjectOf(place int) Subject {
	e := t.At(place)
	raw := t.name(place)[:e.named]
	s := Subject{Kind: t.Kind, cut: e.cut}
	switch {
	case t.Kind != schemas.EntityAddress:
		s.text = string(raw)
		s.Name = s.text
		if e.cut {
			s.Name = fmt.Sprintf("%s~%08x", s.text, uint32(e.Key))
		}
	case e.named == 0:
		s.Name = fmt.Sprintf("~%016x", e.Key)
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
