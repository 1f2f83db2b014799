package peers

import (
	"testing"

	"github.com/gatehound/gatehound/detectors/extraction/internal/weigh"
)

func TestNewness(t *testing.T) {
	last := 1.1
	for _, young := range []float32{0, 0.05, 0.13, 0.2, 0.35, 0.6, 0.9} {
		f := Figures{Young: young}
		got := f.Newness()
		if got > last || got < 0.25 || got > 1 {
			t.Errorf("where %.2f are new it says %v, want 1 to 0.25, less where more are", young, got)
		}
		last = got
	}
	if last != 0.25 {
		t.Errorf("at a launch being new says %v, want 0.25", last)
	}
}

func TestPays(t *testing.T) {
	for _, c := range []struct {
		paid   float64
		usual  float32
		weight float64
	}{
		{0, 1, 0}, {2, 0, 0}, {1, 1, 0}, {10, 1, 0.8}, {0.1, 1, -0.8}, {1.65, 1, 0.4},
	} {
		f, s := Figures{Price: c.usual}, weigh.Sum{}
		f.Pays(&s, c.paid)
		if got := s.Of(weigh.Model); got < c.weight-0.01 || got > c.weight+0.01 {
			t.Errorf("%v where %v is usual weighs %v, want %v", c.paid, c.usual, got, c.weight)
		}
	}
}
