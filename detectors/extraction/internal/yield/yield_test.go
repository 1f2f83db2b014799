package yield

import "testing"

func TestYield(t *testing.T) {
	for _, c := range []struct{ in, out, from, till float64 }{
		{180, 240, -0.3, 0.2}, {2200, 210, -1.2, -0.5}, {120, 900, 2, 3}, {1400, 450, 0.2, 0.5}, {400, 6, -5, -3}, {0, 0, -7, -4},
	} {
		if got := Of(c.in, c.out); !(got >= c.from && got <= c.till) {
			t.Errorf("%v in and %v out yield %v, want %v to %v", c.in, c.out, got, c.from, c.till)
		}
	}
}
