package rhythm

import "github.com/gatehound/gatehound/cmd/internal/simulate/gateway"

// PerDay is a Poisson process of that many calls a day, round the clock.
func PerDay(calls float64) Rhythm { return Rhythm{Visits: calls, Shape: Flat} }

// Clock is so many calls a day of a loop that sleeps.
func Clock(calls, jitter float64) Rhythm {
	return Rhythm{Every: int64(float64(Day) / calls), Jitter: jitter}
}

// Sessions is what a person does, so many calls a day. A visit begins when the one
// before has ended: the time that they take is made up for.
func Sessions(d *gateway.Dice, calls float64, s *Shape, zone int64) Rhythm {
	r := Rhythm{Shape: s, Zone: zone, Swing: .4, Calls: 6, Gap: min(20+40*d.Float(), 15_000/calls), Spread: .9}
	visits := calls / r.Calls
	busy := visits * (r.Calls - 1) * r.Gap * 1.5 / float64(Day/Second)
	r.Visits = visits / (1 - min(2.2*busy, .6))
	return r
}

// Nightly is a job in the first hours of every day, in so many calls, gap seconds
// apart.
func Nightly(d *gateway.Dice, calls, gap float64) Rhythm {
	return Rhythm{At: int64(d.Below(7))*Hour + int64(1+d.Below(30))*Minute, Mask: 0x7f, Size: calls, Swing: .05, Gap: gap, Spread: .4}
}
