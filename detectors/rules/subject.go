package rules

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/rules/internal/field"
	"github.com/gatehound/gatehound/detectors/rules/internal/sigma"
	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

// subject is what a finding is about: a kind and a keyed hash.
type subject struct {
	kind schemas.EntityKind
	key  uint64
}

// caller returns the principal of an event, else the address, else the route. A
// principal that was named with a wrong credential stands behind the address.
func (m *Monitor) caller(ev *schemas.Event) subject {
	switch {
	case detectors.Named(ev):
		return m.subject(schemas.EntityPrincipal, ev)
	case field.Addr(ev).IsValid():
		return m.subject(schemas.EntityAddress, ev)
	case ev.Principal != "":
		return m.subject(schemas.EntityPrincipal, ev)
	case ev.Route != "":
		return m.subject(schemas.EntityRoute, ev)
	}
	return m.subject(schemas.EntityGlobal, ev)
}

// grouped returns what a finding of a correlation is about: what it groups by,
// if that is a caller, a route, a model, a tenant or a host, else everything.
func (m *Monitor) grouped(c *sigma.Correlation, place int, ev *schemas.Event) subject {
	by := [...]struct {
		field string
		kind  schemas.EntityKind
	}{{"principal", schemas.EntityPrincipal}, {"client", schemas.EntityAddress}, {"route", schemas.EntityRoute},
		{"model", schemas.EntityModel}, {"tenant", schemas.EntityTenant}, {"host", schemas.EntityHost}}
	for _, b := range by {
		for _, g := range c.GroupBy {
			if field.Of(g.Fields[place]).Name == b.field {
				return m.subject(b.kind, ev)
			}
		}
	}
	return m.subject(schemas.EntityGlobal, ev)
}

// subject returns the entity of a kind that an event has.
func (m *Monitor) subject(kind schemas.EntityKind, ev *schemas.Event) subject {
	s := subject{kind: kind}
	switch kind {
	case schemas.EntityPrincipal:
		s.key = m.key.String(detectors.Caller(ev))
	case schemas.EntityAddress:
		s.key = m.key.Addr(detectors.Network(detectors.Client(ev)))
	case schemas.EntityRoute:
		s.key = m.key.Words(m.key.String(ev.Method), m.key.String(ev.Route))
	case schemas.EntityModel:
		s.key = m.key.Words(m.key.String(ev.Provider), m.key.String(ev.Model))
	case schemas.EntityTenant:
		s.key = m.key.String(ev.Tenant)
	case schemas.EntityHost:
		s.key = m.key.String(ev.Host)
	default:
		s.kind = schemas.EntityGlobal
	}
	return s
}

// entity names a subject as policy lets it be shown. The name shares no memory
// with the event.
func (s subject) entity(ev *schemas.Event) schemas.Entity {
	e := schemas.Entity{Kind: s.kind, Name: "global"}
	switch s.kind {
	case schemas.EntityPrincipal:
		e.Name = strings.Clone(ev.Principal)
	case schemas.EntityRoute:
		e.Name = ev.Method + " " + ev.Route
	case schemas.EntityModel:
		e.Name = ev.Provider + "/" + ev.Model
	case schemas.EntityTenant:
		e.Name = strings.Clone(ev.Tenant)
	case schemas.EntityHost:
		e.Name = strings.Clone(ev.Host)
	case schemas.EntityAddress:
		switch n := detectors.Network(ev.Client); {
		case !ev.Client.IsValid():
			e.Name = fmt.Sprintf("~%016x", s.key)
		case n.Is6():
			e.Name = netip.PrefixFrom(n, 64).String()
		default:
			e.Name = n.String()
		}
	default:
	}
	return e
}

// evidence returns the ClickHouse statement that shows an entity's events from
// start to end (not in it), in Unix nanoseconds. Names come from clients: they
// stand in it as quoted literals only.
func evidence(table string, e schemas.Entity, start, end int64) string {
	q := fmt.Sprintf("SELECT * FROM %s WHERE time >= fromUnixTimestamp64Nano(%d) AND time < fromUnixTimestamp64Nano(%d)", table, start, end)
	switch e.Kind {
	case schemas.EntityPrincipal:
		q += " AND principal = " + words.Literal(e.Name)
	case schemas.EntityRoute:
		method, route, _ := strings.Cut(e.Name, " ")
		q += " AND method = " + words.Literal(method) + " AND route = " + words.Literal(route)
	case schemas.EntityModel:
		provider, model, _ := strings.Cut(e.Name, "/")
		q += " AND provider = " + words.Literal(provider) + " AND model = " + words.Literal(model)
	case schemas.EntityTenant:
		q += " AND tenant = " + words.Literal(e.Name)
	case schemas.EntityHost:
		q += " AND host = " + words.Literal(e.Name)
	case schemas.EntityAddress:
		q += " AND " + fromAddress(e.Name)
	default:
	}
	return q + " ORDER BY time LIMIT 1000"
}

func fromAddress(name string) string {
	if a, err := netip.ParseAddr(name); err == nil {
		return "client = toIPv6('" + a.String() + "')"
	}
	p, err := netip.ParsePrefix(name)
	if err != nil {
		return "0 /* client addresses are not stored */"
	}
	last := p.Addr().As16()
	for i := 8; i < 16; i++ {
		last[i] = 0xff
	}
	return "client >= toIPv6('" + p.Addr().String() + "') AND client <= toIPv6('" + netip.AddrFrom16(last).String() + "')"
}

// sample returns the request's id if it is fit to be shown, else "".
func sample(ev *schemas.Event) string {
	id := ev.RequestID
	if len(id) == 0 || len(id) > 64 {
		return ""
	}
	for i := range len(id) {
		c := id[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("._:/=+-", rune(c)) {
			return ""
		}
	}
	return strings.Clone(id)
}
