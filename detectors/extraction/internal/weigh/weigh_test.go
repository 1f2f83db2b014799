package weigh

import (
	"math"
	"testing"

	"github.com/gatehound/gatehound/schemas"
)

func TestRamp(t *testing.T) {
	for v, want := range map[float64]float64{-1: 3, 0: 3, 5: 2, 10: 1, 99: 1} {
		if got := Ramp(v, 0, 10, 3, 1); got != want {
			t.Errorf("Ramp(%v) is %v, want %v", v, got, want)
		}
	}
}

func TestSum(t *testing.T) {
	var s Sum
	s.Add(Volume, 1, schemas.Feature{Name: "calls", Text: "Many calls."})
	s.Add(Answers, 2, schemas.Feature{Name: "long_answers", Text: "Answers are long."})
	s.Add(Timing, 0.3, schemas.Feature{Name: "regularity", Text: "Like clockwork."})
	s.Add(Timing, 0.2, schemas.Feature{Name: "hours", Text: "All day."})
	s.Add(Context, -1.5, schemas.Feature{Name: "as_before", Text: "It always did."})
	s.Add(Prompts, 0.04, schemas.Feature{Name: "nothing"})
	s.Add(Prompts, math.NaN(), schemas.Feature{Name: "not a number"})
	if math.Abs(s.Total-2) > 1e-9 || s.Sides() != 2 || !s.Speaks(Timing) || s.Speaks(Prompts) {
		t.Errorf("the total is %v with %d sides, want 2 with answers and timing", s.Total, s.Sides())
	}
	if got := s.Confidence(); got < 0.11 || got > 0.13 {
		t.Errorf("the confidence is %v, want 0.12", got)
	}
	features := s.Features()
	var shares float64
	for _, f := range features {
		shares += f.Weight
	}
	if len(features) != 4 || features[0].Name != "long_answers" || math.Abs(shares-1) > 1e-9 {
		t.Errorf("the features are %v with shares of %v, want four that sum to 1, the strongest first", features, shares)
	}
	if got := s.Strongest(); got != "answers are long, and like clockwork" {
		t.Errorf("the strongest are %q", got)
	}
}
