package silence

import (
	"math"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// pauses is the detector for keys, and for routes with little traffic, by how
// long they are silent.
type pauses struct {
	kind   schemas.EntityKind
	id     string
	config Config
}

// Pauses is what is kept of a key or a route by pauses, 192 bytes.
type Pauses struct {
	open [2]span
	// first and last are the times of the first and the last request, Unix
	// nanoseconds.
	first, last int64
	// longest has the coded longest pause that touched each hour of a working
	// day and of a weekend's day (UTC): of this week, and of the week before. 0
	// is an hour that was not seen.
	longest [2][2][24]uint8
	beat    beat
	daily   daily
	// level is how many requests a window has that has any.
	level float32
	// week is that of longest[0], hour that of callers, since the epoch.
	week, hour uint32
	// callers is a bitmap of who spoke in the hour: a route's callers, a key's
	// users or addresses; home is a hash of the last address.
	callers, home uint32
	// others is four times how many callers an hour usually has.
	others uint8
	// able tells that an interruption could be seen, told that this silence was
	// told or is not to be, excused that it is everybody's and teaches nothing.
	able, told, excused bool
	// fresh tells that the key is new.
	fresh bool
}

// span has the counts of one open window.
type span struct{ requests, nameless uint32 }

var _ detectors.Detector[Pauses, Crowd] = (*pauses)(nil)

const (
	// pauseWindow is how often silences are looked at.
	pauseWindow = 5 * time.Minute
	// shortest is the least time between requests that is noted as a pause.
	shortest = int64(time.Minute)
	// rest is the longest pause of a key that speaks round the clock: what pauses
	// for longer, even once, comes in bursts, and is silent by chance.
	rest = 20 * time.Minute
	week = int64(7 * 24 * time.Hour)
	// keep is how long a silent entity is remembered, so that weekly work is.
	keep = 2*week + int64(24*time.Hour)
)

// Spec implements detectors.Detector.
func (d *pauses) Spec() detectors.Spec {
	s := detectors.Spec{ID: d.id, Entity: d.kind, Window: pauseWindow, MinEvents: 20, Share: 1, Techniques: techniques, Absence: true}
	if d.kind == schemas.EntityPrincipal {
		// Who only names a key does not speak for it.
		s.Wants = detectors.Named
	}
	return s
}

// Observe implements detectors.Detector.
func (d *pauses) Observe(x *detectors.Context, s *Pauses, ev *schemas.Event) {
	w := &s.open[x.Slot]
	w.requests++
	if ev.Principal == "" {
		w.nameless++
	}
	if s.first == 0 {
		s.first, s.last, s.week = ev.Time, ev.Time, uint32(ev.Time/week)
	}
	if ev.Time-s.last >= shortest {
		d.resume(s, ev.Time)
	}
	s.last = max(s.last, ev.Time)
	if hour := uint32(ev.Time / int64(time.Hour)); hour != s.hour {
		s.turnHour(hour)
	}
	if d.kind == schemas.EntityRoute {
		s.callers |= 1 << (caller(x, ev) >> 59)
		return
	}
	address := x.Key.Addr(detectors.Client(ev))
	s.home = uint32(address)
	if ev.EndUser != "" {
		address = x.Key.String(ev.EndUser)
	}
	s.callers |= 1 << (address >> 59)
}

// turnHour learns how many callers the hour had that is over.
func (s *Pauses) turnHour(hour uint32) {
	if s.callers != 0 {
		s.others = uint8((3*float64(s.others)+4*min(sketch.Distinct32(s.callers), 60))/4 + 0.5)
	}
	s.callers, s.hour = 0, hour
}

// resume notes the pause that ends at the time now.
func (d *pauses) resume(s *Pauses, now int64) {
	if now-s.last >= 2*week {
		*s = Pauses{open: s.open, first: now, last: now, week: uint32(now / week)}
		return
	}
	if !s.excused {
		code := encode(now - s.last)
		for at := s.last; ; at += int64(time.Hour) {
			at = min(at, now)
			kind, hour := slot(at)
			s.longest[0][kind][hour] = max(s.longest[0][kind][hour], code)
			// A week touches every hour.
			if at == now || at-s.last > week {
				break
			}
		}
	}
	pause := now - s.last
	s.beat.resume(now, pause)
	s.daily.resume(now, pause, d.config.Punctual)
	s.told, s.excused = false, false
}

// slot returns the kind of day (0 a working day, 1 a weekend's) and the hour of
// the day, UTC.
func slot(at int64) (kind, hour int) {
	if weekend(at / day) {
		kind = 1
	}
	return kind, int(at / int64(time.Hour) % 24)
}

const day = int64(24 * time.Hour)

// weekend tells whether a day since the epoch, a Thursday, is on a weekend.
func weekend(day int64) bool { return (day+4)%7 == 0 || (day+4)%7 == 6 }

// encode codes a pause in a byte, eight steps for each doubling of minutes; it
// never codes 0. decode returns the upper end of the step.
func encode(pause int64) uint8 {
	return uint8(min(1+8*math.Log2(1+float64(pause)/float64(time.Minute)), 255))
}

func decode(code uint8) time.Duration {
	return time.Duration((math.Exp2(float64(code)/8) - 1) * float64(time.Minute))
}

// Close implements detectors.Detector.
func (d *pauses) Close(x *detectors.Context, s *Pauses, c *Crowd) bool {
	w := s.open[x.Slot]
	s.open[x.Slot] = span{}
	d.learn(x, s, &w)
	age := time.Duration(x.Now - s.first)
	s.fresh = age < young && time.Duration(c.windows)*pauseWindow >= age+later
	j := d.judge(s, x.Now)
	if (c.together || c.hushed) && j.quiet {
		s.excused = true
	}
	if j.hit == nothing {
		return x.Now-s.last < keep
	}
	s.told = true
	switch {
	case (c.together || c.hushed) && j.hit == interrupted, c.jobsTogether && j.hit != interrupted:
	case d.kind == schemas.EntityPrincipal && c.replaced(s.home, j.lasts):
		// Its address speaks on, under a name that is new: a key was rotated.
	default:
		x.Emit(d.finding(s, &j))
	}
	return true
}

// learn moves what is kept by a window.
func (d *pauses) learn(x *detectors.Context, s *Pauses, w *span) {
	if now := uint32(x.WindowStart / week); now > s.week {
		if now == s.week+1 {
			s.longest[1] = s.longest[0]
		} else {
			s.longest[1] = [2][24]uint8{}
		}
		s.longest[0], s.week = [2][24]uint8{}, now
	}
	if w.requests > 0 {
		kind, hour := slot(x.WindowStart)
		s.longest[0][kind][hour] = max(s.longest[0][kind][hour], 1)
		n := float32(w.requests)
		if s.level == 0 {
			s.level = n
		}
		s.level += (n - s.level) / 64
	}
	if x.WindowStart%int64(time.Hour) < int64(pauseWindow) {
		s.able = d.could(s, x.WindowStart)
	}
}

// could tells that an interruption at that time could be seen.
func (d *pauses) could(s *Pauses, at int64) bool {
	if s.last-s.first < int64(d.config.History) {
		return false
	}
	many := float64(s.others) >= 4*min(4*float64(d.config.Callers), 60)
	if d.kind == schemas.EntityRoute {
		// Busy routes are judged by their minutes.
		return many && float64(s.level) < d.config.Floor*pauseWindow.Minutes()
	}
	return many || s.restless(at)
}

// restless tells that a key speaks round the clock on such days: a person rests.
func (s *Pauses) restless(at int64) bool {
	kind, _ := slot(at)
	for hour := range 24 {
		if code := s.known(kind, hour); code == 0 || code > restCode {
			return false
		}
	}
	return true
}

var restCode = encode(int64(rest))

// known returns the coded longest pause that touched an hour.
func (s *Pauses) known(kind, hour int) uint8 {
	return max(s.longest[0][kind][hour], s.longest[1][kind][hour])
}

// bound returns the longest pause that is known of the hours from last to now
// and of those beside them, or of all if the key is restless; false if one of
// the hours was not seen before.
func (s *Pauses) bound(now int64) (time.Duration, bool) {
	code := uint8(0)
	if s.restless(s.last) && s.restless(now-1) {
		for kind := range 2 {
			for hour := range 24 {
				code = max(code, s.known(kind, hour))
			}
		}
		return decode(code), true
	}
	for at := s.last; ; at += int64(time.Hour) {
		at = min(at, now-1)
		kind, hour := slot(at)
		// A weekend is known if there was one before this.
		here := s.known(kind, hour)
		if here == 0 || kind == 1 && s.longest[1][kind][hour] == 0 {
			return 0, false
		}
		code = max(code, here, s.known(kind, (hour+1)%24), s.known(kind, (hour+23)%24))
		if at >= now-1 {
			return decode(code), true
		}
	}
}
