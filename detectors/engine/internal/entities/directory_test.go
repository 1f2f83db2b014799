package entities

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
	"unsafe"

	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

const stateSize = unsafe.Sizeof([3]uint64{})

// room are limits for about n entities with two states of stateSize.
func room(kind schemas.EntityKind, n int) Limits {
	bytes := n * StateBytes(stateSize)
	return Limits{Records: n * RecordBytes, Cards: n * CardBytes(kind, 2), Seen: 8 << 10,
		States: []StateLimit{{stateSize, bytes}, {stateSize, bytes}}}
}

// put lets an entity be seen at a time, and writes value to its state i.
func put(d *Directory, key, value uint64, i int, at int64) bool {
	place, ok := d.See(key, d.Peek(key), &Traits{Time: at})
	if !ok {
		return false
	}
	h := state(d, place, i)
	if h == nil {
		if h = d.Earn(place, i, &schemas.Event{Time: at, Principal: fmt.Sprint(key), Method: "GET", Route: fmt.Sprint(key)}); h == nil {
			return false
		}
	}
	*(*[3]uint64)(h.Memory()) = [3]uint64{value, value, value}
	return true
}

// state returns state i of the entity at place, nil if there is none.
func state(d *Directory, place, i int) *State {
	if places := d.Places(place); places != nil && places[i] > 0 {
		return d.States(i).At(int(places[i] - 1))
	}
	return nil
}

func get(d *Directory, key uint64, i int) (uint64, bool) {
	place, ok := d.Find(key, 0)
	if !ok {
		return 0, false
	}
	h := state(d, place, i)
	if h == nil {
		return 0, false
	}
	s := *(*[3]uint64)(h.Memory())
	if s[0] != s[1] || s[1] != s[2] || h.Key != key {
		panic("a state is torn")
	}
	return s[0], true
}

var testKinds = []schemas.EntityKind{schemas.EntityPrincipal, schemas.EntityAddress, schemas.EntityRoute, schemas.EntityHost}

// TestDirectoryIsAMap holds the states against maps, with keys that collide in
// the index, through additions and removals of all sorts.
func TestDirectoryIsAMap(t *testing.T) {
	for _, kind := range testKinds {
		r := rand.New(rand.NewPCG(uint64(kind), 1))
		d := New(kind, room(kind, 5000))
		model := [2]map[uint64]uint64{{}, {}}
		for step := range 40000 {
			key, i := uint64(r.IntN(1500))<<7|uint64(r.IntN(3)), r.IntN(2)
			switch place, ok := d.Find(key, 0); {
			case r.IntN(4) == 0 && ok:
				if got, want := d.Remove(place), 0; got < want {
					t.Fatal("no states")
				}
				delete(model[0], key)
				delete(model[1], key)
			case r.IntN(4) == 0 && d.states[i].used > 0:
				at := r.IntN(d.states[i].used)
				delete(model[i], d.states[i].At(at).Key)
				d.Drop(i, at)
			default:
				model[i][key] = r.Uint64()
				put(d, key, model[i][key], i, int64(step))
			}
			if step%997 == 0 && !d.sound() {
				t.Fatalf("%v: not sound after step %d", kind, step)
			}
		}
		for i := range model {
			if d.states[i].used != len(model[i]) {
				t.Errorf("%v: %d states, want %d", kind, d.states[i].used, len(model[i]))
			}
			for key, want := range model[i] {
				if got, ok := get(d, key, i); !ok || got != want {
					t.Fatalf("%v: key %d has %d, %v; want %d", kind, key, got, ok, want)
				}
				place, _ := d.Find(key, 0)
				if name := d.SubjectOf(place).Name; kind == schemas.EntityPrincipal && name != fmt.Sprint(key) {
					t.Fatalf("key %d is called %s", key, name)
				}
			}
		}
		d.DropAll(0)
		if len(model[1]) != d.states[1].used || d.states[0].Bytes() != 0 || !d.sound() {
			t.Errorf("%v: dropping one detector's states harms the other's", kind)
		}
		d.Clear()
		if n, cards := d.Used(); n != 0 || cards != 0 || d.states[1].Bytes() != 0 {
			t.Errorf("%v: a cleared directory has something", kind)
		}
	}
}

func TestCardGoesWithTheLastState(t *testing.T) {
	d := New(schemas.EntityPrincipal, room(schemas.EntityPrincipal, 100))
	put(d, 1, 1, 0, 5)
	put(d, 1, 1, 1, 5)
	d.Drop(0, 0)
	if _, cards := d.Used(); cards != 1 {
		t.Error("the card went too early")
	}
	d.Drop(1, 0)
	if n, cards := d.Used(); n != 1 || cards != 0 {
		t.Errorf("%d records and %d cards are left, want the record", n, cards)
	}
	put(d, 2, 77, 0, 6)
	if place, _ := d.Find(2, 0); d.SubjectOf(place).Name != "2" || d.At(place).Count != 1 {
		t.Error("a new card has what another left")
	}
}

func TestCountHalvesByDayAndCallersPass(t *testing.T) {
	d := New(schemas.EntityAddress, room(schemas.EntityAddress, 100))
	at := int64(1000 * 24 * time.Hour)
	see := func(at int64, caller int) *Record {
		place, _ := d.See(7, 0, &Traits{Time: at, Caller: uint8(caller%64 + 1)})
		return d.At(place)
	}
	for i := range 100 {
		see(at, i%10)
	}
	r := see(at, 3)
	if n := r.Callers(); r.Count != 101 || n < 9 || n > 12 {
		t.Errorf("count %d, callers %d; want 101 and about 10", r.Count, n)
	}
	if r = see(at+int64(7*time.Hour), 60); r.Callers() < 10 {
		t.Error("the callers of the shift before are gone")
	}
	if r = see(at-int64(time.Hour), 61); r.Callers() < 11 || r.Last != at+int64(7*time.Hour) {
		t.Error("an event out of order is not counted, or turns time back")
	}
	if r = see(at+int64(31*time.Hour), 60); r.Callers() != 1 || r.Count != 103/2+1 {
		t.Errorf("after a day of silence %d callers, count %d", r.Callers(), r.Count)
	}
	for i := range 64 {
		r = see(at+int64(31*time.Hour), i)
	}
	if r.Callers() != 100 {
		t.Errorf("many callers: %d, want 100", r.Callers())
	}
}

// TestCallersAreAboutRight holds the estimate against the truth.
func TestCallersAreAboutRight(t *testing.T) {
	for _, n := range []int{1, 5, 20, 50, 80} {
		sum := 0.0
		for trial := range 200 {
			var r Record
			for i := range n {
				r.touch(&Traits{Time: 1, Caller: uint8(sketch.Mix(uint64(trial*1000+i))>>58) + 1})
			}
			sum += float64(r.Callers()) / 200
		}
		if sum < 0.93*float64(n) || sum > 1.07*float64(n) {
			t.Errorf("%d callers are taken for %.1f on average", n, sum)
		}
	}
}

func TestOnly(t *testing.T) {
	var r Record
	if r.Only(schemas.ClientSDK, 0, 0) || r.Only(0, 0, 9) {
		t.Error("nothing is known, and yet it is only that")
	}
	r.touch(&Traits{Time: 1, Class: schemas.ClientSDK, Network: schemas.NetworkInternal, Tenant: 9})
	if !r.Only(schemas.ClientSDK, schemas.NetworkInternal, 9) || !r.Only(0, 0, 0) || r.Only(schemas.ClientHTTP, 0, 0) || r.Only(0, 0, 8) {
		t.Error("one event")
	}
	r.touch(&Traits{Time: 2, Class: schemas.ClientHTTP, Network: schemas.NetworkInternal, Tenant: 8})
	if r.Only(schemas.ClientSDK, 0, 0) || !r.Only(0, schemas.NetworkInternal, 0) || r.Only(0, 0, 9) || r.Only(0, 0, 8) {
		t.Error("a mixture")
	}
	r.touch(&Traits{Time: 3 * epoch, Class: schemas.ClientSDK})
	if !r.Only(schemas.ClientSDK, 0, 0) || r.Only(0, schemas.NetworkInternal, 0) {
		t.Error("after the epochs")
	}
}

func TestRecordIsACacheLine(t *testing.T) {
	if n := unsafe.Sizeof(Record{}); n != 64 {
		t.Errorf("a record has %d bytes", n)
	}
	for _, kind := range testKinds {
		const n = 50000
		d := New(kind, room(kind, n))
		for i := range uint64(n) {
			d.See(sketch.Mix(i), 0, &Traits{Time: 1})
		}
		if got := float64(d.Bytes()-d.seen.Bytes()) / n; got > float64(RecordBytes)*1.05 {
			t.Errorf("%v: %.0f bytes an entity, want at most %d", kind, got, RecordBytes)
		}
	}
}
