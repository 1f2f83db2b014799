package score

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// TestSeriesForYears runs past the 255 days and weeks that a profile counts:
// its figures stay finite, and the end is judged as the beginning was.
func TestSeriesForYears(t *testing.T) {
	for _, c := range []struct {
		name string
		step time.Duration
		n    int
	}{
		{"values of days", 24 * time.Hour, 4000},
		{"values of weeks", 7 * 24 * time.Hour, 1200},
		{"values of hours", time.Hour, 8000},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(7, uint64(c.n)))
			var s Series
			alarms, quiet := 0, 0
			for i := range c.n {
				v := 20 + 8*math.Sin(2*math.Pi*float64(i)*float64(c.step)/float64(365*24*time.Hour)) + r.NormFloat64()
				planted := i == c.n-100
				if planted {
					v += 30
				}
				out := s.Add(int64(i)*int64(c.step), v)
				if math.IsNaN(out.Score) || math.IsInf(out.Expected, 0) || math.IsNaN(out.Expected) || math.Abs(out.Expected-20) > 40 {
					t.Fatalf("value %d: %+v", i, out)
				}
				switch {
				case planted && out.Score < Threshold:
					t.Errorf("the planted value scores %.2f", out.Score)
				case !planted && out.Score >= Threshold:
					alarms++
				case !planted && out.Score < Threshold/2:
					quiet++
				}
			}
			if alarms*500 > c.n || quiet*10 < c.n*9 {
				t.Errorf("%d alarms and %d quiet ones of %d values", alarms, quiet, c.n)
			}
		})
	}
}

// TestSeriesHighAbove wants the same scores of a series far above 0, as counters
// and bytes are.
func TestSeriesHighAbove(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	var plain, high, large Series
	for i := range 3000 {
		v := math.Round(daily(5*i, 0, 100) + 20*r.NormFloat64())
		if i == 2800 {
			v += 600
		}
		at := minute(5 * i)
		want := plain.Score(at, v)
		if got := high.Score(at, v+1e9); math.Abs(got-want) > 0.1 || (got >= Threshold) != (want >= Threshold) {
			t.Fatalf("value %d scores %.3f a milliard above, want %.3f", i, got, want)
		}
		if got := large.Score(at, v*1e15); math.Abs(got-want) > 0.1 {
			t.Fatalf("value %d scores %.3f a million milliard times as large, want %.3f", i, got, want)
		}
	}
}
