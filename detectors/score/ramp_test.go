package score

import (
	"math"
	"math/rand/v2"
	"testing"
)

// office is the mean of a caller who works by day.
func office(i int) float64 { return daily(i, 4, 60) }

// TestRamp lets an attacker hide in growth: twice as much each day, or 5 % more
// each hour, after two honest weeks. Neither ever makes a step that a baseline
// of minutes would not learn. A drift of 3 % a day is honest.
func TestRamp(t *testing.T) {
	const quiet = 14 * 1440
	cases := []struct {
		name   string
		growth func(minutes float64) float64
		within int // days until it is told, 0 for never
	}{
		{"steady", func(float64) float64 { return 1 }, 0},
		{"3 % a day", func(m float64) float64 { return math.Pow(1.03, m/1440) }, 0},
		{"8 % a day", func(m float64) float64 { return math.Pow(1.08, m/1440) }, 0},
		{"doubled each day", func(m float64) float64 { return math.Pow(2, m/1440) }, 4},
		{"5 % an hour", func(m float64) float64 { return math.Pow(1.05, m/60) }, 3},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(8, 8))
			var s Stream
			told := -1
			for i := range quiet + 14*1440 {
				mean := office(i)
				if i >= quiet {
					mean *= c.growth(float64(i - quiet))
				}
				if i/1440%7 >= 5 {
					mean /= 8 // weekends
				}
				v := s.Add(minute(i), poisson(r, min(mean, 1e6)))
				if v.Ramp == 0 || told >= 0 {
					continue
				}
				told = i
				if v.Score < Threshold || v.Ramp < rampFactor {
					t.Errorf("a ramp of %v scores %v", v.Ramp, v.Score)
				}
			}
			switch {
			case c.within == 0 && told >= 0:
				t.Errorf("told in minute %d, want never", told)
			case c.within > 0 && (told < quiet || told > quiet+c.within*1440):
				t.Errorf("told after %.1f days, want at most %d", float64(told-quiet)/1440, c.within)
			}
		})
	}
}

// TestHourOfWeek teaches a stream three weeks in which only Monday's noon is
// busy: the next Monday's is expected, and Tuesday's is not.
func TestHourOfWeek(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	busy := func(i int) bool { return i%(7*1440) >= 720 && i%(7*1440) < 760 }
	var s Stream
	var monday, tuesday Verdict
	for i := range 23 * 1440 {
		mean := 10.0
		if busy(i) {
			mean = 600
		}
		if i == 22*1440+725 {
			tuesday = s.Judge(minute(i), 600)
		}
		v := s.Add(minute(i), poisson(r, mean))
		if i == 21*1440+720 {
			monday = v
		}
	}
	if !monday.Weekly || monday.Score >= Threshold || monday.High < 500 {
		t.Errorf("Monday's noon has the verdict %+v, want it expected", monday)
	}
	if !tuesday.Weekly || tuesday.Score < Threshold || tuesday.High > 200 {
		t.Errorf("Tuesday's noon has the verdict %+v, want it told", tuesday)
	}
}
