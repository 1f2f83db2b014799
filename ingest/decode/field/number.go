package field

import (
	"math"
	"strconv"
	"strings"
)

// Bounds of what is believed. Whatever lies beyond is not known.
const (
	// MaxCount is the largest integer that JSON's usual readers keep exact.
	MaxCount = 1 << 53
	// maxNumber is the longest text that is read as a number or a time.
	maxNumber = 64
	// maxDuration is 30 days: no request takes longer, some sessions take days.
	maxDuration = 30 * 24 * 3600 * 1_000_000_000
)

// Unit is the unit of a duration, as the power of ten of its nanoseconds.
type Unit int

// The units in which gateways write durations.
const (
	Nanoseconds  Unit = 0
	Microseconds Unit = 3
	Milliseconds Unit = 6
	Seconds      Unit = 9
)

// decimal is mant × 10^exp, exact to 19 digits.
type decimal struct {
	mant uint64
	exp  int
	neg  bool
}

// parseDecimal reads a number as JSON and configuration files write it; it is
// never read as a float, because times in nanoseconds need more than 53 bits.
func parseDecimal(s string) (d decimal, ok bool) {
	if len(s) > maxNumber {
		return decimal{}, false
	}
	i := 0
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		d.neg = s[i] == '-'
		i++
	}
	digits, point := 0, -1
	for ; i < len(s); i++ {
		c := s[i]
		if c == '.' && point < 0 {
			point = digits
			continue
		}
		if c-'0' > 9 {
			break
		}
		digits++
		if d.mant > (math.MaxUint64-9)/10 {
			d.exp++
			continue
		}
		d.mant = d.mant*10 + uint64(c-'0')
	}
	if digits == 0 {
		return decimal{}, false
	}
	if point >= 0 {
		d.exp -= digits - point
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		e, err := strconv.ParseInt(s[i+1:], 10, 16)
		if err != nil {
			return decimal{}, false
		}
		d.exp += int(e)
		i = len(s)
	}
	return d, i == len(s)
}

// scale returns the integer part of d × 10^shift, without its sign.
func (d decimal) scale(shift int) (uint64, bool) {
	e := d.exp + shift
	if d.mant == 0 || e < -19 {
		return 0, true
	}
	if e < 0 {
		return d.mant / pow10[-e], true
	}
	if e >= len(pow10) || d.mant > math.MaxInt64/pow10[e] {
		return 0, false
	}
	return d.mant * pow10[e], true
}

var pow10 = [...]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19}

// Int returns the integer part of the number s, from 0 to limit.
func Int(s string, limit int64) (int64, bool) {
	d, ok := parseDecimal(s)
	if !ok || d.neg && d.mant != 0 {
		return 0, false
	}
	n, ok := d.scale(0)
	return int64(n), ok && n <= uint64(limit)
}

// Float returns the number s if it lies from 0 to limit.
func Float(s string, limit float64) (float64, bool) {
	d, ok := parseDecimal(s)
	if !ok || d.neg && d.mant != 0 {
		return 0, false
	}
	var f float64
	switch {
	case d.mant == 0:
	case d.mant < 1<<53 && d.exp <= 0 && d.exp >= -19:
		f = float64(d.mant) / float64(pow10[-d.exp]) // exact operands: rounded once
	default:
		f, _ = strconv.ParseFloat(s, 64) // the syntax is right: only ±Inf is left
	}
	return f, f <= limit
}

// Status returns the HTTP status s, from 100 to 599.
func Status(s string) (uint16, bool) {
	n, ok := Int(s, 599)
	return uint16(n), ok && n >= 100
}

// LastStatus returns the last status of a list of attempts, as nginx and Kong
// write it: "502, 504 : 200". Attempts that got no status are left out.
func LastStatus(s string) (uint16, bool) {
	for s != "" {
		i := strings.LastIndexAny(s, ",: ")
		if n, ok := Status(s[i+1:]); ok {
			return n, true
		}
		s = s[:max(i, 0)]
	}
	return 0, false
}

// Duration returns the duration s of the given unit in nanoseconds, at most 30
// days. A negative one (Kong's -1) is not known.
func Duration(s string, unit Unit) (int64, bool) {
	d, ok := parseDecimal(s)
	if !ok || d.neg && d.mant != 0 {
		return 0, false
	}
	n, ok := d.scale(int(unit))
	return int64(n), ok && n <= maxDuration
}

// SumDuration returns the sum of a list of durations, as nginx writes that of
// attempts: "0.001, 0.050 : 0.2". Attempts without one ("-") are left out.
func SumDuration(s string, unit Unit) (sum int64, known bool) {
	for s != "" {
		i := strings.IndexAny(s, ",: ")
		if i < 0 {
			i = len(s)
		}
		if n, ok := Duration(s[:i], unit); ok {
			sum += n
			known = true
		}
		s = s[min(i+1, len(s)):]
	}
	return sum, known && sum <= maxDuration
}
