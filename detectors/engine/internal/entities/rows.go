package entities

import (
	"math/bits"
	"unsafe"
)

// rows are rows of one size that lie densely in chunks of memory without
// pointers. A row is known by its place; if one is taken out, the last moves
// into its place.
type rows struct {
	stride int  // words of a row
	shift  uint // a chunk has 1<<shift rows
	limit  int  // most rows, whole chunks
	used   int
	pages  *Pages
	// chunks are where the chunks begin: with a million rows this list is not in the
	// caches either, so it is kept short.
	chunks []*uint64
	hand   int // where the search for a victim goes on
	// pass is how many more searches are passed over on behalf of one that is
	// worth at most passWorth, since one like it found no victim.
	pass, passWorth int
}

// chunkBytes is about what rows grow by: enough to make growth rare, and little
// enough that hundreds of tables with few rows stay small.
const chunkBytes = 4 << 10

func newRows(stride, limit int, pages *Pages) rows {
	r := rows{stride: stride, pages: pages, shift: uint(bits.Len(uint(max(1, chunkBytes/(8*stride)))) - 1)}
	r.bound(limit)
	return r
}

// bound sets the most rows there may be; there is always room for a chunk. It
// drops none.
func (r *rows) bound(limit int) { r.limit = max(1, limit>>r.shift) << r.shift }

func (r *rows) full() bool { return r.used >= r.limit }

func (r *rows) words(place int) []uint64 {
	return unsafe.Slice((*uint64)(r.at(place)), r.stride)
}

// chunk returns a chunk whole.
func (r *rows) chunk(i int) []uint64 { return unsafe.Slice(r.chunks[i], r.stride<<r.shift) }

// grow adds an empty chunk.
func (r *rows) grow() []uint64 {
	c := r.pages.take(r.stride << r.shift)
	r.chunks = append(r.chunks, unsafe.SliceData(c))
	return c
}

// at returns where a row is. A place beyond the last chunk panics.
func (r *rows) at(place int) unsafe.Pointer {
	return unsafe.Add(unsafe.Pointer(r.chunks[place>>r.shift]), place&(1<<r.shift-1)*r.stride*8)
}

// add makes a zeroed row behind the others.
func (r *rows) add() int {
	if r.used == len(r.chunks)<<r.shift {
		r.grow()
	}
	r.used++
	clear(r.words(r.used - 1))
	return r.used - 1
}

// take takes a row out and tells whether another, the last, moved to its place.
func (r *rows) take(place int) (moved bool) {
	r.used--
	if moved = place != r.used; moved {
		copy(r.words(place), r.words(r.used))
	}
	if r.hand >= r.used {
		r.hand = 0
	}
	return moved
}

// next moves the hand on by a row and returns its place.
func (r *rows) next() int {
	r.hand++
	if r.hand >= r.used {
		r.hand = 0
	}
	return r.hand
}

func (r *rows) bytes() int { return len(r.chunks) * r.stride << r.shift * 8 }

// clear drops all rows and gives their memory back.
func (r *rows) clear() {
	chunks := make([][]uint64, len(r.chunks))
	for i := range chunks {
		chunks[i] = r.chunk(i)
	}
	r.pages.give(chunks)
	*r = r.like()
}

func (r *rows) like() rows {
	return rows{stride: r.stride, shift: r.shift, limit: r.limit, pages: r.pages}
}

// evictSteps is how many rows a hand passes in search of one that may go, and
// passSearches how many searches one in vain stands for: in a flood most are, and
// each reads from eight places in memory.
const (
	evictSteps   = 8
	passSearches = 8
)

// victim returns the place of the least worthy of the rows that the hand
// passes, if it is worth less than worth.
func (r *rows) victim(worth int, of func(place int) int) (int, bool) {
	if r.pass > 0 && worth <= r.passWorth {
		r.pass--
		return 0, false
	}
	found, least := -1, worth
	for range min(evictSteps, r.used) {
		place := r.next()
		if w := of(place); w < least {
			found, least = place, w
		}
	}
	if found < 0 {
		r.pass, r.passWorth = passSearches-1, worth
		return 0, false
	}
	return found, true
}
