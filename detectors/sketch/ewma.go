package sketch

import "math"

// EWMA is an exponentially weighted mean and variance (Finch: Incremental
// calculation of weighted mean and variance, 2009). The first values weigh
// equally until their number reaches 1/alpha, so that the mean starts unbiased.
type EWMA struct {
	Mean, Variance float64
	// N counts the values; it stops at 2^32-1.
	N uint32
}

// Add folds v in with the weight alpha (above 0, at most 1). What is not
// finite is ignored.
func (e *EWMA) Add(v, alpha float64) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return
	}
	e.N = satAdd(e.N, 1)
	a := max(alpha, 1/float64(e.N))
	diff := v - e.Mean
	step := a * diff
	e.Mean += step
	e.Variance = (1 - a) * (e.Variance + diff*step)
}

// Deviation returns the standard deviation.
func (e *EWMA) Deviation() float64 { return math.Sqrt(max(e.Variance, 0)) }

// Score returns how many deviations v is above the mean; a deviation below
// floor counts as floor, which must be above 0.
func (e *EWMA) Score(v, floor float64) float64 {
	return (v - e.Mean) / max(e.Deviation(), floor)
}

// CUSUM adds up how far standardised values stray from 0 in one direction, and
// so sees a small lasting shift that no single value shows (Page: Continuous
// inspection schemes, Biometrika 1954).
type CUSUM struct{ High, Low float64 }

// Add folds in z, in deviations from the baseline; slack is half the shift
// that matters, usually 0.5. High and Low are compared with a limit, usually
// 4 to 5, and never exceed 1,000 so that they come back after a long shift.
func (c *CUSUM) Add(z, slack float64) {
	if math.IsNaN(z) {
		return
	}
	c.High = min(max(0, c.High+z-slack), 1000)
	c.Low = min(max(0, c.Low-z-slack), 1000)
}
