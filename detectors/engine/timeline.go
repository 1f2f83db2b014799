package engine

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
)

// Event times outside this range are not believed: before 1970, and so late
// that sums of times would overflow (year 2116).
const (
	earliest = 0
	latest   = 1 << 62
)

// partition is what the timeline knows of a source of events in order.
type partition struct {
	topic  string
	number int32
	// next is the offset after the last one that was observed.
	next int64
	// clock is the furthest time that is believed; none is math.MinInt64.
	clock int64
	// ahead and behind count events in a row that were too far off.
	ahead, behind int32
}

type partitionKey struct {
	topic  string
	number int32
}

// timeline derives the watermark from the times of events. It is a function of
// the sequence of events alone: no clock is read.
type timeline struct {
	lateness, idle, jump int64

	partitions []partition
	places     map[partitionKey]int
	// clock is the furthest of the partitions' clocks.
	clock int64
}

func newTimeline(c *Config) *timeline {
	return &timeline{
		lateness: int64(c.Lateness),
		idle:     int64(c.Idle),
		jump:     int64(c.Jump),
		places:   map[partitionKey]int{},
		clock:    math.MinInt64,
	}
}

// place returns the place of a partition, which is made if it is new.
func (t *timeline) place(topic string, number int32) int {
	if i, ok := t.places[partitionKey{topic, number}]; ok {
		return i
	}
	topic = strings.Clone(topic)
	t.partitions = append(t.partitions, partition{topic: topic, number: number, clock: math.MinInt64})
	t.places[partitionKey{topic, number}] = len(t.partitions) - 1
	return len(t.partitions) - 1
}

// verdict is what the timeline makes of an event's time.
type verdict uint8

const (
	believed verdict = iota
	unbelieved
	turnedBack // the clock was found to be wrong, and the event sets it anew
)

// see takes note of an event's time and says whether it is to be believed.
func (t *timeline) see(p *partition, at int64) verdict {
	if at < earliest || at > latest {
		return unbelieved
	}
	if t.clock != math.MinInt64 && at > t.clock+t.jump {
		p.behind = 0
		if p.ahead++; p.ahead < aheadRun {
			return unbelieved
		}
	}
	p.ahead = 0
	if at >= p.clock {
		p.clock, p.behind = at, 0
		t.clock = max(t.clock, at)
		return believed
	}
	if at >= p.clock-t.idle-t.lateness {
		p.behind = 0
		return believed
	}
	if p.behind++; p.behind < behindRun {
		return believed
	}
	p.clock, p.behind = at, 0
	t.clock = math.MinInt64
	for i := range t.partitions {
		t.clock = max(t.clock, t.partitions[i].clock)
	}
	return turnedBack
}

// watermark returns the time before which no event is expected any more: the
// least clock of the partitions that are not idle, less the lateness.
func (t *timeline) watermark() int64 {
	least := t.clock
	for i := range t.partitions {
		if c := t.partitions[i].clock; c >= t.clock-t.idle && c < least {
			least = c
		}
	}
	if least == math.MinInt64 {
		return least
	}
	return least - t.lateness
}

// frame is where a detector's windows are: start is that of the older of the
// two that can be open.
type frame struct {
	window int64
	start  int64
	opened bool
}

func (f *frame) floor(at int64) int64 { return at - at%f.window }

func (f *frame) end() int64 { return f.start + f.window }

// slot is the place in a state of the window that starts at start.
func (f *frame) slot(start int64) int { return int(start / f.window & 1) }

// emptyWindows is how many windows without any event, of any entity, are
// closed one by one when time moves on; a longer silence is a gap in the log
// rather than in the callers' doings, and is skipped.
const emptyWindows = 60

// target returns where start has to be before an event at time at is observed,
// given the watermark.
func (f *frame) target(watermark, at int64) int64 {
	return max(f.floor(max(watermark, 0)), f.floor(at)-f.window, f.start)
}

func newFrame(window time.Duration) frame { return frame{window: int64(window)} }
