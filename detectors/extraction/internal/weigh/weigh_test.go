package weigh

import "testing"

func TestRamp(t *testing.T) {
	for v, want := range map[float64]float64{-1: 3, 0: 3, 5: 2, 10: 1, 99: 1} {
		if got := Ramp(v, 0, 10, 3, 1); got != want {
			t.Errorf("Ramp(%v) is %v, want %v", v, got, want)
		}
	}
}
