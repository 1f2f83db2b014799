package entities

import (
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/gatehound/gatehound/detectors/engine/internal/codec"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

const stateSize = unsafe.Sizeof([3]uint64{})

func put(t *Table, key, value uint64, seen uint8) bool {
	place, ok := t.Find(key)
	if !ok {
		if place, ok = t.Insert(key, seen); !ok {
			return false
		}
	}
	e := t.At(place)
	e.Count++
	e.Freq++
	*(*[3]uint64)(t.State(place)) = [3]uint64{value, value, value}
	return true
}

func get(t *Table, key uint64) (uint64, bool) {
	place, ok := t.Find(key)
	if !ok {
		return 0, false
	}
	s := *(*[3]uint64)(t.State(place))
	if s[0] != s[1] || s[1] != s[2] {
		panic("a state is torn")
	}
	return s[0], true
}

// TestTableIsAMap holds the table against a map, with keys that collide in the
// index, through insertions and removals.
func TestTableIsAMap(t *testing.T) {
	for _, kind := range []schemas.EntityKind{schemas.EntityPrincipal, schemas.EntityAddress, schemas.EntityRoute, schemas.EntityGlobal} {
		r := rand.New(rand.NewPCG(uint64(kind), 1))
		table, model := NewTable(kind, stateSize, 5000), map[uint64]uint64{}
		for range 40000 {
			key := uint64(r.IntN(1500))<<7 | uint64(r.IntN(3))
			if r.IntN(3) == 0 {
				if place, ok := table.Find(key); ok {
					table.Remove(place)
				}
				delete(model, key)
			} else {
				model[key] = r.Uint64()
				put(table, key, model[key], 1)
			}
		}
		if table.Used != len(model) {
			t.Errorf("%v: %d entities, want %d", kind, table.Used, len(model))
		}
		for key, want := range model {
			if got, ok := get(table, key); !ok || got != want {
				t.Fatalf("%v: key %d has %d, %v; want %d", kind, key, got, ok, want)
			}
		}
		table.Clear()
		if _, ok := table.Find(1); ok || table.Bytes() != 0 {
			t.Errorf("%v: a cleared table has something", kind)
		}
	}
}

func TestNewEntityIsZeroed(t *testing.T) {
	table := NewTable(schemas.EntityPrincipal, stateSize, 100)
	put(table, 1, 77, 1)
	table.SetName(0, &schemas.Event{Principal: "someone"})
	table.Remove(0)
	place, _ := table.Insert(2, 1)
	if *(*[3]uint64)(table.State(place)) != [3]uint64{} || table.SubjectOf(place).Name != "" {
		t.Error("a new entity has what another left")
	}
}

// TestOneShotsPushNobodyOut floods a full table of entities with a history.
func TestOneShotsPushNobodyOut(t *testing.T) {
	table, seen := NewTable(schemas.EntityAddress, stateSize, 1024), NewFrequency(8<<10)
	for i := range uint64(table.limit) {
		for range 12 {
			put(table, sketch.Mix(i), i, 255)
		}
	}
	before := table.Bytes()
	for i := range uint64(300000) {
		key := sketch.Mix(1<<40 | i)
		put(table, key, i, seen.Add(key))
	}
	kept := 0
	for i := range uint64(table.limit) {
		if _, ok := get(table, sketch.Mix(i)); ok {
			kept++
		}
	}
	if kept < table.limit*98/100 {
		t.Errorf("%d of %d entities with a history are left", kept, table.limit)
	}
	if table.Used > table.limit || table.Bytes() != before {
		t.Errorf("%d entities in %d bytes, want at most %d in %d", table.Used, table.Bytes(), table.limit, before)
	}
	if table.Refused < 290000 {
		t.Errorf("%d were refused", table.Refused)
	}
}

func TestBusyNewcomerGetsIn(t *testing.T) {
	table, seen := NewTable(schemas.EntityAddress, stateSize, 64), NewFrequency(8<<10)
	for i := range uint64(table.limit) {
		put(table, sketch.Mix(i), i, 1)
	}
	for range 200 {
		if put(table, 7, 1, seen.Add(7)) {
			break
		}
	}
	if _, ok := get(table, 7); !ok || table.Evicted != 1 || table.Used != table.limit {
		t.Errorf("there %v, evicted %d, used %d of %d", ok, table.Evicted, table.Used, table.limit)
	}
}

func TestResizeForgetsTheYoungest(t *testing.T) {
	table := NewTable(schemas.EntityAddress, stateSize, 256)
	for i := range uint64(200) {
		put(table, i, i, 1)
	}
	table.Resize(64)
	if table.Used != 64 {
		t.Fatalf("%d entities", table.Used)
	}
	for i := range uint64(200) {
		if _, ok := get(table, i); ok != (i < 64) {
			t.Errorf("entity %d: there %v", i, ok)
		}
	}
	table.Resize(1000)
	for i := range uint64(500) {
		put(table, i, i, 1)
	}
	if table.Used != 500 {
		t.Errorf("after growing %d entities", table.Used)
	}
}

func TestBytesPerEntityHolds(t *testing.T) {
	for _, kind := range []schemas.EntityKind{schemas.EntityPrincipal, schemas.EntityAddress, schemas.EntityRoute} {
		const n = 100000
		table := NewTable(kind, 400, n)
		for i := range uint64(n) {
			table.Insert(sketch.Mix(i), 1)
		}
		if got, most := float64(table.Bytes())/n, float64(BytesPerEntity(kind, 400))*1.05; got > most {
			t.Errorf("%v: %.0f bytes an entity, want at most %.0f", kind, got, most)
		}
	}
}

func TestEncodeDecode(t *testing.T) {
	table, seen := NewTable(schemas.EntityRoute, stateSize, 1000), NewFrequency(4096)
	for i := range uint64(777) {
		put(table, sketch.Mix(i), i, seen.Add(i))
	}
	table.Hand = 5
	var w codec.Writer
	table.Encode(&w)
	seen.Encode(&w)
	back, other := NewTable(schemas.EntityRoute, stateSize, 1000), NewFrequency(4096)
	r := codec.NewReader(w.B)
	if hand := back.Decode(r, func(uint64) *Table { return back }); hand != 5 {
		t.Errorf("hand %d", hand)
	}
	other.Decode(r)
	if !r.Done() || back.Used != 777 || other.added != seen.added || other.blocks[3] != seen.blocks[3] {
		t.Errorf("done %v, %d entities", r.Done(), back.Used)
	}
	for i := range uint64(777) {
		if got, ok := get(back, sketch.Mix(i)); !ok || got != i || back.At(int(i)).Key != sketch.Mix(i) {
			t.Fatalf("entity %d: %d, %v", i, got, ok)
		}
	}
	small := NewTable(schemas.EntityRoute, stateSize, 64)
	small.Decode(codec.NewReader(w.B), func(uint64) *Table { return small })
	if small.Used != 64 {
		t.Errorf("a smaller table took %d", small.Used)
	}
}

func TestFrequency(t *testing.T) {
	f := NewFrequency(64 << 10)
	if !f.Fits(64<<10) || f.Fits(256<<10) {
		t.Error("the size is not told apart")
	}
	over := 0
	for i := range uint64(4000) {
		for range i % 5 {
			f.Add(sketch.Mix(i))
		}
		if got := f.Add(sketch.Mix(i)); uint64(got) > i%5+1 {
			over++
		} else if uint64(got) < i%5+1 {
			t.Fatalf("key %d: %d, want %d or more", i, got, i%5+1)
		}
	}
	if over > 40 {
		t.Errorf("%d of 4000 estimates are too high", over)
	}
	for range 100000 {
		f.Add(1)
	}
	if got := f.Add(sketch.Mix(4)); got > 5 {
		t.Errorf("after many others the old count is still %d", got)
	}
	f.Clear()
	if got := f.Add(1); got != 1 {
		t.Errorf("after clearing %d", got)
	}
}

func FuzzDecode(f *testing.F) {
	table := NewTable(schemas.EntityPrincipal, stateSize, 100)
	put(table, 3, 4, 1)
	var w codec.Writer
	table.Encode(&w)
	NewFrequency(256).Encode(&w)
	f.Add(w.B)
	f.Fuzz(func(t *testing.T, data []byte) {
		back, seen := NewTable(schemas.EntityPrincipal, stateSize, 100), NewFrequency(256)
		r := codec.NewReader(data)
		back.Decode(r, func(uint64) *Table { return back })
		seen.Decode(r)
		for i := range back.Used {
			_ = back.SubjectOf(i)
		}
	})
}
