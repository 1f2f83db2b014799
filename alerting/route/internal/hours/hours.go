// Package hours says whether an instant is within a set of times of the week, as
// clocks in some zone show them, and when it is over.
package hours

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

// Hours are the times that are in one of their weekdays, ranges of the day and
// dates each.
type Hours struct {
	days  [7]bool // by time.Weekday
	spans []span
	dates []dates // empty is every date
	zone  *time.Location
}

// end returns when the span that t is in ends, the last of them; false if t is
// in none.
func (h *Hours) end(t time.Time) (time.Time, bool) {
	var last time.Time
	year, month, day := t.In(h.zone).Date()
	for back := range 2 { // a span belongs to the day on which it begins
		date := time.Date(year, month, day-back, 0, 0, 0, 0, time.UTC)
		if !h.on(date) {
			continue
		}
		for _, s := range h.spans {
			if back > 0 && s.to <= 1440 {
				continue
			}
			to := wall(date, s.to, h.zone, true)
			if t.Before(to) && to.After(last) && !t.Before(wall(date, s.from, h.zone, false)) {
				last = to
			}
		}
	}
	return last, !last.IsZero()
}

func (h *Hours) on(date time.Time) bool {
	year, month, day := date.Date()
	return h.days[date.Weekday()] && (len(h.dates) == 0 ||
		slices.ContainsFunc(h.dates, func(d dates) bool { return d.has(year, month, day) }))
}

// maxSpans is how many spans that follow one another Until looks at.
const maxSpans = 32

// Until returns when it is over if t is within it, spans that follow without a
// gap taken together; the zero time if that is more than some weeks away.
func (h *Hours) Until(t time.Time) (time.Time, bool) {
	end, in := h.end(t)
	if !in {
		return time.Time{}, false
	}
	for range maxSpans {
		next, more := h.end(end)
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

// maxEntries is how many entries a list has at most.
const maxEntries = 32

// Read reads weekdays like "monday:friday", times like "22:00-06:00" and dates
// like "12-24:12-26" or "2026-12-31", each empty for all, in a zone of the IANA
// database, empty for UTC. Errors begin with the key of what is wrong, as
// "times[1] is no range of time: want …", or with "is".
func Read(weekdays, times, days []string, zone string) (*Hours, error) {
	h := &Hours{zone: time.UTC}
	if len(weekdays)+len(times)+len(days) == 0 {
		return nil, errors.New("is always: want at least one of weekdays, times and dates")
	}
	for _, l := range []struct {
		key string
		n   int
	}{{"weekdays", len(weekdays)}, {"times", len(times)}, {"dates", len(days)}} {
		if l.n > maxEntries {
			return nil, fmt.Errorf("%s has %d entries: want at most %d", l.key, l.n, maxEntries)
		}
	}
	if zone != "" {
		var err error
		if h.zone, err = time.LoadLocation(zone); err != nil || zone == "Local" {
			return nil, errors.New(`zone is unknown: want a name of the IANA database, such as "Europe/Berlin"`)
		}
	}
	for _, read := range []func() error{
		func() error { return h.readDays(weekdays) },
		func() error { return h.readTimes(times) },
		func() error { return h.readDates(days) },
	} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	return h, nil
}

func (h *Hours) readDays(list []string) error {
	for i, text := range list {
		from, to, _ := cutRange(text, ":")
		f, ok := weekday(from)
		t, ok2 := weekday(to)
		if !ok || !ok2 {
			return fmt.Errorf(`weekdays[%d] is no day: want one such as "monday" or a range such as "monday:friday"`, i)
		}
		for d := f; ; d = (d + 1) % 7 {
			h.days[d] = true
			if d == t {
				break
			}
		}
	}
	if len(list) == 0 {
		h.days = [7]bool{true, true, true, true, true, true, true}
	}
	return nil
}

func (h *Hours) readTimes(list []string) error {
	for i, text := range list {
		from, to, both := cutRange(text, "-")
		f, ok := minutes(from)
		t, ok2 := minutes(to)
		if !both || !ok || !ok2 || f == t || f == 1440 {
			return fmt.Errorf(`times[%d] is no range of time: want one such as "22:00-06:00", or "00:00-24:00" for all day`, i)
		}
		if t < f {
			t += 1440
		}
		h.spans = append(h.spans, span{f, t})
	}
	if len(list) == 0 {
		h.spans = []span{{0, 1440}}
	}
	return nil
}

func (h *Hours) readDates(list []string) error {
	for i, text := range list {
		from, to, _ := cutRange(text, ":")
		f, yearly, ok := dateOf(from)
		t, yearly2, ok2 := dateOf(to)
		if !ok || !ok2 || yearly != yearly2 || (!yearly && t < f) {
			return fmt.Errorf(`dates[%d] is no date: want one such as "2026-12-31", or "12-31" for each year, or a range such as "12-24:12-26"`, i)
		}
		h.dates = append(h.dates, dates{f, t, yearly})
	}
	return nil
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
