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
	rules []rule
	// generation is a hash of the rules, so that what an entry remembers of
	// one allowlist is not taken for another's. It is never 0.
	generation uint32
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
	a := &allowlist{generation: uint32(key.String(fmt.Sprintf("%q", list))) | 1}
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

// remember notes in e the rule with the narrowest network around the client's
// true address, while that is at hand: the address itself is kept nowhere. All
// other networks around the address hold this one, so it stands for them too.
func (a *allowlist) remember(e *entities.Entry, address netip.Addr) {
	e.Generation, e.Rule = a.generation, 0
	if !address.IsValid() {
		return
	}
	address, bits := address.Unmap(), -1
	for i := range a.rules {
		if p := a.rules[i].address; p.Bits() > bits && p.Contains(address) {
			bits, e.Rule = p.Bits(), uint32(i+1)
		}
	}
}

// rememberPrincipal notes in e the first rule for the principal's pseudonym under
// the current key of the ring, whose hash is key: the entity itself goes by the
// one under the oldest key.
func (a *allowlist) rememberPrincipal(e *entities.Entry, key uint64) {
	e.Generation, e.Rule = a.generation, 0
	for i := range a.rules {
		if r := &a.rules[i]; r.kind == schemas.EntityPrincipal && r.key == key {
			e.Rule = uint32(i + 1)
			return
		}
	}
}

// covering returns the exception for a finding of detector on the entity, at
// event time now, or nil. client is the address as it is stored, e the entity's
// entry; both may be absent.
func (a *allowlist) covering(detector string, entity schemas.EntityKind, key uint64, client netip.Addr, e *entities.Entry, now int64) *schemas.Exception {
	var around netip.Prefix
	named := key
	if e != nil && e.Rule > 0 && e.Generation == a.generation {
		r := &a.rules[e.Rule-1]
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
