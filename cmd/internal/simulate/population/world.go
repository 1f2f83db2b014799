package population

import (
	"fmt"
	"time"

	"github.com/gatehound/gatehound/cmd/internal/simulate/agenda"
	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/cmd/internal/simulate/population/internet"
	"github.com/gatehound/gatehound/cmd/internal/simulate/population/rhythm"
	"github.com/gatehound/gatehound/cmd/internal/simulate/population/usage"
	"github.com/gatehound/gatehound/ingest/enrich"
)

const (
	second = rhythm.Second
	minute = rhythm.Minute
	hour   = rhythm.Hour
	day    = rhythm.Day
)

// World yields the requests of all principals in the order of their time.
type World struct {
	cfg        Config
	dice       gateway.Dice
	gateway    *usage.Gateway
	start, end int64
	// release is when the new model comes out.
	release int64
	queue   agenda.Agenda[*actor]
	actors  int
	// numbers counts tenants and clients.
	numbers uint64
	truths  []Truth
	record  gateway.Record
}

// actor is a principal at one of its occupations.
type actor struct {
	dice   gateway.Dice
	client *client
	habit  *usage.Habit
	rhythm rhythm.Rhythm
	state  usage.State
	// next is the time of its next call, until when it ends.
	next, until int64
	number      int
	// truth and member are what it does of what is planted; truth is -1 if it does
	// nothing of it. set, if not 0, is how many exchanges it is to take.
	truth, member, set int
	// before changes a call of what is planted, the n-th, or is nil.
	before func(d *gateway.Dice, r *gateway.Record, n int)
	// moves, if not 0, is when it goes over to the new model.
	moves int64
	// busy is the share of its calls that the provider throttles.
	busy float64
	// blunt tells that a refusal does not make it wait.
	blunt bool
}

// Before orders by the time of the next call; number keeps the order of equal times
// the same in every run.
func (a *actor) Before(o *actor) bool {
	return a.next < o.next || a.next == o.next && a.number < o.number
}

// New returns the world of cfg. It checks cfg.
func New(cfg Config) (*World, error) {
	cfg = cfg.withDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("population: %w", err)
	}
	w := &World{cfg: cfg, dice: gateway.Dice(gateway.Mix(cfg.Seed + 0x90b)), gateway: usage.Open(cfg.Format, cfg.Prompts, cfg.Seed), start: cfg.Start.UnixNano()}
	w.end = w.start + int64(cfg.Days)*day
	w.release = w.start + int64(cfg.Begin) + day + int64(w.dice.Below(12))*hour
	w.gateway.Fail(&w.dice, w.start+int64(w.dice.Float()*float64(w.end-w.start)), int64(between(&w.dice, 10, 40)*float64(minute)))
	w.settle()
	for i, name := range cfg.Scenarios {
		// Whatever else is planted, customers and a scenario are the same.
		w.dice = gateway.Dice(gateway.Mix(cfg.Seed ^ nameSeed(name)))
		w.numbers = gateway.Mix(nameSeed(name))
		w.plant(i, find(name))
	}
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
	if a.rhythm.Salt == 0 {
		a.rhythm.Salt = w.dice.Next()
	}
	w.actors++
	a.dice = gateway.Dice(w.dice.Next())
	a.number, a.until = w.actors, until
	if a.next = a.rhythm.Next(&a.dice, max(from, w.start)); a.next < a.until {
		w.queue.Push(a)
	}
	return a
}

// Start returns when the world begins.
func (w *World) Start() time.Time { return w.cfg.Start }

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
		w.queue.Drop()
	} else {
		w.queue.Settle()
	}
	return r, true
}

// call makes r the call that is due and returns the time of the next one.
func (w *World) call(a *actor, r *gateway.Record) int64 {
	d := &a.dice
	if a.moves > 0 && r.Time >= a.moves {
		a.habit.Model, a.habit.Part, a.moves = usage.Released, a.habit.Part/2, 0
	}
	a.habit.Fill(w.gateway, d, r, &a.state, a.rhythm.Turn)
	a.client.sign(d, r)
	r.Truth = a.truth
	r.ID = [2]uint64{d.Next(), d.Next()}
	if a.before != nil {
		a.before(d, r, a.state.Calls)
	}
	x := d.Float()
	switch {
	case w.gateway.Fails(r.Service, r.Time):
		r.Fail(503)
	case x < a.busy:
		r.Refuse(429)
	case x < a.busy+a.habit.Fails*.6:
		r.Fail([...]int{500, 503, 502, 504}[d.Below(4)])
	case x < a.busy+a.habit.Fails:
		r.Fail(400)
		return a.rhythm.Next(d, r.Time)
	default:
		if a.truth >= 0 {
			m := &w.truths[a.truth].Members[a.member]
			m.Times = append(m.Times, r.Time)
		}
		return a.rhythm.Next(d, r.Time)
	}
	if a.blunt || d.Chance(.2) {
		return a.rhythm.Next(d, r.Time) // given up
	}
	return r.Time + int64(float64(second)*d.Lognormal(4, .8)) // tried again
}

// Write makes databases of countries and autonomous systems and the list of hosting
// networks in dir and points cfg to them, with the prices of the models.
func Write(dir string, cfg *enrich.Config) error { return internet.Write(dir, cfg) }
