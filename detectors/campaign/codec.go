package campaign

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"slices"

	"github.com/gatehound/gatehound/schemas"
)

// version is that of what encode writes. Another one is refused.
const version = 2

// errDamaged is what decode returns for what encode did not write.
var errDamaged = errors.New("read the memory of campaigns: it is damaged or of another version")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// encode returns the memory as bytes, nil of an empty one: little-endian, with a
// checksum at the end.
func (m *memory) encode() []byte {
	if len(m.known) == 0 {
		return nil
	}
	w := writer{version}
	w.u32(uint32(len(m.known)))
	for _, k := range m.known {
		w.u64(k.id)
		w.u32(k.born, k.found, k.windows, k.told, k.toldSize)
		w.f64(k.toldCalls)
		w.u32(uint32(k.toldSeverity), uint32(len(k.members)))
		for i := range k.members {
			w.member(&k.members[i])
		}
	}
	return binary.LittleEndian.AppendUint32(w, crc32.Checksum(w, castagnoli))
}

// decode reads what encode has written.
func decode(b []byte) (memory, error) {
	if len(b) == 0 {
		return memory{}, nil
	}
	end := len(b) - 4
	if end < 1 || b[0] != version || binary.LittleEndian.Uint32(b[end:]) != crc32.Checksum(b[:end], castagnoli) {
		return memory{}, errDamaged
	}
	r := reader{rest: b[1:end]}
	var m memory
	campaigns, total := r.u32(), 0
	for i := uint32(0); i < campaigns && !r.bad; i++ {
		k := r.known()
		m.known = append(m.known, k)
		total += len(k.members)
	}
	if r.bad || len(r.rest) > 0 || len(m.known) > maxCampaigns || total > maxMembers || !m.sound() {
		return memory{}, errDamaged
	}
	return m, nil
}

// sound tells that the memory is one that take can have left.
func (m *memory) sound() bool {
	owner := make(map[uint64]bool)
	ids := make(map[uint64]bool)
	for _, k := range m.known {
		if ids[k.id] || k.id >= 1<<48 || len(k.members) == 0 || k.toldSeverity > schemas.SeverityCritical {
			return false
		}
		ids[k.id] = true
		for i := range k.members {
			b := &k.members[i]
			if owner[b.key] || i > 0 && b.key <= k.members[i-1].key || b.likeness > 1 {
				return false
			}
			owner[b.key] = true
		}
	}
	return slices.IsSortedFunc(m.known, older)
}

type writer []byte

func (w *writer) u32(values ...uint32) {
	for _, v := range values {
		*w = binary.LittleEndian.AppendUint32(*w, v)
	}
}

func (w *writer) u64(v uint64) { *w = binary.LittleEndian.AppendUint64(*w, v) }

func (w *writer) f64(values ...float64) {
	for _, v := range values {
		w.u64(math.Float64bits(v))
	}
}

func (w *writer) member(b *member) {
	w.u64(b.key)
	w.u32(b.first, b.last, b.joined, b.seen, b.linked)
	w.f64(b.took.calls, b.took.input, b.took.output, b.had.calls, b.had.input, b.had.output)
	w.u32(math.Float32bits(b.day), math.Float32bits(b.now), math.Float32bits(b.likeness))
	*w = append(append(*w, byte(len(b.name))), b.name...)
}

// reader reads what writer wrote; bad is set when there was not enough, or no
// figure of this kind.
type reader struct {
	rest []byte
	bad  bool
}

func (r *reader) take(n int) []byte {
	if r.bad || len(r.rest) < n {
		r.bad = true
		return make([]byte, n)
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) u32() uint32 { return binary.LittleEndian.Uint32(r.take(4)) }
func (r *reader) u64() uint64 { return binary.LittleEndian.Uint64(r.take(8)) }

// f64 and f32 read a figure, which is never below 0.
func (r *reader) f64() float64 { return r.figure(math.Float64frombits(r.u64())) }
func (r *reader) f32() float32 { return float32(r.figure(float64(math.Float32frombits(r.u32())))) }

func (r *reader) figure(v float64) float64 {
	if !(v >= 0 && v <= math.MaxFloat32) {
		r.bad = true
		return 0
	}
	return v
}

func (r *reader) amount() amount { return amount{r.f64(), r.f64(), r.f64()} }

func (r *reader) known() *known {
	k := &known{id: r.u64(), born: r.u32(), found: r.u32(), windows: r.u32(), told: r.u32(), toldSize: r.u32()}
	k.toldCalls = r.f64()
	severity, members := r.u32(), r.u32()
	if severity > uint32(schemas.SeverityCritical) {
		r.bad = true
	}
	k.toldSeverity = schemas.Severity(severity)
	for i := uint32(0); i < members && !r.bad; i++ {
		k.members = append(k.members, r.member())
	}
	return k
}

func (r *reader) member() member {
	b := member{key: r.u64(), first: r.u32(), last: r.u32(), joined: r.u32(), seen: r.u32(), linked: r.u32()}
	b.took, b.had = r.amount(), r.amount()
	b.day, b.now, b.likeness = r.f32(), r.f32(), r.f32()
	b.name = string(r.take(int(r.take(1)[0])))
	return b
}
