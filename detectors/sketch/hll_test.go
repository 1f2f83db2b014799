package sketch

import (
	"fmt"
	"math"
	"testing"
)

type counter interface {
	Add(uint64) bool
	Count() float64
}

func TestHLLError(t *testing.T) {
	sizes := []struct {
		make      func() counter
		registers float64
	}{
		{func() counter { return new(HLL64) }, 64},
		{func() counter { return new(HLL256) }, 256},
		{func() counter { return new(HLL1024) }, 1024},
	}
	const rounds = 200
	for _, size := range sizes {
		for _, n := range []int{1, 3, 10, 50, 200, 1000, 20000} {
			t.Run(fmt.Sprintf("%.0f/%d", size.registers, n), func(t *testing.T) {
				var sum, squares float64
				for round := range rounds {
					h := size.make()
					for i := range n {
						h.Add(Mix(uint64(round)<<32 | uint64(i)))
					}
					e := h.Count()/float64(n) - 1
					sum += e
					squares += e * e
				}
				bias, deviation := sum/rounds, math.Sqrt(squares/rounds)
				limit := 1.04 / math.Sqrt(size.registers)
				// 200 rounds place the mean within 4/sqrt(200) deviations.
				if math.Abs(bias) > 0.3*limit {
					t.Errorf("bias %.4f, want below %.4f", bias, 0.3*limit)
				}
				if deviation > 1.2*limit {
					t.Errorf("deviation %.4f, want at most %.4f", deviation, 1.2*limit)
				}
			})
		}
	}
}

func TestHLLEmptyAndFull(t *testing.T) {
	var h HLL64
	if h.Count() != 0 {
		t.Errorf("empty counts %v", h.Count())
	}
	for i := range h.r {
		h.r[i] = 59
	}
	if c := h.Count(); math.IsNaN(c) || math.IsInf(c, -1) || c < 1e15 {
		t.Errorf("full counts %v", c)
	}
	h.Add(0)
	h.r[0] = 255 // a corrupted register must not take the program down
	_ = h.Count()
	h.Reset()
	if h != (HLL64{}) {
		t.Error("reset leaves something")
	}
}

func TestHLLAddReportsChange(t *testing.T) {
	var h HLL256
	if !h.Add(Mix(1)) || h.Add(Mix(1)) {
		t.Error("the first addition changes the summary, the second does not")
	}
	for _, hash := range []uint64{0, math.MaxUint64, 1} {
		h.Add(hash)
	}
}

func TestHLLMergeIsUnion(t *testing.T) {
	var a, b, c, all HLL1024
	parts := []*HLL1024{&a, &b, &c}
	for i := range uint64(9000) {
		parts[i%3].Add(Mix(i))
		parts[(i+1)%3].Add(Mix(i / 2))
		all.Add(Mix(i))
		all.Add(Mix(i / 2))
	}
	left, right := a, c
	left.Merge(&b)
	left.Merge(&c)
	right.Merge(&b)
	right.Merge(&a)
	if left != all || right != all {
		t.Error("the merged summaries differ from the summary of the union")
	}
	var s64, o64 HLL64
	var s256, o256 HLL256
	s64.Add(Mix(1))
	o64.Add(Mix(2))
	s256.Add(Mix(1))
	o256.Add(Mix(2))
	s64.Merge(&o64)
	s256.Merge(&o256)
	if math.Round(s64.Count()) != 2 || math.Round(s256.Count()) != 2 {
		t.Errorf("unions of two count %v and %v", s64.Count(), s256.Count())
	}
	s256.Reset()
	left.Reset()
	if s256.Count() != 0 || left.Count() != 0 {
		t.Error("reset leaves something")
	}
}

func BenchmarkHLL64Add(b *testing.B) {
	var h HLL64
	b.ReportAllocs()
	for i := uint64(0); b.Loop(); i++ {
		h.Add(Mix(i))
	}
}

func BenchmarkHLL64Count(b *testing.B) {
	var h HLL64
	for i := range uint64(40) {
		h.Add(Mix(i))
	}
	b.ReportAllocs()
	for b.Loop() {
		_ = h.Count()
	}
}
