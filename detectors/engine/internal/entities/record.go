package entities

import (
	"math"
	"math/bits"
	"time"
	"unsafe"

	"github.com/gatehound/gatehound/schemas"
)

// Record is what is kept of every entity, a cache line. It has no pointer in it.
type Record struct {
	Key  uint64
	Last int64 // event time of the latest event
	// Count is how many events were seen, halved for each whole day of silence;
	// it stops at 2^32-1.
	Count uint32
	// card is the place, from 1, of the card of an entity that has a state.
	card uint32
	// Rule is what the allowlist says of the entity: 0 not asked yet, 1
	// nothing, else the place of a rule, from 2.
	Rule uint16
	// classes and networks are the sets of classes of clients and of networks
	// that were seen in this epoch and the one before; tenants likewise the
	// hash of the tenant, or mixed.
	classes, networks [2]uint8
	// Told says whether the engine told something of the entity that may have an
	// end: see its constants.
	Told    uint8
	_       uint8
	tenants [2]uint32
	// callers are bitmaps of the principals seen in this epoch and the one
	// before.
	callers [2]uint64
	// first is the tag of the one whom all events tie to an entity that has no trace, 0
	// if none does, or several.
	first uint32
	_     uint32
}

// What Record.Told says: it was not asked, there is nothing, or there is something.
const (
	ToldUnasked = iota
	ToldNothing
	ToldSomething
)

const recordWords = int(unsafe.Sizeof(Record{}) / 8)

const (
	day = int64(24 * time.Hour)
	// epoch is how long what was lately seen of an entity is kept, at least; at
	// most twice that. A working day's shift is in it, a night empties it.
	epoch = int64(6 * time.Hour)
	// mixed stands for more tenants than one.
	mixed = 1
)

// Traits are what a record notes of an event.
type Traits struct {
	Time    int64
	Class   schemas.ClientClass
	Network schemas.NetworkClass
	// Tenant is a hash of the tenant, 0 if none is known.
	Tenant uint32
	// Caller is a hash of the principal below 64 plus 1, 0 if none is known.
	Caller uint8
}

// touch takes note of an event.
func (r *Record) touch(t *Traits) {
	if t.Time > r.Last {
		r.age(t.Time)
		r.Last = t.Time
	}
	if r.Count < math.MaxUint32 {
		r.Count++
	}
	r.classes[0] |= 1 << (t.Class & 7)
	r.networks[0] |= 1 << (t.Network & 7)
	if t.Caller > 0 {
		r.callers[0] |= 1 << (t.Caller - 1)
	}
	if t.Tenant != 0 && r.tenants[0] != t.Tenant {
		if r.tenants[0] == 0 {
			r.tenants[0] = t.Tenant
		} else {
			r.tenants[0] = mixed
		}
	}
}

// age brings the record from its last event to the time now.
func (r *Record) age(now int64) {
	if idle := now - r.Last; idle >= day {
		r.Count >>= min(idle/day, 31)
	}
	switch now/epoch - r.Last/epoch {
	case 0:
	case 1:
		r.classes[0], r.classes[1] = 0, r.classes[0]
		r.networks[0], r.networks[1] = 0, r.networks[0]
		r.tenants[0], r.tenants[1] = 0, r.tenants[0]
		r.callers[0], r.callers[1] = 0, r.callers[0]
	default:
		r.classes, r.networks, r.tenants, r.callers = [2]uint8{}, [2]uint8{}, [2]uint32{}, [2]uint64{}
	}
}

// worth is how much would be lost with the entity: the logarithm of its events,
// less one for each day of silence.
func (r *Record) worth(now int64) int {
	idle := max(0, now-r.Last)
	return bits.Len32(r.Count >> min(idle/day, 31))
}

// Callers is about how many principals were seen lately: linear counting
// (Whang, Vander-Zanden, Taylor, TODS 1990) with 64 bits, off by some 12 % at
// 50 and at the 100 where it ends.
func (r *Record) Callers() uint8 {
	return callersOf[bits.OnesCount64(r.callers[0]|r.callers[1])]
}

// callersOf is the estimate by how many of the 64 bits are set.
var callersOf = func() (out [65]uint8) {
	for n := range out {
		free := max(64-float64(n), 0.5)
		out[n] = uint8(min(100, math.Round(64*math.Log(64/free))))
	}
	return out
}()

// Only tells whether all that was lately seen of the entity is of the class of
// clients and the class of networks and the tenant; unknown ones and 0 stand
// for any. If nothing is known, it is not.
func (r *Record) Only(class schemas.ClientClass, network schemas.NetworkClass, tenant uint32) bool {
	if class != 0 && r.classes[0]|r.classes[1] != 1<<(class&7) {
		return false
	}
	if network != 0 && r.networks[0]|r.networks[1] != 1<<(network&7) {
		return false
	}
	if tenant == 0 {
		return true
	}
	now, before := r.tenants[0], r.tenants[1]
	return (now == tenant || now == 0) && (before == tenant || before == 0) && now|before != 0
}
