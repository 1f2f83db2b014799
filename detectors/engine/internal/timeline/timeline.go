// Package timeline tells from the times of events how far time has come, and
// where a detector's windows are. It is a function of the sequence of events
// alone: no clock is read.
package timeline

import (
	"math"
	"strings"
	"time"
)

// Three events in a row make a jump forward believed; a hundred in a row far
// behind their own partition show that its clock was set by a wrong time.
const (
	aheadRun  = 3
	behindRun = 100
	// turnBack is the least that an event is far behind: a shipper that was
	// down brings hours of backlog, and that is no wrong clock.
	turnBack = int64(6 * time.Hour)
)

// Event times outside this range are not believed: before 1970, and so late
// that sums of times would overflow (year 2116).
const (
	earliest = 0
	latest   = 1 << 62
)

// Partition is what the timeline knows of a source of events in order.
type Partition struct {
	Topic  string
	Number int32
	// Next is the offset after the last one that was observed.
	Next int64
	// Clock is the furthest time that is believed; none is math.MinInt64.
	Clock int64
	// Ahead and behind count events in a row that were too far off.
	Ahead, Behind int32
}

type key struct {
	topic  string
	number int32
}

// Timeline derives the watermark from the times of events. It is a function of
// the sequence of events alone: no clock is read.
type Timeline struct {
	lateness, idle, jump int64

	Partitions []Partition
	places     map[key]int
	// Clock is the furthest of the partitions' clocks.
	Clock int64
}

// New returns an empty timeline: see the settings of the same names.
func New(lateness, idle, jump time.Duration) *Timeline {
	return &Timeline{
		lateness: int64(lateness),
		idle:     int64(idle),
		jump:     int64(jump),
		places:   map[key]int{},
		Clock:    math.MinInt64,
	}
}

// Place returns the place of a partition, which is made if it is new.
func (t *Timeline) Place(topic string, number int32) int {
	if i, ok := t.places[key{topic, number}]; ok {
		return i
	}
	topic = strings.Clone(topic)
	t.Partitions = append(t.Partitions, Partition{Topic: topic, Number: number, Clock: math.MinInt64})
	t.places[key{topic, number}] = len(t.Partitions) - 1
	return len(t.Partitions) - 1
}

// Verdict is what the timeline makes of an event's time.
type Verdict uint8

// The verdicts.
const (
	Believed Verdict = iota
	Unbelieved
	// TurnedBack tells that the clock was wrong, and that the event sets it anew.
	TurnedBack
)

// See takes note of an event's time and says whether it is to be believed.
func (t *Timeline) See(p *Partition, at int64) Verdict {
	if at < earliest || at > latest {
		return Unbelieved
	}
	if t.Clock != math.MinInt64 && at > t.Clock+t.jump {
		p.Behind = 0
		if p.Ahead++; p.Ahead < aheadRun {
			return Unbelieved
		}
	}
	p.Ahead = 0
	if at >= p.Clock {
		p.Clock, p.Behind = at, 0
		t.Clock = max(t.Clock, at)
		return Believed
	}
	if at >= p.Clock-max(t.jump, turnBack) {
		p.Behind = 0 // a backlog, not a wrong clock
		return Believed
	}
	if p.Behind++; p.Behind < behindRun {
		return Believed
	}
	p.Clock, p.Behind = at, 0
	t.Clock = math.MinInt64
	for i := range t.Partitions {
		t.Clock = max(t.Clock, t.Partitions[i].Clock)
	}
	return TurnedBack
}

// Watermark returns the time before which no event is expected any more: the
// least clock of the partitions that are not idle, less the lateness.
func (t *Timeline) Watermark() int64 {
	least := t.Clock
	for i := range t.Partitions {
		if c := t.Partitions[i].Clock; c >= t.Clock-t.idle && c < least {
			least = c
		}
	}
	if least == math.MinInt64 {
		return least
	}
	return least - t.lateness
}

// Frame is where a detector's windows are: Start, which Move sets, is that of the
// older of the two that can be open.
type Frame struct {
	Window int64
	Start  int64
	Opened bool
	slot   int // of Start: a division for each event and detector would cost more than all else here
}

// Move makes the window that starts at start the older one.
func (f *Frame) Move(start int64) { f.Start, f.slot = start, f.Slot(start) }

// Of returns the start and the slot of the window that the time at is in, which is
// not before Start.
func (f *Frame) Of(at int64) (start int64, slot int) {
	if at >= f.Start+f.Window {
		return f.Start + f.Window, f.slot ^ 1
	}
	return f.Start, f.slot
}

// Floor returns the start of the window that the time at is in.
func (f *Frame) Floor(at int64) int64 { return at - at%f.Window }

// End returns the end of the older window.
func (f *Frame) End() int64 { return f.Start + f.Window }

// Slot is the place in a state of the window that starts at start.
func (f *Frame) Slot(start int64) int { return int(start / f.Window & 1) }

// EmptyWindows is how many windows without any event, of any entity, are
// closed one by one when time moves on; a longer silence is a gap in the log
// rather than in the callers' doings, and is skipped.
const EmptyWindows = 60

// Target returns where start has to be before an event at time at is observed,
// given the watermark.
func (f *Frame) Target(watermark, at int64) int64 {
	return max(f.Floor(max(watermark, 0)), f.Floor(at)-f.Window, f.Start)
}

// NewFrame returns a frame of windows of the length.
func NewFrame(window time.Duration) Frame { return Frame{Window: int64(window)} }

// Find returns what is known of a partition, nil if it is new.
func (t *Timeline) Find(topic string, number int32) *Partition {
	if i, ok := t.places[key{topic, number}]; ok {
		return &t.Partitions[i]
	}
	return nil
}
