// Package arrival brings events that were read by their times back into the order
// in which they came.
package arrival

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// The bounds of what is held to bring events into the order in which they came.
// A gateway logs a request when it is answered, and model calls take minutes.
const (
	maxDisorder = 10 * time.Minute
	maxPending  = 100_000
)

// batchEvents bounds a batch that is read.
const batchEvents = 20_000

// Buffer takes events in the order of their times and hands them on in the
// order in which they came.
//
// The clock of a partition, when an event came, is the latest time of the events
// up to it. Partitions go side by side by their clocks, second by second. An
// event can be handed on when the clock at it is behind all that is yet to be
// read by more than events are out of order.
type Buffer struct {
	lanes  map[laneName]*lane
	order  []*lane
	slab   []schemas.Event
	newest int64
	// pending counts the events that wait, limit bounds them.
	pending, limit int
	// out is what is being handed on, in the order in which it came.
	out []arrived
}

type laneName struct {
	topic     string
	partition int32
}

// lane is a partition: its clock, and its events that wait.
type lane struct {
	name  laneName
	rank  int
	clock int64
	wait  []*schemas.Event
}

// arrived is an event with the clock of its partition when it came.
type arrived struct {
	lane  *lane
	clock int64
	ev    *schemas.Event
}

// New returns an empty buffer.
func New() *Buffer {
	return &Buffer{lanes: map[laneName]*lane{}, newest: math.MinInt64, limit: maxPending}
}

// Add returns the place of the next event; the caller fills it before the next
// call of any method.
func (a *Buffer) Add() *schemas.Event {
	a.file()
	if len(a.slab) == cap(a.slab) {
		a.slab = make([]schemas.Event, 0, 1024)
	}
	a.slab = a.slab[:len(a.slab)+1]
	return &a.slab[len(a.slab)-1]
}

// file puts the event that was added last into its lane.
func (a *Buffer) file() {
	if len(a.slab) == 0 {
		return
	}
	ev := &a.slab[len(a.slab)-1]
	name := laneName{ev.Position.Topic, ev.Position.Partition}
	l := a.lanes[name]
	if l == nil {
		l = &lane{name: name, clock: math.MinInt64}
		a.lanes[name] = l
		a.order = append(a.order, l)
		slices.SortFunc(a.order, func(x, y *lane) int {
			return cmp.Or(cmp.Compare(x.name.topic, y.name.topic), cmp.Compare(x.name.partition, y.name.partition))
		})
		for i, l := range a.order {
			l.rank = i
		}
	}
	l.wait = append(l.wait, ev)
	a.pending++
	a.newest = max(a.newest, ev.Time)
	a.slab = a.slab[len(a.slab):]
}

// Ripe hands on what nothing that is yet to come can precede, and more if too
// many wait. It returns false when take did.
func (a *Buffer) Ripe(take func(*schemas.Batch) bool) bool {
	a.file()
	if a.pending == 0 {
		return true
	}
	wait := int64(maxDisorder)
	for {
		if !a.release(a.newest-wait, take) {
			return false
		}
		if a.pending <= a.limit || wait == 0 {
			return true
		}
		if wait /= 2; wait < int64(time.Second) {
			wait = 0
		}
	}
}

// All hands on all that waits: there are no more.
func (a *Buffer) All(take func(*schemas.Batch) bool) bool { return a.release(math.MaxInt64, take) }

// release hands on the events with a clock before bound, rounded down to a
// second.
func (a *Buffer) release(bound int64, take func(*schemas.Batch) bool) bool {
	a.file()
	if bound != math.MaxInt64 {
		bound = second(bound) * int64(time.Second)
	}
	a.out = a.out[:0]
	for _, l := range a.order {
		slices.SortFunc(l.wait, func(x, y *schemas.Event) int {
			return cmp.Or(cmp.Compare(x.Position.Offset, y.Position.Offset), cmp.Compare(x.Position.Index, y.Position.Index))
		})
		n := 0
		for ; n < len(l.wait); n++ {
			clock := max(l.clock, l.wait[n].Time)
			if clock >= bound {
				break
			}
			l.clock = clock
			a.out = append(a.out, arrived{l, clock, l.wait[n]})
		}
		kept := copy(l.wait, l.wait[n:])
		clear(l.wait[kept:])
		l.wait = l.wait[:kept]
	}
	a.pending -= len(a.out)
	slices.SortStableFunc(a.out, func(x, y arrived) int {
		return cmp.Or(cmp.Compare(second(x.clock), second(y.clock)), cmp.Compare(x.lane.rank, y.lane.rank))
	})
	for part := range slices.Chunk(a.out, batchEvents) {
		if !take(batchOf(part)) {
			return false
		}
	}
	return true
}

// second returns the second of a time in Unix nanoseconds.
func second(at int64) int64 {
	s := at / int64(time.Second)
	if at < 0 && at%int64(time.Second) != 0 {
		s--
	}
	return s
}

// batchOf makes a batch of events: a part for each run of one partition's.
func batchOf(events []arrived) *schemas.Batch {
	b, all := &schemas.Batch{}, make([]schemas.Event, len(events))
	for i := 0; i < len(events); {
		l, start := events[i].lane, i
		next := int64(math.MinInt64)
		for ; i < len(events) && events[i].lane == l; i++ {
			all[i] = *events[i].ev
			next = max(next, all[i].Position.Offset+1)
		}
		b.Parts = append(b.Parts, &schemas.Part{Events: all[start:i:i], Range: schemas.Range{
			Topic: l.name.topic, Partition: l.name.partition, First: all[start].Position.Offset, Next: next}})
	}
	return b
}
