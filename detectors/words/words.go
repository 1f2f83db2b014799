// Package words writes figures as people on call read them.
package words

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Number writes a figure with commas between the thousands, "12,400"; below 10
// with a decimal if it has one.
func Number(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "?"
	}
	if v > -10 && v < 10 && math.Abs(v-math.Round(v)) >= 0.05 {
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	digits, sign := strconv.FormatFloat(math.Abs(math.Round(v)), 'f', 0, 64), ""
	if v <= -0.5 {
		sign = "-"
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// Count writes how many there are of what noun names in the singular: "no
// accounts", "1 account", "12,400 accounts".
func Count(n float64, noun string) string {
	switch n = math.Round(n); n {
	case 0:
		return "no " + plural(noun)
	case 1:
		return "1 " + noun
	}
	return Number(n) + " " + plural(noun)
}

// plural returns the plural of a regular noun; of several words the first one
// that a preposition follows, or the last.
func plural(noun string) string {
	for _, preposition := range []string{" of ", " without ", " in ", " a "} {
		if head, rest, ok := strings.Cut(noun, preposition); ok {
			return plural(head) + preposition + rest
		}
	}
	switch {
	case strings.HasSuffix(noun, "s"):
		return noun + "es"
	case strings.HasSuffix(noun, "y") && !strings.ContainsAny(noun[max(0, len(noun)-2):], "aeou"):
		return strings.TrimSuffix(noun, "y") + "ies"
	}
	return noun + "s"
}

// Percent writes a share as a percentage, with a decimal below 10 %, and "no"
// or "all" only if it is: "none", "0.4 %", "85 %", "all".
func Percent(share float64) string {
	p := 100 * share
	switch {
	case p <= 0:
		return "none"
	case p >= 100:
		return "all"
	case p < 0.1:
		return "less than 0.1 %"
	case p > 99 && p < 100:
		return "more than 99 %"
	}
	return Number(p) + " %"
}

// Duration writes a length of time in its largest whole unit up to hours: "less
// than a second", "40 seconds", "5 minutes", "2 hours".
func Duration(d time.Duration) string {
	switch {
	case d >= 0 && d < time.Second/2:
		return "less than a second"
	case d < 2*time.Minute && d != time.Minute:
		return Count(d.Seconds(), "second")
	case d < 2*time.Hour && d != time.Hour:
		return Count(d.Minutes(), "minute")
	}
	return Count(d.Hours(), "hour")
}

// List joins what is not empty: "a, b and c".
func List(parts ...string) string {
	var there []string
	for _, p := range parts {
		if p != "" {
			there = append(there, p)
		}
	}
	if len(there) < 2 {
		return strings.Join(there, "")
	}
	last := len(there) - 1
	return strings.Join(there[:last], ", ") + " and " + there[last]
}

// Literal returns s as a ClickHouse string literal. Everything but plain letters,
// digits and harmless signs is written as \xHH, so that neither the literal nor
// the terminal that shows it can be left.
func Literal(s string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte(" /{}.:_-~@+=*,", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, `\x%02X`, c)
		}
	}
	b.WriteByte('\'')
	return b.String()
}
