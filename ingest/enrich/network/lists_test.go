package network

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"strings"
	"testing"

	"github.com/gatehound/gatehound/schemas"
)

func TestLists(t *testing.T) {
	l := NewLists()
	for class, text := range map[schemas.NetworkClass]string{
		schemas.NetworkHosting:  "\xef\xbb\xbf# clouds\n198.51.100.0/24\r\n\n  2001:db8::/32 # v6\nAS64496\nas64497 ; comment\n64.0.0.0/8,us\n",
		schemas.NetworkProxy:    "198.51.100.128/25\n192.0.2.0/24 ; SBL1\nAS64497\n",
		schemas.NetworkTor:      "198.51.100.200\n192.0.2.0/24\n2001:db8::5\n::ffff:203.0.113.0/120",
		schemas.NetworkInternal: "10.0.0.0/8\nfd00::/8\n10.1.2.3/16",
	} {
		if err := l.Add(class, []byte(text)); err != nil {
			t.Fatalf("%v: %v", class, err)
		}
	}
	l.asns[16509] = schemas.NetworkInternal
	l.AddClouds()
	for _, c := range []struct {
		addr string
		asn  uint32
		want schemas.NetworkClass
	}{
		{"198.51.100.1", 0, schemas.NetworkHosting},
		{"198.51.100.130", 0, schemas.NetworkProxy},
		{"198.51.100.200", 0, schemas.NetworkTor}, // the narrowest
		{"192.0.2.1", 0, schemas.NetworkTor},      // listed in two
		{"203.0.113.5", 0, schemas.NetworkTor},    // mapped
		{"2001:db8::1", 0, schemas.NetworkHosting},
		{"2001:db8::5", 0, schemas.NetworkTor},
		{"64.1.1.1", 0, schemas.NetworkHosting},
		{"10.200.0.1", 64496, schemas.NetworkInternal}, // the network before its operator
		{"fd12::1", 0, schemas.NetworkInternal},
		{"9.9.9.9", 0, schemas.NetworkUnknown},
		{"9.9.9.9", 64496, schemas.NetworkHosting},
		{"9.9.9.9", 64497, schemas.NetworkProxy},
		{"9.9.9.9", 24940, schemas.NetworkHosting},  // built in
		{"9.9.9.9", 16509, schemas.NetworkInternal}, // a list before what is built in
		{"9.9.9.9", 3320, schemas.NetworkUnknown},
	} {
		if got := l.Class(netip.MustParseAddr(c.addr), c.asn); got != c.want {
			t.Errorf("%s of AS%d is %v, want %v", c.addr, c.asn, got, c.want)
		}
	}
	if got := l.Class(netip.Addr{}, 0); got != schemas.NetworkUnknown {
		t.Errorf("no address is %v", got)
	}
}

func TestListsRefuse(t *testing.T) {
	for _, text := range []string{
		"10.0.0.0/33", "10.0.0", "AS", "AS0", "ASx", "AS4294967296", "<!DOCTYPE html>", "fe80::1%eth0", "::ffff:10.0.0.0/64",
		"\x00\x01", strings.Repeat("1", 100),
	} {
		err := NewLists().Add(schemas.NetworkTor, []byte("# ok\n192.0.2.1\n"+text))
		if err == nil || !strings.Contains(err.Error(), "line 3 ") {
			t.Errorf("%q: %v", text, err)
		}
		if err != nil && len(text) > 4 && strings.Contains(err.Error(), text) {
			t.Errorf("the error quotes the list: %v", err)
		}
	}
}

// TestCloudsAreDistinct holds that the built-in list has no slip of the pen.
func TestCloudsAreDistinct(t *testing.T) {
	seen := map[uint32]bool{}
	for _, n := range clouds {
		if n == 0 || seen[n] {
			t.Errorf("AS%d is listed twice, or none", n)
		}
		seen[n] = true
	}
}

// TestManyNetworks holds that a million networks take little memory for each.
func TestManyNetworks(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	var text strings.Builder
	const n = 300_000
	for range n {
		fmt.Fprintf(&text, "%d.%d.%d.%d/32\n", rng.IntN(224), rng.IntN(256), rng.IntN(256), rng.IntN(256))
	}
	data := []byte(text.String())
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	l := NewLists()
	if err := l.Add(schemas.NetworkTor, data); err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	each := float64(after.HeapAlloc-before.HeapAlloc) / float64(l.Len())
	t.Logf("%d networks, %.0f bytes each", l.Len(), each)
	if l.Len() < n*9/10 || each > 200 {
		t.Errorf("%d networks, %.0f bytes each", l.Len(), each)
	}
	runtime.KeepAlive(data)
}

func FuzzLists(f *testing.F) {
	f.Add([]byte("192.0.2.0/24 x\nAS1\n::1\n#"))
	f.Fuzz(func(t *testing.T, data []byte) {
		l := NewLists()
		if l.Add(schemas.NetworkProxy, data) == nil && l.Len() > len(data) {
			t.Errorf("%d networks of %d bytes", l.Len(), len(data))
		}
		l.Class(netip.MustParseAddr("192.0.2.1"), 1)
	})
}

func BenchmarkClass(b *testing.B) {
	l := NewLists()
	var text strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&text, "%d.%d.%d.0/24\n", 1+i%200, i/200%256, i%251)
	}
	if err := l.Add(schemas.NetworkHosting, []byte(text.String())); err != nil {
		b.Fatal(err)
	}
	a := netip.MustParseAddr("150.3.7.9")
	b.ReportAllocs()
	for b.Loop() {
		l.Class(a, 64496)
	}
}
