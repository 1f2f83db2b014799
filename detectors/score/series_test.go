package score

import (
	"math"
	"math/rand/v2"
	"time"
)

// series makes values with planted anomalies.
type series struct {
	name string
	// at returns the honest value of the i-th minute, and whether there is one.
	at func(r *rand.Rand, i int) (float64, bool)
	// factor is what a planted minute is multiplied with, after add is added.
	factor, add float64
	// measure tells that the values are no counts.
	measure bool
}

func poisson(r *rand.Rand, mean float64) float64 {
	if mean > 50 {
		return max(0, math.Round(mean+math.Sqrt(mean)*r.NormFloat64()))
	}
	n, p := 0.0, math.Exp(-mean)
	for u := r.Float64(); u > p; n++ {
		u *= r.Float64()
	}
	return n
}

func always(f func(r *rand.Rand, i int) float64) func(*rand.Rand, int) (float64, bool) {
	return func(r *rand.Rand, i int) (float64, bool) { return f(r, i), true }
}

// daily follows the hours of the day, from low to high.
func daily(i int, low, high float64) float64 {
	return low + (high-low)*(1-math.Cos(2*math.Pi*float64(i)/1440))/2
}

var families = []series{
	{name: "steady", factor: 8, at: always(func(r *rand.Rand, _ int) float64 { return poisson(r, 120) })},
	{name: "periodic", factor: 10, at: always(func(r *rand.Rand, i int) float64 { return poisson(r, daily(i, 10, 400)) })},
	{name: "bursty", factor: 1, add: 3000, at: always(func(r *rand.Rand, i int) float64 {
		if i%15 == 0 {
			return poisson(r, 300)
		}
		return poisson(r, 4)
	})},
	{name: "heavy tail", factor: 60, add: 300, at: always(func(r *rand.Rand, _ int) float64 {
		return poisson(r, 20*math.Exp(0.7*r.NormFloat64()))
	})},
	{name: "sparse", factor: 1, add: 60, at: always(func(r *rand.Rand, _ int) float64 { return poisson(r, 0.05) })},
	{name: "drifting", factor: 8, at: always(func(r *rand.Rand, i int) float64 { return poisson(r, 50*math.Exp(float64(i)/1500)) })},
	{name: "gappy", factor: 8, at: func(r *rand.Rand, i int) (float64, bool) {
		return poisson(r, 120), i%200 > 40 && r.IntN(5) > 0
	}},
	{name: "level shifts", factor: 12, at: always(func(r *rand.Rand, i int) float64 {
		return poisson(r, []float64{60, 300, 90}[i/700%3])
	})},
	{name: "nightly job", factor: 1, add: 6000, at: always(func(r *rand.Rand, i int) float64 {
		if m := i % 1440; m >= 120 && m < 135 {
			return poisson(r, 900)
		}
		return poisson(r, 15)
	})},
	{name: "measure", factor: 1, add: 25, measure: true, at: always(func(r *rand.Rand, i int) float64 {
		return 80 + 5*math.Sin(2*math.Pi*float64(i)/1440) + r.NormFloat64()
	})},
}

// outcome counts a scorer's hits and false alarms over a family.
type outcome struct{ planted, hit, honest, wrong int }

// run feeds four days with twelve planted minutes to a scorer; the first day
// and the minutes after a plant are not judged.
func (s *series) run(seed uint64, threshold float64, score func(at int64, v float64) float64) outcome {
	r := rand.New(rand.NewPCG(seed, 17))
	const length = 4 * 1440
	planted := map[int]bool{}
	for len(planted) < 12 {
		if i := 1440 + r.IntN(length-1440); !planted[i] && !planted[i-1] && !planted[i+1] {
			planted[i] = true
		}
	}
	var o outcome
	start := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC).UnixNano()
	for i := range length {
		v, there := s.at(r, i)
		if planted[i] {
			v, there = v*s.factor+s.add, true
			if !s.measure {
				v = math.Round(v)
			}
		}
		if !there {
			continue
		}
		loud := score(start+int64(i)*int64(time.Minute), v) >= threshold
		switch {
		case planted[i]:
			o.planted++
			if loud {
				o.hit++
			}
		case i >= 1440:
			o.honest++
			if loud {
				o.wrong++
			}
		}
	}
	return o
}

// runs adds up five seeds, each with a new scorer.
func (s *series) runs(threshold float64, scorer func() func(int64, float64) float64) outcome {
	var o outcome
	for seed := range uint64(5) {
		o.sum(s.run(seed, threshold, scorer()))
	}
	return o
}

// ewma is the plain floor that Stream has to beat: a z-score against an
// exponential mean and variance of the values.
func ewma() func(int64, float64) float64 {
	var mean, variance float64
	n := 0
	return func(_ int64, v float64) float64 {
		n++
		z := math.Abs(v-mean) / max(math.Sqrt(variance), 1)
		a := max(1.0/32, 1/float64(n))
		diff := v - mean
		mean += a * diff
		variance = (1 - a) * (variance + a*diff*diff)
		if n < 12 {
			return 0
		}
		return z
	}
}
