package score

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// noisy are kinds after real series that were missed: what is planted in them is
// within the range of the series, or hidden in its noise, and shows by lasting.
var noisy = []maker{
	{"departures, an hour of more", false, 30 * time.Minute, 4300, departures(func(r *rand.Rand, d *draft, from int) int {
		for i := from; i < from+6; i++ {
			d.v[i] += 8 + poisson(r, 2)
		}
		return 6
	})},
	{"departures, a day upside down", false, 30 * time.Minute, 4300, departures(func(_ *rand.Rand, d *draft, from int) int {
		for i := from; i < from+48; i++ {
			d.v[i] = max(0, 10-d.v[i])
		}
		return 48
	})},
	{"years of days", false, 24 * time.Hour, 2000, func(r *rand.Rand, d *draft) {
		x := 0.0
		d.fill(func(i int) float64 {
			x = 0.7*x + gauss(r, 0, 2)
			return 15 + 8*math.Sin(2*math.Pi*float64(i)/365) + x
		})
		a, b := d.later(r, 0.3, 0.5), d.later(r, 0.6, 0.9)
		d.v[a] += 25
		for i := b; i < b+60; i++ {
			d.v[i] = d.v[b-1]
		}
		d.plant(a, a+1)
		d.plant(b, b+60)
	}},
}

// departures are few, many by day and none at night, counted each half hour.
// plant returns how many values it changed.
func departures(plant func(r *rand.Rand, d *draft, from int) int) func(*rand.Rand, *draft) {
	return func(r *rand.Rand, d *draft) {
		d.fill(func(i int) float64 { return poisson(r, 7*(1-math.Exp(-math.Pow((d.hour(i)-2.5)/4, 4)))) })
		from := d.later(r, 0.4, 0.9)
		d.plant(from, from+plant(r, d, from))
	}
}

// TestSeriesThatRepeats wants of a wave that no clock knows, with the same small
// steps for ever, hardly an alarm: what is a little beyond a bound is no miracle.
func TestSeriesThatRepeats(t *testing.T) {
	for _, period := range []float64{46, 31.7, 61} {
		var s Series
		alarms, spike := 0, 0.0
		for i := range 3001 {
			v := 50 + 5*math.Sin(float64(i)/period) + math.Mod(float64(i)*0.618, 1)
			if i == 3000 {
				spike = s.Score(minute(5*i), v+60)
			} else if s.Score(minute(5*i), v) >= Threshold {
				alarms++
			}
		}
		if alarms > 3 || spike < Threshold {
			t.Errorf("period %v: %d alarms, and a spike scores %.2f", period, alarms, spike)
		}
	}
}
