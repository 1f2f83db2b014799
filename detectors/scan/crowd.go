package scan

import (
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/schemas"
)

// crowd is what all callers of a kind did: how many scan, and which kinds of
// sensitive paths are refused and answered here.
type crowd struct {
	// Scanners are the addresses of the window that would be told of, and to
	// which all was refused.
	Scanners uint32
	// Told counts them on the day Day (since the epoch); Noted is the day on
	// which they were told as one.
	Told, Day, Noted uint32
	// Quiet tells that they are not told one by one.
	Quiet bool
	// Refused and Served count callers in windows, by kind.
	Refused, Served [kinds]uint32
}

// Gather implements detectors.Detector.
func (d *watch) Gather(x *detectors.Context, s *state, c *crowd) {
	w := &s.Window[x.Slot]
	if w.Events == 0 {
		return
	}
	for k := range kinds {
		if w.Refused > 0 && s.Kinds&(1<<k) != 0 {
			c.Refused[k]++
		}
		if w.Served&(1<<k) != 0 {
			c.Served[k]++
		}
	}
	if d.kind == schemas.EntityAddress && d.weak(x, s) {
		c.Scanners++
	}
}

// Merge implements detectors.Detector.
func (d *watch) Merge(dst, src *crowd) {
	dst.Scanners += src.Scanners
	for k := range kinds {
		dst.Refused[k] += src.Refused[k]
		dst.Served[k] += src.Served[k]
	}
}

// Conclude implements detectors.Detector.
func (d *watch) Conclude(x *detectors.Context, prev, c *crowd) {
	c.Day, c.Noted = uint32(x.WindowStart/int64(24*time.Hour)), prev.Noted
	if c.Day == prev.Day {
		c.Told = prev.Told
	}
	for k := range kinds {
		// A day's callers count fully, those of the days before by half a day.
		keep := prev.Refused[k]
		served := prev.Served[k]
		if c.Day != prev.Day {
			keep, served = keep/2, served/2
		}
		c.Refused[k] += keep
		c.Served[k] += served
	}
	if c.Scanners == 0 {
		return
	}
	if c.Told+c.Scanners <= uint32(d.c.Digest) {
		c.Told += c.Scanners
		return
	}
	c.Quiet = true
	if c.Noted != c.Day {
		c.Noted = c.Day
		x.Emit(d.digest(c))
	}
}

// exceptional tells that a kind of path is answered here though this gateway
// refuses it to nearly all who ask.
func (c *crowd) exceptional(k kind) bool {
	return c.Refused[k] >= 20 && 20*c.Served[k] <= c.Refused[k]
}
