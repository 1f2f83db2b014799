package custom

import (
	"testing"
	"time"
)

func TestClock(t *testing.T) {
	for _, c := range []struct{ layout, zone, text, want string }{
		{"", "", "2026-11-22 05:40:00", "2026-11-22T05:40:00Z"},
		{"", "Europe/Berlin", "2026-11-22 05:40:00,5", "2026-11-22T04:40:00.5Z"},
		{"", "Europe/Berlin", "2026-07-22T05:40:00", "2026-07-22T03:40:00Z"},
		{"", "Europe/Berlin", "2026-07-22T05:40:00Z", "2026-07-22T05:40:00Z"},
		{"rfc3339", "Europe/Berlin", "2026-07-22T05:40:00-05:00", "2026-07-22T10:40:00Z"},
		{"clf", "Europe/Berlin", "22/Jul/2026:05:40:00 +0000", "2026-07-22T05:40:00Z"},
		{"clf", "America/New_York", "22/Jul/2026:05:40:00", "2026-07-22T09:40:00Z"},
		{"", "Asia/Kolkata", "Sun, 22 Nov 2026 05:40:00 GMT", "2026-11-22T05:40:00Z"},
		{"", "Asia/Kolkata", "1795325000", "2026-11-22T05:23:20Z"},
		{"", "Asia/Kolkata", "1795325000123", "2026-11-22T05:23:20.123Z"},
		{"epoch", "", "1795325000.25", "2026-11-22T05:23:20.25Z"},
		{"epoch_ms", "UTC", "1795325000123", "2026-11-22T05:23:20.123Z"},
		{"epoch_us", "", "1795325000123456", "2026-11-22T05:23:20.123456Z"},
		{"epoch_ns", "", "1795325000123456789", "2026-11-22T05:23:20.123456789Z"},
		{"02.01.2006 15:04:05", "Europe/Berlin", "22.11.2026 06:40:00", "2026-11-22T05:40:00Z"},
		{"02.01.2006 15:04:05", "", "22.11.2026 06:40:00.123", "2026-11-22T06:40:00.123Z"},
		{"Jan _2 2006 3:04:05 PM -0700", "Europe/Berlin", "Nov 22 2026 6:40:00 PM -0500", "2026-11-22T23:40:00Z"},
		{"02.01.2006 15:04:05", "", "2026-11-22T05:40:00Z", ""},
		{"epoch", "", "now", ""}, {"", "", "yesterday", ""}, {"", "Europe/Berlin", "", ""},
	} {
		clock, key, err := newClock(c.layout, c.zone)
		if err != nil {
			t.Fatalf("%s %s: %s: %v", c.layout, c.zone, key, err)
		}
		got := ""
		if n, ok := clock.read(c.text); ok {
			got = time.Unix(0, n).UTC().Format(time.RFC3339Nano)
		}
		if got != c.want {
			t.Errorf("%q by layout %q in %q is %s, want %s", c.text, c.layout, c.zone, got, c.want)
		}
	}
}

// TestClockKeepsItsRange gives times that no int64 of nanoseconds holds: they
// are out of every range, not wrapped round into it.
func TestClockKeepsItsRange(t *testing.T) {
	clock, _, err := newClock("2006-01-02 15:04:05", "")
	if err != nil {
		t.Fatal(err)
	}
	for text, late := range map[string]bool{"9999-01-01 00:00:00": true, "0001-01-01 00:00:00": false} {
		n, ok := clock.read(text)
		if !ok || late != (n > 1<<62) || n < 1 {
			t.Errorf("%s is %d, %v", text, n, ok)
		}
	}
}
