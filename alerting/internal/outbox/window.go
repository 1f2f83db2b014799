package outbox

import "time"

// Window counts the notifications of the last minute.
type Window struct {
	times []time.Time // the last ones, oldest first; at most Limit
	Limit int
}

// Free returns how many more may go now, and when the next one may.
func (w *Window) Free(now time.Time) (int, time.Time) {
	for len(w.times) > 0 && now.Sub(w.times[0]) >= time.Minute {
		w.times = w.times[1:]
	}
	if n := w.Limit - len(w.times); n > 0 {
		return n, now
	}
	return 0, w.times[0].Add(time.Minute)
}

// Use counts one.
func (w *Window) Use(now time.Time) { w.times = append(w.times, now) }
