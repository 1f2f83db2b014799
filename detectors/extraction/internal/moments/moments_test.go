package moments

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestMoments holds the running figures against those of all figures together.
func TestMoments(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 100, 10_000} {
		var m Moments
		var sum, squares float64
		for i := range n {
			v := 50 + 10*r.NormFloat64()
			m.Add(float32(v), float32(i+1))
			sum, squares = sum+v, squares+v*v
		}
		mean := sum / float64(n)
		deviation := math.Sqrt(max(squares/float64(n)-mean*mean, 0))
		if math.Abs(float64(m.Mean)-mean) > 0.1 || math.Abs(m.Deviation(uint32(n))-deviation) > 0.1 ||
			math.Abs(m.Squares(float64(n))/squares-1) > 0.01 || math.Abs(m.Spread(uint32(n))-deviation/mean) > 0.01 {
			t.Errorf("of %d: %+v, deviation %v, squares %v, want a mean of %v, a deviation of %v, squares of %v", n, m, m.Deviation(uint32(n)), m.Squares(float64(n)), mean, deviation, squares)
		}
	}
}

func TestNothing(t *testing.T) {
	var m Moments
	if m.Deviation(0) != 0 || m.Spread(0) != 0 || m.Squares(0) != 0 {
		t.Errorf("of no figures the deviation is %v, the spread %v, want 0", m.Deviation(0), m.Spread(0))
	}
}
