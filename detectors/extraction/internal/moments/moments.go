// Package moments has running means and spreads.
package moments

import "math"

// Moments are the mean of figures and the sum of the squares of what they are
// off it (Welford 1962).
type Moments struct{ Mean, M2 float32 }

// Add takes in a figure, the n-th.
func (m *Moments) Add(v, n float32) {
	diff := v - m.Mean
	m.Mean += diff / n
	m.M2 += diff * (v - m.Mean)
}

// Squares returns the sum of the squares of n figures.
func (m *Moments) Squares(n float64) float64 {
	return float64(m.M2) + n*float64(m.Mean)*float64(m.Mean)
}

// Deviation returns the standard deviation of n figures.
func (m *Moments) Deviation(n uint32) float64 {
	return math.Sqrt(float64(max(m.M2, 0)) / float64(max(n, 1)))
}

// Spread returns the coefficient of variation of n figures.
func (m *Moments) Spread(n uint32) float64 { return m.Deviation(n) / max(float64(m.Mean), 1) }
