package pipeline

import (
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"sync"

	"github.com/gatehound/gatehound/schemas"
)

// window remembers the records of late by what tells each from every other
// (schemas.Event.Delivery), so that one which a shipper or a gateway delivers
// again is counted once. It is bounded: two tables, of which the older is
// forgotten when the newer is full, so that the last limit/2 to limit records
// are known.
//
// It holds the position beside: a record that is read again from the same place
// after a restart is no redelivery.
type window struct {
	// mu orders merge, which drops redeliveries, and recovery, which reads
	// batches again and forgets what was lost. It costs nothing, once a part.
	mu       sync.Mutex
	limit    int // entries of one table; 0: no window
	now, old *table
	seed     maphash.Seed
}

// newWindow returns a window of the last records, at most; 0 for none.
func newWindow(records int) *window {
	return &window{limit: records / 2, now: &table{}, old: &table{}, seed: maphash.MakeSeed()}
}

// filter takes the redeliveries out of part and returns how many there were. mu
// is held.
func (w *window) filter(part *schemas.Part) (dropped int) {
	if w.limit == 0 {
		return 0
	}
	kept := 0
	for i := range part.Events {
		e := &part.Events[i]
		if e.Delivery != 0 && w.again(e.Delivery, w.place(&e.Position)) {
			continue
		}
		if kept != i {
			part.Events[kept] = *e
		}
		kept++
	}
	dropped = len(part.Events) - kept
	clear(part.Events[kept:])
	if part.Events = part.Events[:kept]; kept == 0 {
		part.Events = nil // the memory goes before the batch does
	}
	if dropped > 0 && len(part.Sealed) > 0 {
		dropSealed(part)
	}
	return dropped
}

// dropSealed takes out of part the sealed prompts whose events are gone. Both
// are in the order of their positions.
func dropSealed(part *schemas.Part) {
	i := 0
	part.Sealed = slices.DeleteFunc(part.Sealed, func(s schemas.Sealed) bool {
		for i < len(part.Events) && before(part.Events[i].Position, s.Position) {
			i++
		}
		return i == len(part.Events) || part.Events[i].Position != s.Position
	})
}

func before(a, b schemas.Position) bool {
	return a.Offset < b.Offset || a.Offset == b.Offset && a.Index < b.Index
}

// unseen takes the redeliveries out of part, if the generation in which it was
// read lasts: what is dropped with its generation must not be remembered, or
// the copies of a record could be dropped, one by each of two members.
func (p *Pipeline) unseen(part *schemas.Part, generation int) (current bool) {
	p.window.mu.Lock()
	defer p.window.mu.Unlock()
	if generation != p.current() {
		return false
	}
	p.metrics.redelivered.Add(float64(p.window.filter(part)))
	return true
}

// add remembers a record without asking whether it is known.
func (w *window) add(delivery uint64, at schemas.Position) {
	if w.limit > 0 && delivery != 0 {
		w.again(delivery, w.place(&at))
	}
}

// place is a hash of a position, never 0.
func (w *window) place(p *schemas.Position) uint64 {
	at := struct {
		topic     uint64
		offset    int64
		partition int32
		index     int32
	}{maphash.String(w.seed, p.Topic), p.Offset, p.Partition, p.Index}
	return maphash.Comparable(w.seed, at) | 1
}

// again reports whether the record was seen at another place, and remembers it
// if it was not seen at all.
func (w *window) again(delivery, place uint64) bool {
	at := w.now.find(delivery)
	if at != 0 {
		return at != place
	}
	if at = w.old.find(delivery); at != 0 && at != place {
		return true
	}
	if w.now.used >= w.limit {
		w.now, w.old = w.old, w.now
		w.now.clear()
	}
	w.now.put(delivery, place)
	return false
}

// table maps deliveries to places, by open addressing with linear probing.
// Deliveries are keyed hashes already: their low bits are the slot.
type table struct {
	slots []struct{ delivery, place uint64 }
	used  int
}

// leastSlots is the size of a table that has entries: 64 KiB.
const leastSlots = 4096

func (t *table) find(delivery uint64) uint64 {
	if t.used == 0 {
		return 0
	}
	mask := uint64(len(t.slots) - 1)
	for i := delivery & mask; t.slots[i].place != 0; i = (i + 1) & mask {
		if t.slots[i].delivery == delivery {
			return t.slots[i].place
		}
	}
	return 0
}

func (t *table) put(delivery, place uint64) {
	if 4*t.used >= 3*len(t.slots) {
		t.grow()
	}
	mask := uint64(len(t.slots) - 1)
	i := delivery & mask
	for t.slots[i].place != 0 {
		i = (i + 1) & mask
	}
	t.slots[i].delivery, t.slots[i].place = delivery, place
	t.used++
}

func (t *table) grow() {
	before := t.slots
	t.slots = make([]struct{ delivery, place uint64 }, max(leastSlots, 2*len(before)))
	t.used = 0
	for _, s := range before {
		if s.place != 0 {
			t.put(s.delivery, s.place)
		}
	}
}

func (t *table) clear() {
	clear(t.slots)
	t.used = 0
}

// forget empties the window.
func (w *window) forget() {
	w.now.clear()
	w.old.clear()
}

// remember fills the window with what the spool and the store have of late, so
// that neither a restart nor a partition that comes from another member forgets
// what was delivered just before. lost says that batches were dropped before
// they were durable: what was remembered of them is forgotten first.
//
// The spool is read before the store: what goes over meanwhile is in both.
func (p *Pipeline) remember(ctx context.Context, lost bool) error {
	if p.window.limit == 0 || p.parts.Store == nil {
		return nil
	}
	p.window.mu.Lock()
	defer p.window.mu.Unlock()
	if lost {
		p.window.forget()
	}
	n := 0
	take := func(delivery uint64, at schemas.Position) {
		p.window.add(delivery, at)
		n++
	}
	if p.parts.Spool != nil {
		if err := p.parts.Spool.Deliveries(p.window.limit, take); err != nil {
			return fmt.Errorf("fill the window of redeliveries: %w", err)
		}
	}
	err := p.persist(ctx, "read the last deliveries", func() error {
		return p.parts.Store.Deliveries(ctx, p.window.limit, take)
	})
	if err != nil {
		return fmt.Errorf("fill the window of redeliveries: %w", err)
	}
	if n > 0 {
		p.parts.Logger.Info("last deliveries remembered", "records", n)
	}
	return nil
}
