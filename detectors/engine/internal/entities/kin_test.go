package entities

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors/engine/internal/codec"
	"github.com/gatehound/gatehound/schemas"
)

// visits are events of one entity, which has the key 9: each from or of another.
func visits(d *Directory, start int64, others ...string) (place int) {
	for i, other := range others {
		ev := &schemas.Event{Time: start + int64(i)*minuteNS, Principal: "h1:k1:own", Client: netip.MustParseAddr("192.0.2.200")}
		key := uint64(0)
		for _, b := range []byte(other) {
			key = key*262 + 2*uint64(b) + 2
		}
		switch {
		case other == "stranger":
			key = Stranger
		case d.Kind == schemas.EntityAddress:
			ev.Principal = other
		case other == "unstored":
			ev.Client = netip.Addr{}
		default:
			ev.Client = netip.MustParseAddr(other)
		}
		place, _ = d.See(9, 0, &Traits{Time: ev.Time})
		if d.Places(place) == nil {
			d.Earn(place, 0, ev)
		}
		d.Note(place, key, ev)
	}
	return place
}

func names(of []schemas.Entity) (out []string) {
	for _, e := range of {
		out = append(out, e.Kind.String()+" "+e.Name)
	}
	return out
}

func TestRelatedToAPrincipal(t *testing.T) {
	start := hour0 * minuteNS
	for _, c := range []struct {
		name   string
		others []string
		since  int
		want   []string
		all    bool
	}{
		{"one", []string{"192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.1"}, 0, []string{"address 192.0.2.1"}, true},
		{"too few events", []string{"192.0.2.1", "192.0.2.1", "192.0.2.1"}, 0, nil, false},
		{"the first is lost", []string{"192.0.2.7", "192.0.2.1", "192.0.2.1", "192.0.2.1"}, 0, []string{"address 192.0.2.1"}, false},
		{"the first was before", []string{"192.0.2.7", "192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.1"}, 4, []string{"address 192.0.2.1"}, true},
		{"a network", []string{"2001:db8::1", "2001:db8::1", "2001:db8::1", "2001:db8::1"}, 0, []string{"address 2001:db8::/64"}, true},
		{"the latest first", []string{"192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.3"}, 0,
			[]string{"address 192.0.2.3", "address 192.0.2.2", "address 192.0.2.1"}, true},
		{"a stranger", []string{"192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.1", "stranger"}, 0, []string{"address 192.0.2.1"}, false},
		{"more than there is room for", []string{"192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5"}, 0,
			[]string{"address 192.0.2.5", "address 192.0.2.4", "address 192.0.2.3", "address 192.0.2.2"}, false},
		{"the one who gave way was before", []string{"192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5"}, 4,
			[]string{"address 192.0.2.5", "address 192.0.2.4", "address 192.0.2.3", "address 192.0.2.2"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := New(schemas.EntityPrincipal, room(schemas.EntityPrincipal, 10))
			place := visits(d, start, c.others...)
			got, all := d.Related(nil, 0, place, start+int64(c.since)*minuteNS)
			if !slices.Equal(names(got), c.want) || all != c.all {
				t.Errorf("got %q all %v, want %q all %v", names(got), all, c.want, c.all)
			}
		})
	}
	d := New(schemas.EntityPrincipal, room(schemas.EntityPrincipal, 10))
	place := visits(d, start, "unstored", "unstored", "unstored", "unstored")
	if got, all := d.Related(nil, 0, place, start); len(got) != 1 || !strings.HasPrefix(got[0].Name, "~") || len(got[0].Name) != 17 || !all {
		t.Errorf("an address that is not stored: %q", names(got))
	}
}

func TestRelatedToAnAddress(t *testing.T) {
	start := hour0 * minuteNS
	long := "h1:k1:" + strings.Repeat("x", 40)
	for _, c := range []struct {
		name   string
		others []string
		want   []string
		all    bool
	}{
		{"one", []string{"h1:k1:a", "h1:k1:a", "h1:k1:a", "h1:k1:a"}, []string{"principal h1:k1:a"}, true},
		{"a name that is too long", []string{"h1:k1:a", "h1:k1:a", "h1:k1:a", "h1:k1:a", long}, []string{"principal h1:k1:a"}, false},
		{"guesses", []string{"stranger", "stranger", "stranger", "stranger"}, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := New(schemas.EntityAddress, room(schemas.EntityAddress, 10))
			got, all := d.Related(nil, 0, visits(d, start, c.others...), start)
			if !slices.Equal(names(got), c.want) || all != c.all {
				t.Errorf("got %q all %v, want %q all %v", names(got), all, c.want, c.all)
			}
		})
	}
}

func TestTheEventAtHandComesFirst(t *testing.T) {
	start := hour0 * minuteNS
	d := New(schemas.EntityPrincipal, room(schemas.EntityPrincipal, 10))
	place := visits(d, start, "192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.1")
	ev := &schemas.Event{Client: netip.MustParseAddr("192.0.2.9"), Principal: "h1:k1:own"}
	if got, _ := d.Related(ev, Stranger, place, start); !slices.Equal(names(got), []string{"address 192.0.2.9", "address 192.0.2.1"}) {
		t.Errorf("got %q", names(got))
	}
	if got, all := d.Related(ev, 77, -1, start); !slices.Equal(names(got), []string{"address 192.0.2.9"}) || all {
		t.Errorf("of an entity that is not here: %q, all %v", names(got), all)
	}
	a := New(schemas.EntityAddress, room(schemas.EntityAddress, 10))
	if got, _ := a.Related(ev, Stranger, -1, start); got != nil {
		t.Errorf("whom an event names without a proof: %q", names(got))
	}
	if got, _ := a.Related(ev, 78, -1, start); !slices.Equal(names(got), []string{"principal h1:k1:own"}) {
		t.Errorf("got %q", names(got))
	}
	if got, all := New(schemas.EntityRoute, room(schemas.EntityRoute, 10)).Related(ev, 78, -1, start); got != nil || all {
		t.Errorf("of a route: %q", names(got))
	}
}

func TestDisown(t *testing.T) {
	start := hour0 * minuteNS
	d := New(schemas.EntityAddress, room(schemas.EntityAddress, 10))
	ev := &schemas.Event{Time: start, Principal: "h1:k1:a"}
	place := 0
	for range 5 {
		place, _ = d.See(9, 0, &Traits{Time: start})
		if d.Places(place) == nil {
			d.Earn(place, 0, ev)
		}
		d.Note(place, 78, ev)
	}
	if n := d.Disown([]uint64{81}); n != 0 || d.Disown([]uint64{1 << 40}) != 0 || d.Disown([]uint64{78}) == 0 {
		t.Error("the wrong one was disowned")
	}
	if got, all := d.Related(nil, 0, place, start); len(got) > 0 || all {
		t.Errorf("%q are left, all %v", names(got), all)
	}
	var w codec.Writer
	if d.traces.encode(&w); bytes.Contains(w.B, []byte("h1:k1:a")) {
		t.Error("the name is left")
	}
}

// crowdOf returns a directory of n entities with traces, which come from two addresses.
func crowdOf(n int, l Limits) *Directory {
	d := New(schemas.EntityPrincipal, l)
	for i := range 8 * n {
		key := uint64(i % n)
		ev := &schemas.Event{Time: hour0*minuteNS + int64(i)*int64(time.Second), Principal: fmt.Sprint("h1:k1:", key),
			Client: netip.AddrFrom4([4]byte{192, 0, 2, byte(key)})}
		place, ok := d.See(key, 0, &Traits{Time: ev.Time})
		if !ok {
			continue
		}
		if d.Places(place) == nil {
			d.Earn(place, int(key%2), ev)
		}
		d.Note(place, key+100, ev)
	}
	return d
}

// tracedOf tells what is known of key.
func tracedOf(d *Directory, key uint64) string {
	place, ok := d.Find(key, 0)
	if !ok {
		return ""
	}
	related, all := d.Related(nil, 0, place, hour0*minuteNS)
	if s := d.Series(place, hour0*minuteNS, (hour0+20)*minuteNS); s != nil {
		return fmt.Sprint(names(related), all, s.Step, s.Counts)
	}
	return ""
}

func TestTracesMoveWithTheirEntities(t *testing.T) {
	l := room(schemas.EntityPrincipal, 300)
	l.Traces = 300 * TraceBytes(schemas.EntityPrincipal)
	whole := crowdOf(200, l)
	want := map[uint64]string{}
	for key := range uint64(200) {
		if want[key] = tracedOf(whole, key); want[key] == "" {
			t.Fatalf("%d has no trace", key)
		}
	}
	check := func(what string, d *Directory, of func(key uint64) bool) {
		t.Helper()
		if !d.sound() {
			t.Fatalf("%s: not sound", what)
		}
		for key := range uint64(200) {
			if got := tracedOf(d, key); of(key) && got != want[key] || !of(key) && got != "" {
				t.Errorf("%s: %d has %q, want %q", what, key, got, want[key])
			}
		}
	}
	any := func(uint64) bool { return true }

	var w codec.Writer
	whole.Encode(&w)
	back := New(schemas.EntityPrincipal, l).Decode(codec.NewReader(w.B), false)
	check("a snapshot", back, any)

	odd := func(key uint64) bool { return key%2 == 1 }
	check("fewer detectors", crowdOf(200, l).Reshape(l, []int{-1, 1}), odd)

	parts := []*Directory{New(schemas.EntityPrincipal, l), New(schemas.EntityPrincipal, l)}
	back.Deal(func(key uint64) *Directory { return parts[key%2] })
	check("dealt", parts[1], odd)

	removed := crowdOf(200, l)
	for key := uint64(0); key < 200; key += 2 {
		place, _ := removed.Find(key, 0)
		removed.Remove(place)
	}
	check("removed", removed, odd)
	if removed.traces.used != 100 {
		t.Errorf("%d traces are left of 100", removed.traces.used)
	}

	few := l
	few.Traces = 20 * TraceBytes(schemas.EntityPrincipal)
	tight := crowdOf(200, few)
	if tight.traces.used > tight.traces.limit || tight.traces.used == 0 || !tight.sound() {
		t.Errorf("%d traces in room for %d", tight.traces.used, tight.traces.limit)
	}
	small := New(schemas.EntityPrincipal, few)
	small.Take(crowdOf(200, l))
	if small.traces.used > small.traces.limit || !small.sound() {
		t.Errorf("%d traces were taken into room for %d", small.traces.used, small.traces.limit)
	}
}
