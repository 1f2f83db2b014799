package entities

import (
	"unsafe"

	"github.com/gatehound/gatehound/schemas"
)

// States are the states of one detector, dense and in the order in which they
// came.
type States struct {
	rows
	size uintptr
	// Evicted and Refused count as those of Directory do.
	Evicted, Refused int64
}

// State is the head of a state; the detector's own follows it in memory.
type State struct {
	Key uint64
	// owner is the place of the entity's card.
	owner uint32
	// Open has a bit for each of the two windows that can be open: whether the
	// entity has events in it.
	Open uint8
	// Callers is Record.Callers as of the last event observed.
	Callers uint8
	_       uint16
}

const stateHead = int(unsafe.Sizeof(State{}) / 8)

// StateBytes is what a state of size bytes takes.
func StateBytes(size uintptr) int { return (stateHead + max(1, int(size+7)/8)) * 8 }

func newStates(l StateLimit, pages *Pages) *States {
	bytes := StateBytes(l.Size)
	return &States{rows: newRows(bytes/8, l.Bytes/bytes, pages), size: l.Size}
}

// Used returns how many states there are.
func (s *States) Used() int { return s.used }

// Bytes returns the memory that the table holds.
func (s *States) Bytes() int { return s.bytes() }

// At returns the head of the state at a place, and Memory the detector's part.
func (s *States) At(place int) *State { return (*State)(s.at(place)) }

// Memory returns what follows the head: the detector's state.
func (h *State) Memory() unsafe.Pointer { return unsafe.Add(unsafe.Pointer(h), stateHead*8) }

// Places returns where the states of the entity at place are in the tables of the
// detectors, from 1 (0: none), nil if it has none at all. They are the directory's,
// until the next Earn or Drop.
func (d *Directory) Places(place int) []uint32 {
	if r := d.At(place); r.card > 0 {
		return d.places(int(r.card - 1))
	}
	return nil
}

// Earn gives the entity at place a zeroed state of detector i, which it does
// not have, and a name if it is its first. It returns nil if there is no room
// and those who would have to go matter more.
func (d *Directory) Earn(place, i int, ev *schemas.Event) *State {
	s, r := d.states[i], d.At(place)
	if r.card == 0 && !d.issue(place, ev) {
		s.Refused++
		return nil
	}
	if s.full() && !d.evictState(i, place, ev.Time) {
		s.Refused++
		if at := int(r.card - 1); d.card(at).states == 0 {
			d.dropCard(at)
		}
		return nil
	}
	at := s.add()
	h := s.At(at)
	h.Key, h.owner = r.Key, r.card-1
	d.places(int(r.card - 1))[i] = uint32(at + 1)
	d.card(int(r.card-1)).states++
	return h
}

// evictState takes the state of an entity that is worth less than the one at
// place.
func (d *Directory) evictState(i, place int, now int64) bool {
	s := d.states[i]
	victim, ok := s.victim(d.At(place).worth(now), func(at int) int { return d.At(d.Owner(i, at)).worth(now) })
	if !ok {
		return false
	}
	d.Drop(i, victim)
	s.Evicted++
	return true
}

// Owner returns the place of the entity that state at of detector i is of.
func (d *Directory) Owner(i, at int) int {
	return int(d.card(int(d.states[i].At(at).owner)).owner)
}

// Drop takes away state at of detector i, and the entity's card if it was its
// last.
func (d *Directory) Drop(i, at int) {
	card := int(d.states[i].At(at).owner)
	d.dropState(i, at, card)
	if d.card(card).states == 0 {
		d.dropCard(card)
	}
}

func (d *Directory) dropState(i, at, card int) {
	s := d.states[i]
	d.places(card)[i] = 0
	d.card(card).states--
	if s.take(at) {
		d.places(int(s.At(at).owner))[i] = uint32(at + 1)
	}
}

// DropAll takes away all states of detector i and gives their memory back.
func (d *Directory) DropAll(i int) {
	for at := d.states[i].used - 1; at >= 0; at-- {
		d.Drop(i, at)
	}
	d.states[i].clear()
}
