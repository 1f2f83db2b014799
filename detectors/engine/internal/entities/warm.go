package entities

import "math/bits"

// Peek returns where key probably is, from 1, or 0: it looks at one cell of the
// index only. Peeking at many keys before finding them lets the memory's
// latencies overlap.
func (d *Directory) Peek(key uint64) uint32 {
	if len(d.cells) == 0 {
		return 0
	}
	if c := &d.cells[uint32(key)&uint32(len(d.cells)-1)]; c.tag == uint32(key) {
		return c.place
	}
	return 0
}

// Has tells whether there is a record at what Peek returned.
func (d *Directory) Has(hint uint32) bool { return hint > 0 && int(hint) <= d.records.used }

// TouchCard reads from the card of the entity at hint, and TouchStates from
// those of its states whose bits are set, so that they are in the caches soon.
func (d *Directory) TouchCard(hint uint32) uint64 {
	if !d.Has(hint) {
		return 0
	}
	at := d.At(int(hint - 1)).card
	if at == 0 {
		return 0
	}
	w := d.cards.words(int(at - 1))
	return w[0] + w[d.layout.times]
}

// touchLines is how many cache lines of a state are touched at most: more than
// a core has reads under way at once would only wait for each other.
const touchLines = 8

// TouchStates is described with TouchCard.
func (d *Directory) TouchStates(hint uint32, wants uint32) (sum uint64) {
	if !d.Has(hint) {
		return 0
	}
	at := d.At(int(hint - 1)).card
	if at == 0 {
		return 0
	}
	places := d.places(int(at - 1))
	for ; wants != 0; wants &= wants - 1 {
		i := bits.TrailingZeros32(wants)
		if place := places[i]; place > 0 {
			w := d.states[i].words(int(place - 1))
			for line := 0; line < len(w) && line < 8*touchLines; line += 8 {
				sum += w[line]
			}
		}
	}
	return sum
}
