package entities

import (
	"github.com/gatehound/gatehound/detectors/engine/internal/codec"
	"github.com/gatehound/gatehound/detectors/sketch"
)

// Frequency estimates how often a key was seen lately, in bounded memory: a
// count-min sketch (Cormode and Muthukrishnan 2005) with conservative update,
// four counters of eight bits a key within one block of 64 bytes, halved when
// a quarter as many keys were counted as there are counters, so that few share
// all of theirs. It never estimates too low, but for the halving.
type Frequency struct {
	blocks [][64]uint8
	added  int
}

// NewFrequency returns a sketch of at most bytes bytes, and at least a block.
func NewFrequency(bytes int) *Frequency {
	return &Frequency{blocks: make([][64]uint8, blocksOf(bytes))}
}

func blocksOf(bytes int) int {
	n := 1
	for n*2*64 <= bytes {
		n *= 2
	}
	return n
}

// Add counts key and returns its estimate, at most 255.
func (f *Frequency) Add(key uint64) uint8 {
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

func (f *Frequency) halve() {
	f.added /= 2
	for i := range f.blocks {
		for j := range f.blocks[i] {
			f.blocks[i][j] /= 2
		}
	}
}

// Clear forgets everything.
func (f *Frequency) Clear() {
	f.added = 0
	clear(f.blocks)
}

// Fits tells whether the sketch is the one that NewFrequency(bytes) makes.
func (f *Frequency) Fits(bytes int) bool { return len(f.blocks) == blocksOf(bytes) }

// Encode writes the counters.
func (f *Frequency) Encode(w *codec.Writer) {
	w.Number(uint64(f.added))
	w.Block(codec.BlocksMemory(f.blocks))
}

// Decode reads what Encode wrote, if it was of a sketch of the same size; else,
// or if f is nil, it passes it over.
func (f *Frequency) Decode(r *codec.Reader) {
	added := r.Count(0)
	if f == nil || r.BlockLen() != len(f.blocks)*64 {
		r.Bytes()
		return
	}
	f.added = added
	r.Block(codec.BlocksMemory(f.blocks))
}
