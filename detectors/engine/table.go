package engine

import (
	"math/bits"
	"unsafe"

	"github.com/gatehound/gatehound/schemas"
)

// chunkEntries is how many entries a table grows by, and the fewest that it
// may hold: enough to make growth rare, and little enough that hundreds of
// tables with few entries stay small.
const chunkEntries = 32

// entry is the head of what a table holds of an entity; the name and the
// detector's state follow it in memory. It has no pointer in it.
type entry struct {
	key  uint64
	last int64 // event time of the last event
	// count is how many events were observed; it stops at 2^32-1.
	count uint32
	// freq is the recent use that the clock hand halves.
	freq uint8
	// named is the length of the name in memory; cut tells that the name was
	// longer.
	named uint8
	cut   bool
	_     uint8
	// rule is the place, from 1, of the exception that covers the address, as
	// of the generation of the allowlist.
	rule, generation uint32
}

const headWords = int(unsafe.Sizeof(entry{}) / 8)

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
	default:
		return 0
	}
}

// cell is a slot of the index: the low half of a key, which also says where
// the search for it starts, and the place of its entry, from 1.
type cell struct{ tag, place uint32 }

// table maps the entities of one shard to the states of one detector. Entries
// lie densely in chunks of memory without pointers, in the order in which they
// came; the index is open addressing with linear probing and without
// tombstones. A table grows up to limit and then lets an entity in only for
// another that matters less. It belongs to one goroutine at a time.
type table struct {
	kind   schemas.EntityKind
	names  int // words of a name
	stride int // words of an entry with name and state
	limit  int // most entries, a multiple of chunkEntries
	chunks [][]uint64
	used   int
	cells  []cell
	hand   int // where the search for a victim goes on

	evicted, refused int64
}

func newTable(kind schemas.EntityKind, state uintptr, limit int) *table {
	t := &table{kind: kind, names: nameWords(kind), stride: strideWords(kind, state)}
	t.resize(limit)
	return t
}

// strideWords returns the size of an entry in words.
func strideWords(kind schemas.EntityKind, state uintptr) int {
	return headWords + nameWords(kind) + int(state+7)/8
}

// bytesPerEntity is what one entity takes, with its part of the index: the
// index has two cells for each entry of a full table, at worst.
func bytesPerEntity(kind schemas.EntityKind, state uintptr) int {
	return strideWords(kind, state)*8 + 2*int(unsafe.Sizeof(cell{}))
}

func (t *table) at(place int) *entry {
	return (*entry)(unsafe.Pointer(&t.chunks[place/chunkEntries][place%chunkEntries*t.stride]))
}

func (t *table) words(place int) []uint64 {
	start := place % chunkEntries * t.stride
	return t.chunks[place/chunkEntries][start : start+t.stride]
}

// state returns the memory of the detector's state; for a state of no size it
// is that of the entry.
func (t *table) state(place int) unsafe.Pointer {
	w := t.words(place)
	return unsafe.Pointer(&w[min(headWords+t.names, t.stride-1)])
}

func (t *table) name(place int) []byte {
	if t.names == 0 {
		return nil
	}
	w := t.words(place)
	return unsafe.Slice((*byte)(unsafe.Pointer(&w[headWords])), t.names*8)
}

// bytes returns the memory that the table holds.
func (t *table) bytes() int {
	return len(t.chunks)*chunkEntries*t.stride*8 + len(t.cells)*int(unsafe.Sizeof(cell{}))
}

func (t *table) find(key uint64) (int, bool) {
	if len(t.cells) == 0 {
		return 0, false
	}
	tag, mask := uint32(key), uint32(len(t.cells)-1)
	for i := tag & mask; t.cells[i].place != 0; i = (i + 1) & mask {
		if c := t.cells[i]; c.tag == tag && t.at(int(c.place-1)).key == key {
			return int(c.place - 1), true
		}
	}
	return 0, false
}

// insert makes room for key, whose recent use is estimated as seen, and
// returns its zeroed place. It refuses if the table is full and the entity
// that would have to go matters more.
func (t *table) insert(key uint64, seen uint8) (int, bool) {
	if t.used >= t.limit {
		if !t.evict(seen) {
			t.refused++
			return 0, false
		}
	}
	if t.used == len(t.chunks)*chunkEntries {
		t.chunks = append(t.chunks, make([]uint64, chunkEntries*t.stride))
	}
	if (t.used+1)*4 > len(t.cells)*3 {
		t.grow()
	}
	place := t.used
	t.used++
	clear(t.words(place))
	t.at(place).key = key
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
func (t *table) evict(seen uint8) bool {
	victim, least := -1, uint8(255)
	for range min(evictSteps, t.used) {
		t.hand = (t.hand + 1) % t.used
		e := t.at(t.hand)
		if worth := max(e.freq, uint8(bits.Len32(e.count))); worth < least {
			victim, least = t.hand, worth
		}
		e.freq /= 2
	}
	if victim < 0 || seen <= least {
		return false
	}
	t.remove(victim)
	t.evicted++
	return true
}

// remove takes an entry out; the last one moves into its place.
func (t *table) remove(place int) {
	t.unlink(t.at(place).key, uint32(place+1))
	last := t.used - 1
	if place != last {
		moved := t.at(last).key
		t.cells[t.cellOf(moved, uint32(last+1))].place = uint32(place + 1)
		copy(t.words(place), t.words(last))
	}
	t.used--
	if t.hand >= t.used {
		t.hand = 0
	}
}

func (t *table) cellOf(key uint64, place uint32) uint32 {
	mask := uint32(len(t.cells) - 1)
	i := uint32(key) & mask
	for t.cells[i].place != place {
		i = (i + 1) & mask
	}
	return i
}

func (t *table) link(tag, place uint32) {
	mask := uint32(len(t.cells) - 1)
	i := tag & mask
	for t.cells[i].place != 0 {
		i = (i + 1) & mask
	}
	t.cells[i] = cell{tag, place}
}

// unlink empties a cell and moves those behind it up, so that no search stops
// short (Knuth, TAOCP 6.4, algorithm R).
func (t *table) unlink(key uint64, place uint32) {
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

func (t *table) grow() {
	old := t.cells
	t.cells = make([]cell, max(16, 2*len(old)))
	for _, c := range old {
		if c.place != 0 {
			t.link(c.tag, c.place)
		}
	}
}

// clear forgets everything and gives the memory back.
func (t *table) clear() {
	t.chunks, t.cells, t.used, t.hand = nil, nil, 0, 0
}

// resize sets the limit, and forgets the youngest entities beyond it.
func (t *table) resize(limit int) {
	t.limit = max(1, limit/chunkEntries) * chunkEntries
	for t.used > t.limit {
		t.remove(t.used - 1)
	}
}
