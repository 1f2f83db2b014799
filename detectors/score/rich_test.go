package score

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"
)

func TestSeriesSize(t *testing.T) {
	n := unsafe.Sizeof(Series{})
	t.Logf("a series takes %d bytes, a tail %d, a profile %d", n, unsafe.Sizeof(tail{}), unsafe.Sizeof(profile{}))
	if n > 16<<10 {
		t.Errorf("a series takes %d bytes, want at most 16 KiB", n)
	}
}

// TestTail draws from thin and heavy tails and wants what is said to be one in
// a thousand to be so, up to a factor of three, whatever the distribution.
func TestTail(t *testing.T) {
	for name, draw := range map[string]func(*rand.Rand) float64{
		"normal":      func(r *rand.Rand) float64 { return 1.25 * math.Abs(r.NormFloat64()) },
		"exponential": func(r *rand.Rand) float64 { return r.ExpFloat64() },
		"lognormal":   func(r *rand.Rand) float64 { return math.Exp(r.NormFloat64()) },
		"Pareto":      func(r *rand.Rand) float64 { return math.Pow(1-r.Float64(), -0.5) },
		"seldom":      func(r *rand.Rand) float64 { return math.Floor(1.1*r.Float64()) * (2 + r.ExpFloat64()) },
	} {
		r := rand.New(rand.NewPCG(4, 4))
		var s tail
		hits, n := 0, 60_000
		for i := range n {
			x := draw(r)
			if i > 2000 && s.surprise(x) >= 3 {
				hits++
			}
			s.add(x, unit)
		}
		if hits < n/3000 || hits > n*3/1000 {
			t.Errorf("%s: %d of %d values are said to be one in a thousand, want %d", name, hits, n, n/1000)
		}
		if a, b := s.surprise(50), s.surprise(100); a > b {
			t.Errorf("%s: 50 surprises by %v, 100 by %v", name, a, b)
		}
	}
	var s tail
	if p := s.surprise(1e9); p != 0 {
		t.Errorf("of nothing known the surprise is %v, want 0", p)
	}
}

// TestOneEvent wants an hour that is out of the ordinary told once or twice,
// and what it left, a new level, to be normal again.
func TestOneEvent(t *testing.T) {
	for name, after := range map[string]float64{"spike": 50, "level": 90} {
		r := rand.New(rand.NewPCG(6, 6))
		var s Series
		begun, later := 0, 0
		for i := range 6000 {
			mean := 50.0
			switch {
			case i >= 3000 && i < 3012:
				mean = 90
			case i >= 3012:
				mean = after
			}
			if s.Add(minute(5*i), gauss(r, mean, 2)).Score >= Threshold {
				switch {
				case i >= 3000 && i < 3200:
					begun++
				case i >= 3500:
					later++
				}
			}
		}
		if begun < 1 || begun > 2 {
			t.Errorf("%s: the event is told %d times, want once or twice", name, begun)
		}
		if later > 3 {
			t.Errorf("%s: %d alarms later, want three in 2,500 values at most", name, later)
		}
		if math.Abs(s.origin+s.base-after) > 4 {
			t.Errorf("%s: the level is %v at last, want %v", name, s.origin+s.base, after)
		}
	}
}

func TestSeriesGaps(t *testing.T) {
	var s, plain Series
	r := rand.New(rand.NewPCG(2, 3))
	for i := range 500 {
		v := gauss(r, 10, 1)
		for _, gap := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			if w := s.Add(minute(i), gap); w != (Verdict{}) {
				t.Fatalf("a gap has the verdict %+v", w)
			}
		}
		if a, b := s.Add(minute(i), v), plain.Add(minute(i), v); a != b {
			t.Fatalf("after a gap the verdict is %+v, without %+v", a, b)
		}
	}
}

// TestScale wants the score not to depend on the unit of the values.
func TestScale(t *testing.T) {
	for _, scale := range []float64{1e-6, -1, 1e6} {
		t.Run(fmt.Sprint(scale), func(t *testing.T) {
			m := makers[11] // prices
			l := m.build(1)
			var s, scaled Series
			differ := 0
			for i, v := range l.values {
				a, b := s.Score(l.at[i], v), scaled.Score(l.at[i], v*scale)
				if math.Abs(a-b) > 0.1 {
					differ++
				}
			}
			if differ > len(l.values)/100 {
				t.Errorf("%d of %d scores differ", differ, len(l.values))
			}
		})
	}
}

// TestSeriesRamp doubles a periodic series each day; it is told on the way.
func TestSeriesRamp(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	var s Series
	told := 0
	for i := range 14 * 288 {
		mean := daily(5*i, 100, 400) * math.Pow(2, max(float64(i)/288-9, 0))
		if s.Score(minute(5*i), poisson(r, mean)) >= Threshold && i > 9*288 {
			told++
		}
	}
	if told < 1 || told > 12 {
		t.Errorf("the ramp is told %d times in five days, want at least once and no storm", told)
	}
}

func FuzzSeries(f *testing.F) {
	f.Add(int64(0), 1.0, int64(3_600_000_000_000), -1.0)
	f.Add(int64(math.MaxInt64), 1e300, int64(math.MinInt64), 1e-300)
	f.Fuzz(func(t *testing.T, at int64, v float64, step int64, w float64) {
		s := new(Series)
		for i := range 400 {
			x := v
			if i%7 == 0 {
				x = w * float64(i)
			}
			got := s.Add(at, x)
			at += step
			for _, f := range []float64{got.Score, got.Deviations, got.Expected, got.Low, got.High} {
				if math.IsNaN(f) || math.IsInf(f, 0) {
					t.Fatalf("verdict %+v", got)
				}
			}
			if got.Score < 0 || got.Score > 1 {
				t.Fatalf("score %v", got.Score)
			}
		}
	})
}

func BenchmarkSeries(b *testing.B) {
	s := new(Series)
	r := rand.New(rand.NewPCG(1, 1))
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		s.Add(minute(5*i), daily(5*i, 10, 90)+r.NormFloat64())
		i++
	}
}
