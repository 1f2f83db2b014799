package entities

import (
	"github.com/gatehound/gatehound/detectors/engine/internal/codec"
	"github.com/gatehound/gatehound/detectors/engine/internal/frequency"
)

// Encode writes the directory.
func (d *Directory) Encode(w *codec.Writer) {
	d.records.encode(w)
	d.cards.encode(w)
	d.traces.encode(w)
	for _, s := range d.states {
		s.encode(w)
	}
	d.seen.Encode(w)
}

func (r *rows) encode(w *codec.Writer) {
	w.Number(uint64(r.used))
	w.Number(uint64(r.hand))
	w.Number(uint64(r.pass))
	w.Number(uint64(r.passWorth))
	for i := 0; i < r.used; i += 1 << r.shift {
		w.Block(codec.Memory(r.chunk(i >> r.shift)[:min(1<<r.shift, r.used-i)*r.stride]))
	}
}

func (r *rows) decode(from *codec.Reader) {
	used, hand := from.Count(0), from.Count(0)
	pass, worth := from.Count(0), from.Count(0)
	for done := 0; done < used && !from.Bad(); done += 1 << r.shift {
		from.Block(codec.Memory(r.grow()[:min(1<<r.shift, used-done)*r.stride]))
	}
	if from.Bad() || hand > used {
		from.Spoil()
		r.clear()
		return
	}
	r.used, r.hand, r.pass, r.passWorth = used, hand, pass, worth
}

// Decode returns the directory that Encode of one with the same kind and states
// wrote; its limits are those of d, but for what it has. What does not fit
// together makes the reader bad. Old tells that there are no traces.
func (d *Directory) Decode(r *codec.Reader, old bool) *Directory {
	out := &Directory{Kind: d.Kind, layout: d.layout, records: d.records.like(), cards: d.cards.like(), traces: d.traces.like()}
	out.seen = frequency.New(d.seen.Bytes())
	out.records.decode(r)
	if old {
		out.decodeOldCards(r)
	} else {
		out.cards.decode(r)
		out.traces.decode(r)
	}
	for _, s := range d.states {
		n := &States{rows: s.like(), size: s.size}
		n.decode(r)
		out.states = append(out.states, n)
	}
	out.seen.Decode(r)
	if !r.Bad() && !out.sound() {
		r.Spoil()
	}
	if r.Bad() {
		out.Clear()
		return nil
	}
	out.index()
	return out
}

// decodeOldCards reads cards without traces.
func (d *Directory) decodeOldCards(r *codec.Reader) {
	from := newRows(d.layout.stride-1, d.cards.limit, d.cards.pages)
	from.decode(r)
	for i := range from.used {
		to, card := d.cards.words(d.cards.add()), from.words(i)
		to[0] = card[0]
		copy(to[cardHead:], card[1:])
	}
	d.cards.hand, d.cards.pass, d.cards.passWorth = from.hand, from.pass, from.passWorth
	from.clear()
}

// sound tells whether records, cards and states refer to each other, and to
// nothing else.
func (d *Directory) sound() bool {
	cards, states, traces := 0, 0, 0
	for i := range d.records.used {
		if at := int(d.At(i).card); at > 0 {
			if cards++; at > d.cards.used || int(d.card(at-1).owner) != i {
				return false
			}
		}
	}
	for i := range d.cards.used {
		c := d.card(i)
		if int(c.owner) >= d.records.used || int(d.At(int(c.owner)).card) != i+1 || int(c.named) > nameWords(d.Kind)*8 {
			return false
		}
		if at := int(c.trace); at > 0 {
			if traces++; at > d.traces.used || int(d.trace(at-1).owner) != i {
				return false
			}
			for _, size := range d.trace(at - 1).kin.sizes {
				if int(size) > 8*kinWords(d.Kind) {
					return false
				}
			}
		}
		n := 0
		for j, at := range d.places(i) {
			if at == 0 {
				continue
			}
			if n++; int(at) > d.states[j].used {
				return false
			}
			h := d.states[j].At(int(at - 1))
			if int(h.owner) != i || h.Key != d.At(int(c.owner)).Key {
				return false
			}
		}
		if n == 0 || n != int(c.states) {
			return false
		}
		states += n
	}
	for _, s := range d.states {
		states -= s.used
	}
	return cards == d.cards.used && traces == d.traces.used && states == 0
}

// index makes the index of the records anew; of two with one key the later is
// not found.
func (d *Directory) index() {
	cells := 16
	for (d.records.used+1)*4 > cells*3 {
		cells *= 2
	}
	d.cells = make([]cell, cells)
	for i := range d.records.used {
		d.link(uint32(d.At(i).Key), uint32(i+1))
	}
}
