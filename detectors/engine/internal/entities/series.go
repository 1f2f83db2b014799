package entities

import (
	"math/bits"
	"time"
	"unsafe"

	"github.com/gatehound/gatehound/schemas"
)

// series counts an entity's events in bins of a minute, of five minutes and of an
// hour, schemas.MaxBins of each: two hours' windows and more have some of the time
// before them in it. An event costs a comparison and an increment; a minute's end a
// few more. It has no pointer in it.
type series struct {
	// minute is that of the latest event, since the epoch, and now how many came in
	// it; 0 is none. Born is the first that is counted: events before the entity had a
	// card are not.
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

const seriesWords = int(unsafe.Sizeof(series{}) / 8)

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

func (d *Directory) series(card int) *series {
	return (*series)(unsafe.Pointer(&d.cards.words(card)[d.layout.series]))
}

// Note counts the event of the entity at place in its series if it has a card, and
// notes whom it ties to the entity: other is Item.Other.
func (d *Directory) Note(place int, other uint64, ev *schemas.Event) {
	r := d.At(place)
	if r.card == 0 || ev.Time < int64(time.Minute) {
		return
	}
	minute, s := uint32(ev.Time/int64(time.Minute)), d.series(int(r.card-1))
	if minute == s.minute {
		s.now++
	} else {
		if s.minute == 0 && r.Count == 1 {
			s.kin.whole = 1
		}
		s.add(minute)
		s.other = 0
	}
	if other != 0 && d.layout.kin > 0 && tagOf(other) != s.other {
		d.relate(int(r.card-1), s, minute, other, ev)
	}
}

// Series returns how the events of the entity at place spread over the window from
// start to end (not in it) and before it, nil if that is not known. place is -1 if
// the entity is not here.
func (d *Directory) Series(place int, start, end int64) *schemas.Series {
	if place < 0 || d.At(place).card == 0 {
		return nil
	}
	return d.series(int(d.At(place).card-1)).show(start, end)
}
