package engine

import (
	"runtime/debug"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/engine/internal/entities"
	"github.com/gatehound/gatehound/detectors/engine/internal/exceptions"
	"github.com/gatehound/gatehound/detectors/engine/internal/shard"
	"github.com/gatehound/gatehound/detectors/engine/internal/timeline"
	"github.com/gatehound/gatehound/schemas"
)

// deal walks over the events of a part from the offset first on.
func (e *Engine) deal(index uint32, part *schemas.Part, first int64) {
	place := e.timeline.Place(part.Range.Topic, part.Range.Partition)
	p := &e.timeline.Partitions[place]
	lateness := int64(e.settings.Config.Lateness)
	for i := range part.Events {
		ev := &part.Events[i]
		if ev.Position.Offset < first {
			e.metrics.Skipped.Inc()
			continue
		}
		switch e.timeline.See(p, ev.Time) {
		case timeline.Unbelieved:
			e.metrics.Unbelieved.Inc()
			continue
		case timeline.TurnedBack:
			e.turnBack()
		case timeline.Believed:
		}
		if ev.Time >= e.force || p.Clock-lateness >= e.due && e.timeline.Watermark() >= e.due {
			e.advance(ev.Time)
		}
		if ev.Time < e.missed {
			e.metrics.Late.Inc()
			if ev.Time < e.lost {
				continue
			}
		}
		if e.dealt >= dealtAtOnce {
			e.work()
		}
		e.dealt++
		for e.handed = 0; !e.hand(ev, index, uint32(i)); {
			e.retire() // a detector panicked; the others see the event
		}
	}
	p.Next = max(p.Next, part.Range.Next)
}

// rescue disables the detector that panicked when it was asked whether it wants
// an event.
func (e *Engine) rescue(ev *schemas.Event) {
	if cause := recover(); cause != nil {
		if e.asking == nil {
			panic(cause)
		}
		e.shared.Panicked(e.asking, cause, debug.Stack(), ev)
		e.asking = nil
	}
}

// kindOf is what the dealer knows of a kind of entity.
type kindOf struct {
	// always are the watches that want all events, a bit each; picky are the
	// others that are not disabled.
	always uint32
	picky  []*shard.Watch
	// counts tells that every event is dealt, wanted or not: because it counts
	// for a state, or for the principals behind an address.
	counts, watched bool
}

// hand gives an event to the shards of its entities; not those of kinds in
// handed. It is done unless a detector panicked.
func (e *Engine) hand(ev *schemas.Event, part, index uint32) (done bool) {
	defer e.rescue(ev)
	it := entities.Item{Event: index, Part: part}
	client, network, caller, named := detectors.Client(ev), uint64(0), uint64(0), detectors.Named(ev)
	if client.IsValid() && (e.kinds[schemas.EntityPrincipal].watched || e.kinds[schemas.EntityAddress].watched) {
		network = e.shared.Key.Addr(detectors.Network(client))
	}
	if ev.Principal != "" && (e.kinds[schemas.EntityPrincipal].watched || e.kinds[schemas.EntityAddress].watched) {
		caller = e.shared.Key.String(detectors.Caller(ev))
		e.shared.Rotated = e.shared.Rotated || ev.Subject != ""
		if it.Other = entities.Stranger; named && network != 0 {
			it.Other = network
		}
		if e.wanted(schemas.EntityPrincipal, ev, &it) {
			e.put(&it, caller)
		}
		if ev.Auth == schemas.AuthSuccess {
			it.Caller = uint8(caller>>58) + 1
		}
	}
	if it.Other = 0; named {
		it.Other = caller
	} else if ev.Principal != "" {
		it.Other = entities.Stranger
	}
	if client.IsValid() && e.wanted(schemas.EntityAddress, ev, &it) {
		e.put(&it, network)
	}
	it.Caller, it.Other = 0, 0
	if ev.Route != "" && e.wanted(schemas.EntityRoute, ev, &it) {
		e.put(&it, exceptions.RouteKey(e.shared.Key, e.hash(ev.Method), e.hash(ev.Route)))
	}
	if ev.Model != "" && e.wanted(schemas.EntityModel, ev, &it) {
		e.put(&it, e.shared.Key.Words(e.hash(ev.Provider), e.hash(ev.Model)))
	}
	if ev.Tenant != "" && e.wanted(schemas.EntityTenant, ev, &it) {
		e.put(&it, e.hash(ev.Tenant))
	}
	if ev.Host != "" && e.wanted(schemas.EntityHost, ev, &it) {
		e.put(&it, e.hash(ev.Host))
	}
	if e.wanted(schemas.EntityGlobal, ev, &it) {
		e.put(&it, shard.GlobalKey)
	}
	return true
}

// wanted notes in the item which watches of a kind want the event, and tells
// whether it is dealt to the kind.
func (e *Engine) wanted(kind schemas.EntityKind, ev *schemas.Event, it *entities.Item) bool {
	k := &e.kinds[kind]
	if !k.watched || e.handed&(1<<kind) != 0 {
		return false
	}
	wants := k.always
	for _, w := range k.picky {
		if e.asking = w; w.Spec.Wants(ev) {
			wants |= 1 << w.Slot
		}
	}
	e.asking = nil
	e.handed |= 1 << kind
	it.Kind, it.Wants = kind, wants
	return wants != 0 || k.counts
}

// hash returns the hash of a text of which few differ in a batch.
func (e *Engine) hash(text string) uint64 { return e.hashes.hash(e.shared.Key, text) }

func (e *Engine) put(it *entities.Item, key uint64) {
	it.Key = key
	e.shards[e.shardOf(key)].Put(it)
}

func (e *Engine) shardOf(key uint64) int { return int(key >> e.shift) }
