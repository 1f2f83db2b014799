// Package chart draws a series of counts as one line of text, for messages that
// can hold no picture.
package chart

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// bars are a bin's heights: an eighth of the line to the whole of it.
var bars = [...]rune{'▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'}

// none stands for a bin without events, so that the least that was seen can be
// told from nothing.
const none = '·'

// maxStep is the longest bin that is believed, in seconds: 31 days. It keeps the
// span within what time.Duration holds.
const maxStep = 31 * 24 * 3600

// Line returns the counts as bars and says in words what the highest is and which
// time they span:
//
//	▁▁▂▁▃█▇▂ peak 1,204 in 5 min, 12:00 to 12:40 UTC
//
// It shows at most schemas.MaxBins bins, the latest, and returns "" if there are
// none, or none with an event, or the step is not positive.
func Line(s *schemas.Series) string {
	if s == nil || s.Step <= 0 || s.Step > maxStep {
		return ""
	}
	counts, start := s.Counts, s.Start
	step := time.Duration(s.Step) * time.Second
	if over := len(counts) - schemas.MaxBins; over > 0 {
		counts, start = counts[over:], start.Add(time.Duration(min(over, 1<<10))*step)
	}
	bars, peak := Bars(counts)
	if peak == 0 {
		return ""
	}
	end := start.Add(time.Duration(len(counts)) * step)
	return fmt.Sprintf("%s peak %s in %s, %s", bars, Grouped(peak), Span(step), between(start, end))
}

// Bars returns one character a count, and the highest count. Counts below zero are
// taken for zero.
func Bars(counts []int64) (line string, peak int64) {
	for _, n := range counts {
		peak = max(peak, n)
	}
	var b strings.Builder
	for _, n := range counts {
		if n <= 0 {
			b.WriteRune(none)
			continue
		}
		// In floating point, because n times eight may not fit.
		i := int(float64(n) / float64(peak) * float64(len(bars)))
		b.WriteRune(bars[min(max(i-1, 0), len(bars)-1)])
	}
	return b.String(), peak
}

// between says from when to when, with the dates if they are not one and the same.
func between(start, end time.Time) string {
	start, end = start.UTC(), end.UTC()
	if start.Format(time.DateOnly) == end.Add(-time.Nanosecond).Format(time.DateOnly) {
		return start.Format("15:04") + " to " + end.Format("15:04") + " UTC"
	}
	return start.Format("2006-01-02 15:04") + " to " + end.Format("2006-01-02 15:04") + " UTC"
}

// Span says a length of time in its two largest units: "45 s", "5 min", "1 h
// 30 min", "2 d".
func Span(d time.Duration) string {
	d = max(d, 0)
	units := []struct {
		name string
		size time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"min", time.Minute}, {"s", time.Second}}
	for i, u := range units {
		n := d / u.size
		if n == 0 {
			continue
		}
		out := strconv.FormatInt(int64(n), 10) + " " + u.name
		if i+1 < len(units) {
			if rest := d % u.size / units[i+1].size; rest > 0 {
				out += fmt.Sprintf(" %d %s", rest, units[i+1].name)
			}
		}
		return out
	}
	return "less than 1 s"
}

// Grouped writes a number with commas between thousands; less than zero is zero.
func Grouped(n int64) string {
	s := strconv.FormatInt(max(n, 0), 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
