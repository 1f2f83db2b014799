package field

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestTime(t *testing.T) {
	at := func(s string) int64 {
		parsed, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return parsed.UnixNano()
	}
	const unknown, early, late = 0, 1, math.MaxInt64
	for _, c := range []struct {
		text string
		want int64
	}{
		// numbers, by magnitude
		{"1763800000", at("2025-11-22T08:26:40Z")},
		{"1763800000.123", at("2025-11-22T08:26:40.123Z")},
		{"1763800000123", at("2025-11-22T08:26:40.123Z")},
		{"1763800000123.456", at("2025-11-22T08:26:40.123456Z")},
		{"1763800000123456", at("2025-11-22T08:26:40.123456Z")},
		{"1763800000123456789", at("2025-11-22T08:26:40.123456789Z")},
		{"1544712660300000001", 1544712660300000001}, // more than 53 bits
		{"1.7638e9", at("2025-11-22T08:26:40Z")},
		{"0", early}, {"-5", early}, {"5", 5e9}, {"99999999999", late}, {"1e300", late},
		// RFC 3339 and its relatives
		{"2026-11-22T05:45:30.006Z", at("2026-11-22T05:45:30.006Z")},
		{"2026-11-22T05:45:30.123456789+02:00", at("2026-11-22T03:45:30.123456789Z")},
		{"2026-11-22 05:45:30,5", at("2026-11-22T05:45:30.5Z")},
		{"2026/11/22 05:45:30", at("2026-11-22T05:45:30Z")},
		{"2025-01-24 09:20:46.847371", at("2025-01-24T09:20:46.847371Z")},
		{"2026-11-22T05:45:30-0730", at("2026-11-22T13:15:30Z")},
		{"2026-11-22 05:45:30 +01", at("2026-11-22T04:45:30Z")},
		{"2026-11-22 05:45:30 UTC", at("2026-11-22T05:45:30Z")},
		{"2026-11-22", at("2026-11-22T00:00:00Z")},
		{"2016-12-31T23:59:60Z", at("2017-01-01T00:00:00Z")},
		{"2026-11-22T05:45:30.1234567891234Z", at("2026-11-22T05:45:30.123456789Z")},
		{"1969-12-31T23:59:59Z", early}, {"1970-01-01T00:00:00Z", early}, {"9999-12-31T23:59:59Z", late},
		{"0001-01-01T00:00:00Z", unknown},
		{"2026-13-22T05:45:30Z", unknown}, {"2026-02-29T05:45:30Z", unknown}, {"2024-02-29T05:45:30Z", at("2024-02-29T05:45:30Z")},
		{"2026-11-32T05:45:30Z", unknown}, {"2026-11-22T24:45:30Z", unknown},
		{"2026-11-22T05:45", unknown}, {"2026-11-22T05:45:3x", unknown}, {"2026-11-22T05:45:30+99:00", unknown},
		{"2026-11-22T05:45:30 CEST", unknown}, {"2026-11/22T05:45:30Z", unknown}, {"2026-11-22T05:45:30+01:0", unknown},
		// common log format
		{"25/Oct/2016:14:49:34 +0200", at("2016-10-25T12:49:34Z")},
		{"09/Jun/2020:12:10:39 -0700", at("2020-06-09T19:10:39Z")},
		{"09/Jun/2020:12:10:39", at("2020-06-09T12:10:39Z")},
		{"09/anF/2020:12:10:39 +0000", unknown}, {"99/Jun/2020:12:10:39 +0000", unknown}, {"09/Jun/2020 12:10:39 +0000", unknown},
		// HTTP headers
		{"Sun, 22 Nov 2026 05:40:00 GMT", at("2026-11-22T05:40:00Z")},
		{"Sun Nov 22 05:40:00 2026", at("2026-11-22T05:40:00Z")},
		{"Some text that is not a time", unknown},
		{"", unknown}, {"-", unknown}, {"yesterday", unknown}, {"NaN", unknown},
	} {
		got, ok := Time(c.text)
		if !ok {
			got = unknown
		}
		if got != c.want {
			t.Errorf("Time(%q) is %d (%v), want %d", c.text, got, time.Unix(0, got).UTC(), c.want)
		}
	}
}

// FuzzTime holds the readers by hand to time.Parse, where it takes the text.
func FuzzTime(f *testing.F) {
	for _, s := range []string{"2026-11-22T05:45:30.006Z", "25/Oct/2016:14:49:34 +0200", "1763800000.123", "2026-02-30T00:00:00Z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := Time(s)
		if ok && got <= 0 {
			t.Fatalf("%q is %d", s, got)
		}
		for _, layout := range []string{time.RFC3339Nano, "02/Jan/2006:15:04:05 -0700"} {
			want, err := time.Parse(layout, s)
			if err != nil || want.Year() < 1971 || want.Year() > 2260 {
				continue
			}
			// Parse takes hours of one digit, months in any case, two spaces for
			// one, and zones that are further from UTC than any on Earth.
			_, offset := want.Zone()
			if again := want.Format(layout); len(again) < 20 || again[:13] != s[:13] || offset > 18*3600 || offset < -18*3600 || strings.HasSuffix(s, "60") || strings.Contains(s, "  ") {
				continue
			}
			if !ok || got != want.UnixNano() {
				t.Fatalf("%q is %d, want %d", s, got, want.UnixNano())
			}
		}
	})
}

func BenchmarkTime(b *testing.B) {
	for _, s := range []string{"2026-11-22T05:45:30.006Z", "25/Oct/2016:14:49:34 +0200", "1763800000.123"} {
		b.Run(s, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := Time(s); !ok {
					b.Fatal("not a time")
				}
			}
		})
	}
}
