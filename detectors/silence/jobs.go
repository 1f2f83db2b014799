package silence

import (
	"math"
	"time"
)

// beat is the period of a job that runs several times a day, 20 bytes. A run
// begins after a pause of runPause.
type beat struct {
	// began is when the last run began, in seconds since the epoch.
	began uint32
	// period and stray are the mean time between beginnings, and how far they
	// stray from it, in minutes.
	period, stray float32
	// runs is how many runs in a row kept to it.
	runs uint16
	// kinds are the kinds of days on which they began, as bits.
	kinds uint8
}

const (
	runPause = 10 * time.Minute
	// beatMost is the longest period of a beat; what is longer is daily.
	beatMost = 13 * time.Hour
	// beatRuns is the fewest runs that make a beat.
	beatRuns = 8
)

// resume notes a request at the time now after a pause.
func (b *beat) resume(now, pause int64) {
	if pause < int64(runPause) {
		return
	}
	began := uint32(now / int64(time.Second))
	kind, _ := slot(now)
	interval := float32(began-b.began) / 60
	off, slack := float32(math.Abs(float64(interval-b.period))), max(5, b.period/20)
	missed := float32(math.Round(float64(interval / max(b.period, 1))))
	switch {
	case b.began == 0:
		b.kinds = 1 << kind
	case b.period > 0 && off <= slack:
		if b.runs < math.MaxUint16 {
			b.runs++
		}
		b.period += (interval - b.period) / 8
		b.stray = max(0.9*b.stray, off)
		b.kinds |= 1 << kind
	case b.period > 0 && missed >= 2 && missed <= 3 && float32(math.Abs(float64(interval-missed*b.period))) <= slack:
		// A run was missed; who misses runs is less reliable.
		b.runs /= 2
	default:
		*b = beat{period: interval, runs: 1, kinds: 1 << kind}
	}
	b.began = began
}

// late returns for how long a run is overdue at the time now, where last is the
// last request and history how long the beat has to be known; 0 if none is.
func (b *beat) late(now, last int64, history time.Duration) time.Duration {
	if b.runs < beatRuns || b.period > float32(beatMost.Minutes()) || float64(b.runs)*float64(b.period) < history.Minutes() {
		return 0
	}
	due := int64(b.began)*int64(time.Second) + int64(float64(b.period)*float64(time.Minute))
	if kind, _ := slot(due); b.kinds>>kind&1 == 0 {
		return 0
	}
	slack := max(15, 0.4*float64(b.period), 3*float64(b.stray))
	late := now - max(due, last)
	if late < int64(slack*float64(time.Minute)) || late > day {
		return 0
	}
	return time.Duration(now - due)
}

// daily is the time of the day at which a job begins that runs once a day, on
// working days or once a week, 28 bytes. Its run begins after dailyPause.
type daily struct {
	// phase is the mean minute of the day, stray how far beginnings stray.
	phase, stray float32
	// day is the day of the last beginning, since the epoch.
	day uint32
	// runs is how many in a row kept to the time, row on how many working days
	// in a row it began, weeks in how many weeks in a row on each weekday.
	runs, row uint8
	weeks     [7]uint8
}

const (
	dailyPause = 13 * time.Hour
	// dailyRuns in a row make a daily job: of people who begin within ten
	// minutes of their time (one deviation) one in 26,000 keeps three minutes
	// seven times. weeklyRuns make a weekly one.
	dailyRuns, weeklyRuns = 7, 4
	// dailySlack is how late or early a daily job may be: clocks are set by an
	// hour in spring and autumn.
	dailySlack = 75 * time.Minute
	// dailyLate is for how long it is missed.
	dailyLate = 4 * time.Hour
)

// resume notes a request at the time now after a pause.
func (d *daily) resume(now, pause int64, punctual time.Duration) {
	if pause < int64(dailyPause) {
		return
	}
	minute := float32(now%day) / float32(time.Minute)
	today := uint32(now / day)
	off := minute - d.phase
	off -= 1440 * float32(math.Round(float64(off/1440)))
	if d.runs == 0 || math.Abs(float64(off)) > 3*punctual.Minutes() {
		*d = daily{phase: minute, runs: 1, day: today - 1}
	} else {
		d.phase += off / 4
		d.stray = max(0.9*d.stray, float32(math.Abs(float64(off))))
		d.runs = upTo(d.runs)
	}
	for skipped := d.day + 1; skipped < today; skipped++ {
		d.weeks[skipped%7] = 0
		if !weekend(int64(skipped)) {
			d.row = 0
		}
	}
	d.weeks[today%7] = upTo(d.weeks[today%7])
	if !weekend(int64(today)) {
		d.row = upTo(d.row)
	}
	d.day = today
}

func upTo(n uint8) uint8 { return min(n, math.MaxUint8-1) + 1 }

// late returns for how long the job is overdue at the time now, 0 if it is not.
func (d *daily) late(now, last int64, punctual time.Duration) time.Duration {
	if d.runs < weeklyRuns || float64(d.stray) > punctual.Minutes() {
		return 0
	}
	phase := int64(float64(d.phase) * float64(time.Minute))
	due := now/day*day + phase
	if due > now {
		due -= day
	}
	late := now - due
	if late < int64(dailySlack) || late > int64(dailyLate) || last > due-int64(dailySlack) || !d.expects(due/day) {
		return 0
	}
	return time.Duration(late)
}

// expects tells whether the job runs on a day since the epoch.
func (d *daily) expects(day int64) bool {
	weeks := d.weeks[day%7]
	switch {
	case weeks >= weeklyRuns:
		return true
	case d.runs < dailyRuns:
		return false
	case weekend(day):
		return weeks >= 2
	}
	return d.row >= 5
}
