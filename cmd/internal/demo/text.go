package demo

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// shown bounds how much of one text is looked at, in bytes.
const shown = 4096

// maxMarks is how many combining marks may stand on one character; scripts do
// with two, more are meant to cover the lines around them.
const maxMarks = 2

// clean returns s as it may be written to a terminal: white space is one blank,
// and what is not printable (control characters, escape sequences, characters
// that reorder or hide text, broken UTF-8) is "·". Combining marks beyond
// maxMarks are left out.
func clean(s string) string {
	if len(s) > shown {
		s = s[:shown]
	}
	var b strings.Builder
	b.Grow(len(s))
	marks := 0 // combining marks in a row
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if marks++; r < 0x300 || !unicode.In(r, unicode.Mn, unicode.Me) {
			marks = 0
		}
		switch {
		case marks > maxMarks:
		case r == ' ' || r == '\t' || r == '\n' || r == '\r':
			b.WriteByte(' ')
		case r == utf8.RuneError && n == 1, !unicode.IsPrint(r):
			b.WriteRune('·')
		default:
			b.WriteRune(r)
		}
		i += n
	}
	return b.String()
}

// columns returns how many columns a clean text takes.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += columnsOf(r)
	}
	return n
}

func columnsOf(r rune) int {
	if r < 0x300 {
		return 1
	}
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
		return 2
	}
	return 1
}

// head returns the beginning of a clean text that takes at most n columns.
func head(s string, n int) string {
	used := 0
	for i, r := range s {
		if used += columnsOf(r); used > n {
			return s[:i]
		}
	}
	return s
}

// fit cuts a clean text to n columns; what is cut ends in "…".
func fit(s string, n int) string {
	if columns(s) <= n {
		return s
	}
	return head(s, n-1) + "…"
}

// pad fits a clean text into exactly n columns.
func pad(s string, n int) string {
	s = fit(s, n)
	return s + strings.Repeat(" ", max(n-columns(s), 0))
}

// wrap breaks a clean text into lines of at most n columns; n is 2 or more.
func wrap(s string, n int) []string {
	var lines []string
	line, used := "", 0
	for _, word := range strings.Fields(s) {
		w := columns(word)
		if used > 0 && used+1+w > n {
			lines = append(lines, line)
			line, used = "", 0
		}
		for w > n { // a word without a place to break it
			part := head(word, n)
			lines = append(lines, part)
			word = word[len(part):]
			w = columns(word)
		}
		if used > 0 {
			line, used = line+" ", used+1
		}
		line, used = line+word, used+w
	}
	if used > 0 {
		lines = append(lines, line)
	}
	return lines
}

// count writes a number with separators between thousands.
func count(n int64) string {
	s := strconv.FormatInt(n, 10)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(s) - 3; i > start; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// figure writes a measured value with as many digits as one can read.
func figure(x float64) string {
	switch a := math.Abs(x); {
	case math.IsNaN(x) || math.IsInf(x, 0):
		return "?"
	case a >= 1e15:
		return strconv.FormatFloat(x, 'g', 3, 64)
	case a >= 100 || x == math.Trunc(x):
		return count(int64(math.Round(x)))
	case a >= 1:
		return strconv.FormatFloat(math.Round(x*10)/10, 'f', -1, 64)
	default:
		return strconv.FormatFloat(x, 'g', 2, 64)
	}
}

// short writes a count in few characters.
func short(n int64) string {
	switch x := float64(n); {
	case n >= 10_000_000:
		return strconv.FormatFloat(x/1e6, 'f', 1, 64) + "M"
	case n >= 1_000_000:
		return strconv.FormatFloat(x/1e6, 'f', 2, 64) + "M"
	case n >= 10_000:
		return strconv.FormatFloat(x/1e3, 'f', 1, 64) + "k"
	}
	return count(n)
}

// span writes a duration for people.
func span(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	case d < 2*time.Minute:
		return strconv.Itoa(int(d.Seconds())) + " s"
	case d < 100*time.Minute:
		return strconv.Itoa(int(d.Minutes())) + " min"
	case d < 10*time.Hour:
		return strconv.FormatFloat(d.Hours(), 'f', 1, 64) + " h"
	default:
		return strconv.Itoa(int(d.Hours())) + " h"
	}
}

// many is a count of things in words.
func many(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return count(int64(n)) + " " + what + "s"
}
