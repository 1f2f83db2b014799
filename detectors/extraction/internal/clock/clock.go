// Package clock tells by the minutes and the hours of calls what makes them: people,
// who have a day and a night and busy hours in it, or a loop.
package clock

import "math"

// Minutes has the calls of each minute of an hour, Hours those of each hour of a
// day, by the hour since the epoch.
type (
	Minutes [60]uint16
	Hours   [24]uint16
)

// Pace returns how many minutes had a call, the last of them, and how the
// calls of the minutes between the first and the last scatter: the variance
// over the mean, with its standard error added so that few minutes do not look
// regular by chance; -1 if there are too few calls to tell. Unlike the gaps
// between calls it depends neither on the order of events nor on the clock's
// resolution.
func (m *Minutes) Pace() (active, last, scatter float64) {
	first, end := -1, -1
	for i, n := range m {
		if n > 0 {
			if first < 0 {
				first = i
			}
			end = i
			active++
		}
	}
	between := float64(end - first - 1)
	if between < 10 {
		return active, float64(end), -1
	}
	var sum, squares float64
	for _, n := range m[first+1 : end] {
		sum += float64(n)
		squares += float64(n) * float64(n)
	}
	mean := sum / between
	if mean < 3 {
		return active, float64(end), -1
	}
	return active, float64(end), (squares/between-mean*mean)/mean + math.Sqrt(2/between)
}

// Active returns how many hours had a call.
func (h *Hours) Active() int {
	hours := 0
	for _, n := range h {
		if n > 0 {
			hours++
		}
	}
	return hours
}

// Busy returns in how many hours there was half of the mean of all and more.
func (h *Hours) Busy() int {
	sum, busy := 0, 0
	for _, n := range h {
		sum += int(n)
	}
	for _, n := range h {
		if n > 0 && 48*int(n) >= sum {
			busy++
		}
	}
	return busy
}

// least is how many whole hours tell how even they are: of fewer, those of people
// are even by chance too often.
const least = 5

// Even returns the coefficient of variation of the rate in the whole hours up to
// the n-th since the epoch, without what chance makes of a steady rate, and how
// many they are; -1 if they are too few. An hour is whole if there were calls in
// the hours before it and behind it too. What the variance is at most is taken,
// two standard errors up, so that few hours do not look even by chance.
func (h *Hours) Even(n int64) (varies float64, whole int) {
	var sum, squares float64
	now := int((n%24 + 24) % 24)
	for back := range 23 {
		at := now + 24 - back
		if h[at%24] == 0 || h[(at-1)%24] == 0 || back > 0 && h[(at+1)%24] == 0 {
			continue
		}
		calls := float64(h[at%24])
		sum, squares = sum+calls, squares+calls*calls
		whole++
	}
	if whole < least {
		return -1, whole
	}
	k := float64(whole)
	mean := sum / k
	variance := max(squares-k*mean*mean, 0) / (k - 1) * (1 + math.Sqrt(8/(k-1)))
	return math.Sqrt(max(variance-mean, 0)) / mean, whole
}
