package population

import (
	"fmt"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
)

// World yields the requests of all principals in the order of their time.
type World struct {
	cfg        Config
	dice       gateway.Dice
	services   [services]gateway.Service
	start, end int64
	queue      queue
	actors     int
	tenants    int
	clients    uint64
	truths     []Truth
	record     gateway.Record
}

// actor is a principal at one of its occupations.
type actor struct {
	client *client
	habit  *habit
	rhythm rhythm
	state  state
	// next is the time of its next call, until when it ends.
	next, until int64
	number      int
	// truth and member are what it does of what is planted; truth is -1 if it does
	// nothing of it. set, if not 0, is how many exchanges it is to take.
	truth, member, set int
	// before changes a call of what is planted, the n-th, or is nil.
	before func(d *gateway.Dice, r *gateway.Record, n int)
	// busy is the share of its calls that the provider throttles.
	busy float64
}

// New returns the world of cfg. It checks cfg.
func New(cfg Config) (*World, error) {
	cfg = cfg.withDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("population: %w", err)
	}
	w := &World{cfg: cfg, dice: gateway.Dice(gateway.Mix(cfg.Seed + 0x90b)), services: open(&cfg), start: cfg.Start.UnixNano()}
	w.end = w.start + int64(cfg.Days)*day
	w.settle()
	for i, name := range cfg.Scenarios {
		// Whatever else is planted, a scenario is the same.
		w.dice = gateway.Dice(gateway.Mix(cfg.Seed ^ nameSeed(name)))
		w.plant(i, find(name))
	}
	w.dice = gateway.Dice(gateway.Mix(cfg.Seed + 0xe7e))
	return w, nil
}

// nameSeed is a hash of a name (FNV-1a).
func nameSeed(name string) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range []byte(name) {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}

// enter lets an actor begin after the time from, and end at until, if that is not 0.
func (w *World) enter(a *actor, from, until int64) *actor {
	if until == 0 || until > w.end {
		until = w.end
	}
	if a.rhythm.salt == 0 {
		a.rhythm.salt = w.dice.Next()
	}
	w.actors++
	a.number, a.until = w.actors, until
	if a.next = a.rhythm.next(&w.dice, max(from, w.start)); a.next < a.until {
		w.queue.push(a)
	}
	return a
}

// Next returns the next request. The record is the world's own, valid until the
// next call. It returns false when the last day has ended.
func (w *World) Next() (*gateway.Record, bool) {
	if len(w.queue) == 0 {
		return nil, false
	}
	a, r := w.queue[0], &w.record
	r.Time = a.next
	again := w.call(a, r)
	if a.next = again; a.next >= a.until || a.truth >= 0 && a.set > 0 && len(w.truths[a.truth].Members[a.member].Times) >= a.set {
		w.queue.drop()
	} else {
		w.queue.settle()
	}
	return r, true
}

// call makes r the call that is due and returns the time of the next one.
func (w *World) call(a *actor, r *gateway.Record) int64 {
	d := &w.dice
	a.habit.fill(w, r, &a.state, a.rhythm.turn)
	a.client.sign(d, r)
	r.Truth = a.truth
	r.ID = [2]uint64{d.Next(), d.Next()}
	if a.before != nil {
		a.before(d, r, a.state.n)
	}
	x := d.Float()
	switch {
	case x < a.busy:
		r.Refuse(429)
	case x < a.busy+a.habit.fails*.6:
		r.Fail([...]int{500, 503, 502, 504}[d.Below(4)])
	case x < a.busy+a.habit.fails:
		r.Fail(400)
		return a.rhythm.next(d, r.Time)
	default:
		if a.truth >= 0 {
			m := &w.truths[a.truth].Members[a.member]
			m.Times = append(m.Times, r.Time)
		}
		return a.rhythm.next(d, r.Time)
	}
	// Clients try again, after a while.
	return r.Time + int64(float64(second)*d.Lognormal(3, .7))
}
