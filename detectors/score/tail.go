package score

import "math"

// The bounds of a tail.
const (
	// perOctave and octaves are the resolution and the range of a tail, which
	// begins at 2^lowest.
	perOctave, octaves, lowest = 8, 16, -6
	bins                       = perOctave * octaves
	// unit is what a value weighs, doubtful what one weighs that may belong to
	// an anomaly; full is the sum at which everything is halved, so that the
	// tail remembers some 4,000 to 8,000 values.
	unit, doubtful, full = 8, 1, 8000 * unit
	// tailShare is the share of the values that the shape of the tail is
	// measured on, but not fewer than tailLeast values.
	tailShare, tailLeast = 0.025, 10
	// priorWeight and priorExcess shape a tail of which little is known: as if
	// so many values had lain so far above the threshold, in logarithms.
	priorWeight, priorExcess = 10, 0.25
	// leastExcess is the thinnest tail that is believed in.
	leastExcess = 0.04
)

// tail is the distribution of a statistic that is 0 or above: it says how rare
// a value is, beyond the largest one seen too. It takes 264 bytes.
//
// Up to the threshold (the 97.5th percentile) the share is counted; beyond, a
// Pareto tail is fitted by Hill's estimator (1975), which is peaks over
// threshold as in SPOT (Siffer et al. 2017) for tails that may be heavy. So it
// means the same for every statistic, whatever its distribution: one threshold
// serves all.
type tail struct {
	sum    uint32
	counts [bins]uint16
}

// bin returns the bin of r.
func bin(r float64) int {
	return int(min(max((math.Log2(r+1e-12)-lowest)*perOctave, 0), bins-1))
}

// surprise returns the negative decimal logarithm of the share of values that
// are r or above. What is below 1 is usual, whatever came before.
func (t *tail) surprise(r float64) float64 { return t.surpriseOf(r, leastExcess) }

// surpriseOf is surprise where no tail thinner than least is believed in.
func (t *tail) surpriseOf(r, least float64) float64 {
	if t.sum == 0 || r <= 1 {
		return 0
	}
	const one = -lowest * perOctave
	want := uint32(max(tailShare*float64(t.sum), tailLeast*unit))
	b, above, excess, i := bin(r), uint32(0), 0.0, bins-1
	for ; i > one; i-- {
		n := uint32(t.counts[i])
		above += n
		excess += float64(n) * float64(i)
		if above >= want {
			break
		}
	}
	total := float64(t.sum + 2*unit)
	if b <= i {
		for i--; i >= b; i-- {
			above += uint32(t.counts[i])
		}
		return -math.Log10(float64(above+unit) / total)
	}
	const step = math.Ln2 / perOctave
	n := float64(above) / unit
	mean := (excess/unit - n*float64(i)) * step
	mean = max((mean+priorExcess*priorWeight)/(n+priorWeight), least)
	over := math.Log(r) - (float64(i)/perOctave+lowest)*math.Ln2
	return min(-math.Log10(float64(above+unit)/total)+over/mean/math.Ln10, 300)
}

// add learns r with a weight.
func (t *tail) add(r float64, weight uint16) {
	b := bin(r)
	if t.counts[b] > math.MaxUint16-unit {
		return
	}
	t.counts[b] += weight
	t.sum += uint32(weight)
	if t.sum < full {
		return
	}
	t.sum = 0
	for i := range t.counts {
		t.counts[i] = (t.counts[i] + 1) / 2
		t.sum += uint32(t.counts[i])
	}
}
