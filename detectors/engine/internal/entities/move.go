package entities

import "slices"

// Take makes the entities of from, which has the same kind and states, those of
// d, with what d has room for.
func (d *Directory) Take(from *Directory) {
	records, cards, traces := d.records.limit, d.cards.limit, d.traces.limit
	limits := make([]int, len(d.states))
	for i, s := range d.states {
		limits[i] = s.limit
	}
	d.Clear()
	*d = *from
	d.records.limit, d.cards.limit, d.traces.limit = records, cards, traces
	for i, s := range d.states {
		s.limit = limits[i]
	}
	d.trim()
}

// trim drops the youngest of what is beyond the limits.
func (d *Directory) trim() {
	for d.records.used > d.records.limit {
		d.Remove(d.records.used - 1)
	}
	for d.cards.used > d.cards.limit {
		d.dropCard(d.cards.used - 1)
	}
	for d.traces.used > d.traces.limit {
		d.dropTrace(int(d.trace(d.traces.used - 1).owner))
	}
	for i, s := range d.states {
		for s.used > s.limit {
			d.Drop(i, s.used-1)
		}
	}
}

// Deal gives each entity to the directory that to returns for its key. One for
// which that has no room is left out. d is empty afterwards.
func (d *Directory) Deal(to func(key uint64) *Directory) {
	for i := range d.records.used {
		r := d.At(i)
		t := to(r.Key)
		if _, double := t.Find(r.Key, 0); double || t.records.full() {
			continue
		}
		place, _ := t.admit(r.Key, r.Last)
		n := t.At(place)
		*n = *r
		if n.card = 0; r.card == 0 || t.cards.full() {
			continue
		}
		at := t.cards.add()
		copy(t.cards.words(at), d.cards.words(int(r.card-1)))
		c := t.card(at)
		c.owner, n.card, c.states = uint32(place), uint32(at+1), 0
		if trace := c.trace; trace > 0 {
			c.trace, n.first = 0, severals
			if !t.traces.full() {
				to := t.traces.add()
				copy(t.traces.words(to), d.traces.words(int(trace-1)))
				t.trace(to).owner, c.trace = uint32(at), uint32(to+1)
			}
		}
		for j, p := range t.places(at) {
			if p > 0 && !t.states[j].full() {
				t.places(at)[j] = t.settle(j, d.states[j].words(int(p-1)), at)
			} else {
				t.places(at)[j] = 0
			}
		}
		if c.states == 0 {
			t.dropCard(at)
		}
	}
	d.Clear()
}

// settle copies a state behind the others of detector j and returns its place,
// from 1.
func (d *Directory) settle(j int, state []uint64, card int) uint32 {
	s := d.states[j]
	at := s.add()
	copy(s.words(at), state)
	s.At(at).owner = uint32(card)
	d.card(card).states++
	return uint32(at + 1)
}

// Reshape returns a directory with the limits l that has the entities of d.
// from tells, for each of its detectors, which of d it was, or -1 for a new
// one; a state of one that is not among them is dropped. d is used up.
func (d *Directory) Reshape(l Limits, from []int) *Directory {
	out := New(d.Kind, l)
	out.Evicted, out.Refused = d.Evicted, d.Refused
	if d.seen.Fits(l.Seen) {
		out.seen = d.seen
	}
	limit := out.records.limit
	out.records, out.cells = d.records, d.cells
	out.records.limit = limit
	limit = out.traces.limit
	out.traces = d.traces
	out.traces.limit = limit
	for i, j := range from {
		if j >= 0 {
			limit, size := out.states[i].limit, out.states[i].size
			out.states[i] = d.states[j]
			out.states[i].limit, out.states[i].size = limit, size
		}
	}
	var gone []uint32 // traces
	for i := range d.cards.used {
		old := d.cards.words(i)
		kept := uint16(0)
		for _, j := range from {
			if j >= 0 && d.places(i)[j] > 0 {
				kept++
			}
		}
		owner := int(d.card(i).owner)
		if out.At(owner).card = 0; kept == 0 {
			gone = append(gone, d.card(i).trace)
			continue
		}
		at := out.cards.add()
		w := out.cards.words(at)
		copy(w[:cardHead], old[:cardHead])
		copy(w[out.layout.times:], old[d.layout.times:])
		out.card(at).states = kept
		if trace := out.card(at).trace; trace > 0 {
			out.trace(int(trace - 1)).owner = uint32(at)
		}
		out.At(owner).card = uint32(at + 1)
		for slot, j := range from {
			if j >= 0 && d.places(i)[j] > 0 {
				place := d.places(i)[j]
				out.places(at)[slot] = place
				out.states[slot].At(int(place - 1)).owner = uint32(at)
			}
		}
	}
	slices.Sort(gone)
	for _, trace := range slices.Backward(gone) { // so that no other of them moves
		if trace > 0 && out.traces.take(int(trace-1)) {
			out.card(int(out.trace(int(trace - 1)).owner)).trace = trace
		}
	}
	d.cards.clear()
	for j, s := range d.states {
		if !slices.Contains(from, j) {
			s.clear()
		}
	}
	out.trim()
	return out
}
