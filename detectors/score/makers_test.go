package score

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

const five = 5 * time.Minute

// plateau is a machine that works by day: some 20 by night, 70 from 9 to 18.
func plateau(what string) func(*rand.Rand, *draft) {
	return func(r *rand.Rand, d *draft) {
		bad := 8 + r.IntN(4)
		d.fill(func(i int) float64 {
			h := d.hour(i)
			busy := h >= 9 && h < 18
			top := 40.0 + 30*r.Float64()
			if d.day(i) == bad {
				switch what {
				case "up":
					top += 60
				case "down":
					if h >= 11 && h < 14 {
						top = 20 + 3*r.Float64()
					}
				case "flat":
					if busy && h >= 9 {
						return 45
					}
				case "none":
					busy = false
				}
			}
			if busy {
				return top
			}
			return 18 + 5*r.Float64()
		})
		d.plant(bad*288+9*12, bad*288+18*12)
	}
}

// makers are the kinds of series: first those that constants were chosen on,
// then those that only judge.
var makers = slices.Concat(chosen, noisy, held)

var chosen = []maker{
	{"plateau, higher", false, five, 4032, plateau("up")},
	{"plateau, a hole", false, five, 4032, plateau("down")},
	{"plateau, flat", false, five, 4032, plateau("flat")},
	{"plateau, missing day", false, five, 4032, plateau("none")},
	{"denser spikes", false, five, 4032, func(r *rand.Rand, d *draft) {
		from := d.later(r, 0.4, 0.8)
		d.fill(func(i int) float64 {
			every := 90
			if i >= from {
				every = 12
			}
			if r.IntN(every) == 0 {
				return 20
			}
			return 0
		})
		d.plant(from, from+60)
	}},
	{"load balancer", false, five, 4032, func(r *rand.Rand, d *draft) {
		from := d.later(r, 0.4, 0.9)
		d.fill(func(i int) float64 {
			v := math.Abs(gauss(r, 0.3, 0.2))
			if r.IntN(25) == 0 {
				v += 1 + 0.8*r.Float64()
			}
			return v
		})
		for k := range 12 {
			d.v[from+k*3] += 3
		}
		d.plant(from, from+36)
	}},
	{"idle machine", false, five, 4032, func(r *rand.Rand, d *draft) {
		d.fill(func(int) float64 {
			v := 0.132
			switch {
			case r.IntN(12) == 0:
				v = 0.066
			case r.IntN(20) == 0:
				v = 0.134
			case r.IntN(400) == 0:
				v = 0.3
			}
			return v
		})
		a, b := d.later(r, 0.25, 0.5), d.later(r, 0.65, 0.9)
		d.v[a] = 2.3
		for i := b; i < b+40; i++ {
			d.v[i] = gauss(r, 0.55, 0.1)
		}
		d.plant(a, a+1)
		d.plant(b, b+40)
	}},
	{"busy machine drops", false, five, 4032, func(r *rand.Rand, d *draft) {
		from, mood := d.later(r, 0.4, 0.85), 0.0
		d.fill(func(i int) float64 {
			mood = 0.9*mood + gauss(r, 0, 1.2)
			if i >= from {
				return 34 + mood
			}
			return 43 + mood
		})
		d.plant(from, from+40)
	}},
	{"idle, then full load", false, five, 4032, func(r *rand.Rand, d *draft) {
		from := d.later(r, 0.4, 0.9)
		d.fill(func(i int) float64 {
			switch {
			case i >= from && i < from+150:
				return 97 + 2*r.Float64()
			case r.IntN(200) == 0:
				return 10 + 20*r.Float64()
			}
			return 2 + 0.5*r.Float64()
		})
		d.plant(from, from+150)
	}},
	{"bytes in bursts", false, five, 4032, func(r *rand.Rand, d *draft) {
		d.fill(func(i int) float64 {
			if i%36 == 0 {
				return 2e6 * (1 + 0.2*r.Float64())
			}
			return 4e4 * math.Exp(0.3*r.NormFloat64())
		})
		a, b := d.later(r, 0.25, 0.5), d.later(r, 0.6, 0.9)
		for i := a; i < a+6; i++ {
			d.v[i] = 9e6
		}
		for i := b; i < b+30; i++ {
			d.v[i] = 1.2e6 * (1 + 0.1*r.Float64())
		}
		d.plant(a, a+6)
		d.plant(b, b+30)
	}},
	{"requests by day", false, five, 4032, func(r *rand.Rand, d *draft) {
		d.fill(func(i int) float64 {
			return poisson(r, (20+70*math.Pow(math.Sin(math.Pi*d.hour(i)/24), 2))*math.Exp(0.4*r.NormFloat64()))
		})
		a, b := d.later(r, 0.2, 0.5), d.later(r, 0.6, 0.9)
		for i := a; i < a+3; i++ {
			d.v[i] += 500
		}
		for i := b; i < b+40; i++ {
			d.v[i] *= 4
		}
		d.plant(a, a+3)
		d.plant(b, b+40)
	}},
	{"prices", false, time.Hour, 1600, func(r *rand.Rand, d *draft) {
		d.fill(func(i int) float64 {
			v := 0.09 + 0.02*math.Sin(2*math.Pi*d.hour(i)/24) + math.Abs(gauss(r, 0, 0.012))
			if r.IntN(150) == 0 {
				v += 0.1
			}
			return v
		})
		a, b := d.later(r, 0.25, 0.5), d.later(r, 0.65, 0.9)
		d.v[a] = 0.9
		for i := b; i < b+24; i++ {
			d.v[i] += 0.12
		}
		d.plant(a, a+1)
		d.plant(b, b+24)
	}},
	{"machine temperature", false, five, 12_000, func(r *rand.Rand, d *draft) {
		x, y := 0.0, 0.0
		d.fill(func(int) float64 {
			x, y = 0.998*x+gauss(r, 0, 0.5), 0.8*y+gauss(r, 0, 0.7)
			return 88 + x + y
		})
		a, b := d.later(r, 0.25, 0.5), d.later(r, 0.65, 0.9)
		for i := a; i < a+150; i++ {
			d.v[i] = 20 + 3*r.Float64()
		}
		for i := b; i < b+300; i++ {
			d.v[i] -= 35 * float64(i-b) / 300
		}
		d.plant(a, a+150)
		d.plant(b, b+300)
	}},
	{"taxis", false, 30 * time.Minute, 8000, func(r *rand.Rand, d *draft) {
		week := r.IntN(7)
		holidays := []int{60 + r.IntN(20), 100 + r.IntN(20), 140 + r.IntN(10)}
		mood := 0.0
		d.fill(func(i int) float64 {
			h, weekend := d.hour(i), (d.day(i)+week)%7 >= 5
			mood = 0.95*mood + gauss(r, 0, 0.02)
			v := 9000 + 8000*math.Sin(2*math.Pi*(h-10)/24) + 4000*math.Exp(-math.Pow((h-8)/1.5, 2))
			if weekend {
				v = 10_000 + 8000*math.Sin(2*math.Pi*(h-13)/24)
			}
			for _, k := range holidays {
				if d.day(i) == k {
					v *= 0.5
				}
			}
			return v*(1+mood) + gauss(r, 0, 300)
		})
		for _, k := range holidays {
			d.plant(k*48+6, k*48+48)
		}
	}},
	{"road traffic", false, 7 * time.Minute, 2500, func(r *rand.Rand, d *draft) {
		at := d.at[0]
		for i := range d.at {
			at += int64(5*time.Minute) * int64(1+r.IntN(3)*r.IntN(2))
			if r.IntN(300) == 0 {
				at += int64(5 * time.Hour)
			}
			d.at[i] = at
		}
		d.fill(func(i int) float64 {
			h := d.hour(i)
			jam := 20*math.Exp(-math.Pow((h-8)/1.2, 2)) + 15*math.Exp(-math.Pow((h-17)/1.5, 2))
			return 72 - jam*r.Float64()*1.5 + gauss(r, 0, 4)
		})
		from := d.later(r, 0.4, 0.9)
		for i := from; i < from+12; i++ {
			d.v[i] = gauss(r, 22, 4)
		}
		d.plant(from, from+12)
	}},
	{"mentions", false, five, 12_000, func(r *rand.Rand, d *draft) {
		d.fill(func(i int) float64 {
			v := poisson(r, (8+25*math.Pow(math.Sin(math.Pi*(d.hour(i)-2)/24), 2))*math.Exp(0.5*r.NormFloat64()))
			if r.IntN(300) == 0 {
				v += 60 + 100*r.Float64()
			}
			return v
		})
		for k := range 3 {
			a := d.later(r, 0.2+0.27*float64(k), 0.4+0.27*float64(k))
			for i := a; i < a+10; i++ {
				d.v[i] += 900 * math.Exp(-float64(i-a)/5)
			}
			d.plant(a, a+10)
		}
	}},
	{"constant", false, five, 4032, func(_ *rand.Rand, d *draft) { d.fill(func(int) float64 { return 45 }) }},
	{"square wave", false, five, 4032, func(_ *rand.Rand, d *draft) {
		d.fill(func(i int) float64 {
			if h := d.hour(i); h >= 9 && h < 18 {
				return 80
			}
			return 20
		})
	}},
	{"noise", false, five, 4032, func(r *rand.Rand, d *draft) { d.fill(func(int) float64 { return gauss(r, 0, 1) }) }},
	{"drift", false, time.Minute, 8000, func(r *rand.Rand, d *draft) {
		d.fill(func(i int) float64 { return 100 + float64(i)/40 + gauss(r, 0, 4) })
		from := d.later(r, 0.4, 0.9)
		for i := from; i < from+4; i++ {
			d.v[i] += 60
		}
		d.plant(from, from+4)
	}},
	{"sparse counts", false, time.Minute, 8000, func(r *rand.Rand, d *draft) {
		d.fill(func(int) float64 { return poisson(r, 0.05) })
		from := d.later(r, 0.4, 0.9)
		for i := from; i < from+10; i++ {
			d.v[i] += poisson(r, 6)
		}
		d.plant(from, from+10)
	}},
	{"gaps", false, time.Minute, 8000, func(r *rand.Rand, d *draft) {
		at := d.at[0]
		for i := range d.at {
			at += int64(time.Minute)
			if r.IntN(50) == 0 {
				at += int64(time.Duration(r.IntN(40)) * time.Minute)
			}
			d.at[i] = at
		}
		d.fill(func(i int) float64 { return poisson(r, 120) })
		from := d.later(r, 0.4, 0.9)
		for i := from; i < from+10; i++ {
			d.v[i] = poisson(r, 40)
		}
		d.plant(from, from+10)
	}},
	{"wilder", false, time.Minute, 6000, func(r *rand.Rand, d *draft) {
		from := d.later(r, 0.4, 0.9)
		d.fill(func(i int) float64 {
			if i >= from && i < from+100 {
				return gauss(r, 50, 9)
			}
			return gauss(r, 50, 3)
		})
		d.plant(from, from+100)
	}},
}
