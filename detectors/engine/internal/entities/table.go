// Package entities keeps the states of entities in tables of bounded memory,
// with the names that findings give them.
package entities

import (
	"math/bits"
	"unsafe"

	"github.com/gatehound/gatehound/detectors/engine/internal/codec"
	"github.com/gatehound/gatehound/schemas"
)

// chunkEntries is how many entries a table grows by, and the fewest that it
// may hold: enough to make growth rare, and little enough that hundreds of
// tables with few entries stay small.
const chunkEntries = 32

// Entry is the head of what a table holds of an entity; the name and the
// detector's state follow it in memory. It has no pointer in it.
type Entry struct {
	Key  uint64
	Last int64 // event time of the last event
	// Count is how many events were observed; it stops at 2^32-1.
	Count uint32
	// Freq is the recent use that the clock hand halves.
	Freq uint8
	// named is the length of the name in memory; cut tells that the name was
	// longer.
	named uint8
	cut   bool
	_     uint8
	// Rule is the place, from 1, of the exception that covers the address, as
	// of the generation of the allowlist.
	Rule, Generation uint32
}

const headWords = int(unsafe.Sizeof(Entry{}) / 8)

// nameWords is the room for a name, in words of eight bytes: a pseudonym has
// at most 40 bytes, an address 16; a longer name is cut.
func nameWords(kind schemas.EntityKind) int {
	switch kind {
	case schemas.EntityPrincipal:
		return 6
	case schemas.EntityAddress:
		return 2
	case schemas.EntityRoute:
		return 12
	case schemas.EntityModel, schemas.EntityTenant, schemas.EntityHost:
		return 8
	default:
		return 0
	}
}

// cell is a slot of the index: the low half of a key, which also says where
// the search for it starts, and the place of its entry, from 1.
type cell struct{ tag, place uint32 }

// Table maps the entities of one shard to the states of one detector. Entries
// lie densely in chunks of memory without pointers, in the order in which they
// came; the index is open addressing with linear probing and without
// tombstones. A table grows up to limit and then lets an entity in only for
// another that matters less. It belongs to one goroutine at a time.
type Table struct {
	Kind   schemas.EntityKind
	names  int // words of a name
	stride int // words of an entry with name and state
	limit  int // most entries, a multiple of chunkEntries
	chunks [][]uint64
	Used   int
	cells  []cell
	Hand   int // where the search for a victim goes on

	Evicted, Refused int64
}

func NewTable(kind schemas.EntityKind, state uintptr, limit int) *Table {
	t := &Table{Kind: kind, names: nameWords(kind), stride: strideWords(kind, state)}
	t.Resize(limit)
	return t
}

// strideWords returns the size of an entry in words.
func strideWords(kind schemas.EntityKind, state uintptr) int {
	return headWords + nameWords(kind) + int(state+7)/8
}

// BytesPerEntity is what one entity takes, with its part of the index: the
// index has two cells for each entry of a full table, at worst.
func BytesPerEntity(kind schemas.EntityKind, state uintptr) int {
	return strideWords(kind, state)*8 + 2*int(unsafe.Sizeof(cell{}))
}

func (t *Table) At(place int) *Entry {
	return (*Entry)(unsafe.Pointer(&t.chunks[place/chunkEntries][place%chunkEntries*t.stride]))
}

func (t *Table) words(place int) []uint64 {
	start := place % chunkEntries * t.stride
	return t.chunks[place/chunkEntries][start : start+t.stride]
}

// State returns the memory of the detector's state; for a state of no size it
// is that of the entry.
func (t *Table) State(place int) unsafe.Pointer {
	w := t.words(place)
	return unsafe.Pointer(&w[min(headWords+t.names, t.stride-1)])
}

func (t *Table) name(place int) []byte {
	if t.names == 0 {
		return nil
	}
	w := t.words(place)
	return unsafe.Slice((*byte)(unsafe.Pointer(&w[headWords])), t.names*8)
}

// Bytes returns the memory that the table holds.
func (t *Table) Bytes() int {
	return len(t.chunks)*chunkEntries*t.stride*8 + len(t.cells)*int(unsafe.Sizeof(cell{}))
}

// Peek returns where key probably is, from 1, or 0: it looks at one cell of the
// index only. Peeking at many keys before finding them lets the memory's
// latencies overlap.
func (t *Table) Peek(key uint64) uint32 {
	if len(t.cells) == 0 {
		return 0
	}
	if c := &t.cells[uint32(key)&uint32(len(t.cells)-1)]; c.tag == uint32(key) {
		return c.place
	}
	return 0
}

// Find returns the place of key.
func (t *Table) Find(key uint64) (int, bool) {
	if len(t.cells) == 0 {
		return 0, false
	}
	tag, mask := uint32(key), uint32(len(t.cells)-1)
	for i := tag & mask; t.cells[i].place != 0; i = (i + 1) & mask {
		if c := t.cells[i]; c.tag == tag && t.At(int(c.place-1)).Key == key {
			return int(c.place - 1), true
		}
	}
	return 0, false
}

// Insert makes room for key, whose recent use is estimated as seen, and
// returns its zeroed place. It refuses if the table is full and the entity
// that would have to go matters more.
func (t *Table) Insert(key uint64, seen uint8) (int, bool) {
	if t.Used >= t.limit {
		if !t.evict(seen) {
			t.Refused++
			return 0, false
		}
	}
	if t.Used == len(t.chunks)*chunkEntries {
		t.chunks = append(t.chunks, make([]uint64, chunkEntries*t.stride))
	}
	if (t.Used+1)*4 > len(t.cells)*3 {
		t.grow()
	}
	place := t.Used
	t.Used++
	clear(t.words(place))
	t.At(place).Key = key
	t.link(uint32(key), uint32(place+1))
	return place, true
}

// evictSteps is how many entries the clock hand passes in search of a victim:
// the cost of an insertion into a full table is bounded by it.
const evictSteps = 8

// evict removes the least used of the entries that the clock hand passes,
// unless the newcomer was seen less often than it. An entity with a history
// counts for the logarithm of its events, so that a flood of entities that
// come once or twice pushes out none with a baseline (after Einziger, Friedman
// and Manes: TinyLFU, 2017).
func (t *Table) evict(seen uint8) bool {
	victim, least := -1, uint8(255)
	for range min(evictSteps, t.Used) {
		t.Hand = (t.Hand + 1) % t.Used
		e := t.At(t.Hand)
		if worth := max(e.Freq, uint8(bits.Len32(e.Count))); worth < least {
			victim, least = t.Hand, worth
		}
		e.Freq /= 2
	}
	if victim < 0 || seen <= least {
		return false
	}
	t.Remove(victim)
	t.Evicted++
	return true
}

// Remove takes an entry out; the last one moves into its place.
func (t *Table) Remove(place int) {
	t.unlink(t.At(place).Key, uint32(place+1))
	last := t.Used - 1
	if place != last {
		moved := t.At(last).Key
		t.cells[t.cellOf(moved, uint32(last+1))].place = uint32(place + 1)
		copy(t.words(place), t.words(last))
	}
	t.Used--
	if t.Hand >= t.Used {
		t.Hand = 0
	}
}

func (t *Table) cellOf(key uint64, place uint32) uint32 {
	mask := uint32(len(t.cells) - 1)
	i := uint32(key) & mask
	for t.cells[i].place != place {
		i = (i + 1) & mask
	}
	return i
}

func (t *Table) link(tag, place uint32) {
	mask := uint32(len(t.cells) - 1)
	i := tag & mask
	for t.cells[i].place != 0 {
		i = (i + 1) & mask
	}
	t.cells[i] = cell{tag, place}
}

// unlink empties a cell and moves those behind it up, so that no search stops
// short (Knuth, TAOCP 6.4, algorithm R).
func (t *Table) unlink(key uint64, place uint32) {
	mask := uint32(len(t.cells) - 1)
	hole := t.cellOf(key, place)
	for i := (hole + 1) & mask; t.cells[i].place != 0; i = (i + 1) & mask {
		home := t.cells[i].tag & mask
		if (i-home)&mask >= (i-hole)&mask {
			t.cells[hole] = t.cells[i]
			hole = i
		}
	}
	t.cells[hole] = cell{}
}

func (t *Table) grow() {
	old := t.cells
	t.cells = make([]cell, max(16, 2*len(old)))
	for _, c := range old {
		if c.place != 0 {
			t.link(c.tag, c.place)
		}
	}
}

// Clear forgets everything and gives the memory back.
func (t *Table) Clear() {
	t.chunks, t.cells, t.Used, t.Hand = nil, nil, 0, 0
}

// Resize sets the limit, and forgets the youngest entities beyond it.
func (t *Table) Resize(limit int) {
	t.limit = max(1, limit/chunkEntries) * chunkEntries
	for t.Used > t.limit {
		t.Remove(t.Used - 1)
	}
}

// Encode writes the entities in their order.
func (t *Table) Encode(w *codec.Writer) {
	w.Number(uint64(t.Used))
	w.Number(uint64(t.Hand))
	for i := 0; i < t.Used; i += chunkEntries {
		w.Block(codec.Memory(t.chunks[i/chunkEntries][:min(chunkEntries, t.Used-i)*t.stride]))
	}
}

// Decode reads what Encode of a table of the same kind and state wrote, and
// gives each entity to the table that to returns for its key. An entity for
// which that has no room is left out. It returns the place of the hand.
func (t *Table) Decode(r *codec.Reader, to func(key uint64) *Table) (hand int) {
	used, hand := r.Count(0), r.Count(0)
	chunk := make([]uint64, chunkEntries*t.stride)
	for done := 0; done < used && !r.Bad(); done += chunkEntries {
		n := min(chunkEntries, used-done)
		r.Block(codec.Memory(chunk[:n*t.stride]))
		for j := 0; j < n && !r.Bad(); j++ {
			memory := chunk[j*t.stride : (j+1)*t.stride]
			e := (*Entry)(unsafe.Pointer(&memory[0]))
			if int(e.named) > t.names*8 {
				r.Spoil()
				break
			}
			to(e.Key).readmit(e.Key, memory)
		}
	}
	return hand
}

func (t *Table) readmit(key uint64, memory []uint64) {
	if _, double := t.Find(key); double || t.Used >= t.limit {
		return
	}
	if place, ok := t.Insert(key, 0); ok {
		copy(t.words(place), memory)
	}
}
