package engine

import "github.com/gatehound/gatehound/detectors/sketch"

// frequency estimates how often a key was seen lately, in bounded memory: a
// count-min sketch (Cormode and Muthukrishnan 2005) with conservative update,
// four counters of eight bits a key within one block of 64 bytes, halved when
// as many keys were counted as there are counters. It never estimates too low,
// but for the halving, and too high only where keys share all four counters.
type frequency struct {
	blocks [][64]uint8
	added  int
}

// newFrequency returns a sketch of at most bytes bytes, and at least a block.
func newFrequency(bytes int) *frequency {
	n := 1
	for n*2*64 <= bytes {
		n *= 2
	}
	return &frequency{blocks: make([][64]uint8, n)}
}

// add counts key and returns its estimate, at most 255.
func (f *frequency) add(key uint64) uint8 {
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
	if f.added++; f.added >= len(f.blocks)*64 {
		f.halve()
	}
	return least
}

func (f *frequency) halve() {
	f.added /= 2
	for i := range f.blocks {
		for j := range f.blocks[i] {
			f.blocks[i][j] /= 2
		}
	}
}
