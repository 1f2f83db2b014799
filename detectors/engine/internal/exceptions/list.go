package exceptions

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/gatehound/gatehound/detectors/engine/internal/entities"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// List is the compiled exceptions. It is immutable.
type List struct {
	key   sketch.Key
	rules []rule
	// tenants tells that a rule asks for the tenant.
	tenants bool
	// Generation is a hash of the rules: what the records of a snapshot
	// remember of another list is not taken for this one's.
	Generation uint64
}

type rule struct {
	detector        string
	kind            schemas.EntityKind // EntityNone covers every entity
	key             uint64             // of a principal or route
	address, client netip.Prefix
	class           schemas.ClientClass
	network         schemas.NetworkClass
	tenant          uint32
	expires         int64 // 0 never
	exception       schemas.Exception
	// id is a hash of the rule, the same on another list.
	id uint64
}

// New compiles exceptions that were validated.
func New(list []Allow, key sketch.Key) *List {
	a := &List{key: key, Generation: key.String(fmt.Sprintf("%q", list))}
	for _, l := range list {
		r := rule{
			detector: l.Detector, exception: schemas.Exception{Owner: l.Owner, Reason: l.Reason},
			id: key.String(fmt.Sprintf("%q", l)),
		}
		r.address, _ = network(l.Address)
		r.client, _ = network(l.Client)
		r.class, _ = l.class()
		r.network, _ = l.network()
		if l.Tenant != "" {
			a.tenants, r.tenant = true, hashOf(key, l.Tenant)
		}
		switch {
		case l.Principal != "":
			r.kind, r.key = schemas.EntityPrincipal, key.String(l.Principal)
		case l.Route != "":
			method, route, _ := strings.Cut(l.Route, " ")
			r.kind, r.key = schemas.EntityRoute, RouteKey(key, key.String(method), key.String(route))
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

// RouteKey is the hash of a route by those of its method and its template.
func RouteKey(k sketch.Key, method, route uint64) uint64 { return k.Words(method, route) }

// Exception returns the mark of the rule at a place, from 1.
func (a *List) Exception(place int) *schemas.Exception {
	x := a.rules[place-1].exception
	return &x
}

// Tenant returns the hash by which a record knows a tenant; 0 if it is not
// known, or if no rule asks.
func (a *List) Tenant(name string) uint32 {
	if !a.tenants || name == "" {
		return 0
	}
	return hashOf(a.key, name)
}

// hashOf is at least 2: the records have a meaning of their own for 0 and 1.
func hashOf(key sketch.Key, name string) uint32 { return uint32(key.String(name)>>32) | 2 }

// What a record remembers of the allowlist: that it was not asked, that there
// is no rule, and from ruleFirst on the place of one.
const (
	ruleUnasked = 0
	ruleNone    = 1
	ruleFirst   = 2
)

// Ask returns what a record remembers of the allowlist while the event is at
// hand: of an address the rule with the narrowest network around the client's
// true address, which is kept nowhere; all other networks around the address
// hold this one, so it stands for them too. Of a principal, the first rule for
// the pseudonym under the current key of the ring, while the entity itself goes
// by the one under the oldest.
func (a *List) Ask(kind schemas.EntityKind, ev *schemas.Event) (rule uint16) {
	switch {
	case len(a.rules) == 0:
		return ruleNone
	case kind == schemas.EntityAddress && ev.ClientAddr.IsValid():
		return a.narrowest(ev.ClientAddr.Unmap())
	case kind == schemas.EntityPrincipal && ev.Subject != "":
		return a.named(a.key.String(ev.Principal))
	case kind == schemas.EntityAddress || kind == schemas.EntityPrincipal:
		return ruleUnasked // with another event there may be one
	default:
		return ruleNone
	}
}

func (a *List) narrowest(address netip.Addr) uint16 {
	bits, rule := -1, uint16(ruleNone)
	for i := range a.rules {
		if p := a.rules[i].address; p.Bits() > bits && p.Contains(address) {
			bits, rule = p.Bits(), uint16(i+ruleFirst)
		}
	}
	return rule
}

func (a *List) named(key uint64) uint16 {
	for i := range a.rules {
		if r := &a.rules[i]; r.kind == schemas.EntityPrincipal && r.key == key {
			return uint16(i + ruleFirst)
		}
	}
	return ruleNone
}

// Covering returns the place, from 1, of the first rule for a finding of
// detector on the entity at event time now, and that of one that would cover it
// if it had not expired; 0 stands for none. client is the address as it is
// stored, r the entity's record; both may be absent.
func (a *List) Covering(detector string, kind schemas.EntityKind, key uint64, client netip.Addr, r *entities.Record, now int64) (rule, expired int) {
	w := a.whom(kind, key, client, r)
	for i := range a.rules {
		switch c := &a.rules[i]; {
		case !c.names(detector) || !c.means(&w):
		case c.expires == 0 || now < c.expires:
			return i + 1, 0
		case expired == 0:
			expired = i + 1
		}
	}
	return 0, expired
}

// LeavesOut tells whether the entity is covered by a rule in force for the
// detector's family, or for one of the family's rules if it says who is meant; the
// arguments are those of Covering. What many entities do together is judged once
// for all rules of a family, and an exception for one of them that means everybody
// is not to end that.
func (a *List) LeavesOut(detector string, kind schemas.EntityKind, key uint64, client netip.Addr, r *entities.Record, now int64) bool {
	if len(a.rules) == 0 {
		return false
	}
	w, family := a.whom(kind, key, client, r), familyOf(detector)
	for i := range a.rules {
		c := &a.rules[i]
		about := c.detector == "" || c.detector == family || familyOf(c.detector) == family && !c.everybody()
		if about && (c.expires == 0 || now < c.expires) && c.means(&w) {
			return true
		}
	}
	return false
}

// everybody tells that the rule does not say who is meant.
func (c *rule) everybody() bool {
	return c.kind == schemas.EntityNone && c.class == 0 && c.network == 0 && c.tenant == 0
}

// whom is an entity that rules may mean: named is the key by which its record
// remembers that a rule names it, around the narrowest network of the rules that
// its true address was in.
type whom struct {
	kind       schemas.EntityKind
	key, named uint64
	client     netip.Addr
	around     netip.Prefix
	record     *entities.Record
}

func (a *List) whom(kind schemas.EntityKind, key uint64, client netip.Addr, r *entities.Record) whom {
	w := whom{kind: kind, key: key, named: key, client: client, record: r}
	if r != nil && r.Rule >= ruleFirst && int(r.Rule) < len(a.rules)+ruleFirst {
		remembered := &a.rules[r.Rule-ruleFirst]
		if w.around = remembered.address; remembered.kind == schemas.EntityPrincipal {
			w.named = remembered.key
		}
	}
	return w
}

// means tells whether what the rule says of the entity holds.
func (c *rule) means(w *whom) bool {
	switch {
	case !c.holds(w.kind, w.record):
		return false
	case c.address.IsValid():
		return w.around.IsValid() && c.address.Bits() <= w.around.Bits() && c.address.Contains(w.around.Addr())
	case c.client.IsValid():
		return c.client.Contains(w.client)
	default:
		return c.kind == schemas.EntityNone || c.key == w.key || c.key == w.named
	}
}

func familyOf(detector string) string {
	family, _, _ := strings.Cut(detector, ".")
	return family
}

// names tells whether the rule is for the detector.
func (c *rule) names(detector string) bool {
	return c.detector == "" || c.detector == detector || c.detector == familyOf(detector)
}

// holds tells whether the rule is for the kind of entity, and what it says of
// classes and tenant holds for the record.
func (c *rule) holds(kind schemas.EntityKind, r *entities.Record) bool {
	if c.kind != schemas.EntityNone && c.kind != kind {
		return false
	}
	if c.class == 0 && c.network == 0 && c.tenant == 0 {
		return true
	}
	return r != nil && r.Only(c.class, c.network, c.tenant)
}

// until says when the rule ends.
func (c *rule) until() string {
	if c.expires == 0 {
		return "never expires"
	}
	return "expires on " + time.Unix(0, c.expires).UTC().Format(time.DateTime) + " UTC"
}
