package investigate

import (
	"context"
	"strings"
	"time"

	"github.com/gatehound/gatehound/detectors/engine"
	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse"
)

// excepted returns the exception that covers a member of a campaign, nil if none
// does: one that names the principal, or the only tenant that it was seen with,
// for campaigns or for all detectors, and has not expired. Exceptions for
// addresses, routes, networks and classes of clients say nothing about a key.
func excepted(list []engine.Allow, principal string, tenants []string, now time.Time) *engine.Allow {
	for i := range list {
		a := &list[i]
		family, _, _ := strings.Cut(a.Detector, ".")
		switch {
		case a.Detector != "" && family != "campaign", a.Principal == "" && a.Tenant == "",
			a.Address+a.Client+a.Route+a.Class+a.Network != "",
			!a.Expires.IsZero() && !now.Before(a.Expires),
			a.Principal != "" && a.Principal != principal,
			a.Tenant != "" && (len(tenants) != 1 || tenants[0] != a.Tenant):
			continue
		}
		return a
	}
	return nil
}

// tenantsOf returns the tenants of the members, if an exception asks for them.
func tenantsOf(ctx context.Context, st *clickhouse.Store, f *schemas.Finding, o KeyOptions) (map[string][]string, error) {
	needed := false
	for i := range o.Allow {
		needed = needed || o.Allow[i].Tenant != ""
	}
	if !needed {
		return nil, nil
	}
	a, err := ask(ctx, st, f, o.Now)
	if err != nil {
		return nil, err
	}
	usage, err := a.usage()
	if err != nil {
		return nil, err
	}
	out := make(map[string][]string, len(usage))
	for principal, u := range usage {
		out[principal] = u.Tenants
	}
	return out, nil
}
