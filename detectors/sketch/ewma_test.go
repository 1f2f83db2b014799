package sketch

import (
	"math"
	"math/rand/v2"
	"testing"
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > tolerance {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestEWMAConverges(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var e EWMA
	for range 5000 {
		e.Add(100+10*r.NormFloat64(), 0.02)
	}
	near(t, "mean", e.Mean, 100, 3)
	near(t, "deviation", e.Deviation(), 10, 2.5)
	near(t, "score", e.Score(e.Mean+50, 25), 2, 1e-9)
	for range 500 {
		e.Add(200, 0.02)
	}
	near(t, "mean after a shift", e.Mean, 200, 1)
}

func TestEWMAStartsUnbiased(t *testing.T) {
	var e EWMA
	for _, v := range []float64{10, 20, 30, 40} {
		e.Add(v, 0.01)
	}
	near(t, "mean of four", e.Mean, 25, 1e-9)
	near(t, "variance of four", e.Variance, 125, 1e-9)
	e.Add(math.NaN(), 0.01)
	e.Add(math.Inf(1), 0.01)
	if e.N != 4 {
		t.Errorf("values that are not finite were counted: %d", e.N)
	}
	if (&EWMA{}).Deviation() != 0 {
		t.Error("an empty summary deviates")
	}
}

func TestCUSUM(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	var c CUSUM
	worst := 0.0
	for range 200 {
		c.Add(r.NormFloat64(), 0.5)
		worst = max(worst, c.High)
	}
	if worst > 8 {
		t.Errorf("noise reaches %v", worst)
	}
	c = CUSUM{}
	for range 20 {
		c.Add(1+r.NormFloat64()/10, 0.5)
	}
	if c.High < 5 || c.Low != 0 {
		t.Errorf("a lasting shift of one deviation reaches %v, below %v", c.High, c.Low)
	}
	c.Add(1e9, 0.5)
	c.Add(math.NaN(), 0.5)
	if c.High != 1000 {
		t.Errorf("the sum is not bounded: %v", c.High)
	}
	c.Add(-1e9, 0.5)
	if c.High != 0 || c.Low != 1000 {
		t.Errorf("after a fall: %+v", c)
	}
}
