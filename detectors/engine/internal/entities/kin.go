package entities

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unsafe"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/schemas"
)

// kin are the latest few of those whom events tie to an address or a principal:
// of an address the principals behind it, of a principal its addresses. Their
// names stand behind the trace.
type kin struct {
	// tags are the lower halves of their keys, odd; 0 is nobody. last are the minutes
	// in which they came last, sizes the lengths of their names.
	tags, last [schemas.MaxRelated]uint32
	sizes      [schemas.MaxRelated]uint8
	// lost is the last minute in which somebody came who is not among them, whole 1 if
	// they are known since the entity's first event.
	lost, whole uint32
}

// severals is the tag that nobody has; it stands for nobody, or several.
const severals = 0

// Stranger is the Other of an event that ties somebody to the entity of whom it
// does not prove that it was he.
const Stranger = 1

func tagOf(other uint64) uint32 { return uint32(other) | 1 }

// kinWords is the room for the name of one of the kin, in words: an address has 16
// bytes; of principals those are left out whose name has more than 32.
func kinWords(kind schemas.EntityKind) int {
	switch kind {
	case schemas.EntityPrincipal:
		return 2
	case schemas.EntityAddress:
		return 4
	default:
		return 0
	}
}

// kinName is the room for the name of one of a trace's kin.
func (d *Directory) kinName(at, i int) []byte {
	n := kinWords(d.Kind)
	w := d.traces.words(at)[traceWords+i*n:][:n]
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(w))), n*8)
}

// relate notes whom the event ties to the entity of a trace.
func (d *Directory) relate(at int, minute uint32, other uint64, ev *schemas.Event) {
	s := &d.trace(at).series
	k, tag := &s.kin, tagOf(other)
	if minute == s.minute {
		s.other = tag
	}
	if other == Stranger {
		k.lost = max(k.lost, minute)
		return
	}
	i := slices.Index(k.tags[:], tag)
	if i < 0 {
		var name [32]byte
		text, size := name[:], d.nameOther(&name, other, ev)
		if i = oldest(&k.last); size > len(d.kinName(at, i)) {
			k.lost = max(k.lost, minute)
			return
		}
		k.lost, k.last[i] = max(k.lost, k.last[i]), 0
		k.tags[i], k.sizes[i] = tag, uint8(size)
		copy(d.kinName(at, i), text)
	}
	k.last[i] = max(k.last[i], minute)
}

// oldest returns the place of the least.
func oldest(last *[schemas.MaxRelated]uint32) (at int) {
	for i := range last {
		if last[i] < last[at] {
			at = i
		}
	}
	return at
}

// nameOther writes whom the event ties to an entity of d's kind, and returns the
// length of the name, which may be more than there is room for: of a principal's
// address its stored form, or its key if it is not stored; of a principal the name
// that he had before a rotation of the key ring, under which most are known.
func (d *Directory) nameOther(name *[32]byte, other uint64, ev *schemas.Event) (size int) {
	if d.Kind == schemas.EntityAddress {
		return max(copy(name[:], detectors.Caller(ev)), len(detectors.Caller(ev)))
	}
	if ev.Client.IsValid() {
		return copy(name[:], detectors.Network(ev.Client).AsSlice())
	}
	binary.LittleEndian.PutUint64(name[:], other)
	return 8
}

// entityOf returns whom a name that nameOther wrote is of.
func (d *Directory) entityOf(name []byte) schemas.Entity {
	if d.Kind == schemas.EntityAddress {
		return schemas.Entity{Kind: schemas.EntityPrincipal, Name: string(name)}
	}
	key := uint64(0)
	if len(name) == 8 {
		key, name = binary.LittleEndian.Uint64(name), nil
	}
	return schemas.Entity{Kind: schemas.EntityAddress, Name: string(appendAddress(nil, networkOf(name), key))}
}

// Related returns whom events since start tie to the entity at place: the one of
// the event at hand first, whose Item.Other is other, unless it is nil, then the
// others, the latest first. All tells that there are certainly no more. place is
// -1 if the entity is not here.
func (d *Directory) Related(event *schemas.Event, other uint64, place int, start int64) (out []schemas.Entity, all bool) {
	if kinWords(d.Kind) == 0 {
		return nil, false
	}
	if event != nil && other != 0 {
		out = d.atHand(event, other)
	}
	at := d.traced(place)
	if at < 0 {
		return out, false
	}
	s, from := &d.trace(at).series, uint32(max(start, 0)/int64(time.Minute))
	k := &s.kin
	order := []int{0, 1, 2, 3}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(k.last[b], k.last[a]) })
	all = s.minute > 0 && (k.whole == 1 || s.born < from) && (k.lost == 0 || k.lost < from)
	for _, i := range order {
		if k.tags[i] == 0 || k.last[i] < from {
			continue
		}
		e := d.entityOf(d.kinName(at, i)[:k.sizes[i]])
		switch {
		case slices.Contains(out, e):
		case len(out) == schemas.MaxRelated:
			all = false
		default:
			out = append(out, e)
		}
	}
	return out, all
}

// atHand returns whom the event at hand ties to the entity. A principal's address
// is where the event came from, also if it does not prove who sent it; a principal
// behind an address is one who proved it.
func (d *Directory) atHand(event *schemas.Event, other uint64) []schemas.Entity {
	switch {
	case d.Kind == schemas.EntityPrincipal && event.Client.IsValid():
		return []schemas.Entity{d.entityOf(detectors.Network(event.Client).AsSlice())}
	case d.Kind == schemas.EntityPrincipal && other != Stranger:
		return []schemas.Entity{d.entityOf(binary.LittleEndian.AppendUint64(nil, other))}
	case d.Kind == schemas.EntityAddress && other != Stranger:
		return []schemas.Entity{{Kind: schemas.EntityPrincipal, Name: PrincipalName(strings.Clone(detectors.Caller(event)), other)}}
	}
	return nil
}

// Disown drops those from everybody's kin whose keys are among keys, and returns of
// how many entities it did.
func (d *Directory) Disown(keys []uint64) (entities int) {
	if kinWords(d.Kind) == 0 || len(keys) == 0 {
		return 0
	}
	for at := range d.traces.used {
		s, had := &d.trace(at).series, 0
		for i, tag := range s.kin.tags {
			if tag == 0 || !slices.ContainsFunc(keys, func(key uint64) bool { return tagOf(key) == tag }) {
				continue
			}
			s.kin.lost = max(s.kin.lost, s.kin.last[i])
			s.kin.tags[i], s.kin.last[i], s.kin.sizes[i] = 0, 0, 0
			clear(d.kinName(at, i))
			had = 1
		}
		if had > 0 {
			s.other = 0
		}
		entities += had
	}
	return entities
}

// appendAddress appends how findings name an address: as it is stored, or by its key
// if policy does not store it.
func appendAddress(b []byte, network netip.Prefix, key uint64) []byte {
	switch {
	case !network.IsValid():
		return fmt.Appendf(b, "~%016x", key)
	case network.IsSingleIP():
		return network.Addr().AppendTo(b)
	default:
		return network.AppendTo(b)
	}
}
