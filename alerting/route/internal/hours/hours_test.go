package hours

import (
	"strings"
	"testing"
	"time"
)

func mustRead(t testing.TB, days, times, dates, zone string) *Hours {
	t.Helper()
	h, err := Read(list(days), list(times), list(dates), zone)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// list splits at commas; "" is an empty list.
func list(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

func at(t testing.TB, s string) time.Time {
	t.Helper()
	x, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// 2026-11-20 is a Friday.
func TestUntil(t *testing.T) {
	for _, c := range []struct {
		name, days, times, dates, zone string
		now, until                     string // until "" is outside, "-" is far away
	}{
		{"inside a range", "", "09:00-17:00", "", "", "2026-11-20T12:00:00Z", "2026-11-20T17:00:00Z"},
		{"its first moment", "", "09:00-17:00", "", "", "2026-11-20T09:00:00Z", "2026-11-20T17:00:00Z"},
		{"before it", "", "09:00-17:00", "", "", "2026-11-20T08:59:59Z", ""},
		{"its end is out", "", "09:00-17:00", "", "", "2026-11-20T17:00:00Z", ""},
		{"over midnight, evening", "", "22:00-06:00", "", "", "2026-11-20T23:00:00Z", "2026-11-21T06:00:00Z"},
		{"over midnight, morning", "", "22:00-06:00", "", "", "2026-11-21T05:59:00Z", "2026-11-21T06:00:00Z"},
		{"over midnight, noon", "", "22:00-06:00", "", "", "2026-11-21T12:00:00Z", ""},
		{"up to midnight", "", "22:00-00:00", "", "", "2026-11-20T23:59:59Z", "2026-11-21T00:00:00Z"},
		{"the night of Friday is Friday's", "friday", "22:00-06:00", "", "", "2026-11-21T03:00:00Z", "2026-11-21T06:00:00Z"},
		{"the morning of Friday is Thursday's", "friday", "22:00-06:00", "", "", "2026-11-20T03:00:00Z", ""},
		{"ranges that follow one another", "", "09:00-12:00,12:00-13:00,14:00-15:00", "", "", "2026-11-20T10:00:00Z", "2026-11-20T13:00:00Z"},
		{"ranges that overlap", "", "09:00-12:00,11:00-14:00", "", "", "2026-11-20T11:30:00Z", "2026-11-20T14:00:00Z"},
		{"a weekend", "saturday:sunday", "", "", "", "2026-11-21T12:00:00Z", "2026-11-23T00:00:00Z"},
		{"days over Sunday, short and in capitals", "Fri:MON", "", "", "", "2026-11-20T12:00:00Z", "2026-11-24T00:00:00Z"},
		{"a Friday is no weekend", "saturday,sunday", "", "", "", "2026-11-20T12:00:00Z", ""},
		{"always, in the end", "monday:sunday", "", "", "", "2026-11-20T12:00:00Z", "-"},
		{"a date of each year", "", "", "12-24:12-26", "", "2027-12-24T00:00:00Z", "2027-12-27T00:00:00Z"},
		{"the day before", "", "", "12-24:12-26", "", "2027-12-23T23:59:59Z", ""},
		{"over the turn of the year", "", "", "12-24:01-02", "", "2026-12-31T12:00:00Z", "2027-01-03T00:00:00Z"},
		{"one date", "", "", "2026-12-31", "", "2026-12-31T12:00:00Z", "2027-01-01T00:00:00Z"},
		{"the year after", "", "", "2026-12-31", "", "2027-12-31T12:00:00Z", ""},
		{"dates over a year", "", "", "2026-12-30:2027-01-02", "", "2027-01-01T12:00:00Z", "2027-01-03T00:00:00Z"},
		{"leap day", "", "", "02-29", "", "2028-02-29T12:00:00Z", "2028-03-01T00:00:00Z"},
		{"no leap day", "", "", "02-29", "", "2027-03-01T12:00:00Z", ""},
		{"the night of a date is the date's", "", "22:00-06:00", "12-31", "", "2027-01-01T05:00:00Z", "2027-01-01T06:00:00Z"},
		{"all three have to hold", "friday", "09:00-17:00", "11-20", "", "2026-11-20T12:00:00Z", "2026-11-20T17:00:00Z"},
		{"and do not", "friday", "09:00-17:00", "11-21", "", "2026-11-20T12:00:00Z", ""},
		{"a zone east", "", "22:00-06:00", "", "Asia/Kolkata", "2026-11-20T17:00:00Z", "2026-11-21T00:30:00Z"},
		{"the day is the zone's", "saturday", "", "", "Pacific/Auckland", "2026-11-20T12:00:00Z", "2026-11-21T11:00:00Z"},

		// Berlin: clocks go from 02:00 to 03:00 on 2026-03-29 at 01:00Z, and from 03:00
		// back to 02:00 on 2026-10-25 at 01:00Z.
		{"Berlin, a night in winter", "", "22:00-06:00", "", "Europe/Berlin", "2026-01-10T22:00:00Z", "2026-01-11T05:00:00Z"},
		{"Berlin, a night in summer", "", "22:00-06:00", "", "Europe/Berlin", "2026-07-10T20:00:00Z", "2026-07-11T04:00:00Z"},
		{"Berlin, 21:30 in summer is no night", "", "22:00-06:00", "", "Europe/Berlin", "2026-07-10T19:30:00Z", ""},
		{"Berlin, the short night", "", "22:00-06:00", "", "Europe/Berlin", "2026-03-28T21:00:00Z", "2026-03-29T04:00:00Z"},
		{"Berlin, the long night", "", "22:00-06:00", "", "Europe/Berlin", "2026-10-24T20:00:00Z", "2026-10-25T05:00:00Z"},
		{"Berlin, the short day", "sunday", "", "", "Europe/Berlin", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"},
		{"Berlin, the long day", "sunday", "", "", "Europe/Berlin", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"},
		{"Berlin, ends in the gap", "", "01:00-02:30", "", "Europe/Berlin", "2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z"},
		{"Berlin, begins in the gap", "", "02:30-04:00", "", "Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"},
		{"Berlin, before one that begins in the gap", "", "02:30-04:00", "", "Europe/Berlin", "2026-03-29T00:59:59Z", ""},
		{"Berlin, is in the gap", "", "02:15-02:45", "", "Europe/Berlin", "2026-03-29T01:00:00Z", ""},
		{"Berlin, ends twice, the first time", "", "01:00-02:30", "", "Europe/Berlin", "2026-10-25T00:45:00Z", "2026-10-25T01:30:00Z"},
		{"Berlin, ends twice, between", "", "01:00-02:30", "", "Europe/Berlin", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z"},
		{"Berlin, ended twice", "", "01:00-02:30", "", "Europe/Berlin", "2026-10-25T01:30:00Z", ""},
		{"Berlin, begins twice", "", "02:30-04:00", "", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25T03:00:00Z"},
		{"Berlin, began once already", "", "02:30-04:00", "", "Europe/Berlin", "2026-10-25T01:10:00Z", "2026-10-25T03:00:00Z"},
		{"Berlin, did not begin yet", "", "02:30-04:00", "", "Europe/Berlin", "2026-10-25T00:29:59Z", ""},

		// New York: 02:00 to 03:00 on 2026-03-08 at 07:00Z, 02:00 back to 01:00 on
		// 2026-11-01 at 06:00Z.
		{"New York, the short night", "", "22:00-06:00", "", "America/New_York", "2026-03-08T03:00:00Z", "2026-03-08T10:00:00Z"},
		{"New York, the long night", "", "22:00-06:00", "", "America/New_York", "2026-11-01T02:00:00Z", "2026-11-01T11:00:00Z"},
		{"New York, ends in the gap", "", "00:00-02:30", "", "America/New_York", "2026-03-08T06:30:00Z", "2026-03-08T07:00:00Z"},
		{"New York, after the gap", "", "00:00-02:30", "", "America/New_York", "2026-03-08T07:00:00Z", ""},
		{"New York, ends twice", "", "00:00-01:30", "", "America/New_York", "2026-11-01T05:45:00Z", "2026-11-01T06:30:00Z"},
		{"New York, begins twice", "", "01:30-03:00", "", "America/New_York", "2026-11-01T05:30:00Z", "2026-11-01T08:00:00Z"},

		// Beirut: 00:00 to 01:00 on 2026-03-29; midnight is skipped.
		{"a day without a midnight", "sunday", "", "", "Asia/Beirut", "2026-03-28T22:00:00Z", "2026-03-29T21:00:00Z"},
		{"the moment before it", "sunday", "", "", "Asia/Beirut", "2026-03-28T21:59:59Z", ""},
		// Havana: 01:00 back to 00:00 on 2026-11-01 at 05:00Z; midnight comes twice.
		{"a day with two midnights", "sunday", "", "", "America/Havana", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := mustRead(t, c.days, c.times, c.dates, c.zone)
			until, in := h.Until(at(t, c.now))
			switch {
			case in != (c.until != ""):
				t.Fatalf("within is %v, until %v", in, until)
			case c.until == "-" && !until.IsZero(), c.until == "" && in:
				t.Fatalf("until is %v", until)
			case c.until != "" && c.until != "-" && !until.Equal(at(t, c.until)):
				t.Fatalf("until is %v: want %s", until.UTC(), c.until)
			}
		})
	}
}

// TestUntilIsTheNextMomentOutside walks through the days on which clocks are set,
// and those around, in steps of five minutes: what Until says is when it is over.
func TestUntilIsTheNextMomentOutside(t *testing.T) {
	for _, zone := range []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Beirut", "America/Havana", "Europe/Dublin", "Pacific/Apia"} {
		for _, times := range []string{"00:00-24:00", "01:30-02:30", "02:00-03:00", "22:00-02:15", "23:30-00:30,00:30-02:00", "12:00-11:00"} {
			h := mustRead(t, "sunday,tuesday", times, "", zone)
			for _, start := range []string{"2026-03-07T00:00:00Z", "2026-03-28T00:00:00Z", "2026-04-04T00:00:00Z", "2026-10-03T00:00:00Z", "2026-10-24T00:00:00Z", "2026-10-31T00:00:00Z"} {
				from := at(t, start)
				var until time.Time
				for i := range 12 * 24 * 3 {
					now := from.Add(time.Duration(i) * 5 * time.Minute)
					end, in := h.Until(now)
					if in && !until.IsZero() && now.Before(until) && !end.Equal(until) {
						t.Fatalf("%s %s: at %v it ends at %v, and before it was %v", zone, times, now, end, until)
					}
					if !in && now.Before(until) {
						t.Fatalf("%s %s: at %v it is over, and it was to be at %v", zone, times, now, until)
					}
					if in && !end.After(now) {
						t.Fatalf("%s %s: at %v it ended at %v", zone, times, now, end)
					}
					if _, still := h.Until(end); in && still {
						t.Fatalf("%s %s: at its end, %v, it goes on", zone, times, end)
					}
					if until = end; !in {
						until = time.Time{}
					}
				}
			}
		}
	}
}

func TestReadRefuses(t *testing.T) {
	long := strings.Repeat("monday,", 32) + "monday"
	for _, c := range []struct{ days, times, dates, zone, want string }{
		{"", "", "", "", "is always: want at least one"},
		{"", "", "", "Europe/Berlin", "is always: want at least one"},
		{"someday", "", "", "", "weekdays[0] is no day: want"},
		{"monday,monday:", "", "", "", "weekdays[1]"},
		{"monday:friday:sunday", "", "", "", "weekdays[0]"},
		{"m", "", "", "", "weekdays[0]"},
		{"", "22:00", "", "", "times[0] is no range of time: want"},
		{"", "22:00-22:00", "", "", "times[0]"},
		{"", "24:00-06:00", "", "", "times[0]"},
		{"", "22:00-25:00", "", "", "times[0]"},
		{"", "22:00-06:60", "", "", "times[0]"},
		{"", "9:00-17:00", "", "", "times[0]"},
		{"", "09:00-17:00,-", "", "", "times[1]"},
		{"", "", "12-32", "", "dates[0] is no date: want"},
		{"", "", "2026-02-29", "", "dates[0]"},
		{"", "", "13-01", "", "dates[0]"},
		{"", "", "12-24:2026-12-26", "", "dates[0]"},
		{"", "", "2026-12-26:2026-12-24", "", "dates[0]"},
		{"", "", "24.12.", "", "dates[0]"},
		{"monday", "", "", "Berlin", "zone is unknown: want"},
		{"monday", "", "", "Local", "zone is unknown"},
		{"monday", "", "", "../../etc/passwd", "zone is unknown"},
		{long, "", "", "", "weekdays has 33 entries: want at most 32"},
	} {
		_, err := Read(list(c.days), list(c.times), list(c.dates), c.zone)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q %q %q %q: got %v, want %s", c.days, c.times, c.dates, c.zone, err, c.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("monday:friday", "22:00-06:00", "12-24:12-26", "Europe/Berlin", int64(1_800_000_000))
	f.Add("", "00:00-24:00", "2026-12-31", "", int64(0))
	f.Fuzz(func(t *testing.T, days, times, dates, zone string, unix int64) {
		h, err := Read(list(days), list(times), list(dates), zone)
		if err != nil {
			return
		}
		now := time.Unix(unix%(1<<40), 0)
		if end, in := h.Until(now); in && !end.IsZero() && !end.After(now) {
			t.Fatalf("at %v it ended at %v", now, end)
		}
	})
}

func BenchmarkUntil(b *testing.B) {
	h := mustRead(b, "monday:friday", "22:00-06:00", "", "Europe/Berlin")
	now := at(b, "2026-11-20T23:00:00Z")
	b.ReportAllocs()
	for b.Loop() {
		if _, in := h.Until(now); !in {
			b.Fatal("outside")
		}
	}
}
