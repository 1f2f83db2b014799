package engine

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/gatehound/gatehound/detectors/engine/internal/entities"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// allowlist is the compiled exceptions. It is immutable.
type allowlist struct {
	key   sketch.Key
	rules []rule
	// generation is a hash of the rules: what the records of a snapshot
	// remember of another list is not taken for this one's.
	generation uint64
}

type rule struct {
	detector        string
	kind            schemas.EntityKind // EntityNone covers every entity
	key             uint64             // of a principal or route
	address, client netip.Prefix
	expires         int64 // 0 never
	exception       schemas.Exception
}

// newAllowlist compiles exceptions that Validate accepted.
func newAllowlist(list []Allow, key sketch.Key) *allowlist {
	a := &allowlist{key: key, generation: key.String(fmt.Sprintf("%q", list))}
	for _, l := range list {
		r := rule{detector: l.Detector, exception: schemas.Exception{Owner: l.Owner, Reason: l.Reason}}
		r.address, _ = network(l.Address)
		r.client, _ = network(l.Client)
		switch {
		case l.Principal != "":
			r.kind, r.key = schemas.EntityPrincipal, key.String(l.Principal)
		case l.Route != "":
			method, route, _ := strings.Cut(l.Route, " ")
			r.kind, r.key = schemas.EntityRoute, routeKey(key, method, route)
		case r.address.IsValid() || r.client.IsValid():
			r.kind = schemas.EntityAddress
		}
		if !l.Expires.IsZero() {
			r.expires = l.Expires.UnixNano()
		}
		a.rules = append(a.rules, r)
	}
	return a
}

// ask returns what a record remembers of the allowlist while the event is at
// hand: of an address the rule with the narrowest network around the client's
// true address, which is kept nowhere; all other networks around the address
// hold this one, so it stands for them too. Of a principal, the first rule for
// the pseudonym under the current key of the ring, while the entity itself goes
// by the one under the oldest. 1 stands for none, from 2 on for a rule.
func (a *allowlist) ask(kind schemas.EntityKind, ev *schemas.Event) (rule uint16) {
	if rule = 1; len(a.rules) == 0 {
		return rule
	}
	switch kind {
	case schemas.EntityAddress:
		if !ev.ClientAddr.IsValid() {
			return 0
		}
		address, bits := ev.ClientAddr.Unmap(), -1
		for i := range a.rules {
			if p := a.rules[i].address; p.Bits() > bits && p.Contains(address) {
				bits, rule = p.Bits(), uint16(i+2)
			}
		}
	case schemas.EntityPrincipal:
		if ev.Subject == "" {
			return 0 // under a new key there may be one
		}
		key := a.key.String(ev.Principal)
		for i := range a.rules {
			if r := &a.rules[i]; r.kind == schemas.EntityPrincipal && r.key == key {
				return uint16(i + 2)
			}
		}
	}
	return rule
}

// tenant returns the hash of a tenant by which a record knows it; 0 if no rule
// asks for it or none is known.
func (a *allowlist) tenant(key sketch.Key, name string) uint32 { return 0 }

// covering returns the exception for a finding of detector on the entity, at
// event time now, or nil. client is the address as it is stored, e the entity's
// entry; both may be absent.
func (a *allowlist) covering(detector string, entity schemas.EntityKind, key uint64, client netip.Addr, e *entities.Record, now int64) *schemas.Exception {
	var around netip.Prefix
	named := key
	if e != nil && int(e.Rule) > 1 && int(e.Rule) < len(a.rules)+2 {
		r := &a.rules[e.Rule-2]
		if around = r.address; r.kind == schemas.EntityPrincipal {
			named = r.key
		}
	}
	for i := range a.rules {
		r := &a.rules[i]
		if r.kind != schemas.EntityNone && r.kind != entity || r.expires != 0 && now >= r.expires {
			continue
		}
		if family, _, _ := strings.Cut(detector, "."); r.detector != "" && r.detector != detector && r.detector != family {
			continue
		}
		switch {
		case r.address.IsValid():
			if !around.IsValid() || r.address.Bits() > around.Bits() || !r.address.Contains(around.Addr()) {
				continue
			}
		case r.client.IsValid():
			if !r.client.Contains(client) {
				continue
			}
		case r.kind != schemas.EntityNone && r.key != key && r.key != named:
			continue
		}
		x := r.exception
		return &x
	}
	return nil
}
