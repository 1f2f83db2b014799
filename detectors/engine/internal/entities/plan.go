package entities

import "github.com/gatehound/gatehound/schemas"

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

// Watched is a detector to Plan: the kind of entity that it watches, the size of
// a state, and its share of the memory.
type Watched struct {
	Kind  schemas.EntityKind
	Size  uintptr
	Share int
}

// Plan divides a shard's memory for the detectors of all kinds.
type Plan struct {
	of map[schemas.EntityKind][]Watched
	// unit is a sixteenth of a shard's memory.
	unit, weights int
	// share is what a detector's share stands for in bytes.
	share float64
	pages *Pages
}

// NewPlan divides bytes, which come from pages, among the detectors.
func NewPlan(bytes int, watched []Watched, pages *Pages) *Plan {
	p := &Plan{pages: pages, of: map[schemas.EntityKind][]Watched{}, unit: bytes / 16}
	whole := 0.0 // bytes for states and cards if a share stood for one byte
	for _, w := range watched {
		p.of[w.Kind] = append(p.of[w.Kind], w)
		whole += float64(w.Share)
	}
	for kind := range schemas.EntityHost + 1 {
		of := p.of[kind]
		if kind != schemas.EntityGlobal && len(of) > 0 {
			p.weights += weight(kind)
		}
		whole += cardsOf(of) * float64(CardBytes(kind, len(of))+TraceBytes(kind)/cardsForTrace)
	}
	p.share = float64(p.unit*richPart) / max(1, whole)
	return p
}

// cardsForTrace is of how many cards one has a trace: of those that come a few times
// only, which are the busiest.
const cardsForTrace = 4

// cardsOf returns how many cards the detectors of a kind need if a share stood
// for one byte: as many as the one with the most states has, but not more than
// four times as many as there would be if all had equally many.
func cardsOf(of []Watched) float64 {
	shares, bytes, most := 0.0, 0.0, 0.0
	for _, w := range of {
		n := float64(StateBytes(w.Size))
		shares, bytes = shares+float64(w.Share), bytes+n
		most = max(most, float64(w.Share)/n)
	}
	return min(most, 4*shares/max(1, bytes))
}

// Limits are those of a kind's directory. There is one entity of kind
// EntityGlobal only: it always has room.
func (p *Plan) Limits(kind schemas.EntityKind) Limits {
	l := Limits{Pages: p.pages}
	of := p.of[kind]
	if kind == schemas.EntityGlobal {
		l.Records, l.Seen = 1, 1
	} else {
		l.Records = p.unit * recordPart / p.weights * weight(kind)
		l.Seen = p.unit * seenPart / p.weights * weight(kind)
		l.Cards = int(p.share * cardsOf(of) * float64(CardBytes(kind, len(of))))
		l.Traces = int(p.share * cardsOf(of) * float64(TraceBytes(kind)/cardsForTrace))
	}
	for _, w := range of {
		l.States = append(l.States, StateLimit{Size: w.Size, Bytes: int(p.share * float64(w.Share))})
	}
	return l
}
