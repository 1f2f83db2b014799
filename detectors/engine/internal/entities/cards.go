package entities

import (
	"unsafe"

	"github.com/gatehound/gatehound/schemas"
)

// card is what an entity with a state has: this head, then the places of its
// states from 1 (0: none), the times of its samples, its name, and the samples.
type card struct {
	owner uint32 // place of the record
	// named is the length of the name in memory; cut tells that the name was
	// longer.
	named  uint8
	cut    bool
	states uint16
	// trace is the place, from 1, of the entity's trace, 0 if it has none.
	trace uint32
	_     uint32
}

// cardLayout says where in a card what is, in words.
type cardLayout struct {
	kind        schemas.EntityKind
	states      int // how many
	times, name int
	samples     int
	stride      int
}

const (
	cardHead    = int(unsafe.Sizeof(card{}) / 8)
	sampleCount = 4
	// MaxSample is the longest request id that is kept, in bytes.
	MaxSample   = 64
	sampleWords = MaxSample / 8
)

func layoutOf(kind schemas.EntityKind, states int) cardLayout {
	l := cardLayout{kind: kind, states: states}
	l.times = cardHead + (states+1)/2
	l.name = l.times + sampleCount
	l.samples = l.name + nameWords(kind)
	l.stride = l.samples + sampleCount*sampleWords
	return l
}

// CardBytes is what the card of an entity of the kind takes if so many
// detectors watch it.
func CardBytes(kind schemas.EntityKind, states int) int { return layoutOf(kind, states).stride * 8 }

func (d *Directory) card(place int) *card { return (*card)(d.cards.at(place)) }

func (d *Directory) places(place int) []uint32 {
	w := d.cards.words(place)
	return unsafe.Slice((*uint32)(unsafe.Pointer(&w[cardHead])), d.layout.states)
}

func (d *Directory) name(place int) []byte {
	w := d.cards.words(place)[d.layout.name:d.layout.samples]
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(w))), len(w)*8)
}

// issue gives the entity at place a card.
func (d *Directory) issue(place int, ev *schemas.Event) bool {
	if d.cards.full() && !d.evictCard(place, ev.Time) {
		return false
	}
	at := d.cards.add()
	d.card(at).owner = uint32(place)
	d.At(place).card = uint32(at + 1)
	d.setName(at, ev)
	d.Sample(place, ev)
	return true
}

func (d *Directory) evictCard(place int, now int64) bool {
	victim, ok := d.cards.victim(d.At(place).worth(now), func(at int) int {
		return d.At(int(d.card(at).owner)).worth(now)
	})
	if !ok {
		return false
	}
	d.mourn(victim)
	d.dropCard(victim)
	return true
}

// mourn counts the states that go with a card.
func (d *Directory) mourn(at int) {
	for i, place := range d.places(at) {
		if place > 0 {
			d.states[i].Evicted++
		}
	}
}

// dropCard takes a card away, with the states, and returns how many those were.
func (d *Directory) dropCard(at int) (states int) {
	for i, place := range d.places(at) {
		if place > 0 {
			d.dropState(i, int(place-1), at)
			states++
		}
	}
	d.At(int(d.card(at).owner)).card = 0
	if d.card(at).trace > 0 {
		d.dropTrace(at)
	}
	if d.cards.take(at) {
		d.At(int(d.card(at).owner)).card = uint32(at + 1)
		if trace := d.card(at).trace; trace > 0 {
			d.trace(int(trace - 1)).owner = uint32(at)
		}
		for i, place := range d.places(at) {
			if place > 0 {
				d.states[i].At(int(place - 1)).owner = uint32(at)
			}
		}
	}
	return states
}
