package simulate

import (
	"fmt"
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

// behaviour is how a kind of plant goes about it.
type behaviour struct {
	title  string
	format gateway.Format
	// service is where it happens.
	service int
	// benign marks a look-alike. expect has the families that should find an
	// attack; for a look-alike, the detectors that may call it what it is.
	benign bool
	expect []string
	// rate is the number of requests a second, jitter how irregular they are:
	// 0 is a metronome, 1 a Poisson process.
	rate, jitter float64
	// hour is the hour of the day (UTC) at which a daily plant begins; -1 if
	// it happens once.
	hour int
	// who has the kinds of entities that it is about, of the campaign's
	// caller.
	who []schemas.EntityKind
	// fill makes the n-th request, or is nil if the plant changes the requests
	// of others.
	fill func(c *campaign, r *gateway.Record, n int64)
	// change alters a benign request of the service; false swallows it.
	change func(d *gateway.Dice, r *gateway.Record) bool
}

const onlyOnce = -1

// campaign is a plant under way.
type campaign struct {
	fleet      *Fleet
	does       *behaviour
	truth      int
	caller     caller
	start, end int64
	gap        float64 // mean time between requests in nanoseconds
	addresses  int     // how many addresses it comes from
	every      int64   // how long after its beginning it comes again, or 0
	n          int64
}

// change is a plant that alters the requests of a service.
type change struct {
	does       *behaviour
	svc        *gateway.Service
	truth      int
	start, end int64
	every      int64
}

// plant makes the i-th plant ready.
func (f *Fleet) plant(i int, p Plant) {
	b := kinds[p.Kind]
	start := f.start + int64(p.After)
	if b.hour != onlyOnce {
		p.Every = day
		hour := int64(b.hour) * int64(time.Hour)
		start += (hour - start%int64(day) + int64(day)) % int64(day)
	}
	t := Truth{
		ID: fmt.Sprintf("%s-%d", p.Kind, i+1), Kind: p.Kind, Title: b.title, Benign: b.benign, Expect: b.expect,
		Start: time.Unix(0, start).UTC(), End: time.Unix(0, start).Add(p.For).UTC(),
	}
	svc := &f.services[b.service]
	c := &campaign{fleet: f, does: b, truth: i, caller: attackerBase + caller(i)<<20, start: start, end: start + int64(p.For), addresses: 1, every: int64(p.Every)}
	if p.Intensity == 0 {
		p.Intensity = 1
	}
	if p.Kind == Spraying {
		c.addresses = 1 + int(p.For.Seconds()*b.rate*p.Intensity/triesPerAddress)
	}
	if t.Benign {
		c.caller = victimBase + caller(i)<<20
	}
	for _, k := range b.who {
		t.Entities = append(t.Entities, c.entities(k, svc)...)
	}
	if !t.Benign {
		for _, k := range []schemas.EntityKind{schemas.EntityRoute, schemas.EntityGlobal} {
			t.Related = append(t.Related, c.entities(k, svc)...)
		}
	}
	f.truths = append(f.truths, t)
	if b.change != nil {
		f.changes = append(f.changes, change{b, svc, i, c.start, c.end, c.every})
		return
	}
	c.gap = float64(time.Second) / (b.rate * p.Intensity)
	f.queue.push(c.start, c)
	if p.Kind == PrincipalSpike {
		calm := *c
		calm.does, calm.truth, calm.gap = &calmVictim, -1, float64(2*time.Second)
		calm.start, calm.end = f.begin, 1<<62
		f.queue.push(calm.start, &calm)
	}
}

const day = 24 * time.Hour

// entities returns whom a finding on the campaign may name.
func (c *campaign) entities(k schemas.EntityKind, svc *gateway.Service) []Entity {
	e := Entity{Kind: k, Format: svc.Format}
	switch k {
	case schemas.EntityPrincipal:
		e.Raw = string(c.fleet.name(nil, c.victim(), svc))
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
	}
	return []Entity{e}
}

// victim is the account that an attack on an account is after.
func (c *campaign) victim() caller { return c.caller + 1<<19 }

func (c *campaign) emit(at int64, r *gateway.Record) int64 {
	r.Reset(at, &c.fleet.services[c.does.service])
	c.does.fill(c, r, c.n)
	if r.Truth = c.truth; c.truth >= 0 {
		c.fleet.extend(c.truth, c.end)
	}
	c.n++
	d := &c.fleet.rng
	next := at + 1 + int64(c.gap*(1-c.does.jitter)+d.Exp(c.gap*c.does.jitter))
	if next < c.end {
		return next
	}
	if c.every == 0 {
		return 0
	}
	c.start, c.end = c.start+c.every, c.end+c.every
	return c.start
}

// progress is the part of the campaign that is over at the time of r.
func (c *campaign) progress(r *gateway.Record) float64 {
	return float64(r.Time-c.start) / float64(c.end-c.start)
}

// extend lets a plant that comes again last until then.
func (f *Fleet) extend(truth int, end int64) {
	if t := &f.truths[truth]; t.End.UnixNano() < end {
		t.End = time.Unix(0, end).UTC()
	}
}

// change lets the plants that alter requests have r; false swallows it.
func (f *Fleet) change(r *gateway.Record) bool {
	if r.Truth >= 0 {
		return true
	}
	for i := range f.changes {
		c := &f.changes[i]
		for c.every > 0 && r.Time >= c.end {
			c.start, c.end = c.start+c.every, c.end+c.every
		}
		if r.Service != c.svc || r.Time < c.start || r.Time >= c.end {
			continue
		}
		f.extend(c.truth, c.end)
		was := r.Status
		if !c.does.change(&f.rng, r) {
			f.truths[c.truth].Events++
			return false
		}
		if r.Status != was {
			r.Truth = c.truth
		}
	}
	return true
}
