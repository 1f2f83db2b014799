package field

import (
	"math"
	"testing"
)

func TestNumbers(t *testing.T) {
	const none = -1
	for _, c := range []struct {
		text string
		want int64
	}{
		{"0", 0}, {"-0", 0}, {"42", 42}, {"42.9", 42}, {"1e3", 1000}, {"12e-1", 1}, {"9007199254740992", 1 << 53}, {"+7", 7}, {"1e-300", 0}, {"0e999", 0},
		{"9007199254740993", none}, {"-1", none}, {"1e300", none}, {"", none}, {"-", none}, {"NaN", none}, {"0x10", none}, {"1 ", none}, {"1e", none},
		{"1e99999999999", none}, {"123456789012345678901234567890", none}, {"1.2.3", none}, {".", none}, {"١", none},
	} {
		got, ok := Int(c.text, MaxCount)
		if !ok {
			got = none
		}
		if got != c.want {
			t.Errorf("Int(%q) is %d, want %d", c.text, got, c.want)
		}
	}
	for _, c := range []struct {
		text string
		want float64
	}{
		{"0", 0}, {"0.7", 0.7}, {"1.9999999999999999", 2}, {"2.5e-05", 2.5e-05}, {"0.00022500000000000002", 0.00022500000000000002}, {"1e2", 100},
		{"100.1", -1}, {"-0.1", -1}, {"1e400", -1}, {"inf", -1}, {"", -1},
	} {
		got, ok := Float(c.text, 100)
		if !ok {
			got = -1
		}
		if got != c.want {
			t.Errorf("Float(%q) is %v, want %v", c.text, got, c.want)
		}
	}
}

func TestStatuses(t *testing.T) {
	for text, want := range map[string]uint16{
		"200": 200, "599": 599, "100": 100, "200.0": 200, "99": 0, "600": 0, "99999": 0, "-200": 0, "": 0, "OK": 0,
	} {
		got, ok := Status(text)
		if !ok {
			got = 0
		}
		if got != want {
			t.Errorf("Status(%q) is %d, want %d", text, got, want)
		}
	}
	for text, want := range map[string]uint16{
		"200": 200, "500, 200 : 401": 401, "502, 504 : -": 504, "-": 0, "": 0, ", : ": 0, "200,": 200, "x 201": 201,
	} {
		if got, _ := LastStatus(text); got != want {
			t.Errorf("LastStatus(%q) is %d, want %d", text, got, want)
		}
	}
}

func TestDurations(t *testing.T) {
	for _, c := range []struct {
		text string
		unit Unit
		want int64
	}{
		{"0.012", Seconds, 12e6}, {"12", Milliseconds, 12e6}, {"12.5", Milliseconds, 12.5e6}, {"59518533", Nanoseconds, 59518533}, {"3", Microseconds, 3000},
		{"0", Seconds, 0}, {"2592000", Seconds, maxDuration}, {"2592001", Seconds, -1}, {"-1", Milliseconds, -1}, {"1e300", Seconds, -1}, {"", Seconds, -1}, {"NaN", Seconds, -1},
		{"0.0000000001", Seconds, 0}, {"9223372036854775807", Seconds, -1},
	} {
		got, ok := Duration(c.text, c.unit)
		if !ok {
			got = -1
		}
		if got != c.want {
			t.Errorf("Duration(%q, %d) is %d, want %d", c.text, c.unit, got, c.want)
		}
	}
	for text, want := range map[string]int64{
		"0.001, 0.050 : 0.2": 251e6, "-": -1, "0.1, -": 100e6, "": -1, "x": -1, "2592000,2592000": -1,
	} {
		got, ok := SumDuration(text, Seconds)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("SumDuration(%q) is %d, want %d", text, got, want)
		}
	}
	if math.MaxInt64 < maxDuration*3 {
		t.Error("three durations overflow")
	}
}
