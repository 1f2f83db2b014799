package clock

import (
	"math"
	"math/rand/v2"
	"testing"
)

// dice are those of these tests.
func dice(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 2)) }

// around draws a count as independent calls make it, about mean of them.
func around(r *rand.Rand, mean float64) uint16 {
	return uint16(max(0, math.Round(mean+math.Sqrt(mean)*r.NormFloat64())))
}

func TestPace(t *testing.T) {
	r := dice(2)
	for name, c := range map[string]struct {
		calls      func(minute int) uint16
		from, till float64
	}{
		"a clock":     {func(int) uint16 { return 10 }, 0.1, 0.3},
		"independent": {func(int) uint16 { return around(r, 30) }, 0.7, 2},
		"bursts":      {func(m int) uint16 { return uint16(m % 10 / 9 * 200) }, 30, 1000},
		"too few":     {func(int) uint16 { return 1 }, -1, -1},
		"too short":   {func(m int) uint16 { return uint16(max(11-m, 0) * 20) }, -1, -1},
		"nothing":     {func(int) uint16 { return 0 }, -1, -1},
	} {
		var h Minutes
		for m := range h {
			h[m] = c.calls(m)
		}
		if _, _, scatter := h.Pace(); scatter < c.from || scatter > c.till {
			t.Errorf("%s scatters %v, want %v to %v", name, scatter, c.from, c.till)
		}
	}
	var h Minutes
	h[5], h[7], h[50] = 1, 3, 2
	if active, last, _ := h.Pace(); active != 3 || last != 50 {
		t.Errorf("active %v, last %v, want 3 and 50", active, last)
	}
}

// TestEven draws the hours of loops and of services for people many times: the ones
// are even, the others are not, whichever hour of the day it is.
func TestEven(t *testing.T) {
	for name, c := range map[string]struct {
		hours      int
		rate       func(r *rand.Rand, hour int) float64
		from, till float64 // of nine in ten
		whole      int
	}{
		"400 an hour for five hours and a bit":       {7, func(*rand.Rand, int) float64 { return 400 }, 0, 0.12, 6},
		"16 an hour round the clock":                 {24, func(*rand.Rand, int) float64 { return 16 }, 0, 0.35, 22},
		"a service for people":                       {24, func(r *rand.Rand, _ int) float64 { return 100 * math.Exp(0.5*r.NormFloat64()) }, 0.35, 3, 22},
		"a day and a night":                          {24, func(_ *rand.Rand, h int) float64 { return 60 + 50*math.Sin(float64(h)/24*2*math.Pi) }, 0.4, 1.2, 22},
		"four hours of which three are whole by now": {4, func(*rand.Rand, int) float64 { return 400 }, -1, -1, 3},
	} {
		right := 0
		for seed := range uint64(200) {
			r, n := dice(seed), int64(492_000+seed)
			var h Hours
			for i := range c.hours {
				h[(n-int64(i))%24] = around(r, c.rate(r, i))
			}
			got, whole := h.Even(n)
			if got >= c.from && got <= c.till {
				right++
			}
			if c.whole != whole && c.hours < 24 {
				t.Fatalf("%s: %d whole hours, want %d", name, whole, c.whole)
			}
		}
		if right < 180 {
			t.Errorf("%s: %d of 200 vary by %v to %v, want 180", name, right, c.from, c.till)
		}
	}
}

// TestFewHoursOfPeopleAreNotEven: people's hours are seldom even by chance.
func TestFewHoursOfPeopleAreNotEven(t *testing.T) {
	wrong := 0
	for seed := range uint64(1000) {
		r, n := dice(seed), int64(100)
		var h Hours
		for i := range 6 {
			h[(n-int64(i))%24] = around(r, 60*math.Exp(0.5*r.NormFloat64()))
		}
		if got, _ := h.Even(n); got >= 0 && got < 0.15 {
			wrong++
		}
	}
	if wrong > 10 {
		t.Errorf("%d of 1,000 times five hours of people look even, want 10 at most", wrong)
	}
}

func TestActiveAndBusy(t *testing.T) {
	var h Hours
	if h.Active() != 0 || h.Busy() != 0 {
		t.Errorf("of no calls %d hours are active, %d busy, want none", h.Active(), h.Busy())
	}
	h[3], h[4], h[9] = 100, 100, 1
	if h.Active() != 3 || h.Busy() != 2 {
		t.Errorf("%d hours are active, %d busy, want 3 and 2", h.Active(), h.Busy())
	}
	if varies, whole := h.Even(9); varies >= 0 || whole != 0 {
		t.Errorf("hours apart are %d whole ones that vary by %v, want none", whole, varies)
	}
}
