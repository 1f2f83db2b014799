package app

import (
	"net/netip"
	"strings"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/engine"
	"github.com/gatehound/gatehound/schemas"
)

// RuleExceptions returns what tells which exception of the engine's list covers
// a finding of the users' own rules: the first for which all that is set in it
// holds, of the finding and of the event that made it. What is asked of an event
// does not hold for a finding that was made at the end of a window.
func RuleExceptions(list []engine.Allow) func(*schemas.Finding, *schemas.Event) *schemas.Exception {
	return func(f *schemas.Finding, ev *schemas.Event) *schemas.Exception {
		for i := range list {
			if covers(&list[i], f, ev) {
				return &schemas.Exception{Owner: list[i].Owner, Reason: list[i].Reason}
			}
		}
		return nil
	}
}

func covers(a *engine.Allow, f *schemas.Finding, ev *schemas.Event) bool {
	family, _, _ := strings.Cut(f.Detector, ".")
	switch {
	case a.Detector != "" && a.Detector != f.Detector && a.Detector != family:
		return false
	case !a.Expires.IsZero() && !f.Detected.Before(a.Expires):
		return false
	case a.Principal != "" && !is(f, schemas.EntityPrincipal, a.Principal):
		return false
	case a.Route != "" && !is(f, schemas.EntityRoute, a.Route):
		return false
	}
	if a.Address+a.Client != "" && f.Entity.Kind != schemas.EntityAddress {
		return false
	}
	if a.Address+a.Class+a.Network+a.Tenant+a.Client == "" {
		return true
	}
	return ev != nil &&
		(a.Address == "" || inside(a.Address, ev.ClientAddr)) &&
		(a.Client == "" || inside(a.Client, detectors.Network(ev.Client))) &&
		(a.Class == "" || a.Class == ev.ClientClass.String()) &&
		(a.Network == "" || a.Network == ev.Network.String()) &&
		(a.Tenant == "" || a.Tenant == ev.Tenant)
}

func is(f *schemas.Finding, kind schemas.EntityKind, name string) bool {
	return f.Entity.Kind == kind && f.Entity.Name == name
}

// inside tells whether an address is in a network, or is the address.
func inside(network string, a netip.Addr) bool {
	if !a.IsValid() {
		return false
	}
	if p, err := netip.ParsePrefix(network); err == nil {
		return p.Contains(a.Unmap())
	}
	one, err := netip.ParseAddr(network)
	return err == nil && detectors.Network(one) == detectors.Network(a)
}
