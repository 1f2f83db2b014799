package entities

import (
	"math/bits"

	"github.com/gatehound/gatehound/schemas"
)

// Item is an event dealt to a shard on behalf of one of its entities.
type Item struct {
	Key   uint64
	Event uint32 // place in the part
	Part  uint32 // place of the part in the batch
	Wants uint32 // the detectors of the kind that want the event, a bit each
	Kind  schemas.EntityKind
	// Caller is that of Traits.
	Caller uint8
	// Other is the key of the one whom the event ties to the entity: of an address
	// the principal, of a principal the address. It is 0 if there is none and
	// Stranger if the event does not prove that it was he.
	Other uint64
}

// Ahead is how many items are looked up at once: about as many as a core has
// reads from memory under way.
const Ahead = 16

// warmFrom is the number of entities from which a directory is taken not to be
// in the caches.
const warmFrom = 256

// Warm touches what the items, at most Ahead of them, will need of the
// directories of their kinds: index, record, card and states, each for all items
// before the next. With a million entities nearly every access misses the caches;
// one after the other they would take most of the time. It fills in what Peek
// returns for each; the sum has no meaning but to be used.
func Warm(dirs []*Directory, items []Item, hints *[Ahead]uint32) (sum uint64) {
	for i := range items {
		hints[i] = dirs[items[i].Kind].Peek(items[i].Key)
	}
	for i := range items {
		if d := dirs[items[i].Kind]; d.records.used >= warmFrom && d.has(hints[i]) {
			sum += d.At(int(hints[i] - 1)).Key
		}
	}
	for i := range items {
		if d := dirs[items[i].Kind]; d.records.used >= warmFrom {
			sum += d.touchCard(hints[i])
		}
	}
	for i := range items {
		if d := dirs[items[i].Kind]; d.records.used >= warmFrom {
			sum += d.touchStates(hints[i], items[i].Wants)
		}
	}
	return sum
}

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

// has tells whether there is a record at what Peek returned.
func (d *Directory) has(hint uint32) bool { return hint > 0 && int(hint) <= d.records.used }

// touchCard reads from the card of the entity at hint, and touchStates from
// its trace and those of its states whose bits are set, so that they are in the
// caches soon.
func (d *Directory) touchCard(hint uint32) uint64 {
	if !d.has(hint) {
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

// touchStates is described with touchCard.
func (d *Directory) touchStates(hint uint32, wants uint32) (sum uint64) {
	if !d.has(hint) {
		return 0
	}
	at := d.At(int(hint - 1)).card
	if at == 0 {
		return 0
	}
	if trace := d.card(int(at - 1)).trace; trace > 0 {
		w := d.traces.words(int(trace - 1))
		sum += w[0] + w[8]
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
