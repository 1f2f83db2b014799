package gateway

import "math"

// Dice is a stream of pseudo-random numbers (SplitMix64, Steele and others,
// "Fast splittable pseudorandom number generators", OOPSLA 2014). It is its
// own so that a seed gives the same bytes with every release of Go.
type Dice uint64

// Mix is the finaliser of SplitMix64: a hash of one word.
func Mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func (d *Dice) Next() uint64 {
	*d += 0x9e3779b97f4a7c15
	return Mix(uint64(*d))
}

// Below returns a number from 0 to n-1; n is far below 2^32, so the bias of
// the product is nothing.
func (d *Dice) Below(n int) int { return int(d.Next() >> 32 * uint64(n) >> 32) }

// Float returns a number from 0 to below 1.
func (d *Dice) Float() float64 { return float64(d.Next()>>11) / (1 << 53) }

// Chance is true with probability p.
func (d *Dice) Chance(p float64) bool { return d.Float() < p }

// Exp returns an exponential variate of the given mean.
func (d *Dice) Exp(mean float64) float64 { return -mean * math.Log(1-d.Float()) }

// Lognormal returns a lognormal variate by its median and sigma.
func (d *Dice) Lognormal(median, sigma float64) float64 {
	// Box and Muller; one of the pair is enough here.
	z := math.Sqrt(-2*math.Log(1-d.Float())) * math.Cos(2*math.Pi*d.Float())
	return median * math.Exp(sigma*z)
}

// Rank returns a rank from 0 to n-1 of a bounded Pareto distribution of shape
// alpha: the smaller alpha is, the longer the tail.
func (d *Dice) Rank(n int, alpha float64) int {
	x := math.Pow(1-d.Float()*(1-math.Pow(float64(n+1), -alpha)), -1/alpha)
	return min(int(x)-1, n-1)
}
