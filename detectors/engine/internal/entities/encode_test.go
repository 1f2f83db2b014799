package entities

import (
	"testing"

	"github.com/gatehound/gatehound/detectors/engine/internal/codec"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// filled is a directory in which every third entity has no state, and the
// others one or two.
func filled(n uint64) *Directory {
	d := New(schemas.EntityRoute, room(schemas.EntityRoute, 1000))
	for i := range n {
		switch i % 3 {
		case 0:
			d.See(sketch.Mix(i), 0, &Traits{Time: 5})
		case 1:
			put(d, sketch.Mix(i), i, 0, 5)
		default:
			put(d, sketch.Mix(i), i, 0, 5)
			put(d, sketch.Mix(i), i, 1, 5)
		}
	}
	return d
}

func holds(t *testing.T, d *Directory, n uint64) {
	t.Helper()
	if !d.sound() {
		t.Error("not sound")
	}
	for i := range n {
		place, ok := d.Find(sketch.Mix(i), 0)
		_, first := get(d, sketch.Mix(i), 0)
		got, second := get(d, sketch.Mix(i), 1)
		if !ok || first != (i%3 > 0) || second != (i%3 > 1) || second && got != i {
			t.Fatalf("entity %d: there %v, states %v %v", i, ok, first, second)
		}
		if first && d.SubjectOf(place).Name == "" {
			t.Fatalf("entity %d has no name", i)
		}
	}
}

func TestEncodeDecode(t *testing.T) {
	d := filled(777)
	d.records.hand, d.states[0].hand = 5, 6
	var w codec.Writer
	d.Encode(&w)
	like := New(schemas.EntityRoute, room(schemas.EntityRoute, 1000))
	r := codec.NewReader(w.B)
	back := like.Decode(r, false)
	if back == nil || !r.Done() {
		t.Fatal("it cannot be read")
	}
	holds(t, back, 777)
	if back.records.hand != 5 || back.states[0].hand != 6 {
		t.Error("the hands are elsewhere")
	}
	like.Take(back)
	holds(t, like, 777)

	smaller := New(schemas.EntityRoute, room(schemas.EntityRoute, 100))
	smaller.Take(smaller.Decode(codec.NewReader(w.B), false))
	if n, cards := smaller.Used(); n > smaller.records.limit || cards > smaller.cards.limit || !smaller.sound() {
		t.Errorf("a smaller one took %d records and %d cards", n, cards)
	}
}

func TestDeal(t *testing.T) {
	parts := []*Directory{New(schemas.EntityRoute, room(schemas.EntityRoute, 1000)), New(schemas.EntityRoute, room(schemas.EntityRoute, 1000))}
	filled(600).Deal(func(key uint64) *Directory { return parts[key&1] })
	if !parts[0].sound() || !parts[1].sound() || parts[0].records.used+parts[1].records.used != 600 {
		t.Error("entities are lost")
	}
	whole := New(schemas.EntityRoute, room(schemas.EntityRoute, 1000))
	for _, p := range parts {
		p.Deal(func(uint64) *Directory { return whole })
		p.Deal(func(uint64) *Directory { return whole }) // twice changes nothing
	}
	holds(t, whole, 600)
	tight := New(schemas.EntityRoute, room(schemas.EntityRoute, 50))
	whole.Deal(func(uint64) *Directory { return tight })
	if !tight.sound() || tight.records.used != tight.records.limit {
		t.Error("one with less room is not filled")
	}
}

func TestReshape(t *testing.T) {
	l := room(schemas.EntityRoute, 1000)
	l.States = append(l.States, StateLimit{40, 40000})
	d := filled(600).Reshape(l, []int{1, -1, 0}) // the first two change places, one is new
	if !d.sound() || len(d.states) != 3 || d.states[1].used != 0 {
		t.Fatal("not sound")
	}
	for i := range uint64(600) {
		_, first := get(d, sketch.Mix(i), 2)
		got, second := get(d, sketch.Mix(i), 0)
		if first != (i%3 > 0) || second != (i%3 > 1) || second && got != i {
			t.Fatalf("entity %d: states %v %v", i, first, second)
		}
	}
	l.States = l.States[:1]
	d = d.Reshape(l, []int{0})
	if _, cards := d.Used(); cards != 200 || !d.sound() {
		t.Errorf("%d cards are left of those with a state of the detector that stays, want 200", cards)
	}
	d = d.Reshape(room(schemas.EntityRoute, 10), []int{0, -1})
	if !d.sound() || d.records.used > d.records.limit {
		t.Error("less memory is not kept to")
	}
}

func FuzzDecode(f *testing.F) {
	var w codec.Writer
	filled(9).Encode(&w)
	f.Add(w.B)
	f.Fuzz(func(t *testing.T, data []byte) {
		back := New(schemas.EntityRoute, room(schemas.EntityRoute, 100)).Decode(codec.NewReader(data), false)
		if back == nil {
			return
		}
		if !back.sound() {
			t.Error("not sound")
		}
		for i := range back.records.used {
			_ = back.SubjectOf(i)
			_ = back.Samples(nil, i, 0, 1<<62)
		}
	})
}
