package field

import "strings"

// TextDuration is Duration of a text that may have units of its own, as
// languages print durations: "12ms", "1.5 s", "1m2.5s" (Go), "00:00:01.5000000"
// (.NET). A number without one is in unit.
func TextDuration(s string, unit Unit) (int64, bool) {
	if s == "" || len(s) > maxNumber {
		return 0, false
	}
	if last := s[len(s)-1]; last-'0' <= 9 || last == '.' {
		if strings.IndexByte(s, ':') > 0 {
			return clock(s)
		}
		return Duration(s, unit)
	}
	var sum int64
	for s != "" {
		i := 0
		for i < len(s) && (s[i]-'0' <= 9 || s[i] == '.') {
			i++
		}
		number := s[:i]
		s = strings.TrimLeft(s[i:], " ")
		for i = 0; i < len(s) && s[i]-'0' > 9 && s[i] != '.' && s[i] != ' '; i++ {
		}
		own, times, ok := unitOf(s[:i])
		s = strings.TrimLeft(s[i:], " ")
		n, known := Duration(number, own)
		if !ok || !known || n > maxDuration/times {
			return 0, false
		}
		if sum += n * times; sum > maxDuration {
			return 0, false
		}
	}
	return sum, true
}

// unitOf returns what a unit's name stands for: so many times the unit.
func unitOf(name string) (Unit, int64, bool) {
	switch name {
	case "ns":
		return Nanoseconds, 1, true
	case "us", "µs", "μs": // the micro sign, and the Greek letter
		return Microseconds, 1, true
	case "ms", "msec":
		return Milliseconds, 1, true
	case "s", "sec", "seconds":
		return Seconds, 1, true
	case "m", "min":
		return Seconds, 60, true
	case "h":
		return Seconds, 3600, true
	}
	return 0, 0, false
}

// clock reads hours, minutes and seconds, 00:00:01.5000000.
func clock(s string) (int64, bool) {
	hours, rest, _ := strings.Cut(s, ":")
	minutes, seconds, found := strings.Cut(rest, ":")
	if !found {
		return 0, false
	}
	h, ok := Int(hours, 24*30)
	m, ok1 := Int(minutes, 59)
	n, ok2 := Duration(seconds, Seconds)
	sum := (h*60+m)*60*1_000_000_000 + n
	return sum, ok && ok1 && ok2 && n < 60*1_000_000_000 && sum <= maxDuration
}

// Epoch is Time of a number of units since 1970, whatever its magnitude.
func Epoch(s string, unit Unit) (int64, bool) {
	d, ok := parseDecimal(s)
	if !ok {
		return 0, false
	}
	if d.neg || d.mant == 0 {
		return tooEarly, true
	}
	n, fits := d.scale(int(unit))
	if !fits {
		return tooLate, true
	}
	return max(int64(n), tooEarly), true
}
