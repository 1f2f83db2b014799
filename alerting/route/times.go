package route

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // zones are known in containers without a zone database
)

// span is a range of a day in minutes since its midnight. One that passes
// midnight ends beyond 1440.
type span struct{ from, to int }

// dates is a range of dates, both ends included: as year*10000+month*100+day, or
// without the year if it comes back each year.
type dates struct {
	from, to int
	yearly   bool
}

func (d dates) has(year int, month time.Month, day int) bool {
	n := int(month)*100 + day
	switch {
	case !d.yearly:
		n += year * 10000
	case d.from > d.to: // over the turn of the year
		return n >= d.from || n <= d.to
	}
	return d.from <= n && n <= d.to
}

// muteTime is a MuteTime that was read.
type muteTime struct {
	name  string
	days  [7]bool // by time.Weekday
	spans []span
	dates []dates // empty is every date
	zone  *time.Location
}

// end returns when the span that t is in ends, the last of them; false if t is
// in none.
func (m *muteTime) end(t time.Time) (time.Time, bool) {
	var last time.Time
	year, month, day := t.In(m.zone).Date()
	for back := range 2 { // a span belongs to the day on which it begins
		date := time.Date(year, month, day-back, 0, 0, 0, 0, time.UTC)
		if !m.on(date) {
			continue
		}
		for _, s := range m.spans {
			if back > 0 && s.to <= 1440 {
				continue
			}
			to := wall(date, s.to, m.zone, true)
			if t.Before(to) && to.After(last) && !t.Before(wall(date, s.from, m.zone, false)) {
				last = to
			}
		}
	}
	return last, !last.IsZero()
}

func (m *muteTime) on(date time.Time) bool {
	year, month, day := date.Date()
	return m.days[date.Weekday()] && (len(m.dates) == 0 ||
		slices.ContainsFunc(m.dates, func(d dates) bool { return d.has(year, month, day) }))
}

// maxSpans is how many spans that follow one another until looks at.
const maxSpans = 32

// until returns when it is over if t is within it, spans that follow without a
// gap taken together; the zero time if that is more than some weeks away.
func (m *muteTime) until(t time.Time) (time.Time, bool) {
	end, in := m.end(t)
	if !in {
		return time.Time{}, false
	}
	for range maxSpans {
		next, more := m.end(end)
		if !more {
			return end, true
		}
		end = next
	}
	return time.Time{}, true
}

// wall returns the instant at which clocks in zone show a minute of a date. If
// they show it twice, because they are set back, it is the first, or the last;
// if they skip it, the moment at which they are set.
func wall(date time.Time, minute int, zone *time.Location, last bool) time.Time {
	year, month, day := date.Date()
	wanted := time.Date(year, month, day, 0, minute, 0, 0, time.UTC)
	t := time.Date(year, month, day, 0, minute, 0, 0, zone)
	start, end := t.ZoneBounds()
	if shown := clock(t); shown != wanted {
		if shown.After(wanted) {
			return start
		}
		return end
	}
	if last && !end.IsZero() {
		if again := wanted.Add(-offset(end)); !again.Before(end) {
			return again
		}
	}
	if !last && !start.IsZero() {
		if before := wanted.Add(-offset(start.Add(-1))); before.Before(start) {
			return before
		}
	}
	return t
}

func offset(t time.Time) time.Duration {
	_, seconds := t.Zone()
	return time.Duration(seconds) * time.Second
}

// clock returns what clocks show at t as if it were UTC.
func clock(t time.Time) time.Time { return t.UTC().Add(offset(t)) }

// readTime reads c. Errors begin with the key within it.
func readTime(c *MuteTime) (*muteTime, error) {
	m := &muteTime{name: c.Name, zone: time.UTC}
	if len(c.Weekdays)+len(c.Times)+len(c.Dates) == 0 {
		return nil, errors.New("is always: want at least one of weekdays, times and dates")
	}
	for _, l := range []struct {
		key string
		n   int
	}{{"weekdays", len(c.Weekdays)}, {"times", len(c.Times)}, {"dates", len(c.Dates)}} {
		if l.n > maxTimes {
			return nil, fmt.Errorf("%s has %d entries: want at most %d", l.key, l.n, maxTimes)
		}
	}
	if c.Zone != "" {
		zone, err := time.LoadLocation(c.Zone)
		if err != nil || c.Zone == "Local" {
			return nil, errors.New(`zone is unknown: want a name of the IANA database, such as "Europe/Berlin"`)
		}
		m.zone = zone
	}
	for i, text := range c.Weekdays {
		from, to, _ := cutRange(text, ":")
		f, ok := weekday(from)
		t, ok2 := weekday(to)
		if !ok || !ok2 {
			return nil, fmt.Errorf(`weekdays[%d] is no day: want one such as "monday" or a range such as "monday:friday"`, i)
		}
		for d := f; ; d = (d + 1) % 7 {
			m.days[d] = true
			if d == t {
				break
			}
		}
	}
	if len(c.Weekdays) == 0 {
		m.days = [7]bool{true, true, true, true, true, true, true}
	}
	for i, text := range c.Times {
		from, to, both := cutRange(text, "-")
		f, ok := minutes(from)
		t, ok2 := minutes(to)
		if !both || !ok || !ok2 || f == t || f == 1440 {
			return nil, fmt.Errorf(`times[%d] is no range of time: want one such as "22:00-06:00", or "00:00-24:00" for all day`, i)
		}
		if t < f {
			t += 1440
		}
		m.spans = append(m.spans, span{f, t})
	}
	if len(c.Times) == 0 {
		m.spans = []span{{0, 1440}}
	}
	for i, text := range c.Dates {
		from, to, _ := cutRange(text, ":")
		f, yearly, ok := dateOf(from)
		t, yearly2, ok2 := dateOf(to)
		if !ok || !ok2 || yearly != yearly2 || (!yearly && t < f) {
			return nil, fmt.Errorf(`dates[%d] is no date: want one such as "2026-12-31", or "12-31" for each year, or a range such as "12-24:12-26"`, i)
		}
		m.dates = append(m.dates, dates{f, t, yearly})
	}
	return m, nil
}

// cutRange returns both ends of a range, which without sep are the same.
func cutRange(text, sep string) (from, to string, both bool) {
	from, to, both = strings.Cut(strings.TrimSpace(text), sep)
	if !both {
		return from, from, false
	}
	return strings.TrimSpace(from), strings.TrimSpace(to), true
}

// weekday reads an English name, or its first three letters.
func weekday(text string) (time.Weekday, bool) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if name := d.String(); strings.EqualFold(text, name) || strings.EqualFold(text, name[:3]) {
			return d, true
		}
	}
	return 0, false
}

// minutes reads "hh:mm" up to "24:00".
func minutes(text string) (int, bool) {
	if text == "24:00" {
		return 1440, true
	}
	t, err := time.Parse("15:04", text)
	return t.Hour()*60 + t.Minute(), err == nil && len(text) == 5
}

// dateOf reads "2006-01-02" or "01-02".
func dateOf(text string) (n int, yearly, ok bool) {
	if t, err := time.Parse("2006-01-02", text); err == nil {
		return t.Year()*10000 + int(t.Month())*100 + t.Day(), false, true
	}
	t, err := time.Parse("2006-01-02", "2000-"+text) // a leap year
	return int(t.Month())*100 + t.Day(), true, err == nil
}
