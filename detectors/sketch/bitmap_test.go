package sketch

import (
	"math"
	"testing"
)

func TestBitmapError(t *testing.T) {
	for n, limit := range map[int]float64{1: 0.01, 5: 0.06, 10: 0.06, 50: 0.05, 100: 0.06, 500: 0.11} {
		var squares float64
		for round := range 300 {
			var b Bitmap256
			for i := range n {
				b.Add(Mix(uint64(round)<<32 | uint64(i)))
			}
			e := b.Count()/float64(n) - 1
			squares += e * e
		}
		if deviation := math.Sqrt(squares / 300); deviation > limit {
			t.Errorf("%d hashes: deviation %.3f, want at most %.3f", n, deviation, limit)
		}
	}
}

func TestBitmapMergeIsUnion(t *testing.T) {
	var a, b, all Bitmap256
	for i := range uint64(300) {
		if all.Add(Mix(i)); i%2 == 0 {
			a.Add(Mix(i))
		} else {
			b.Add(Mix(i))
		}
	}
	ab, ba := a, b
	ab.Merge(&b)
	ba.Merge(&a)
	if ab != all || ba != all {
		t.Error("the merged summaries differ from the summary of the union")
	}
	if all.Add(Mix(7)) {
		t.Error("what is there changes the summary")
	}
	for i := range uint64(100000) {
		all.Add(Mix(i))
	}
	if c := all.Count(); c < 1400 || math.IsInf(c, 0) {
		t.Errorf("full counts %v", c)
	}
	all.Reset()
	if all.Count() != 0 {
		t.Error("reset leaves something")
	}
}

func TestBloom(t *testing.T) {
	var f Bloom256
	for i := range uint64(30) {
		f.Add(Mix(i))
	}
	for i := range uint64(30) {
		if !f.Has(Mix(i)) {
			t.Errorf("%d is forgotten", i)
		}
	}
	for i := range uint64(5000) {
		f.Add(Mix(i))
		if !f.Has(Mix(i)) {
			t.Errorf("%d is forgotten at once", i)
		}
		if f.b.ones() > 128 {
			t.Fatalf("%d bits are set", f.b.ones())
		}
	}
	wrong := 0
	for i := range uint64(10000) {
		if f.Has(Mix(1<<40 | i)) {
			wrong++
		}
	}
	if wrong > 1400 {
		t.Errorf("%d of 10000 strangers are taken for known", wrong)
	}
}

func TestBitmapPick(t *testing.T) {
	var none, one, many Bitmap256
	if _, ok := none.Pick(7); ok {
		t.Error("nothing was added")
	}
	for i := range uint64(256) {
		one.Reset()
		one.Add(i << 56)
		for _, hash := range []uint64{0, i << 56, (i + 1) << 56, math.MaxUint64} {
			if got, ok := one.Pick(hash); !ok || got != i<<56 {
				t.Fatalf("picked %x of %x", got, i<<56)
			}
		}
	}
	for i := range uint64(100) {
		many.Add(Mix(i))
	}
	var picked Bitmap256
	for i := range uint64(10_000) {
		got, _ := many.Pick(Mix(1000 + i))
		picked.Add(got)
	}
	if picked != many {
		t.Error("of many each is picked by some hash, and nothing else is")
	}
}

func TestSmallBitmaps(t *testing.T) {
	if Distinct64(0) != 0 || Distinct32(0) != 0 || Bitmap64(0).Count() != 0 {
		t.Error("nothing is counted as something")
	}
	if got := Distinct64(math.MaxUint64); math.Abs(got-266.17) > 0.01 {
		t.Errorf("64 bits end at %v", got)
	}
	if got := Distinct32(math.MaxUint32); math.Abs(got-110.9) > 0.01 {
		t.Errorf("32 bits end at %v", got)
	}
	for _, n := range []int{1, 5, 20, 60} {
		var off float64
		for round := range 200 {
			var b Bitmap64
			for i := range n {
				b.Add(Mix(uint64(round*1000 + i)))
			}
			off += math.Pow(b.Count()/float64(n)-1, 2) / 200
		}
		if off = math.Sqrt(off); off > 0.13 {
			t.Errorf("%d are off by %.3f on average", n, off)
		}
	}
}
