package feed

import "time"

const (
	hour      = int64(time.Hour)
	weekHours = 7 * 24
	// resting is the longest pause that an hour may touch in which a source is
	// said to speak, in seconds.
	resting = 30 * 60
	// furthest bounds how far back a pause is looked at.
	furthest = 2 * weekHours * hour
)

// rest is when a source rests: nights and weekends. Times are Unix nanoseconds
// by our clock.
type rest struct {
	// Longest are the longest pauses of this and of the last day, without the
	// hours in which the source rests, Day the day of the first of them; Ever
	// are those of this and of the last week, whatever the hour.
	Longest, Ever [2]int64
	Day, Week     int64
	// Hours is, for each hour of the week, the longest pause that touched it
	// when it last passed, in seconds. Touched is that of the hour Hour, counted
	// from 1970, which lasts.
	Hours   [weekHours]uint16
	Touched uint16
	Hour    int64
}

// pause notes that nothing arrived between two times, of a source that is known
// since first.
func (r *rest) pause(from, to, first int64) {
	gap := to - from
	awake, _ := r.awake(from, to, first)
	if day := to / (24 * hour); day != r.Day {
		r.Longest, r.Day = [2]int64{0, r.Longest[0]}, day
	}
	if week := to / (weekHours * hour); week != r.Week {
		r.Ever, r.Week = [2]int64{0, r.Ever[0]}, week
	}
	r.Longest[0], r.Ever[0] = max(r.Longest[0], awake), max(r.Ever[0], gap)
	seconds := uint16(min(gap/int64(time.Second), 1<<16-1))
	r.Touched = max(r.Touched, seconds)
	now := to / hour
	if now <= r.Hour {
		return
	}
	r.Hours[r.Hour%weekHours] = r.Touched
	for h := max(from/hour, r.Hour+1, now-weekHours); h < now; h++ {
		r.Hours[h%weekHours] = seconds
	}
	r.Hour, r.Touched = now, seconds
}

// awake returns how much of the time between two times is of hours in which the
// source usually speaks, and the longest of their usual pauses.
func (r *rest) awake(from, to, first int64) (sum, usual int64) {
	for from = max(from, to-furthest); from < to; {
		h := from / hour
		end := min(to, (h+1)*hour)
		if pause, ok := r.usual(h, first/hour); !ok || pause < resting {
			sum += end - from
			usual = max(usual, int64(pause)*int64(time.Second))
		}
		from = end
	}
	return sum, usual
}

// usual returns the longest pause that touched the same hour a week before, or
// of a source that is younger the day before; false if that is not known.
func (r *rest) usual(h, first int64) (pause uint16, ok bool) {
	back := int64(weekHours)
	if h-back <= first {
		back = 24
	}
	for h-back >= r.Hour { // it has not passed yet, or in the silence itself
		back += 24
	}
	if h-back <= first {
		return 0, false
	}
	return r.Hours[(h-back)%weekHours], true
}
