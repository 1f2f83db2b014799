// Package frequency estimates how often keys were seen, in bounded memory.
package frequency

import (
	"github.com/gatehound/gatehound/detectors/engine/internal/codec"
	"github.com/gatehound/gatehound/detectors/sketch"
)

// Sketch estimates how often a key was seen lately, in bounded memory: a
// count-min sketch (Cormode and Muthukrishnan 2005) with conservative update,
// four counters of eight bits a key within one block of 64 bytes, halved when
// a quarter as many keys were counted as there are counters, so that few share
// all of theirs. It never estimates too low, but for the halving.
type Sketch struct {
	blocks [][64]uint8
	added  int
}

// New returns a sketch of at most bytes bytes, and at least a block.
func New(bytes int) *Sketch {
	return &Sketch{blocks: make([][64]uint8, blocksOf(bytes))}
}

func blocksOf(bytes int) int {
	n := 1
	for n*2*64 <= bytes {
		n *= 2
	}
	return n
}

// Add counts key and returns its estimate, at most 255.
func (f *Sketch) Add(key uint64) uint8 {
	h := sketch.Mix(key)
	block := &f.blocks[h>>20&uint64(len(f.blocks)-1)]
	at := [4]uint64{h & 15, 16 + h>>4&15, 32 + h>>8&15, 48 + h>>12&15}
	least := min(block[at[0]], block[at[1]], block[at[2]], block[at[3]])
	if least < 255 {
		for _, i := range at {
			if block[i] == least {
				block[i]++
			}
		}
		least++
	}
	if f.added++; f.added >= len(f.blocks)*16 {
		f.halve()
	}
	return least
}

func (f *Sketch) halve() {
	f.added /= 2
	for i := range f.blocks {
		for j := range f.blocks[i] {
			f.blocks[i][j] /= 2
		}
	}
}

// Bytes returns the memory that the sketch holds.
func (f *Sketch) Bytes() int { return len(f.blocks) * 64 }

// Clear forgets everything.
func (f *Sketch) Clear() {
	f.added = 0
	clear(f.blocks)
}

// Fits tells whether the sketch is the one that New(bytes) makes.
func (f *Sketch) Fits(bytes int) bool { return len(f.blocks) == blocksOf(bytes) }

// Encode writes the counters.
func (f *Sketch) Encode(w *codec.Writer) {
	w.Number(uint64(f.added))
	w.Block(codec.BlocksMemory(f.blocks))
}

// Decode reads what Encode wrote, if it was of a sketch of the same size; else,
// or if f is nil, it passes it over.
func (f *Sketch) Decode(r *codec.Reader) {
	added := r.Count(0)
	if f == nil || r.BlockLen() != len(f.blocks)*64 {
		r.Bytes()
		return
	}
	f.added = added
	r.Block(codec.BlocksMemory(f.blocks))
}
