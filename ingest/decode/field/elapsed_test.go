package field

import (
	"math"
	"testing"
	"time"
)

func TestTextDuration(t *testing.T) {
	const unknown = -1
	for _, c := range []struct {
		text string
		want int64
	}{
		{"12", 12e6}, {"12.5", 12.5e6}, {"1e3", 1e9}, {"12ms", 12e6}, {"12 ms", 12e6}, {"1.5s", 1.5e9}, {"1.5 s", 1.5e9},
		{"250µs", 250e3}, {"250μs", 250e3}, {"250us", 250e3}, {"40ns", 40}, {"1m2.5s", 62.5e9}, {"1h2m3s", 3723e9},
		{"1m 2s", 62e9}, {"00:00:01.5000000", 1.5e9}, {"01:02:03", 3723e9}, {"720h", 720 * 3600e9},
		{"", unknown}, {"-", unknown}, {"ms", unknown}, {"12x", unknown}, {"-1", unknown}, {"-1s", unknown}, {"1.2.3s", unknown},
		{"721h", unknown}, {"719h99999999999m", unknown}, {"1e300", unknown}, {"00:99:00", unknown}, {"00:00", unknown},
		{"00:00:61", unknown}, {"9:9:9:9", unknown}, {"12msms", unknown}, {"s1", unknown},
		{"1.", 1e6}, {"999999999999999999999h", unknown},
	} {
		got, ok := TextDuration(c.text, Milliseconds)
		if !ok {
			got = unknown
		}
		if got != c.want {
			t.Errorf("%q is %d, want %d", c.text, got, c.want)
		}
	}
}

func TestEpoch(t *testing.T) {
	for _, c := range []struct {
		text string
		unit Unit
		want int64
	}{
		{"1763800000", Seconds, 1763800000e9}, {"1763800000.25", Seconds, 1763800000.25e9}, {"5", Milliseconds, 5e6},
		{"1763800000123456789", Nanoseconds, 1763800000123456789}, {"-3", Seconds, 1}, {"0", Seconds, 1},
		{"1763800000123", Seconds, math.MaxInt64}, {"x", Seconds, 0},
	} {
		if got, _ := Epoch(c.text, c.unit); got != c.want {
			t.Errorf("%s is %d, want %d", c.text, got, c.want)
		}
	}
}

// FuzzTextDuration holds it to Go's own reader, where that takes the text.
func FuzzTextDuration(f *testing.F) {
	for _, s := range []string{"1m2.5s", "12ms", "1h2m3s", "00:00:01.5", "250µs"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := TextDuration(s, Milliseconds)
		if ok && (got < 0 || got > maxDuration) {
			t.Fatalf("%q is %d", s, got)
		}
		want, err := time.ParseDuration(s)
		if err != nil || !ok || s == "0" {
			return
		}
		if diff := got - int64(want); diff > 10 || diff < -10 { // it rounds each part down
			t.Fatalf("%q is %d, want %d", s, got, want)
		}
	})
}
