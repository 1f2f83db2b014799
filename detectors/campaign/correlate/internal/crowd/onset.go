package crowd

import (
	"math"

	"github.com/gatehound/gatehound/detectors/campaign/profile"
)

const (
	// onsetRatio is how many times as often somebody calls after an onset at least:
	// a key whose own use goes on while somebody takes as much again has doubled.
	onsetRatio = 1.8
	// onsetGain is how much likelier two rates make the counts of the days than one
	// does, at least, in logarithms: one in 150 by chance at steady rates, for up to
	// seven days to change on.
	onsetGain   = 5
	minutesADay = 24 * 60
)

// Onset is when a principal began to call as it does.
type Onset struct {
	// At is when, in minutes since the epoch: its first call, or the middle of the
	// first day of which on it calls much more often than before.
	At uint32
	// Calls are those since then, Days how long that is.
	Calls, Days float64
}

// OnsetOf returns a principal's onset, and false if it was there before the watch
// was settled and did not change.
func OnsetOf(p *profile.Profile, w Watch) (Onset, bool) {
	if p.First > w.Settled() {
		return Onset{p.First, Positive(p.Calls), 0}, true
	}
	// The days that the watch saw, the last one first.
	var length [len(p.Days)]float64
	var calls, days float64
	today := Sub(w.End, 1)
	today -= today % minutesADay
	n := 0
	for ; n < len(p.Days); n++ {
		begin := Sub(today, uint32(n)*minutesADay)
		from, to := max(begin, w.Since), min(begin+minutesADay, w.End)
		if to <= from || begin == 0 {
			break
		}
		length[n] = float64(to-from) / minutesADay
		calls, days = calls+float64(p.Days[n]), days+length[n]
	}
	var o Onset
	var after, since float64
	gain := float64(onsetGain)
	for i := 0; i < n-1; i++ {
		after, since = after+float64(p.Days[i]), since+length[i]
		before, until := calls-after, days-since
		if until < 0.5 || since < 0.25 || after*until < onsetRatio*before*since {
			continue
		}
		g := after*math.Log(after/since*days/calls) - (calls - before - after)
		if before > 0 {
			g += before * math.Log(before/until*days/calls)
		}
		if g > gain {
			begin := Sub(today, uint32(i)*minutesADay)
			gain, o = g, Onset{min(max(begin, w.Since)+minutesADay/2, w.End), after, since}
		}
	}
	return o, gain > onsetGain
}
