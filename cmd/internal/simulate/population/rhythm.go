package population

import (
	"math"
	"time"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
)

const (
	second = int64(time.Second)
	minute = int64(time.Minute)
	hour   = int64(time.Hour)
	day    = 24 * hour
)

// shape is how a caller's activity is spread over the hours of its local day and
// over the week, from Sunday on. The mean over a week is 1.
type shape struct {
	hours [24]float64
	days  [7]float64
	peak  float64
}

func newShape(hours [24]float64, days [7]float64) *shape {
	s := &shape{hours, days, 0}
	var h, d, top, best float64
	for _, x := range hours {
		h += x / 24
		top = max(top, x)
	}
	for _, x := range days {
		d += x / 7
		best = max(best, x)
	}
	for i := range s.hours {
		s.hours[i] /= h
	}
	for i := range s.days {
		s.days[i] /= d
	}
	s.peak = top * best / h / d
	return s
}

// at returns the activity at a local time.
func (s *shape) at(local int64) float64 {
	h := local % day / hour
	part := float64(local%hour) / float64(hour)
	return (s.hours[h]*(1-part) + s.hours[(h+1)%24]*part) * s.days[(local/day+4)%7] // the epoch was a Thursday
}

var (
	everyDay = [7]float64{1, 1, 1, 1, 1, 1, 1}
	workdays = [7]float64{.12, 1, 1.04, 1.05, 1.02, .9, .15}
	// office is when people at work call models: a rise from eight, a dip at noon, a
	// few in the evening. Production traces of chat services fall to a third or less
	// at night and at weekends (BurstGPT 2024, Azure's traces of 2023 and 2024).
	office = newShape([24]float64{.03, .02, .01, .01, .01, .03, .1, .4, 1.2, 2.2, 2.6, 2.4, 1.6, 1.9, 2.4, 2.3, 2, 1.4, .8, .5, .4, .3, .2, .08}, workdays)
	// leisure is when consumers do: most in the evening, weekends too.
	leisure = newShape([24]float64{.5, .25, .12, .08, .08, .12, .3, .6, .9, 1, 1.1, 1.2, 1.3, 1.2, 1.2, 1.2, 1.3, 1.4, 1.6, 1.9, 2.1, 2, 1.6, 1},
		[7]float64{1.1, .95, .95, .95, 1, 1, 1.1})
	// backend is a service whose users are mostly at work and partly not.
	backend = newShape([24]float64{.4, .35, .3, .3, .3, .35, .5, .8, 1.2, 1.5, 1.6, 1.6, 1.4, 1.5, 1.6, 1.6, 1.5, 1.3, 1.1, .9, .8, .7, .6, .5},
		[7]float64{.6, 1.1, 1.15, 1.15, 1.1, 1.05, .7})
	// global is a service with users in all time zones.
	global = newShape([24]float64{.85, .8, .8, .8, .85, .9, .95, 1, 1.05, 1.1, 1.15, 1.15, 1.1, 1.15, 1.2, 1.2, 1.15, 1.1, 1.05, 1, 1, .95, .9, .85}, everyDay)
	flat   = newShape([24]float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, everyDay)
)

// rhythm is when a caller calls: visits, each of one or more calls.
type rhythm struct {
	// visits is their mean number a day, by shape, in the zone that is that many
	// nanoseconds ahead of UTC.
	visits float64
	shape  *shape
	zone   int64
	// swing is how much days and hours differ from one another, the sigma of a
	// lognormal.
	swing float64
	// calls is the mean number of calls of a visit (geometric); gap the median
	// seconds between them, spread the sigma.
	calls, gap, spread float64
	// at, if not 0, is the time of the local day at which a job begins, on the
	// weekdays of the mask; it makes size calls, more or less.
	at   int64
	mask uint8
	size float64
	// every, if not 0, is the period of a clock, with that jitter as a share.
	every  int64
	jitter float64
	// on and off, if not 0, alternate; it calls only in the first.
	on, off int64
	// quota, if not 0, is the most calls in a UTC day.
	quota int
	// salt makes its days its own.
	salt uint64

	left, turn int
	day        int64
	used       int
	hour       int64 // of factor, as mood last knew it
	factor     float64
}

// most bounds what swing makes of a visit's chance.
const most = 4.0

// next returns the time of the call after at.
func (r *rhythm) next(d *gateway.Dice, at int64) int64 {
	if r.left > 0 {
		r.left--
		r.turn++
		at += 1 + int64(d.Lognormal(r.gap, r.spread)*float64(second))
	} else {
		r.turn = 0
		at = r.visit(d, at)
	}
	if r.quota > 0 {
		if at/day != r.day {
			r.day, r.used = at/day, 0
		}
		if r.used++; r.used > r.quota {
			at = (at/day+1)*day + int64(d.Float()*float64(20*minute))
			r.day, r.used, r.left = at/day, 1, 0
		}
	}
	return at
}

// visit returns when the next visit begins, and sets how many calls follow.
func (r *rhythm) visit(d *gateway.Dice, at int64) int64 {
	switch {
	case r.every > 0:
		return at + int64(float64(r.every)*(1+r.jitter*(2*d.Float()-1)))
	case r.size > 0:
		for local := at + r.zone; ; {
			midnight := local - local%day
			if local < midnight+r.at && r.mask>>uint((local/day+4)%7)&1 == 1 {
				r.left = int(d.Lognormal(r.size, r.swing))
				return midnight + r.at - r.zone + int64(d.Exp(40)*float64(second))
			}
			local = midnight + day
		}
	}
	peak := r.visits * r.shape.peak
	if r.swing > 0 {
		peak *= most
	}
	mean := float64(day) / peak
	for {
		at += 1 + int64(d.Exp(mean))
		if r.on > 0 {
			if phase := (at + int64(r.salt%uint64(r.on+r.off))) % (r.on + r.off); phase >= r.on {
				at += r.on + r.off - phase
				continue
			}
		}
		if d.Float()*peak < r.visits*r.shape.at(at+r.zone)*r.mood(at) {
			break
		}
	}
	if r.calls > 1 {
		r.left = int(math.Log(1-d.Float()) / math.Log(1-1/r.calls))
	}
	return at
}

// mood is by what factor the day and the hour differ from others.
func (r *rhythm) mood(at int64) float64 {
	if r.swing == 0 {
		return 1
	}
	if h := at/hour + 1; h != r.hour {
		daily := gateway.Dice(gateway.Mix(r.salt + uint64(at/day)))
		hourly := gateway.Dice(gateway.Mix(r.salt ^ uint64(h)<<20))
		mean := math.Exp(r.swing * r.swing) // of the two together
		r.hour, r.factor = h, min(daily.Lognormal(1, r.swing)*hourly.Lognormal(1, r.swing)/mean, most)
	}
	return r.factor
}
