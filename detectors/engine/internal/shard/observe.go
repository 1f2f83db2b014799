package shard

import (
	"math/bits"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/engine/internal/entities"
	"github.com/gatehound/gatehound/schemas"
)

// Observe lets the detectors see the dealt items.
func (s *Shard) Observe() {
	for i := 0; i < len(s.items); {
		i = s.observeFrom(i)
	}
	s.items = s.items[:0]
	s.event, s.place, s.other = nil, -1, 0
}

// observeFrom observes from item i on, until the end or until a detector
// panics; it returns the item to go on with.
func (s *Shard) observeFrom(i int) (next int) {
	defer s.rescue()
	if i%entities.Ahead != 0 {
		clear(s.hints[:])
	}
	for ; i < len(s.items); i++ {
		if i%entities.Ahead == 0 {
			s.warm(s.items[i:min(i+entities.Ahead, len(s.items))])
		}
		next = i // should a detector panic, the others see the item still
		it := &s.items[i]
		s.event = &s.Batch.Parts[it.Part].Events[it.Event]
		s.order = uint64(it.Part)<<32 | uint64(it.Event)
		s.one(it, s.hints[i%entities.Ahead])
		s.skip = 0
	}
	return i
}

// warm touches what the items will need: their events, which lie in the order of
// time while a shard takes few of them, and what is known of their entities.
func (s *Shard) warm(items []entities.Item) {
	for i := range items {
		ev := &s.Batch.Parts[items[i].Part].Events[items[i].Event]
		s.touched += uint64(ev.Time) + uint64(ev.Status) + uint64(len(ev.Credential)) + uint64(ev.ClientClass) +
			uint64(ev.Latency) + uint64(ev.InputTokens) + ev.PromptFingerprint +
			uint64(len(ev.Tenant)) + uint64(ev.Network) + uint64(len(ev.Route)) + uint64(len(ev.Model))
	}
	s.touched += entities.Warm(s.Dirs[:], items, &s.hints)
}

// one lets the detectors of a kind see the event on behalf of the entity.
func (s *Shard) one(it *entities.Item, hint uint32) {
	ev, x, d := s.event, s.x, s.Dirs[it.Kind]
	place, ok := 0, false
	if s.skip > 0 {
		place, ok = d.Find(it.Key, hint)
	} else {
		place, ok = d.See(it.Key, hint, s.traits(it, ev))
	}
	if !ok {
		return
	}
	s.place, s.other = place, it.Other
	r := d.At(place)
	if s.skip == 0 {
		if r.Told != entities.ToldNothing {
			s.follow(r, it, ev.Time)
		}
		d.Note(place, it.Other, ev)
	}
	if r.Rule == 0 {
		r.Rule = s.Allow.Ask(it.Kind, ev)
	}
	callers := r.Callers()
	x.Callers = float64(callers)
	places := d.Places(place)
	carded := places != nil
	for wants := it.Wants; wants != 0; wants &= wants - 1 {
		w := s.ByKind[it.Kind][bits.TrailingZeros32(wants)]
		if ev.Time < w.Frame.Start || w.Index < s.skip || w.Disabled() {
			continue
		}
		var h *entities.State
		if places != nil && places[w.Slot] > 0 {
			h = d.States(w.Slot).At(int(places[w.Slot] - 1))
		} else if int(r.Count) >= w.Spec.MinEvents {
			h = d.Earn(place, w.Slot, ev)
			places = d.Places(place) // who gave way may have moved them
		}
		if h == nil {
			continue
		}
		start, slot := w.Frame.Of(ev.Time)
		h.Open |= 1 << slot
		h.Callers = callers
		s.watch = w
		x.Slot, x.WindowStart, x.Now, x.Window = slot, start, ev.Time, w.Spec.Window
		x.Entity = detectors.EntityRef{Kind: it.Kind, ID: it.Key}
		if c := &s.costs[w.Index]; c.Due() && s.Budget > 0 {
			c.Observing(func() { w.Observe(x, h.Memory(), ev) })
		} else {
			w.Observe(x, h.Memory(), ev)
		}
	}
	if !carded {
		d.Note(place, it.Other, ev) // it has a card since
	}
	d.Sample(place, ev)
}

// traits is what the record of an entity notes of an event.
func (s *Shard) traits(it *entities.Item, ev *schemas.Event) *entities.Traits {
	return &entities.Traits{
		Time: ev.Time, Class: ev.ClientClass, Network: ev.Network,
		Tenant: s.Allow.Tenant(ev.Tenant), Caller: it.Caller,
	}
}
