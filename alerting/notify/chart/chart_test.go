package chart

import (
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gatehound/gatehound/schemas"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func TestLine(t *testing.T) {
	for _, c := range []struct {
		name string
		in   *schemas.Series
		want string
	}{
		{"none", nil, ""},
		{"empty", &schemas.Series{Start: noon, Step: 60}, ""},
		{"no events", &schemas.Series{Start: noon, Step: 60, Counts: []int64{0, 0}}, ""},
		{"no step", &schemas.Series{Start: noon, Counts: []int64{1}}, ""},
		{"step below zero", &schemas.Series{Start: noon, Step: -60, Counts: []int64{1}}, ""},
		{"step beyond belief", &schemas.Series{Start: noon, Step: math.MaxInt64, Counts: []int64{1}}, ""},
		{"an hour", &schemas.Series{Start: noon, Step: 300, Counts: []int64{0, 1, 150, 301, 602, 1204, 903, 1, 0, 0, 0, 7}},
			"·▁▁▂▄█▆▁···▁ peak 1,204 in 5 min, 12:00 to 13:00 UTC"},
		{"one bin", &schemas.Series{Start: noon, Step: 3600, Counts: []int64{3}}, "█ peak 3 in 1 h, 12:00 to 13:00 UTC"},
		{"to midnight", &schemas.Series{Start: noon, Step: 12 * 3600, Counts: []int64{3}}, "█ peak 3 in 12 h, 12:00 to 00:00 UTC"},
		{"two days", &schemas.Series{Start: noon, Step: 86400, Counts: []int64{8, 4}},
			"█▄ peak 8 in 1 d, 2026-11-20 12:00 to 2026-11-22 12:00 UTC"},
		{"below zero", &schemas.Series{Start: noon, Step: 90, Counts: []int64{math.MinInt64, 5}}, "·█ peak 5 in 1 min 30 s, 12:00 to 12:03 UTC"},
		{"another zone", &schemas.Series{Start: noon.In(time.FixedZone("x", 7200)), Step: 60, Counts: []int64{1}},
			"█ peak 1 in 1 min, 12:00 to 12:01 UTC"},
	} {
		if got := Line(c.in); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// The latest bins are shown if there are more than there may be.
func TestLineIsBounded(t *testing.T) {
	s := &schemas.Series{Start: noon, Step: 60, Counts: make([]int64, 100_000)}
	s.Counts[0], s.Counts[len(s.Counts)-1] = 1000, 5
	got := Line(s)
	bars, rest, _ := strings.Cut(got, " ")
	if n := utf8.RuneCountInString(bars); n != schemas.MaxBins || !strings.HasPrefix(rest, "peak 5 in 1 min") {
		t.Errorf("%d bars, %q", n, rest)
	}
}

func TestBarsRiseWithTheCounts(t *testing.T) {
	var counts []int64
	for i := range int64(9) {
		counts = append(counts, i)
	}
	if got, peak := Bars(counts); got != "·▁▂▃▄▅▆▇█" || peak != 8 {
		t.Errorf("got %q, %d", got, peak)
	}
	if got, _ := Bars([]int64{math.MaxInt64, math.MaxInt64 / 2, 1}); got != "█▄▁" {
		t.Errorf("got %q for numbers that hardly fit", got)
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "less than 1 s", -time.Hour: "less than 1 s", 900 * time.Millisecond: "less than 1 s", 45 * time.Second: "45 s",
		5 * time.Minute: "5 min", 42*time.Minute + 7*time.Second: "42 min 7 s", 90 * time.Minute: "1 h 30 min",
		26 * time.Hour: "1 d 2 h", 24*time.Hour + time.Second: "1 d", 400 * 24 * time.Hour: "400 d",
	} {
		if got := Span(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

func TestGrouped(t *testing.T) {
	for n, want := range map[int64]string{0: "0", -5: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", math.MaxInt64: "9,223,372,036,854,775,807"} {
		if got := Grouped(n); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
}

func FuzzLine(f *testing.F) {
	f.Add(int64(0), int64(60), int64(1), int64(2), int64(3))
	f.Add(int64(math.MaxInt64), int64(math.MaxInt64), int64(math.MinInt64), int64(math.MaxInt64), int64(-1))
	f.Fuzz(func(t *testing.T, start, step, a, b, c int64) {
		got := Line(&schemas.Series{Start: time.Unix(start, 0), Step: step, Counts: []int64{a, b, c}})
		if !utf8.ValidString(got) || len(got) > 200 || strings.Contains(got, "\n") {
			t.Errorf("got %q", got)
		}
	})
}
