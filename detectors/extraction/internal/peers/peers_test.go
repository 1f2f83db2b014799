package peers

import (
	"math"
	"testing"
)

// hours concludes n hours in which ones do the same, and returns what is left.
func hours(prev *Peers, n int, ones ...One) *Peers {
	for range n {
		c := &Peers{}
		for _, o := range ones {
			c.Add(o)
		}
		c.Conclude(prev)
		prev = c
	}
	return prev
}

func many(n int, o One) []One {
	out := make([]One, n)
	for i := range out {
		out[i] = o
	}
	return out
}

func TestFiguresAreThoseOfThePast(t *testing.T) {
	p := hours(&Peers{}, 1, many(100, One{Take: 40, Yield: -1, Metered: true, Price: 2})...)
	if p.Figures != (Figures{}) || p.Windows != 1 {
		t.Errorf("after an hour %+v is known in %d windows, want nothing in 1", p.Figures, p.Windows)
	}
	p = hours(p, 1)
	if math.Abs(float64(p.Take)-40) > 10 || p.Most < p.Take || math.Abs(float64(p.Yield)+1) > 0.3 || math.Abs(float64(p.Price)-2) > 0.05 {
		t.Errorf("figures %+v, want a take of 40, a yield of -1 and a price of 2", p.Figures)
	}
	// Over a generation and another all of it is forgotten, for the yields of others.
	p = hours(p, 3*generation, many(60, One{Take: 400, Yield: 3, Metered: true, Price: 20})...)
	if math.Abs(float64(p.Take)-400) > 100 || p.Yield != mostYield || math.Abs(float64(p.High)-3) > 0.4 || math.Abs(float64(p.Price)-20) > 0.5 {
		t.Errorf("figures %+v, want those of the last weeks, the yield no more than %v", p.Figures, mostYield)
	}
}

func TestFewAreNoPeers(t *testing.T) {
	p := hours(&Peers{}, 2, many(20, One{Take: 40, Yield: 1, Metered: true, Price: 2})...)
	if f := p.Figures; f.Take != 0 || f.Yield != 0 || f.Price != 0 {
		t.Errorf("twenty hours of principals give %+v, want nothing", f)
	}
}

// TestYoung: one newcomer among many who write is rare, and a launch is a crowd.
func TestYoung(t *testing.T) {
	old, fresh := One{Writer: true}, One{Writer: true, Young: true}
	for name, c := range map[string]struct {
		ones       []One
		from, till float32
	}{
		"nobody writes": {many(5, One{Young: true}), 0, 0},
		"one of forty":  {append(many(39, old), fresh), 0.02, 0.05},
		"one of two":    {[]One{old, fresh}, 0.1, 0.3},
		"a launch":      {append(many(10, old), many(40, fresh)...), 0.6, 0.85},
	} {
		if got := hours(&Peers{}, 72, c.ones...).Young; got < c.from || got > c.till {
			t.Errorf("%s: %.3f are new, want %v to %v", name, got, c.from, c.till)
		}
	}
	// A single one is no crowd before anything is known.
	if got := hours(&Peers{}, 2, fresh).Young; got < 0.05 || got > 0.3 {
		t.Errorf("of one writer, new, %.2f are new, want that little is known", got)
	}
}

// TestMerge: in which shard a principal is does not matter.
func TestMerge(t *testing.T) {
	ones := []One{{Take: 3, Yield: 0.5, Metered: true, Price: 3, Writer: true}, {Take: 9, Price: 0.15}, {Take: 80, Yield: 2, Metered: true, Price: 17.123, Writer: true, Young: true}}
	var all, a, b Peers
	for i, o := range ones {
		all.Add(o)
		if i%2 == 0 {
			a.Add(o)
		} else {
			b.Add(o)
		}
	}
	ab, ba := a, b
	ab.Merge(&b)
	ba.Merge(&a)
	if ab != all || ba != all {
		t.Error("merged in another order the sums differ")
	}
}

// TestNoPriceOverflows: what a log says it cost is bounded.
func TestNoPriceOverflows(t *testing.T) {
	p := hours(&Peers{}, 100, many(50, One{Take: math.MaxFloat64, Yield: 700, Metered: true, Price: math.MaxFloat64})...)
	for _, v := range []float32{p.Take, p.Most, p.Yield, p.High, p.Price, p.Young} {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			t.Errorf("figures %+v are not finite", p.Figures)
		}
	}
}
