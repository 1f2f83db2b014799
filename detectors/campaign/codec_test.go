package campaign

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math"
	"testing"

	"github.com/gatehound/gatehound/schemas"
)

// sample is a memory with everything in it.
func sample() memory {
	return memory{known: []*known{
		{id: 5, born: 10, found: 90, windows: 7, told: 80, toldSize: 2, toldCalls: 600, toldSeverity: schemas.SeverityHigh, members: []member{
			{key: 1, name: "h1:k1:a", first: 9, last: 88, joined: 10, seen: 90, took: amount{300, 4, 5}, had: amount{6, 7, 8}, day: 9, now: 1, likeness: 0.5, linked: 3},
			{key: math.MaxUint64, took: amount{1e18, 1e18, 1e18}},
		}},
		{id: 1<<48 - 1, born: 10, members: []member{{key: 2, name: "x"}}},
	}}
}

// sealed puts the right checksum under bytes.
func sealed(b []byte) []byte {
	return binary.LittleEndian.AppendUint32(bytes.Clone(b), crc32.Checksum(b, castagnoli))
}

func TestDamage(t *testing.T) {
	m := sample()
	whole := m.encode()
	if _, err := decode(whole); err != nil {
		t.Fatalf("what was written is refused: %v", err)
	}
	for n := 1; n < len(whole); n++ {
		if _, err := decode(whole[:n]); err == nil {
			t.Fatalf("the first %d of %d bytes are taken", n, len(whole))
		}
		if _, err := decode(sealed(whole[:n])); n < len(whole)-4 && err == nil {
			t.Fatalf("the first %d bytes with a checksum are taken", n)
		}
	}
	for i := range whole {
		b := bytes.Clone(whole)
		b[i] ^= 0x10
		if _, err := decode(b); err == nil {
			t.Fatalf("a changed byte %d is not seen", i)
		}
	}
}

func TestUnsound(t *testing.T) {
	for name, spoil := range map[string]func(m *memory){
		"a member twice":        func(m *memory) { m.known[1].members[0].key = 1 },
		"members out of order":  func(m *memory) { m.known[0].members[1].key = 0 },
		"a name twice":          func(m *memory) { m.known[1].id = 5 },
		"a name that is long":   func(m *memory) { m.known[1].id = 1 << 48 },
		"out of order":          func(m *memory) { m.known[1].born = 9 },
		"nobody":                func(m *memory) { m.known[1].members = nil },
		"a severity":            func(m *memory) { m.known[0].toldSeverity = 9 },
		"no number":             func(m *memory) { m.known[0].toldCalls = math.NaN() },
		"less than nothing":     func(m *memory) { m.known[0].members[0].took.input = -1 },
		"infinite":              func(m *memory) { m.known[0].toldCalls = math.Inf(1) },
		"more than like":        func(m *memory) { m.known[0].members[0].likeness = 1.5 },
		"too many campaigns":    func(m *memory) { m.known = many(maxCampaigns+1, 1) },
		"too many members":      func(m *memory) { m.known = many(2, maxMembers/2+1) },
		"a day without measure": func(m *memory) { m.known[0].members[0].day = float32(math.Inf(1)) },
	} {
		m := sample()
		spoil(&m)
		d := newWatch(DefaultConfig())
		d.memory = sample()
		if err := d.Load(m.encode()); err == nil {
			t.Errorf("%s: taken", name)
		}
		if len(d.memory.known) > 0 {
			t.Errorf("%s: what was refused is not forgotten", name)
		}
	}
	d := newWatch(DefaultConfig())
	d.memory = memory{known: many(maxCampaigns, 4)}
	if err := d.Load(d.Save()); err != nil || len(d.memory.known) != maxCampaigns {
		t.Errorf("%d campaigns came back: %v", len(d.memory.known), err)
	}
	if err := d.Load(nil); err != nil || len(d.memory.known) != 0 || d.Save() != nil {
		t.Errorf("nothing: %d campaigns, %v", len(d.memory.known), err)
	}
}

// many returns n campaigns with so many members each.
func many(n, members int) (out []*known) {
	for i := range n {
		k := &known{id: uint64(i)}
		for j := range members {
			k.members = append(k.members, member{key: uint64(i*members + j)})
		}
		out = append(out, k)
	}
	return out
}

func FuzzDecode(f *testing.F) {
	m := sample()
	f.Add(m.encode()[:len(m.encode())-4])
	f.Add([]byte{version, 0, 0, 0, 0})
	f.Add([]byte{version, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = decode(b)
		m, err := decode(sealed(b))
		if err != nil {
			if len(m.known) > 0 {
				t.Fatal("something of what was refused is left")
			}
			return
		}
		if len(m.known) > 0 && !bytes.Equal(m.encode(), sealed(b)) {
			t.Fatal("what was read is not written again")
		}
	})
}
