package simulate

import (
	"time"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/schemas"
)

// Behaviour is how a kind of plant goes about it.
type Behaviour struct {
	Title string
	// Service is where it happens, a number among the fleet's services: those
	// of its own, then Config.Services from FirstService on; or AllServices,
	// for a Change.
	Service int
	// Benign marks a look-alike. Expect has the families that should find an
	// attack; for a look-alike, the detectors that may call it what it is.
	Benign bool
	Expect []string
	// Mild lets every detector speak of a look-alike with low severity, because
	// it is something that one may want to know.
	Mild bool
	// Rate is the number of requests a second, Jitter how irregular they are:
	// 0 is a metronome, 1 a Poisson process.
	Rate, Jitter float64
	// Daily lets it come every day, at Hour (UTC). An evaluation plants what
	// comes once at that hour too, if it is not 0.
	Daily bool
	Hour  int
	// Who has the kinds of entities that it is about, of the campaign's caller
	// and service; Also returns further ones, if it is set.
	Who  []schemas.EntityKind
	Also func(c *Campaign) []Entity
	// Addresses is how many addresses of the campaign's caller Who names; 0 is 1.
	Addresses int
	// Fill makes the n-th request, or is nil if the plant makes none.
	Fill func(c *Campaign, r *gateway.Record, n int64)
	// Change alters the benign requests of the service, or is nil.
	Change func(d *gateway.Dice, r *gateway.Record) Effect
	// Before is what the campaign's victim does on other days, or nil. Quiet
	// holds that back while the plant lasts.
	Before *Habit
	Quiet  bool
	// Lasts is how long an evaluation plants it, 5 minutes for an attack and 12
	// for a look-alike if 0, or Always; Learn how much
	// history the detectors need before it; Fixed tells that it has no weaker
	// form.
	Lasts, Learn time.Duration
	Fixed        bool
	// Stays lets it last to the end, once it has begun.
	Stays bool
}

// Habit is what somebody does day after day.
type Habit struct {
	// Rate and Jitter are as those of a Behaviour.
	Rate, Jitter float64
	// From and To are the hours (UTC) of the working day, Monday to Friday,
	// that it keeps to; both 0 is always.
	From, To int
	Fill     func(c *Campaign, r *gateway.Record, n int64)
}

// Effect is what a Change did to a request.
type Effect uint8

// The effects.
const (
	Untouched Effect = iota
	Altered
	Swallowed
)

// AllServices is the Service of a Change of everything.
const AllServices = -1

// FirstService is the number of the first of Config.Services.
const FirstService = len(serviceTable)

// Begins returns when somebody with the habit is first seen in a fleet that begins
// at start.
func (h *Habit) Begins(start time.Time) time.Time {
	return time.Unix(0, h.opens(start.UnixNano())).UTC()
}

// opens returns the first time from at on at which the habit is kept.
func (h *Habit) opens(at int64) int64 {
	if h.From == 0 && h.To == 0 {
		return at
	}
	for {
		t := time.Unix(0, at).UTC()
		midnight := t.Truncate(day)
		switch {
		case t.Weekday() == time.Saturday || t.Weekday() == time.Sunday || t.Hour() >= h.To:
			at = midnight.Add(day).UnixNano()
		case t.Hour() < h.From:
			return midnight.Add(time.Duration(h.From) * time.Hour).UnixNano()
		default:
			return at
		}
	}
}

// routine is a campaign's Before under way. It belongs to no plant, but to that
// of an innocent whose habit is the matter.
type routine struct {
	campaign *Campaign
	habit    *Habit
	quiet    bool
	n        int64
}

func (h *routine) emit(at int64, r *gateway.Record) int64 {
	c := h.campaign
	r.Reset(at, c.fleet.service(c.does.Service))
	h.habit.Fill(c, r, h.n)
	if r.Truth = -1; c.does.Benign && !h.quiet {
		r.Truth = c.truth
	}
	h.n++
	gap, d := float64(time.Second)/h.habit.Rate, &c.fleet.rng
	next := at
	for {
		next = h.habit.opens(next + 1 + int64(gap*(1-h.habit.Jitter)+d.Exp(gap*h.habit.Jitter)))
		if !h.quiet || next < c.start || next >= c.end {
			return next
		}
		c.fleet.truths[c.truth].Events++ // held back
	}
}
