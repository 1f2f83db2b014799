package keyabuse

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

func TestKnown(t *testing.T) {
	var k known
	a := age{born: 65530, history: 6, settle: 48} // times wrap around
	hash := func(n int) uint64 { return uint64(n+1) << 32 }
	now := func(hours int) uint16 { return uint16(65530 + hours) }
	if m := k.see(hash(0), now(0), &a); !a.settled(m, now(9)) {
		t.Error("a thing of the first hours is new")
	}
	if k.today != 0 {
		t.Error("a thing of the first hours is a newcomer")
	}
	m := k.see(hash(1), now(20), &a)
	if a.settled(m, now(67)) || !a.settled(m, now(68)) || k.today != 1 {
		t.Errorf("a newcomer settles at the wrong time, or is not counted: %+v", k)
	}
	// A flood of new things does not push out what is settled.
	for i := range 100 {
		k.see(hash(2+i), now(21), &a)
	}
	if k.find(hash(0)) == nil || k.find(hash(101)) == nil || k.find(hash(50)) != nil {
		t.Error("the wrong things are kept")
	}
	k.nextDay()
	if k.steady() || k.newcomers != 3 || k.today != 0 {
		t.Errorf("after a day of newcomers: %+v", k)
	}
	for range 5 {
		k.nextDay()
	}
	if !k.steady() {
		t.Error("newcomers are not forgotten")
	}
	k.settle(&a)
	if n := k.settledCount(now(22), &a); n != 8 {
		t.Errorf("%d things are settled, want all 8", n)
	}
}

func TestNetwork(t *testing.T) {
	of := func(address string, asn uint32, class schemas.NetworkClass) uint64 {
		ev := schemas.Event{ASN: asn, Network: class}
		if address != "" {
			ev.ClientAddr = netip.MustParseAddr(address)
		}
		hash, numbered := network(&ev)
		if numbered != (asn != 0 && class != schemas.NetworkInternal) {
			t.Errorf("%s: numbered is %v", address, numbered)
		}
		return hash
	}
	unknown := schemas.NetworkUnknown
	for _, same := range [][2]uint64{
		{of("203.0.113.1", 0, unknown), of("203.0.200.7", 0, unknown)},
		{of("203.0.113.1", 0, unknown), of("::ffff:203.0.1.1", 0, unknown)},
		{of("203.0.113.1", 64500, unknown), of("198.51.100.1", 64500, unknown)},
		{of("2001:db8:1::1", 0, unknown), of("2001:db8:ffff::2", 0, unknown)},
		{of("10.1.2.3", 0, unknown), of("192.168.7.7", 0, unknown)},
		{of("203.0.113.1", 0, schemas.NetworkInternal), of("", 7, schemas.NetworkInternal)},
		{of("", 0, unknown), 0},
	} {
		if same[0] != same[1] {
			t.Errorf("one network has two hashes: %x", same)
		}
	}
	seen := map[uint64]bool{}
	for _, address := range []string{"203.0.113.1", "203.1.113.1", "2001:db8::1", "2001:db9::1", "10.0.0.1"} {
		for _, asn := range []uint32{0, 64500} {
			seen[of(address, asn, unknown)] = true
		}
	}
	if len(seen) != 6 {
		t.Errorf("%d networks, want 6", len(seen))
	}
}

func TestProduct(t *testing.T) {
	for agent, want := range map[string]string{
		"OpenAI/Python 1.40.2": "OpenAI", "curl/8.1": "curl", "curl": "curl", "My Tool (x)": "My", "/": "/", "(a)": "(a)", "": "",
	} {
		if got := product(agent); got != want {
			t.Errorf("%q is made by %q, want %q", agent, got, want)
		}
	}
}

func TestUnusual(t *testing.T) {
	s := State{first: detectortest.At(0)}
	work := func(days int, hours ...int) {
		for d := range days {
			for _, h := range hours {
				at := detectortest.At(time.Duration(24*d+h) * time.Hour)
				s.active[0][slot(at)/64] |= 1 << (slot(at) % 64)
			}
		}
	}
	work(5, 9, 10, 11, 12, 13, 14, 15, 16, 17)
	for _, c := range []struct {
		day, hour int
		want      bool
	}{
		{2, 3, false}, // too young
		{9, 3, true}, {9, 6, true}, {9, 7, false}, {9, 19, false}, {9, 20, true},
		{12, 11, false}, // a Saturday, but an hour of other days
		{19, 11, true},  // by now weekends are known to be free
		{16, 11, false},
	} {
		if got := s.unusual(detectortest.At(time.Duration(24*c.day+c.hour) * time.Hour)); got != c.want {
			t.Errorf("day %d, %d:00 is unusual: %v", c.day, c.hour, got)
		}
	}
	work(7, 0, 1, 2, 3, 4, 5, 6, 7, 8, 18)
	if s.unusual(detectortest.At(19*24*time.Hour + 22*time.Hour)) {
		t.Error("a key that hardly rests has unusual hours")
	}
}

func TestAccepted(t *testing.T) {
	for _, c := range []struct {
		auth   schemas.AuthOutcome
		status uint16
		want   bool
	}{
		{schemas.AuthSuccess, 401, true}, // the provider's refusal of the gateway
		{schemas.AuthUnknown, 200, true}, {schemas.AuthUnknown, 401, false}, {schemas.AuthFailure, 200, false},
	} {
		if accepted(&schemas.Event{Auth: c.auth, Status: c.status}) != c.want {
			t.Errorf("%+v: accepted is %v", c, !c.want)
		}
	}
	if !accepted(&schemas.Event{Auth: schemas.AuthFailure, AuthReason: schemas.ReasonForbidden, Status: 403}) {
		t.Error("a caller who may not do a thing is not known")
	}
}

// TestMoved is about a gateway that begins to see its balancer's address for
// all: what is new then is taken for known.
func TestMoved(t *testing.T) {
	var users []user
	for i := range 8 {
		u := owner
		u.name = fmt.Sprintf("h1:k1:key%d", i)
		u.change = func(_ *rand.Rand, m int, ev *schemas.Event) {
			if m >= start {
				ev.ClientAddr = at(222, 1)
			}
		}
		users = append(users, u)
	}
	late := user{name: "h1:k1:key3", net: 222, much: between(start+3*hour60, start+4*hour60, 40), change: func(_ *rand.Rand, _ int, ev *schemas.Event) { strong(ev) }}
	want(t, play(t, 12, start+5*hour60, append(users, late)...))
	// One key alone that moves so is told.
	want(t, play(t, 12, start+5*hour60, owner,
		user{name: victim, net: 222, much: between(start+3*hour60, start+4*hour60, 40), change: late.change}), "keyabuse.jacking", "keyabuse.jacking")
}
