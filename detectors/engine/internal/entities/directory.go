package entities

import (
	"math/bits"
	"unsafe"

	"github.com/gatehound/gatehound/detectors/engine/internal/frequency"
	"github.com/gatehound/gatehound/schemas"
)

// Directory has the entities of one kind in one shard. Every entity has a
// record. One that earned a state of a detector has a card too, with its name,
// samples of its events, and the places of its states, which lie in a table for
// each detector, and once it has come a few times a trace of when and with whom. All of it is of bounded size: who comes when it is full gets in
// for somebody else only, who matters less.
//
// It belongs to one goroutine at a time, and what it does is a function of the
// events alone.
type Directory struct {
	Kind schemas.EntityKind
	// Evicted and Refused count the entities that gave way to another, and the
	// times that one was not let in.
	Evicted, Refused int64

	records rows
	cells   []cell
	cards   rows
	layout  cardLayout
	traces  rows
	states  []*States
	seen    *frequency.Sketch
}

// cell is a slot of the index: the low half of a key, which also says where
// the search for it starts, and the place of its record, from 1. Searching is
// linear probing, without tombstones.
type cell struct{ tag, place uint32 }

// Limits bound the bytes of a directory.
type Limits struct {
	// Records, with the index, Cards, Traces, and Seen, the estimate of newcomers.
	Records, Cards, Traces, Seen int
	// States are the bytes of each state and of all of the detector's.
	States []StateLimit
	// Pages is where the memory comes from; nil is the heap.
	Pages *Pages
}

// StateLimit is the size of a state, and the bytes of all of them together.
type StateLimit struct {
	Size  uintptr
	Bytes int
}

// RecordBytes is what an entity without a state takes: the index, which doubles
// when it is three quarters full, has 8/3 cells for each record at worst.
const RecordBytes = recordWords*8 + (int(unsafe.Sizeof(cell{}))*8+2)/3

// New returns an empty directory.
func New(kind schemas.EntityKind, l Limits) *Directory {
	d := &Directory{Kind: kind, layout: layoutOf(kind, len(l.States)), seen: frequency.New(l.Seen)}
	d.records = newRows(recordWords, l.Records/RecordBytes, l.Pages)
	d.cards = newRows(d.layout.stride, l.Cards/(8*d.layout.stride), l.Pages)
	d.traces = newRows(traceStride(kind), l.Traces/TraceBytes(kind), l.Pages)
	for _, s := range l.States {
		d.states = append(d.states, newStates(s, l.Pages))
	}
	return d
}

// Used returns how many entities there are, and how many of them have a card.
func (d *Directory) Used() (entities, cards int) { return d.records.used, d.cards.used }

// Bytes returns the memory that records, index, cards, traces and estimates hold.
func (d *Directory) Bytes() int {
	return d.records.bytes() + len(d.cells)*int(unsafe.Sizeof(cell{})) + d.cards.bytes() + d.traces.bytes() + d.seen.Bytes()
}

// States returns the table of the states of detector i of the kind.
func (d *Directory) States(i int) *States { return d.states[i] }

// At returns the record at a place.
func (d *Directory) At(place int) *Record { return (*Record)(d.records.at(place)) }

// Find returns the place of key; hint is what Peek returned for it.
func (d *Directory) Find(key uint64, hint uint32) (int, bool) {
	if hint > 0 && int(hint) <= d.records.used && d.At(int(hint-1)).Key == key {
		return int(hint - 1), true
	}
	if len(d.cells) == 0 {
		return 0, false
	}
	tag, mask := uint32(key), uint32(len(d.cells)-1)
	for i := tag & mask; d.cells[i].place != 0; i = (i + 1) & mask {
		if c := d.cells[i]; c.tag == tag && d.At(int(c.place-1)).Key == key {
			return int(c.place - 1), true
		}
	}
	return 0, false
}

// See notes an event of an entity and returns the place of its record; false
// if it has none and gets none.
func (d *Directory) See(key uint64, hint uint32, t *Traits) (int, bool) {
	place, ok := d.Find(key, hint)
	if !ok {
		if place, ok = d.admit(key, t.Time); !ok {
			return 0, false
		}
	}
	d.At(place).touch(t)
	return place, true
}

// admit makes a record. In a full directory the newcomer needs to have come
// more often, by the estimate, than one of those that the hand passes is worth
// (after Einziger, Friedman, Manes: TinyLFU, 2017).
func (d *Directory) admit(key uint64, now int64) (int, bool) {
	before := uint8(0)
	if d.records.full() {
		seen := d.seen.Add(key)
		if !d.evict(bits.Len8(seen), now) {
			d.Refused++
			return 0, false
		}
		before = seen - 1
	}
	if (d.records.used+1)*4 > len(d.cells)*3 {
		d.grow()
	}
	place := d.records.add()
	r := d.At(place)
	r.Key, r.Last, r.Count = key, now, uint32(before)
	d.link(uint32(key), uint32(place+1))
	return place, true
}

// evict removes an entity that is worth less than worth.
func (d *Directory) evict(worth int, now int64) bool {
	victim, ok := d.records.victim(worth, func(place int) int { return d.At(place).worth(now) })
	if !ok {
		return false
	}
	if at := d.At(victim).card; at > 0 {
		d.mourn(int(at - 1))
	}
	d.Remove(victim)
	d.Evicted++
	return true
}

// Remove drops an entity with all that it has, and returns how many states
// that were.
func (d *Directory) Remove(place int) (states int) {
	r := d.At(place)
	if r.card > 0 {
		states = d.dropCard(int(r.card - 1))
	}
	d.unlink(r.Key, uint32(place+1))
	last := d.records.used - 1
	if place != last {
		d.cells[d.cellOf(d.At(last).Key, uint32(last+1))].place = uint32(place + 1)
	}
	if d.records.take(place) && r.card > 0 {
		d.card(int(r.card - 1)).owner = uint32(place)
	}
	return states
}

func (d *Directory) cellOf(key uint64, place uint32) uint32 {
	mask := uint32(len(d.cells) - 1)
	i := uint32(key) & mask
	for d.cells[i].place != place {
		i = (i + 1) & mask
	}
	return i
}

func (d *Directory) link(tag, place uint32) {
	mask := uint32(len(d.cells) - 1)
	i := tag & mask
	for d.cells[i].place != 0 {
		i = (i + 1) & mask
	}
	d.cells[i] = cell{tag, place}
}

// unlink empties a cell and moves those behind it up, so that no search stops
// short (Knuth, TAOCP 6.4, algorithm R).
func (d *Directory) unlink(key uint64, place uint32) {
	mask := uint32(len(d.cells) - 1)
	hole := d.cellOf(key, place)
	for i := (hole + 1) & mask; d.cells[i].place != 0; i = (i + 1) & mask {
		home := d.cells[i].tag & mask
		if (i-home)&mask >= (i-hole)&mask {
			d.cells[hole] = d.cells[i]
			hole = i
		}
	}
	d.cells[hole] = cell{}
}

func (d *Directory) grow() {
	old := d.cells
	d.cells = make([]cell, max(16, 2*len(old)))
	for _, c := range old {
		if c.place != 0 {
			d.link(c.tag, c.place)
		}
	}
}

// Unrule makes every entity ask the allowlist anew.
func (d *Directory) Unrule() {
	for i := range d.records.used {
		d.At(i).Rule = 0
	}
}

// Clear forgets everything and gives the memory back.
func (d *Directory) Clear() {
	for _, s := range d.states {
		s.clear()
	}
	d.records.clear()
	d.cards.clear()
	d.traces.clear()
	d.seen.Clear()
	d.cells = nil
}
