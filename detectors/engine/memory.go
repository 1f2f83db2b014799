package engine

import (
	"github.com/gatehound/gatehound/detectors/engine/internal/entities"
	"github.com/gatehound/gatehound/schemas"
)

// The parts of the memory, in sixteenths: the estimates of newcomers, and the
// records of all entities with their index. The states and the cards of those
// that have one share the rest.
const (
	seenPart   = 1
	recordPart = 3
	richPart   = 16 - seenPart - recordPart
)

// weight is a kind's share of records, cards and estimates: callers and their
// addresses are many, routes and models are not.
func weight(kind schemas.EntityKind) int {
	switch kind {
	case schemas.EntityPrincipal, schemas.EntityAddress:
		return 8
	default:
		return 1
	}
}

// plan divides the memory for the watches of all kinds.
type plan struct {
	// unit is a sixteenth of a shard's memory.
	unit, weights int
	// share is what a watch's share stands for in bytes of a shard.
	share float64
}

func (e *Engine) plan(byKind *[kinds][]*watch) plan {
	p := plan{unit: int(e.settings.Config.Memory) / 16 / len(e.shards)}
	whole := 0.0 // bytes for states and cards if a share stood for one byte
	for kind, of := range byKind {
		if len(of) > 0 && kind != int(schemas.EntityGlobal) {
			p.weights += weight(schemas.EntityKind(kind))
		}
		for _, w := range of {
			whole += float64(w.spec.Share)
		}
		whole += cardsOf(of) * float64(entities.CardBytes(schemas.EntityKind(kind), len(of)))
	}
	p.share = float64(p.unit*richPart) / max(1, whole)
	return p
}

// cardsOf returns how many cards the watches of a kind need if a share stood
// for one byte: as many as the one with the most states has, but not more than
// four times as many as there would be if all had equally many.
func cardsOf(of []*watch) float64 {
	shares, bytes, most := 0.0, 0.0, 0.0
	for _, w := range of {
		size, _ := w.Sizes()
		n := float64(entities.StateBytes(size))
		shares, bytes = shares+float64(w.spec.Share), bytes+n
		most = max(most, float64(w.spec.Share)/n)
	}
	if bytes == 0 {
		return 0
	}
	return min(most, 4*shares/bytes)
}

// limits are those of a kind's directory in one shard. There is one entity of
// kind EntityGlobal only: it always has room.
func (p *plan) limits(kind schemas.EntityKind, of []*watch) entities.Limits {
	var l entities.Limits
	if kind == schemas.EntityGlobal {
		l.Records, l.Seen = 1, 1
	} else {
		l.Records = p.unit * recordPart / p.weights * weight(kind)
		l.Seen = p.unit * seenPart / p.weights * weight(kind)
		l.Cards = int(p.share * cardsOf(of) * float64(entities.CardBytes(kind, len(of))))
	}
	for _, w := range of {
		size, _ := w.Sizes()
		l.States = append(l.States, entities.StateLimit{Size: size, Bytes: int(p.share * float64(w.spec.Share))})
	}
	return l
}
