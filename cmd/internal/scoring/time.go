package scoring

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// timeLayouts are the forms of a time that are understood besides Unix times.
// A month stands before its day, except where it cannot.
var timeLayouts = []string{
	"2006-01-02 15:04:05", "2006-01-02 15:04", time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04",
	"2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 -0700 MST",
	"2006-01-02 15:04:05 MST", "2006-01-02T15:04:05-0700", "2006-01-02",
	"2006/01/02 15:04:05", "2006/01/02 15:04", "2006/1/2 15:04:05", "2006/1/2 15:04", "2006/01/02",
	"1/2/2006 15:04:05", "1/2/2006 15:04", "1/2/2006", "1/2/06 15:04:05", "1/2/06 15:04", "1/2/06",
	"2/1/2006 15:04:05", "2/1/2006 15:04", "2/1/2006", "2.1.2006 15:04:05", "2.1.2006 15:04", "2.1.2006",
	"02/Jan/2006:15:04:05 -0700", "20060102T150405Z", "20060102150405", time.RFC1123, time.RFC1123Z,
}

// errTime is what a time that is not understood is called.
var errTime = errors.New("the timestamp is in no known form: want RFC 3339, 2006-01-02 15:04:05, or Unix s, ms, us or ns")

// timeReader reads the times of one file: it tries the form of the last one
// first.
type timeReader struct{ layout string }

// read returns the time that the text tells; without a zone it is UTC.
func (r *timeReader) read(text string) (time.Time, error) {
	text = strings.TrimSpace(text)
	if len(text) > 64 {
		return time.Time{}, errTime
	}
	if r.layout != "" {
		if t, err := time.Parse(r.layout, text); err == nil {
			return sensible(t)
		}
	}
	if len(text) != 14 || strings.Contains(text, ".") { // 14 digits are 20060102150405
		if t, ok := unix(text); ok {
			return sensible(t)
		}
	}
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			r.layout = layout
			return sensible(t)
		}
	}
	return time.Time{}, errTime
}

// sensible refuses what does not fit into nanoseconds.
func sensible(t time.Time) (time.Time, error) {
	if y := t.Year(); y < 1900 || y > 2200 {
		return time.Time{}, errors.New("the timestamp is not between the years 1900 and 2200")
	}
	return t.UTC(), nil
}

// unix reads a Unix time; its size tells the unit.
func unix(text string) (time.Time, bool) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		switch size := max(n, -n); {
		case size < 1e11:
			return time.Unix(n, 0), true
		case size < 1e14:
			return time.UnixMilli(n), true
		case size < 1e17:
			return time.UnixMicro(n), true
		default:
			return time.Unix(0, n), true
		}
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(f) || math.Abs(f) > 1e19 {
		return time.Time{}, false
	}
	for _, bound := range []float64{1e11, 1e14, 1e17} {
		if math.Abs(f) < bound {
			break
		}
		f /= 1000
	}
	whole, part := math.Modf(f)
	return time.Unix(int64(whole), int64(part*1e9)), true
}

// number tells whether a text is a number or stands for a missing one.
func number(text string) bool {
	text = strings.TrimSpace(text)
	_, err := strconv.ParseFloat(text, 64)
	return err == nil || text == ""
}
