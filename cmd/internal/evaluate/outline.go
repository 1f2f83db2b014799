package evaluate

import (
	"time"

	"github.com/gatehound/gatehound/cmd/internal/simulate"
	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/cmd/internal/simulate/world"
)

// outline is a fleet and, for each of its plants, how strong it is.
type outline struct {
	fleet     simulate.Config
	strengths []float64
	// left has the kinds for which the span is too short.
	left []simulate.Kind
}

// The plan of a seed: nothing is planted while the detectors begin to learn, and
// the end is free so that what was planted last can be found.
const (
	quietStart = 2 * time.Hour
	quietEnd   = 40 * time.Minute
	// peopleRate is the least rate at which a route has enough callers to tell
	// an outage of the route from trouble of one of them.
	peopleRate = 20
)

// rates are the benign requests a second of the seeds, in turn.
var rates = []float64{20, 40, 60}

// plan returns the fleet of the i-th seed. It begins on the evening of a weekday
// that the seed chooses, and has every attack at every strength, in an order
// that it chooses too, with the innocents between.
func (o *Options) plan(i int) outline {
	seed, rate := o.Seeds[i], o.Rate
	if rate == 0 {
		rate = rates[i%len(rates)]
	}
	span := time.Duration(o.Hours) * time.Hour
	p := outline{fleet: simulate.Config{
		Seed: seed, Start: time.Date(2026, 9, 14+int(seed%7), 20, 0, 0, 0, time.UTC), Live: span,
		Rate: rate, Clients: o.Clients, Filebeat: 0.4, Services: world.Services, Kinds: world.Kinds(),
	}}
	p.attacks(o, span)
	p.innocents(o, span)
	return p
}

func (p *outline) add(k simulate.Kind, after, lasts time.Duration, strength float64) {
	p.fleet.Plants = append(p.fleet.Plants, simulate.Plant{Kind: k, After: after, For: lasts, Intensity: strength})
	p.strengths = append(p.strengths, strength)
}

// job is an attack to be planted.
type job struct {
	kind     simulate.Kind
	does     *simulate.Behaviour
	lasts    time.Duration
	strength float64
}

func (p *outline) attacks(o *Options, span time.Duration) {
	dice := gateway.Dice(gateway.Mix(p.fleet.Seed + 99))
	var early, late []job
	first, last := min(quietStart, span/4), span-min(quietEnd, span/8)
	for _, k := range o.Attacks {
		b := behaviour(k)
		if !o.expected(b) {
			continue
		}
		if b.Change != nil && p.fleet.Rate < peopleRate || b.Lasts > time.Hour && first+b.Lasts > span || b.Learn+b.Lasts > last {
			p.left = append(p.left, k)
			continue
		}
		switch {
		case b.Service == simulate.AllServices:
			// It would hide the others: it comes when they are over.
			p.add(k, last+(span-last)/2, min(lasting(b, 1), (span-last)/4), 1)
			continue
		case b.Hour > 0:
			if at, ok := p.hour(b, span); ok {
				p.add(k, at, b.Lasts, 1)
			} else {
				p.left = append(p.left, k)
			}
			continue
		case b.Lasts > time.Hour:
			from := max(first, b.Learn)
			at := from + time.Duration(dice.Float()*float64(max(last-from-b.Lasts, 0)))
			p.add(k, at, b.Lasts, 1)
			continue
		}
		for n, s := range o.Strengths {
			if b.Fixed && n > 0 {
				break
			}
			j := job{k, b, lasting(b, s), s}
			if b.Learn > 0 {
				late = append(late, j)
			} else {
				early = append(early, j)
			}
		}
	}
	// What needs history comes in the last third, among what is left of the rest.
	shuffle(&dice, early)
	shuffle(&dice, late)
	third := len(early) * 2 / 3
	if third == 0 || len(late) == 0 {
		third = len(early)
	}
	rest := append(late, early[third:]...)
	shuffle(&dice, rest)
	border := first + (last-first)*2/3
	if len(late) == 0 {
		border = last
	}
	p.spread(&dice, early[:third], first, border)
	p.spread(&dice, rest, border, last)
}

// hour returns the last time at which it is the hour of b and there is room for
// it, after its victim, who may begin days after the fleet, has been learnt.
func (p *outline) hour(b *simulate.Behaviour, span time.Duration) (time.Duration, bool) {
	learn := b.Learn
	if b.Before != nil {
		learn += b.Before.Begins(p.fleet.Start).Sub(p.fleet.Start)
	}
	at := span - span%(24*time.Hour) + (time.Duration(b.Hour)*time.Hour - 20*time.Hour)
	for at+b.Lasts+quietEnd/2 > span {
		at -= 24 * time.Hour
	}
	for at+b.Lasts+quietEnd/2+24*time.Hour <= span {
		at += 24 * time.Hour
	}
	return at, at >= max(learn, time.Hour)
}

// spread plants jobs from one time to another, in turn.
func (p *outline) spread(dice *gateway.Dice, jobs []job, from, to time.Duration) {
	for i, j := range jobs {
		after := from + (to-from)*time.Duration(i)/time.Duration(len(jobs)) + time.Duration(dice.Below(300))*time.Second
		p.add(j.kind, max(after, j.does.Learn), j.lasts, j.strength)
	}
}

func shuffle(dice *gateway.Dice, jobs []job) {
	for i := range jobs {
		j := i + dice.Below(len(jobs)-i)
		jobs[i], jobs[j] = jobs[j], jobs[i]
	}
}

// lasting returns how long an attack lasts: a slow one lasts longer.
func lasting(b *simulate.Behaviour, strength float64) time.Duration {
	d := b.Lasts
	if d == 0 {
		d = 5 * time.Minute
	}
	if strength <= 0.15 {
		d *= 6
	}
	return d
}

// innocents plants the look-alikes: those of the demo once, the world's three
// times, what lasts long once, what comes daily at its hour.
func (p *outline) innocents(o *Options, span time.Duration) {
	dice := gateway.Dice(gateway.Mix(p.fleet.Seed + 101))
	wanted := map[simulate.Kind]bool{}
	for _, k := range o.Lookalikes {
		wanted[k] = true
	}
	for _, plant := range simulate.Lookalikes(0, span) {
		if !wanted[plant.Kind] {
			continue
		}
		p.add(plant.Kind, plant.After, plant.For, 1)
		if plant.Kind == simulate.RetryStorm || plant.Kind == simulate.KeyRotation {
			p.add(plant.Kind, span/3+time.Duration(dice.Below(3600))*time.Second, time.Minute, 1)
		}
	}
	for i, k := range world.Lookalikes() {
		b := behaviour(k)
		lasts := b.Lasts
		if lasts == 0 {
			lasts = 12 * time.Minute
		}
		switch {
		case !wanted[k]:
		case b.Lasts == simulate.Always:
			p.add(k, 0, span, 1)
		case b.Daily:
			p.add(k, 0, lasts, 1)
		case b.Hour > 0:
			if at, ok := p.hour(b, span); ok {
				p.add(k, at, lasts, 1)
			} else {
				p.left = append(p.left, k)
			}
		case b.Learn+lasts > span:
			p.left = append(p.left, k)
		case lasts > time.Hour:
			from := max(b.Learn, quietStart)
			after := from + time.Duration(dice.Float()*float64(max(span-from-lasts, 0)))
			if b.Stays {
				lasts = span - after
			}
			p.add(k, after, lasts, 1)
		default:
			for n := range time.Duration(3) {
				// At no even intervals, or it would look like a job that keeps them.
				after := span*(n+1)/4 + time.Duration(i)*7*time.Minute + time.Duration(dice.Below(3600))*time.Second
				if after >= b.Learn && after+lasts < span {
					p.add(k, after, lasts, 1)
				}
			}
		}
	}
}
