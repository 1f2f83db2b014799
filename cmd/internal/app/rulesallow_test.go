package app

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/detectors/engine"
	"github.com/gatehound/gatehound/schemas"
)

func TestRuleExceptions(t *testing.T) {
	now := time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)
	ev := &schemas.Event{ClientAddr: netip.MustParseAddr("203.0.113.9"), Client: netip.MustParseAddr("10.1.2.3"),
		ClientClass: schemas.ClientSDK, Network: schemas.NetworkInternal, Tenant: "acme"}
	by := func(kind schemas.EntityKind, name string) *schemas.Finding {
		return &schemas.Finding{Detector: "rules.env", Entity: schemas.Entity{Kind: kind, Name: name}, Detected: now}
	}
	person, address, route := by(schemas.EntityPrincipal, "p"), by(schemas.EntityAddress, "10.1.2.3"), by(schemas.EntityRoute, "GET /a")
	for name, c := range map[string]struct {
		allow    engine.Allow
		is, isNo []*schemas.Finding
	}{
		"family":    {engine.Allow{Detector: "rules"}, []*schemas.Finding{person, address}, nil},
		"rule":      {engine.Allow{Detector: "rules.env"}, []*schemas.Finding{person}, nil},
		"other":     {engine.Allow{Detector: "rules.other"}, nil, []*schemas.Finding{person}},
		"principal": {engine.Allow{Principal: "p"}, []*schemas.Finding{person}, []*schemas.Finding{address, by(schemas.EntityPrincipal, "q")}},
		"route":     {engine.Allow{Route: "GET /a"}, []*schemas.Finding{route}, []*schemas.Finding{person}},
		"address":   {engine.Allow{Address: "203.0.113.0/24"}, []*schemas.Finding{address}, []*schemas.Finding{person}},
		"one":       {engine.Allow{Address: "203.0.113.9"}, []*schemas.Finding{address}, nil},
		"elsewhere": {engine.Allow{Address: "198.51.100.0/24"}, nil, []*schemas.Finding{address}},
		"client":    {engine.Allow{Client: "10.1.0.0/16"}, []*schemas.Finding{address}, []*schemas.Finding{person}},
		"class":     {engine.Allow{Detector: "rules", Class: "sdk"}, []*schemas.Finding{person}, nil},
		"network":   {engine.Allow{Network: "tor"}, nil, []*schemas.Finding{person}},
		"tenant":    {engine.Allow{Tenant: "acme"}, []*schemas.Finding{person}, nil},
		"expired":   {engine.Allow{Principal: "p", Expires: now}, nil, []*schemas.Finding{person}},
		"in force":  {engine.Allow{Principal: "p", Expires: now.Add(1)}, []*schemas.Finding{person}, nil},
	} {
		c.allow.Owner, c.allow.Reason = "o", "r"
		covering := RuleExceptions([]engine.Allow{{Principal: "nobody"}, c.allow})
		for _, f := range c.is {
			require.Equal(t, &schemas.Exception{Owner: "o", Reason: "r"}, covering(f, ev), name)
		}
		for _, f := range c.isNo {
			require.Nil(t, covering(f, ev), name)
		}
	}
	require.Nil(t, RuleExceptions([]engine.Allow{{Tenant: "acme"}})(person, nil), "nothing is known at the end of a window")
}
