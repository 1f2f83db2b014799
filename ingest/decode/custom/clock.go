package custom

import (
	"fmt"
	"math"
	"strings"
	"time"
	_ "time/tzdata" // zones are known in containers without a zone database

	"github.com/gatehound/gatehound/ingest/decode/field"
)

// clock reads the times of a log.
type clock struct {
	// layout is Go's, "" for any of the usual ones.
	layout string
	// unit is the unit of numbers, if epoch is set.
	unit  field.Unit
	epoch bool
	zone  *time.Location // nil: UTC
}

// newClock makes a clock of the settings, with the key of the wrong one.
func newClock(layout, zone string) (c *clock, key string, err error) {
	c = &clock{}
	switch layout {
	case "", "rfc3339", "clf":
	case "epoch":
		c.epoch, c.unit = true, field.Seconds
	case "epoch_ms":
		c.epoch, c.unit = true, field.Milliseconds
	case "epoch_us":
		c.epoch, c.unit = true, field.Microseconds
	case "epoch_ns":
		c.epoch, c.unit = true, field.Nanoseconds
	default:
		if c.layout = layout; !names(layout) {
			return nil, "layout", fmt.Errorf("%q names no year, month, day and hour; allowed are rfc3339, clf, epoch, epoch_ms, epoch_us, epoch_ns, and layouts of Go such as 2006-01-02 15:04:05", layout)
		}
	}
	if zone != "" && zone != "UTC" {
		if c.epoch {
			return nil, "zone", fmt.Errorf("%q with layout %s: numbers count from 1970 in UTC, leave it out", zone, layout)
		}
		if c.zone, err = time.LoadLocation(zone); err != nil || zone == "Local" {
			return nil, "zone", fmt.Errorf("%q is no zone; allowed are those of the IANA list, such as Europe/Berlin", zone)
		}
	}
	return c, "", nil
}

// names reports whether a layout has year, month, day and hour: two times that
// differ in one of them only must not be written alike.
func names(layout string) bool {
	base := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
	for _, other := range []time.Time{base.AddDate(1, 0, 0), base.AddDate(0, 1, 0), base.AddDate(0, 0, 1), base.Add(time.Hour), base.Add(12 * time.Hour)} {
		if base.Format(layout) == other.Format(layout) {
			return false
		}
	}
	return true
}

// maxTime is the longest text that is read as a time, in bytes.
const maxTime = 64

// read returns the time s in Unix nanoseconds; one that no int64 holds is the
// nearest, which is out of every range.
func (c *clock) read(s string) (int64, bool) {
	switch {
	case len(s) > maxTime:
		return 0, false
	case c.epoch:
		return field.Epoch(s, c.unit)
	case c.layout != "":
		zone := c.zone
		if zone == nil {
			zone = time.UTC
		}
		t, err := time.ParseInLocation(c.layout, s, zone)
		if err != nil {
			return 0, false
		}
		return nanos(t), true
	}
	n, ok := field.Time(s)
	if ok && c.zone != nil && n > 1 && n < math.MaxInt64 && !offset(s) {
		t := time.Unix(0, n).UTC()
		n = nanos(time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), c.zone))
	}
	return n, ok
}

// offset reports whether the time s is a number or states its offset from UTC.
func offset(s string) bool {
	if strings.HasSuffix(s, "Z") || strings.HasSuffix(s, "z") || strings.HasSuffix(s, "UTC") || strings.HasSuffix(s, "GMT") {
		return true
	}
	if len(s) < 10 {
		return true
	}
	return strings.ContainsAny(s[10:], "+-") || !strings.ContainsAny(s[:10], "-/ ")
}

// nanos returns t in Unix nanoseconds, the nearest if none holds it.
func nanos(t time.Time) int64 {
	switch y := t.Year(); {
	case y < 1970:
		return 1
	case y > 2261:
		return math.MaxInt64
	}
	return max(t.UnixNano(), 1)
}
