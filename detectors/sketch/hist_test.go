package sketch

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestHistQuantiles(t *testing.T) {
	var h64 Hist64
	var h256 Hist256
	r := rand.New(rand.NewPCG(1, 2))
	values := make([]float64, 20000)
	for i := range values {
		values[i] = math.Exp(r.NormFloat64()*2 + 6)
		h64.Add(values[i])
		h256.Add(values[i])
	}
	slices.Sort(values)
	for _, q := range []float64{0.01, 0.1, 0.5, 0.9, 0.99, 1} {
		want := max(values[int(q*float64(len(values)-1))], 1)
		if got := h64.Quantile(q); math.Abs(got/want-1) > 0.19 {
			t.Errorf("64 buckets: quantile %v is %v, want %v", q, got, want)
		}
		if got := h256.Quantile(q); math.Abs(got/want-1) > 0.045 {
			t.Errorf("256 buckets: quantile %v is %v, want %v", q, got, want)
		}
	}
	if h64.Total() != 20000 || h256.Total() != 20000 {
		t.Errorf("totals %d, %d", h64.Total(), h256.Total())
	}
	if b := h256.Below(values[10000]); b < 0.46 || b > 0.51 {
		t.Errorf("below the median are %v", b)
	}
	if b := h64.Below(values[10000]); b < 0.40 || b > 0.51 {
		t.Errorf("below the median are %v", b)
	}
}

func TestHistEdges(t *testing.T) {
	var h Hist64
	if h.Quantile(0.5) != 0 || h.Below(3) != 0 {
		t.Error("an empty histogram has a quantile")
	}
	for _, v := range []float64{math.NaN(), math.Inf(-1), -5, 0, 1} {
		h.Add(v)
	}
	if h.c[0] != 5 {
		t.Errorf("first bucket has %d, want 5", h.c[0])
	}
	h.Add(math.Inf(1))
	h.Add(1e300)
	if h.c[63] != 2 {
		t.Errorf("last bucket has %d, want 2", h.c[63])
	}
	if h.Quantile(-1) > 2 || h.Quantile(2) < 1<<31 {
		t.Error("quantiles outside 0 to 1 are not clamped")
	}
	h.Reset()
	if h != (Hist64{}) {
		t.Error("reset leaves something")
	}
}

func TestHistMergeIsUnion(t *testing.T) {
	var a, b, all Hist256
	var c, d, both Hist64
	for i := range 5000 {
		v := float64(i * i)
		if all.Add(v); i%3 == 0 {
			a.Add(v)
			c.Add(v)
		} else {
			b.Add(v)
			d.Add(v)
		}
		both.Add(v)
	}
	ab, ba := a, b
	ab.Merge(&b)
	ba.Merge(&a)
	c.Merge(&d)
	if ab != all || ba != all || c != both {
		t.Error("the merged histograms differ from the histogram of the union")
	}
	ab.Reset()
	if ab.Total() != 0 {
		t.Error("reset leaves something")
	}
}
