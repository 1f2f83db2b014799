package simulate

import (
	"fmt"
	"slices"
	"time"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/schemas"
)

// Kind is a kind of attack or look-alike.
type Kind string

// The attacks.
const (
	BruteForce           Kind = "brute_force"            // one address, one account
	Stuffing             Kind = "credential_stuffing"    // one address, many accounts
	KeyGuessing          Kind = "key_guessing"           // one address, many API keys
	Spraying             Kind = "password_spraying"      // many addresses, many accounts
	SuccessAfterFailures Kind = "success_after_failures" // and then in
	Harvest              Kind = "extraction_harvest"     // one template, high volume
	LogitStealing        Kind = "logit_stealing"         // logprobs, logit_bias, one token
	SlowExtraction       Kind = "slow_extraction"        // round the clock, like a clock
	AddressFlood         Kind = "address_flood"
	PrincipalSpike       Kind = "principal_spike"
	Errors               Kind = "route_errors"     // a route answers 503
	Throttling           Kind = "route_throttling" // a route answers 429
	Silence              Kind = "route_silence"    // a route falls silent
)

// The look-alikes.
const (
	MidnightBatch     Kind = "midnight_batch"
	NightlyEvaluation Kind = "nightly_evaluation"
	RetryStorm        Kind = "retry_storm"
	KeyRotation       Kind = "key_rotation"
	ExpiredKey        Kind = "expired_key"
	ProviderRejects   Kind = "provider_rejects"
	LoadTest          Kind = "load_test"
	NewCustomers      Kind = "new_customers"
)

var (
	attackKinds = []Kind{BruteForce, KeyGuessing, Harvest, AddressFlood, Stuffing, LogitStealing, Spraying,
		SuccessAfterFailures, PrincipalSpike, Errors, Throttling, Silence, SlowExtraction}
	lookalikeKinds = []Kind{MidnightBatch, NightlyEvaluation, RetryStorm, KeyRotation, ExpiredKey, ProviderRejects, LoadTest, NewCustomers}
)

// Always is the Lasts of a plant that is there from the beginning to the end.
const Always time.Duration = -1

// AttackKinds and LookalikeKinds are the kinds of this package.
func AttackKinds() []Kind { return slices.Clone(attackKinds) }

// LookalikeKinds are those that nothing should call an attack.
func LookalikeKinds() []Kind { return slices.Clone(lookalikeKinds) }

// BehaviourOf returns what a kind of this package does, nil if there is none of
// that name.
func BehaviourOf(k Kind) *Behaviour { return kinds[k] }

// Campaign is a plant under way.
type Campaign struct {
	fleet      *Fleet
	does       *Behaviour
	truth      int
	caller     Caller
	start, end int64
	gap        float64 // mean time between requests in nanoseconds
	addresses  int     // how many addresses it comes from
	every      int64   // how long after its beginning it comes again, or 0
	n          int64
}

// change is a plant that alters the requests of a service, or of all if svc is
// nil.
type change struct {
	does       *Behaviour
	svc        *gateway.Service
	truth      int
	start, end int64
	every      int64
}

// plant makes the i-th plant ready.
func (f *Fleet) plant(i int, p Plant) {
	b := f.behaviour(p.Kind)
	start := f.start + int64(p.After)
	if b.Daily {
		p.Every = day
		hour := int64(b.Hour) * int64(time.Hour)
		start += (hour - start%int64(day) + int64(day)) % int64(day)
	}
	t := Truth{
		ID: fmt.Sprintf("%s-%d", p.Kind, i+1), Kind: p.Kind, Title: b.Title, Benign: b.Benign, Mild: b.Mild, Expect: b.Expect,
		Start: time.Unix(0, start).UTC(), End: time.Unix(0, start).Add(p.For).UTC(),
	}
	svc := f.service(b.Service)
	c := &Campaign{fleet: f, does: b, truth: i, caller: attackerBase + Caller(i)<<20, start: start, end: start + int64(p.For), addresses: max(b.Addresses, 1), every: int64(p.Every)}
	if p.Intensity == 0 {
		p.Intensity = 1
	}
	if p.Kind == Spraying {
		c.addresses = 1 + int(p.For.Seconds()*b.Rate*p.Intensity/triesPerAddress)
	}
	if t.Benign {
		c.caller = victimBase + Caller(i)<<20
	}
	for _, k := range b.Who {
		t.Entities = append(t.Entities, c.entities(k, svc)...)
	}
	if b.Also != nil {
		t.Entities = append(t.Entities, b.Also(c)...)
	}
	if !t.Benign {
		for _, k := range moved {
			t.Related = append(t.Related, c.entities(k, svc)...)
		}
	}
	f.truths = append(f.truths, t)
	if b.Before != nil {
		c.routine()
	}
	if b.Change != nil {
		if b.Service == AllServices {
			svc = nil
		}
		f.changes = append(f.changes, change{b, svc, i, c.start, c.end, c.every})
	}
	if b.Fill != nil {
		c.gap = float64(time.Second) / (b.Rate * p.Intensity)
		f.queue.push(c.start, c)
	}
}

// moved has what an attack of some volume moves besides its own entities.
var moved = []schemas.EntityKind{schemas.EntityRoute, schemas.EntityGlobal, schemas.EntityModel, schemas.EntityTenant, schemas.EntityHost}

// routine lets the campaign's victim do what it does on other days, from the
// beginning of the fleet on.
func (c *Campaign) routine() {
	h := c.does.Before
	first := h.opens(c.fleet.begin + int64(c.fleet.rng.Exp(float64(time.Second)/h.Rate)))
	c.fleet.queue.push(first, &routine{campaign: c, habit: h, quiet: c.does.Quiet})
}

const day = 24 * time.Hour

// providers are those that findings may name before a model.
var providers = []string{"", "/", "openai/", "anthropic/", "azure.ai.openai/", "mistral_ai/"}

// entities returns whom a finding on the campaign may name.
func (c *Campaign) entities(k schemas.EntityKind, svc *gateway.Service) []Entity {
	e := Entity{Kind: k, Format: svc.Format}
	switch k {
	case schemas.EntityPrincipal:
		return []Entity{c.Principal(c.Victim())}
	case schemas.EntityAddress:
		var es []Entity
		for n := range c.addresses {
			e.Raw = c.fleet.address(c.caller, n).String()
			es = append(es, e)
		}
		return es
	case schemas.EntityRoute:
		// Some gateways log the route's name, some the path; LiteLLM logs no
		// method.
		named, template := e, e
		named.Raw, template.Raw = svc.Method+" "+svc.Name, svc.Method+" "+svc.Template
		if svc.Format == gateway.LiteLLM {
			named.Raw = " " + svc.Template
		}
		return []Entity{template, named}
	case schemas.EntityModel:
		var es []Entity
		for _, p := range providers {
			if e.Raw = p + svc.Model; svc.Model != "" {
				es = append(es, e)
			}
		}
		return es
	case schemas.EntityTenant:
		e.Raw = svc.Tenant
	case schemas.EntityHost:
		e.Raw = svc.Host
	}
	if k != schemas.EntityGlobal && e.Raw == "" {
		return nil
	}
	return []Entity{e}
}

func (c *Campaign) emit(at int64, r *gateway.Record) int64 {
	r.Reset(at, c.fleet.service(c.does.Service))
	c.does.Fill(c, r, c.n)
	r.Truth = c.truth
	c.fleet.extend(c.truth, c.end)
	c.n++
	d := &c.fleet.rng
	next := at + 1 + int64(c.gap*(1-c.does.Jitter)+d.Exp(c.gap*c.does.Jitter))
	if next < c.end {
		return next
	}
	if c.every == 0 {
		return 0
	}
	c.start, c.end = c.start+c.every, c.end+c.every
	return c.start
}

// extend lets a plant that comes again last until then.
func (f *Fleet) extend(truth int, end int64) {
	if t := &f.truths[truth]; t.End.UnixNano() < end {
		t.End = time.Unix(0, end).UTC()
	}
}

// change lets the plants that alter requests have r; false swallows it. Trouble
// meets innocents of other plants too, and what silences everything also silences
// attackers.
func (f *Fleet) change(r *gateway.Record) bool {
	own, attack := r.Truth, false
	for i := range f.changes {
		c := &f.changes[i]
		for c.every > 0 && r.Time >= c.end {
			c.start, c.end = c.start+c.every, c.end+c.every
		}
		if c.svc != nil && r.Service != c.svc || r.Time < c.start || r.Time >= c.end || !f.reaches(c, own) {
			continue
		}
		f.extend(c.truth, c.end)
		switch c.does.Change(&f.rng, r) {
		case Swallowed:
			f.truths[c.truth].Events++
			return false
		case Altered:
			if !attack {
				r.Truth, attack = c.truth, !c.does.Benign
			}
		case Untouched:
		}
	}
	return true
}

// reaches reports whether a change is about the requests of the plant own, or of
// none if that is -1.
func (f *Fleet) reaches(c *change, own int) bool {
	switch {
	case own < 0:
		return true
	case c.does.Benign:
		return false
	}
	return f.truths[own].Benign || c.svc == nil
}
