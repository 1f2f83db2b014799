package field

import (
	"math"
	"strings"
	"time"
)

// The times that stand for one that no int64 of nanoseconds holds, or that was
// never set: they are out of every range, and not 0, which is "not stated".
const (
	tooEarly = 1
	tooLate  = math.MaxInt64
)

// Time returns the time s in Unix nanoseconds; a time at or before 1970 is 1,
// one after 2262 the largest int64. It reads
//
//   - numbers, whose unit (s, ms, µs, ns) follows from their magnitude: 10^11
//     seconds are in the year 5138, 10^11 milliseconds in 1973;
//   - RFC 3339 and its relatives: a space for the T, a comma in the fraction,
//     slashes in the date, an offset without colon, or none, which is UTC;
//   - the common log format, 25/Oct/2016:14:49:34 +0200;
//   - RFC 1123 and the other layouts of HTTP headers.
//
// Go's zero time is "not known".
func Time(s string) (int64, bool) {
	switch {
	case len(s) > maxNumber:
		return 0, false
	case len(s) >= 10 && (s[4] == '-' || s[4] == '/'):
		return isoTime(s)
	case len(s) >= 20 && s[2] == '/':
		return clfTime(s)
	case len(s) >= 20 && s[0] >= 'A':
		for _, layout := range [...]string{time.RFC1123, time.RFC1123Z, time.RFC850, time.ANSIC} {
			if t, err := time.Parse(layout, s); err == nil {
				return nanos(t), true
			}
		}
		return 0, false
	}
	return epochTime(s)
}

func epochTime(s string) (int64, bool) {
	d, ok := parseDecimal(s)
	if !ok {
		return 0, false
	}
	if d.neg || d.mant == 0 {
		return tooEarly, true
	}
	whole, fits := d.scale(0)
	unit := Nanoseconds
	switch {
	case !fits:
		return tooLate, true
	case whole < 1e11:
		unit = Seconds
	case whole < 1e14:
		unit = Milliseconds
	case whole < 1e17:
		unit = Microseconds
	}
	n, fits := d.scale(int(unit))
	if !fits {
		return tooLate, true
	}
	return max(int64(n), tooEarly), true
}

func nanos(t time.Time) int64 {
	switch y := t.Year(); {
	case y < 1970:
		return tooEarly
	case y > 2261:
		return tooLate
	}
	return max(t.UnixNano(), tooEarly)
}

// isoTime reads 2006-01-02[T15:04:05[.999][Z|+07:00]].
func isoTime(s string) (int64, bool) {
	year, ok := digits(s, 0, 4)
	month, ok1 := digits(s, 5, 2)
	day, ok2 := digits(s, 8, 2)
	if !ok || !ok1 || !ok2 || s[7] != s[4] {
		return 0, false
	}
	rest := s[10:]
	if rest == "" {
		return date(year, month, day, 0, 0, 0, 0, 0)
	}
	if len(rest) < 9 || rest[0] != 'T' && rest[0] != ' ' && rest[0] != 't' || rest[3] != ':' || rest[6] != ':' {
		return 0, false
	}
	hour, ok := digits(rest, 1, 2)
	minute, ok1 := digits(rest, 4, 2)
	second, ok2 := digits(rest, 7, 2)
	if !ok || !ok1 || !ok2 {
		return 0, false
	}
	rest = rest[9:]
	fraction := 0
	if len(rest) > 1 && (rest[0] == '.' || rest[0] == ',') {
		i, unit := 1, 100_000_000
		for ; i < len(rest) && rest[i]-'0' <= 9; i++ {
			fraction += int(rest[i]-'0') * unit
			unit /= 10
		}
		rest = rest[i:]
	}
	offset, ok := zone(strings.TrimPrefix(rest, " "))
	if !ok {
		return 0, false
	}
	return date(year, month, day, hour, minute, second, fraction, offset)
}

// clfTime reads 25/Oct/2016:14:49:34 +0200.
func clfTime(s string) (int64, bool) {
	day, ok := digits(s, 0, 2)
	year, ok1 := digits(s, 7, 4)
	if !ok || !ok1 || s[6] != '/' || s[11] != ':' || s[14] != ':' || s[17] != ':' {
		return 0, false
	}
	month := strings.Index("JanFebMarAprMayJunJulAugSepOctNovDec", s[3:6])
	hour, ok := digits(s, 12, 2)
	minute, ok1 := digits(s, 15, 2)
	second, ok2 := digits(s, 18, 2)
	if month < 0 || month%3 != 0 || !ok || !ok1 || !ok2 {
		return 0, false
	}
	offset, ok := zone(strings.TrimPrefix(s[20:], " "))
	if !ok {
		return 0, false
	}
	return date(year, month/3+1, day, hour, minute, second, 0, offset)
}

// zone reads an offset from UTC in seconds: "", Z, UTC, +0700, +07:00, +07.
func zone(s string) (int, bool) {
	if s == "" || s == "Z" || s == "z" || s == "UTC" {
		return 0, true
	}
	sign := 1
	switch s[0] {
	case '-':
		sign = -1
	case '+':
	default:
		return 0, false
	}
	hours, ok := digits(s, 1, 2)
	if !ok || hours > 18 {
		return 0, false
	}
	rest := strings.TrimPrefix(s[3:], ":")
	if rest == "" {
		return sign * hours * 3600, true
	}
	minutes, ok := digits(rest, 0, 2)
	return sign * (hours*60 + minutes) * 60, ok && len(rest) == 2 && minutes < 60
}

// date returns the time in nanoseconds; offset is in seconds. A leap second
// (60) is the first second of the next minute.
func date(year, month, day, hour, minute, second, fraction, offset int) (int64, bool) {
	if month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60 {
		return 0, false
	}
	if year == 1 || day > 28 && time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Day() != day {
		return 0, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second-offset, fraction, time.UTC)
	return nanos(t), true
}

// digits reads n decimal digits at i.
func digits(s string, i, n int) (v int, ok bool) {
	if i+n > len(s) {
		return 0, false
	}
	for _, c := range []byte(s[i : i+n]) {
		if c-'0' > 9 {
			return 0, false
		}
		v = v*10 + int(c-'0')
	}
	return v, true
}
