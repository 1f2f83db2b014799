package entities

import (
	"math/bits"
	"time"
	"unsafe"

	"github.com/gatehound/gatehound/schemas"
)

// trace is what an entity has that has come a few times: how its events spread, and
// whom they tie to it. The names of its kin follow in memory. It has no pointer in it.
type trace struct {
	owner uint32 // place of the card
	_     uint32
	series
}

// tracedFrom is how many events an entity has to have shown: who comes once or twice,
// as most of a flood do, has none.
const tracedFrom = 4

// series counts an entity's events in bins of a minute, of five minutes and of an
// hour, schemas.MaxBins of each: two hours' windows and more have some of the time
// before them in it. An event costs a comparison and an increment; a minute's end a
// few more.
type series struct {
	// minute is that of the latest event, since the epoch, and now how many came in
	// it; 0 is none. Born is the first that is counted: the entity's first events
	// are not.
	minute, now, born uint32
	// other is the tag of the one that kin noted last in the minute.
	other uint32
	kin   kin
	// rings have the bins that are over, of each step by their number modulo MaxBins.
	rings [len(steps)][schemas.MaxBins]count
}

// steps are the lengths of bins in minutes, each a multiple of the one before and
// at most MaxBins times as long.
var steps = [...]uint32{1, 5, 60}

const traceWords = int((unsafe.Sizeof(trace{}) + 7) / 8)

// traceStride is what a trace takes in words.
func traceStride(kind schemas.EntityKind) int { return traceWords + schemas.MaxRelated*kinWords(kind) }

// TraceBytes is what the trace of an entity of the kind takes.
func TraceBytes(kind schemas.EntityKind) int { return traceStride(kind) * 8 }

// count is a number in two bytes: 11 bits that are shifted by 5. It is exact below
// 2,048, and beyond rounded down by less than a thousandth.
type count uint16

func pack(n uint32) count {
	shift := max(0, bits.Len32(n)-11)
	return count(shift<<11) | count(n>>shift)
}

func (c count) number() uint32 { return uint32(c&2047) << (c >> 11) }

// add counts an event of the minute.
func (s *series) add(minute uint32) {
	switch {
	case minute == s.minute:
		s.now++
	case s.minute == 0:
		s.minute, s.now, s.born = minute, 1, minute
	case minute > s.minute:
		s.pass(minute)
		s.now++
	default:
		s.late(minute)
	}
}

// pass ends the bins that are over at the minute, which comes next.
func (s *series) pass(minute uint32) {
	// The longest first, for they are sums of shorter ones that are not over.
	for i := len(steps) - 1; i >= 0; i-- {
		was, is := s.minute/steps[i], minute/steps[i]
		if is == was {
			continue
		}
		ring := &s.rings[i]
		ring[was%schemas.MaxBins] = pack(s.open(i))
		for n := was + 1; n < is && n <= was+schemas.MaxBins; n++ {
			ring[n%schemas.MaxBins] = 0
		}
	}
	s.minute, s.now = minute, 0
}

// late counts an event of a minute that is over, in the bins that are.
func (s *series) late(minute uint32) {
	for i, step := range steps {
		n, head := minute/step, s.minute/step
		if n < head && head-n < schemas.MaxBins {
			at := &s.rings[i][n%schemas.MaxBins]
			*at = pack(at.number() + 1)
		}
	}
}

// open returns how many events the bin of step i has that is not over.
func (s *series) open(i int) uint32 {
	if i == 0 {
		return s.now
	}
	sum, of := s.open(i-1), steps[i]/steps[i-1]
	head := s.minute / steps[i-1]
	for n := head - head%of; n < head; n++ {
		sum += s.rings[i-1][n%schemas.MaxBins].number()
	}
	return sum
}

// at returns the count of bin n of step i, which is not after the minute.
func (s *series) at(i int, n uint32) int64 {
	if n == s.minute/steps[i] {
		return int64(s.open(i))
	}
	return int64(s.rings[i][n%schemas.MaxBins].number())
}

// show returns the bins over the window from start to end (not in it) and of what
// was before, in the shortest steps of which half are before the window, or if none
// are so long, in the shortest that reach over it. It is nil if none do.
func (s *series) show(start, end int64) *schemas.Series {
	if s.minute == 0 || end <= start {
		return nil
	}
	for _, room := range []int64{schemas.MaxBins / 2, schemas.MaxBins} {
		for i, minutes := range steps {
			step := int64(minutes) * int64(time.Minute)
			from, last := start/step, min((end-1)/step, int64(s.minute/minutes))
			if (end-1)/step-from >= room {
				continue
			}
			first := max((end-1)/step-schemas.MaxBins+1, int64(s.minute/minutes)-schemas.MaxBins+1, int64(s.born/minutes))
			if first > from && first > int64(s.born/minutes) || first > last {
				continue // the window's first bins are not known any more
			}
			out := &schemas.Series{Start: time.Unix(0, first*step).UTC(), Step: step / int64(time.Second)}
			for n := first; n <= last; n++ {
				out.Counts = append(out.Counts, s.at(i, uint32(n)))
			}
			return out
		}
	}
	return nil
}

func (d *Directory) trace(at int) *trace { return (*trace)(d.traces.at(at)) }

// begin gives the entity at place, which has a card, a trace.
func (d *Directory) begin(place int, now int64) bool {
	if d.traces.full() {
		victim, ok := d.traces.victim(d.At(place).worth(now), func(at int) int {
			return d.At(int(d.card(int(d.trace(at).owner)).owner)).worth(now)
		})
		if !ok {
			return false
		}
		d.dropTrace(int(d.trace(victim).owner))
	}
	card := d.At(place).card - 1
	at := d.traces.add()
	d.trace(at).owner = card
	d.card(int(card)).trace = uint32(at + 1)
	return true
}

// dropTrace takes the trace of a card away.
func (d *Directory) dropTrace(card int) {
	at := int(d.card(card).trace - 1)
	d.card(card).trace, d.At(int(d.card(card).owner)).first = 0, severals
	if d.traces.take(at) {
		d.card(int(d.trace(at).owner)).trace = uint32(at + 1)
	}
}

// Note counts the event of the entity at place in its series if it has one, and
// notes whom it ties to the entity: other is Item.Other.
func (d *Directory) Note(place int, other uint64, ev *schemas.Event) {
	minute, at := uint32(max(ev.Time, 0)/int64(time.Minute)), d.traced(place)
	if at >= 0 { // most events are of the minute and the caller of the one before
		if s := &d.trace(at).series; s.minute == minute && (other == 0 || s.other == tagOf(other)) {
			s.now++
			return
		}
	}
	d.note(place, at, minute, other, ev)
}

// note does what Note does for an event that is of another minute than the one before,
// or ties another one to the entity. at is the place of the trace, -1 if there is none.
func (d *Directory) note(place, at int, minute uint32, other uint64, ev *schemas.Event) {
	if at < 0 {
		if at = d.first(place, other, ev.Time); at < 0 {
			return
		}
	}
	s := &d.trace(at).series
	if minute == s.minute {
		s.now++
	} else {
		s.add(minute)
		s.other = 0
	}
	if other != 0 && kinWords(d.Kind) > 0 && tagOf(other) != s.other {
		d.relate(at, minute, other, ev)
	}
}

// first notes one of the first events of an entity, and returns the place of its
// trace if it is worth one since, else -1.
func (d *Directory) first(place int, other uint64, now int64) (at int) {
	r, tag := d.At(place), uint32(severals)
	if other > Stranger {
		tag = tagOf(other)
	}
	if r.Count == 1 {
		r.first = tag
	} else if r.first != tag {
		r.first = severals
	}
	if r.Count < tracedFrom || r.card == 0 || !d.begin(place, now) {
		return -1
	}
	at = d.traced(place)
	if r.first != severals {
		d.trace(at).kin.whole = 1
	}
	return at
}

// Series returns how the events of the entity at place spread over the window from
// start to end (not in it) and before it, nil if that is not known. place is -1 if
// the entity is not here.
func (d *Directory) Series(place int, start, end int64) *schemas.Series {
	if at := d.traced(place); at >= 0 {
		return d.trace(at).show(start, end)
	}
	return nil
}

// traced returns the place of the trace of the entity at place, -1 if it has none.
func (d *Directory) traced(place int) int {
	if place < 0 || d.At(place).card == 0 {
		return -1
	}
	return int(d.card(int(d.At(place).card-1)).trace) - 1
}
