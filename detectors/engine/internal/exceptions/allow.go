// Package exceptions has what is known and not to be alerted on: which findings
// an exception covers, and how many it hides.
package exceptions

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gatehound/gatehound/schemas"
)

// Allow covers findings: those for which everything that is set in it holds. A
// covered finding is marked with Finding.Exception and not dropped. At least one
// of the fields from Detector to Tenant is set, and of Principal, Address,
// Client and Route at most one.
type Allow struct {
	// Detector is a finding's detector ("rate.spike") or its family ("rate").
	Detector string `mapstructure:"detector"`
	// Principal is a principal as findings show it.
	Principal string `mapstructure:"principal"`
	// Address is a true address or network of clients, Client one as findings
	// show it (the pseudonym).
	Address string `mapstructure:"address"`
	Client  string `mapstructure:"client"`
	// Route is a method and a route template, "POST /v1/embeddings".
	Route string `mapstructure:"route"`
	// Class is a class of clients ("sdk", "crawler"), Network one of networks
	// ("hosting", "internal") and Tenant a tenant: all that was seen of the
	// entity in the last hours has to be of it. Clients choose their class, so
	// one of the others, apart from Detector, says who is meant.
	Class   string `mapstructure:"class"`
	Network string `mapstructure:"network"`
	Tenant  string `mapstructure:"tenant"`
	// Owner answers for the exception and Reason says why; both are needed. They
	// are shown in findings.
	Owner  string `mapstructure:"owner"`
	Reason string `mapstructure:"reason"`
	// Expires is when it ends, in event time; zero never does.
	Expires time.Time `mapstructure:"expires"`
}

// maxAllow is how many exceptions there can be: a record has two bytes for the
// one that it remembers.
const maxAllow = 50000

// Validate returns an error that names the first exception with a mistake.
func Validate(list []Allow) error {
	if len(list) > maxAllow {
		return fmt.Errorf("allow has too many exceptions: want at most %d", maxAllow)
	}
	for i := range list {
		if err := list[i].validate(); err != nil {
			return fmt.Errorf("allow[%d]: %w", i, err)
		}
	}
	return nil
}

func (a *Allow) validate() error {
	set := 0
	for _, s := range []string{a.Principal, a.Address + a.Client, a.Route} {
		if s != "" {
			set++
		}
	}
	switch {
	case a.Owner == "":
		return fmt.Errorf("owner is empty: want who answers for the exception")
	case a.Reason == "":
		return fmt.Errorf("reason is empty: want why this is known")
	case !shows(a.Owner, 100) || !shows(a.Reason, 500):
		return fmt.Errorf("owner or reason is out of bounds: want at most 100 and 500 bytes without control characters")
	case set == 0 && a.Detector == "" && a.Network == "" && a.Tenant == "" && a.Class == "":
		return fmt.Errorf("it would cover everything: want detector, principal, address, client, route, network or tenant")
	case set > 1 || a.Address != "" && a.Client != "":
		return fmt.Errorf("it names two entities: want at most one of principal, address, client and route")
	}
	if _, err := network(a.Address); err != nil {
		return fmt.Errorf("address: %w", err)
	}
	if _, err := network(a.Client); err != nil {
		return fmt.Errorf("client: %w", err)
	}
	if class, err := a.class(); err != nil || a.Class != "" && class == schemas.ClientUnknown {
		return fmt.Errorf("class is not one of clients: want for example sdk, http_library, browser, crawler or scanner")
	}
	if a.Class != "" && set == 0 && a.Network == "" && a.Tenant == "" {
		return fmt.Errorf("class says alone who is meant, and clients choose it: want principal, address, client, route, network or tenant with it")
	}
	if n, err := a.network(); err != nil || a.Network != "" && n == schemas.NetworkUnknown {
		return fmt.Errorf("network is not a class of networks: want hosting, proxy, tor or internal")
	}
	return nil
}

// shows tells whether text of an operator can stand in a finding.
func shows(text string, most int) bool {
	return len(text) <= most && utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

func (a *Allow) class() (c schemas.ClientClass, err error) {
	if a.Class != "" {
		err = c.UnmarshalText([]byte(a.Class))
	}
	return c, err
}

func (a *Allow) network() (n schemas.NetworkClass, err error) {
	if a.Network != "" {
		err = n.UnmarshalText([]byte(a.Network))
	}
	return n, err
}

// network parses an address or a prefix; empty gives an invalid prefix.
func network(s string) (netip.Prefix, error) {
	if s == "" {
		return netip.Prefix{}, nil
	}
	if a, err := netip.ParseAddr(s); err == nil {
		a = a.Unmap().WithZone("")
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("not an address or network: want for example 192.0.2.7 or 2001:db8::/48")
	}
	return p.Masked(), nil
}
