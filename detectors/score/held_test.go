package score

import (
	"math"
	"math/rand/v2"
	"time"
)

// held are the kinds of series that no constant was chosen on.
var held = []maker{
	{"heartbeat", true, time.Second, 8000, func(r *rand.Rand, d *draft) {
		from := d.later(r, 0.4, 0.9) / 100 * 100
		d.fill(func(i int) float64 {
			x := float64(i%100) / 100
			if i >= from && i < from+100 {
				x = x * x
			}
			return 3*math.Exp(-math.Pow((x-0.3)/0.02, 2)) - math.Exp(-math.Pow((x-0.36)/0.02, 2)) +
				0.6*math.Exp(-math.Pow((x-0.6)/0.06, 2)) + gauss(r, 0, 0.04)
		})
		d.plant(from, from+100)
	}},
	{"sines by the hour", true, time.Hour, 1680, func(r *rand.Rand, d *draft) {
		d.fill(func(i int) float64 {
			return 300 + 100*math.Sin(2*math.Pi*float64(i)/24) + 60*math.Sin(2*math.Pi*float64(i)/168) + 0.2*float64(i) + gauss(r, 0, 12)
		})
		a, b := d.later(r, 0.3, 0.6), d.later(r, 0.7, 0.95)
		d.v[a] += 120
		d.v[b] -= 120
		d.plant(a, a+1)
		d.plant(b, b+1)
	}},
	{"latency", true, time.Minute, 8000, func(r *rand.Rand, d *draft) {
		d.fill(func(int) float64 { return 40 * math.Exp(0.5*r.NormFloat64()) })
		from := d.later(r, 0.4, 0.9)
		for i := from; i < from+20; i++ {
			d.v[i] *= 6
		}
		d.plant(from, from+20)
	}},
	{"saw-tooth that sticks", true, five, 5000, func(r *rand.Rand, d *draft) {
		from := d.later(r, 0.4, 0.9) / 40 * 40
		d.fill(func(i int) float64 {
			if i >= from && i < from+60 {
				return 60 + gauss(r, 0, 0.5)
			}
			return float64(i%40)*2 + gauss(r, 0, 1)
		})
		d.plant(from, from+60)
	}},
	{"cooling that fails", true, five, 6000, func(r *rand.Rand, d *draft) {
		from, x, on := d.later(r, 0.4, 0.9), 20.0, false
		d.fill(func(i int) float64 {
			if x > 22 {
				on = true
			} else if x < 19 {
				on = false
			}
			if on && (i < from || i > from+40) {
				x -= 0.35
			} else {
				x += 0.2
			}
			return x + gauss(r, 0, 0.05)
		})
		d.plant(from, from+60)
	}},
	{"leak and restart", true, five, 6000, func(r *rand.Rand, d *draft) {
		from, x := d.later(r, 0.4, 0.9), 30.0
		d.fill(func(i int) float64 {
			x += 0.05
			if i >= from && i < from+60 {
				x += 0.8
			}
			if r.IntN(500) == 0 || i == from+60 {
				x = 30
			}
			return x + gauss(r, 0, 0.6)
		})
		d.plant(from, from+60)
	}},
	{"nightly job that is missing", true, five, 6000, func(r *rand.Rand, d *draft) {
		bad := 10 + r.IntN(8)
		d.fill(func(i int) float64 {
			if h := d.hour(i); h >= 2 && h < 3.5 && d.day(i) != bad {
				return gauss(r, 500, 30)
			}
			return gauss(r, 60, 10)
		})
		d.plant(bad*288+24, bad*288+42)
	}},
	{"returns", true, five, 6000, func(r *rand.Rand, d *draft) {
		s := 0.001
		from := d.later(r, 0.4, 0.9)
		d.fill(func(i int) float64 {
			s = math.Exp(0.98*math.Log(s) + 0.02*math.Log(0.001) + gauss(r, 0, 0.08))
			return gauss(r, 0, s)
		})
		d.v[from] = -0.03
		d.plant(from, from+1)
	}},
	{"office week", true, 10 * time.Minute, 6000, func(r *rand.Rand, d *draft) {
		bad := 30 + r.IntN(8)
		work := func(i int) float64 {
			h := d.hour(i)
			if d.day(i)%7 >= 5 {
				return 0.03
			}
			return 0.03 + math.Exp(-math.Pow((h-13)/4.5, 4))
		}
		d.fill(func(i int) float64 {
			m := 400 * work(i)
			if d.day(i) == bad && d.hour(i) >= 10 && d.hour(i) < 12 {
				m = 400
				if bad%7 < 5 {
					m = 20
				}
			}
			return poisson(r, m)
		})
		d.plant(bad*144+60, bad*144+72)
	}},
	{"rare states", true, time.Minute, 6000, func(r *rand.Rand, d *draft) {
		d.fill(func(i int) float64 {
			if i%700 < 5 {
				return 2
			}
			return 1
		})
		from := d.later(r, 0.4, 0.9)
		d.v[from] = 3
		d.plant(from, from+1)
	}},
	{"stops", true, time.Minute, 6000, func(r *rand.Rand, d *draft) {
		from := d.later(r, 0.4, 0.9)
		d.fill(func(i int) float64 {
			if i >= from && i < from+60 {
				return 0
			}
			return poisson(r, 80*math.Exp(0.2*math.Sin(float64(i)/200)))
		})
		d.plant(from, from+60)
	}},
}
