package clock

import (
	"testing"

	"github.com/gatehound/gatehound/detectors/extraction/internal/weigh"
)

// TestJudge: the longer a loop goes on evenly the more it says; a batch of some hours
// says half of that, busy hours a little against, few hours nothing.
func TestJudge(t *testing.T) {
	for name, c := range map[string]struct {
		hours, odd int // so many hours of 300 calls, of which every odd one has three times that
		from, till float64
	}{
		"six hours":       {6, 0, 0.7, 1},
		"half a day":      {15, 0, 1.3, 1.5},
		"round the clock": {24, 0, 1.9, 2},
		"busy hours":      {24, 3, -0.3, -0.3},
		"three hours":     {3, 0, 0, 0},
	} {
		var h Hours
		for i := range c.hours {
			if h[i] = 300; c.odd > 0 && i%c.odd == 0 {
				h[i] = 900
			}
		}
		var s weigh.Sum
		h.Judge(&s, int64(c.hours-1))
		if got := s.Of(weigh.Timing); got < c.from-1e-9 || got > c.till+1e-9 {
			t.Errorf("%s weigh %v, want %v to %v", name, got, c.from, c.till)
		}
	}
}

func TestScatter(t *testing.T) {
	for scatter, want := range map[float64]float64{-1: 0, 0.2: 0.8, 0.6: 0.4, 1: 0, 2.5: 0, 30: -0.7, 1e9: -0.7} {
		var s weigh.Sum
		Scatter(&s, scatter)
		if got := s.Total; got < want-1e-9 || got > want+1e-9 {
			t.Errorf("a scatter of %v weighs %v, want %v", scatter, got, want)
		}
	}
}
