// Package rhythm is when a caller calls: at the hours and on the days of people,
// offices and machines, in sessions, by schedules and by clocks.
package rhythm

import (
	"math"
	"time"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
)

// What durations are counted in: nanoseconds.
const (
	Second = int64(time.Second)
	Minute = int64(time.Minute)
	Hour   = int64(time.Hour)
	Day    = 24 * Hour
)

// Rhythm is when a caller calls: visits, each of one or more calls.
type Rhythm struct {
	// Visits is their mean number a day, by Shape, in the zone that is that many
	// nanoseconds ahead of UTC.
	Visits float64
	Shape  *Shape
	Zone   int64
	// Swing is how much days and hours differ from one another, the sigma of a
	// lognormal.
	Swing float64
	// Calls is the mean number of calls of a visit (geometric), Gap the median
	// seconds between them, Spread the sigma.
	Calls, Gap, Spread float64
	// At, if not 0, is the time of the local day at which a job begins, on the
	// weekdays of Mask (bit 0 is Sunday); it makes Size calls, more or less.
	At   int64
	Mask uint8
	Size float64
	// Every, if not 0, is the period of a clock, with that jitter as a share.
	Every  int64
	Jitter float64
	// On and Off, if not 0, alternate; it calls only in the first.
	On, Off int64
	// Quota, if not 0, is the most calls in a UTC day.
	Quota int
	// Salt makes its days its own.
	Salt uint64

	// Turn is which call of a visit the last one was, from 0.
	Turn int

	left   int
	today  int64
	used   int
	hour   int64 // of factor, as mood last knew it
	factor float64
}

// most bounds what swing makes of a visit's chance.
const most = 4.0

// Next returns the time of the call after at.
func (r *Rhythm) Next(d *gateway.Dice, at int64) int64 {
	if r.left > 0 {
		r.left--
		r.Turn++
		at += 1 + int64(d.Lognormal(r.Gap, r.Spread)*float64(Second))
	} else {
		r.Turn = 0
		at = r.visit(d, at)
	}
	if r.Quota > 0 {
		if at/Day != r.today {
			r.today, r.used = at/Day, 0
		}
		if r.used++; r.used > r.Quota {
			at = (at/Day+1)*Day + int64(d.Float()*float64(20*Minute))
			r.today, r.used, r.left = at/Day, 1, 0
		}
	}
	return at
}

// visit returns when the next visit begins, and sets how many calls follow.
func (r *Rhythm) visit(d *gateway.Dice, at int64) int64 {
	switch {
	case r.Every > 0:
		return at + int64(float64(r.Every)*(1+r.Jitter*(2*d.Float()-1)))
	case r.Size > 0:
		for local := at + r.Zone; ; {
			midnight := local - local%Day
			if local < midnight+r.At && r.Mask>>uint((local/Day+4)%7)&1 == 1 {
				r.left = int(d.Lognormal(r.Size, r.Swing))
				return midnight + r.At - r.Zone + int64(d.Exp(40)*float64(Second))
			}
			local = midnight + Day
		}
	}
	peak := r.Visits * r.Shape.peak
	if r.Swing > 0 {
		peak *= most
	}
	mean := float64(Day) / peak
	for {
		at += 1 + int64(d.Exp(mean))
		if r.On > 0 {
			if phase := (at + int64(r.Salt%uint64(r.On+r.Off))) % (r.On + r.Off); phase >= r.On {
				at += r.On + r.Off - phase
				continue
			}
		}
		if d.Float()*peak < r.Visits*r.Shape.at(at+r.Zone)*r.mood(at) {
			break
		}
	}
	if r.Calls > 1 {
		r.left = int(math.Log(1-d.Float()) / math.Log(1-1/r.Calls))
	}
	return at
}

// mood is by what factor the day and the hour differ from others.
func (r *Rhythm) mood(at int64) float64 {
	if r.Swing == 0 {
		return 1
	}
	if h := at/Hour + 1; h != r.hour {
		daily := gateway.Dice(gateway.Mix(r.Salt + uint64(at/Day)))
		hourly := gateway.Dice(gateway.Mix(r.Salt ^ uint64(h)<<20))
		mean := math.Exp(r.Swing * r.Swing) // of the two together
		r.hour, r.factor = h, min(daily.Lognormal(1, r.Swing)*hourly.Lognormal(1, r.Swing)/mean, most)
	}
	return r.factor
}
