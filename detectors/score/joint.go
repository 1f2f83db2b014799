package score

import "math"

// The constants of the joint surprise. A decade is a factor of ten in rarity.
const (
	// rare is the surprise that scores Threshold: one value in 10^rare is as
	// surprising in this very series.
	rare = 3.2
	// holdFor is for how many values an anomaly covers what follows from it.
	holdFor = 128
	// trust and trusted bound what a statistic may claim: after n values no more
	// than trust*log10(n)+trusted decades.
	trust, trusted = 1.5, 2
	// joined is what the second most surprising statistic adds to the first,
	// most the highest sum, in decades.
	joined, most = 0.2, 40
	// leastJoint is the thinnest joint tail that is believed in. The surprises are
	// shares already, whose tail is ln 2/2/ln 10 = 0.15 thick; in a series that
	// repeats itself they have a bound, and what is a little beyond is no miracle.
	leastJoint = 0.08
	// covered is the highest score of what follows from an anomaly.
	covered = 0.98
)

// joint turns the surprises of several statistics into one score. As there are
// many of them and they hang together, their joint surprise has a tail of its
// own, as in the anomaly likelihood of Numenta (Ahmad et al. 2017): Threshold
// means the same share of alarms for every series.
type joint struct {
	tail tail
	// hold is how many values the last anomaly still covers, loud how loud it
	// was, in decades.
	hold int32
	loud float32
}

// weight is what a value weighs that is learned now.
func (j *joint) weight() uint16 {
	if j.hold > 0 {
		return doubtful
	}
	return unit
}

// score returns the score of the two greatest surprises, and learns them.
// After an anomaly only what is louder than it is one: its cover fades over
// holdFor values, so that one event is not twenty alarms.
func (j *joint) score(first, second float64) float64 {
	// Surprises fall off exponentially; half a power of two a decade makes them
	// what a tail is made for.
	r := math.Exp2(min(first+joined*second, most) / 2)
	p := j.tail.surpriseOf(r, leastJoint)
	j.tail.add(r, j.weight())
	cover := 0.0
	if j.hold > 0 {
		j.hold--
		cover = float64(j.loud) * float64(j.hold) / holdFor
	}
	switch {
	case p > cover+rare:
		j.hold, j.loud = holdFor, float32(p)
	case p > rare:
		p = rare * covered
	}
	z := p / rare
	return 1 - math.Exp2(-z*z)
}
