package sketch

import (
	"math"
	"math/rand/v2"
	"testing"
)

// zipf returns a skewed stream and its true counts.
func zipf(seed uint64, n int) ([]uint64, map[uint64]uint32) {
	z := rand.NewZipf(rand.New(rand.NewPCG(seed, 1)), 1.5, 1, 1000)
	keys, counts := make([]uint64, n), map[uint64]uint32{}
	for i := range keys {
		keys[i] = z.Uint64()
		counts[keys[i]]++
	}
	return keys, counts
}

func check(t *testing.T, s *TopK8, truth map[uint64]uint32, n int) {
	t.Helper()
	items, used := s.Items()
	seen := map[uint64]bool{}
	for _, it := range items[:used] {
		seen[it.Key] = true
		if it.Count < truth[it.Key] || it.Count-it.Error > truth[it.Key] {
			t.Errorf("key %d: %d, error %d, is truly %d", it.Key, it.Count, it.Error, truth[it.Key])
		}
		if int(it.Error) > n/8 {
			t.Errorf("key %d: error %d is over an eighth of %d", it.Key, it.Error, n)
		}
	}
	for key, count := range truth {
		if int(count) > n/8 && !seen[key] {
			t.Errorf("key %d with %d of %d is missing", key, count, n)
		}
	}
	if int(s.Total) != n {
		t.Errorf("total %d, want %d", s.Total, n)
	}
}

func TestTopKBounds(t *testing.T) {
	for seed := range uint64(50) {
		keys, truth := zipf(seed, 2000)
		var s TopK8
		for _, k := range keys {
			s.Add(k)
		}
		check(t, &s, truth, len(keys))
	}
}

func TestTopKMergeKeepsBounds(t *testing.T) {
	for seed := range uint64(50) {
		keys, truth := zipf(seed, 3000)
		var a, b TopK8
		for i, k := range keys {
			if i%3 == 0 {
				a.Add(k)
			} else {
				b.Add(k)
			}
		}
		ab, ba := a, b
		ab.Merge(&b)
		ba.Merge(&a)
		check(t, &ab, truth, len(keys))
		if ab != ba {
			t.Errorf("seed %d: merging is not commutative", seed)
		}
	}
}

func TestTopKExact(t *testing.T) {
	var s TopK8
	if s.Max() != (Item{}) || !s.Exact() {
		t.Error("empty has items")
	}
	for i := range 80 {
		s.Add(uint64(i % 8))
	}
	s.Add(5)
	if !s.Exact() || s.Max() != (Item{Key: 5, Count: 11}) {
		t.Errorf("eight keys: exact %v, max %+v", s.Exact(), s.Max())
	}
	s.Add(99)
	if s.Exact() {
		t.Error("nine keys are called exact")
	}
	s.Reset()
	if s != (TopK8{}) {
		t.Error("reset leaves something")
	}
}

func TestCountsSaturate(t *testing.T) {
	if satAdd(math.MaxUint32-1, 3) != math.MaxUint32 || satAdd(1, 2) != 3 {
		t.Error("the addition wraps around")
	}
}
