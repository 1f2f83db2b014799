package simulate

import (
	"fmt"
	"slices"
	"time"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
)

// Config says what the fleet is like. The zero value of a field that has a
// default takes the default.
type Config struct {
	// Seed chooses everything that is left to chance.
	Seed uint64
	// Start is the event time at which the live part begins.
	Start time.Time
	// Backlog is how much event time before Start comes first, so that
	// baselines exist when the live part begins. From 0 to 400 days.
	Backlog time.Duration
	// Live is how much event time comes after Start; 0 is without end.
	Live time.Duration
	// Rate is the mean number of benign requests a second of event time, over
	// a week; the hour of the day and the weekday move it. It is the same in
	// the backlog, or each baseline would break at Start. Default 200; from
	// above 0 to 1,000,000.
	Rate float64
	// Clients is the number of benign clients. Default 2,000; from 10 to
	// 100,000,000 (a client costs no memory).
	Clients int
	// Filebeat is the share of records in a Filebeat envelope, from 0 to 1.
	Filebeat float64
	// Formats limits the fleet to gateways of these formats; nil is all.
	Formats []gateway.Format
	// Services are further services besides the fleet's own, and Kinds further
	// kinds of plants. A service without Weight is called by plants alone.
	Services []gateway.Service
	Kinds    map[Kind]*Behaviour
	// Plants are the attacks and look-alikes.
	Plants []Plant
}

// behaviour returns what a kind does, nil if there is none of that name.
func (c *Config) behaviour(k Kind) *Behaviour {
	if b := kinds[k]; b != nil {
		return b
	}
	return c.Kinds[k]
}

// format returns the format of a service's gateway.
func (c *Config) format(service int) gateway.Format {
	switch {
	case service == AllServices:
		return c.Formats[0]
	case service < FirstService:
		return serviceTable[service].Format
	}
	return c.Services[service-FirstService].Format
}

// Plant is an attack or a look-alike to be planted.
type Plant struct {
	Kind Kind
	// After is the time from Start to its beginning; negative in the backlog.
	After time.Duration
	// For is how long it lasts.
	For time.Duration
	// Every repeats it, that long after each beginning; 0 is once. It is at
	// least For. What comes at its hour comes every day.
	Every time.Duration
	// Intensity multiplies its usual rate; 0 is 1.
	Intensity float64
}

// Default returns a fleet of all formats with every attack and look-alike,
// spread so that all of them happen within backlog and live.
func Default(seed uint64, start time.Time, backlog, live time.Duration) Config {
	c := Config{Seed: seed, Start: start, Backlog: backlog, Live: live, Rate: 200, Clients: 2000, Filebeat: 0.4}
	c.Plants = slices.Concat(Attacks(backlog, live), Campaigns(backlog, live), Lookalikes(backlog, live))
	return c
}

// The round of a fleet without end: what there is to see comes within round,
// and comes again every again. What lasts, lasts for years.
const (
	round   = 10 * time.Minute
	again   = 20 * time.Minute
	lasting = 10 * 365 * 24 * time.Hour
)

// Attacks returns each kind of attack once, placed to be visible in a run of
// that length: they begin in the first half of the live part, one after
// another, and last for up to two fifths of it, two minutes at most. The slow
// extraction fills the backlog too. If live is 0 they come again and again.
func Attacks(backlog, live time.Duration) []Plant {
	every, whole := time.Duration(0), backlog+live
	if live <= 0 {
		live, every, whole = round, again, lasting
	}
	var ps []Plant
	for i, k := range attackKinds {
		p := Plant{
			Kind:  k,
			After: live/20 + live*time.Duration(i)/time.Duration(2*len(attackKinds)),
			For:   min(max(live*2/5, 20*time.Second), 2*time.Minute),
			Every: every,
		}
		switch k {
		case SlowExtraction:
			p.After, p.For, p.Every = -backlog, whole, 0
		case Silence, Errors, Throttling:
			p.For = min(max(live/2, p.For), 10*time.Minute)
		}
		ps = append(ps, p)
	}
	return ps
}

// Lookalikes returns each kind of innocent look-alike once, spread over the
// backlog and the live part. The batches at midnight and the evaluations at
// night come at their hour, if it is in the span. If live is 0 all come again.
func Lookalikes(backlog, live time.Duration) []Plant {
	every, whole := time.Duration(0), backlog+live
	if live <= 0 {
		live, whole = round, lasting
		every = backlog + again
	}
	span := backlog + live
	var ps []Plant
	for i, k := range lookalikeKinds {
		p := Plant{Kind: k, After: -backlog + span*time.Duration(i+1)/time.Duration(len(lookalikeKinds)+1), Every: every}
		switch k {
		case MidnightBatch, NightlyEvaluation:
			p.After, p.For, p.Every = -backlog, 20*time.Minute, 0
		case ExpiredKey, ProviderRejects, NewCustomers:
			p.After, p.For, p.Every = -backlog, whole, 0
		case KeyRotation, RetryStorm:
			p.For = time.Minute
		default:
			p.For = max(span/20, 30*time.Second)
		}
		ps = append(ps, p)
	}
	return ps
}

// withDefaults fills what is not set.
func (c Config) withDefaults() Config {
	if c.Rate == 0 {
		c.Rate = 200
	}
	if c.Clients == 0 {
		c.Clients = 2000
	}
	if len(c.Formats) == 0 {
		c.Formats = gateway.Formats
	}
	return c
}

// Validate reports the first field that is out of its bounds.
func (c *Config) Validate() error {
	switch {
	case c.Start.IsZero():
		return fmt.Errorf("start is not set")
	case c.Start.Year() < 1971 || c.Start.Year() > 2200:
		return fmt.Errorf("start is in the year %d, want 1971 to 2200", c.Start.Year())
	case c.Backlog < 0 || c.Backlog > 400*24*time.Hour:
		return fmt.Errorf("backlog is %v, want 0 to 400 days", c.Backlog)
	case c.Live < 0:
		return fmt.Errorf("live is %v, want 0 or more", c.Live)
	case !(c.Rate > 0 && c.Rate <= 1e6):
		return fmt.Errorf("rate is %v a second, want above 0 to 1,000,000", c.Rate)
	case c.Clients < 10 || c.Clients > 100_000_000:
		return fmt.Errorf("clients is %d, want 10 to 100,000,000", c.Clients)
	case !(c.Filebeat >= 0 && c.Filebeat <= 1):
		return fmt.Errorf("filebeat is %v, want 0 to 1", c.Filebeat)
	}
	for _, f := range c.Formats {
		if !slices.Contains(gateway.Formats, f) {
			return fmt.Errorf("formats has an unknown format, want some of %q", gateway.Formats)
		}
	}
	for i, p := range c.Plants {
		b := c.behaviour(p.Kind)
		switch {
		case b == nil:
			return fmt.Errorf("plants[%d].kind is unknown, want one of %q", i, slices.Concat(attackKinds, lookalikeKinds, []Kind{Hydra}))
		case p.For <= 0:
			return fmt.Errorf("plants[%d].for is %v, want more than 0", i, p.For)
		case p.Every != 0 && p.Every < p.For:
			return fmt.Errorf("plants[%d].every is %v, want 0 or at least for, which is %v", i, p.Every, p.For)
		case p.Intensity < 0 || p.Intensity > 1000:
			return fmt.Errorf("plants[%d].intensity is %v, want 0 to 1000", i, p.Intensity)
		case p.After < -c.Backlog:
			return fmt.Errorf("plants[%d].after is %v, want no earlier than the backlog of %v", i, p.After, c.Backlog)
		case b.Service < AllServices || b.Service >= FirstService+len(c.Services):
			return fmt.Errorf("plants[%d].kind is %s, whose service is unknown", i, p.Kind)
		case !slices.Contains(c.Formats, c.format(b.Service)):
			return fmt.Errorf("plants[%d].kind is %s, which needs the format %s", i, p.Kind, c.format(b.Service))
		}
	}
	return nil
}
