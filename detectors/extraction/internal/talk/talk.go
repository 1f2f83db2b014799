// Package talk tells conversations, which cost their tokens again with each turn, from
// calls that have nothing to do with one another.
package talk

import (
	"math"

	"github.com/gatehound/gatehound/detectors/extraction/internal/weigh"
)

// Kin is what a call has to do with the one before.
type Kin uint8

// A call is a stranger, or goes on where the one before ended, or its input is
// shorter by as much.
const (
	Stranger Kin = iota
	Follows
	Shrinks
)

// Last is the last call: its tokens.
type Last struct{ input, output float32 }

// Next tells what a call has to do with the last, and makes it that. A call that goes
// on has the input and the answer of the one before in its own: the answer is passed
// on whole, or nearly, and with no more than was there. Of calls that have nothing to
// do with one another as many shrink as grow.
func (l *Last) Next(input, output float32) Kin {
	added, kin := input-l.input, Stranger
	if least := 0.7 * l.output; l.input > 0 && least > 0 {
		switch {
		case added >= least && added <= l.output+max(l.input, 2000):
			kin = Follows
		case -added >= least:
			kin = Shrinks
		}
	}
	l.input, l.output = input, output
	return kin
}

// Grown returns the share of calls that go on with a conversation, as far as the
// input grows with the messages: not at all if they go along by less than 0.2,
// fully from 0.5 (Pearson's coefficient). It takes the sums of products of what
// both are off their means.
func Grown(single, along, turns, input float64) float64 {
	spread := math.Sqrt(max(turns, 0)) * math.Sqrt(max(input, 0))
	if single < 0 || !(spread > 0) {
		return -1
	}
	return (1 - single) * weigh.Ramp(along/spread, 0.2, 0.5, 0, 1)
}

// Continued returns what Grown does, by the calls that go on where the one before
// ended, less those that shrink as much.
func Continued(follows, shrinks, calls float64) float64 {
	return weigh.Ramp((follows-shrinks)/max(calls, 1), 0.1, 0.4, 0, 1)
}
