package redact

import (
	"encoding/binary"
	"encoding/hex"
	"math/bits"
	"math/rand/v2"
	"net/netip"
	"os"
	"strings"
	"testing"
)

// TestCryptoPAn holds the algorithm against what was published: the sample trace
// of its authors, and for IPv6, of which they gave none, the vectors of other
// programs. testdata/cryptopan.txt names the source of each.
func TestCryptoPAn(t *testing.T) {
	text, err := os.ReadFile("testdata/cryptopan.txt")
	if err != nil {
		t.Fatal(err)
	}
	var p *pan
	var cache *addressCache
	families := map[bool]int{}
	for line := range strings.Lines(string(text)) {
		word := strings.Fields(line)
		if len(word) != 2 || word[0] == "#" {
			continue
		}
		if word[0] == "key" {
			key, err := hex.DecodeString(word[1])
			if err != nil || len(key) != 32 {
				t.Fatal(line, err)
			}
			p = newRawPan(key)
			cache = newAddressCache(p)
			continue
		}
		in, want := netip.MustParseAddr(word[0]), netip.MustParseAddr(word[1])
		families[in.Is6()]++
		if got := p.forward(in); got != want {
			t.Errorf("%s became %s, want %s", in, got, want)
		}
		for range 2 {
			if got := cache.forward(in); got != want {
				t.Errorf("%s became %s in the cache, want %s", in, got, want)
			}
		}
		if back := p.inverse(want); back != in {
			t.Errorf("%s was revealed as %s", want, back)
		}
	}
	if families[false] < 90 || families[true] < 20 {
		t.Errorf("%d pairs of IPv4 and %d of IPv6 were read", families[false], families[true])
	}
}

func TestCryptoPAnOfNoAddress(t *testing.T) {
	p := newPan(testKeys(t).ring[0].Secret)
	if p.forward(netip.Addr{}).IsValid() || p.inverse(netip.Addr{}).IsValid() {
		t.Error("no address became one")
	}
	plain, mapped := netip.MustParseAddr("128.11.68.132"), netip.MustParseAddr("::ffff:128.11.68.132")
	if p.forward(mapped) != p.forward(plain) {
		t.Error("a mapped address is not the IPv4 address that it stands for")
	}
}

// TestCryptoPAnKeepsPrefixes draws pairs and compares how long a prefix they
// share before and after.
func TestCryptoPAnKeepsPrefixes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	c := newAddressCache(newPan(testKeys(t).ring[0].Secret))
	for range 3000 {
		var a, b [16]byte
		binary.BigEndian.PutUint64(a[:], rng.Uint64())
		binary.BigEndian.PutUint64(a[8:], rng.Uint64())
		b = a
		at := rng.IntN(128)
		b[at/8] ^= 0x80 >> (at % 8)
		x, y := c.forward(netip.AddrFrom16(a)).As16(), c.forward(netip.AddrFrom16(b)).As16()
		if got := shared(x[:], y[:]); got != at {
			t.Fatalf("%d bits are shared, want %d", got, at)
		}
		at %= 32
		b = a
		b[at/8] ^= 0x80 >> (at % 8)
		v, w := c.forward(netip.AddrFrom4([4]byte(a[:4]))).As4(), c.forward(netip.AddrFrom4([4]byte(b[:4]))).As4()
		if got := shared(v[:], w[:]); got != at {
			t.Fatalf("%d bits of IPv4 are shared, want %d", got, at)
		}
	}
}

func shared(a, b []byte) int {
	for i := range a {
		if x := a[i] ^ b[i]; x != 0 {
			return i*8 + bits.LeadingZeros8(x)
		}
	}
	return len(a) * 8
}

// TestAddressCacheIsRight compares the cache with the algorithm while entries
// overwrite one another.
func TestAddressCacheIsRight(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	p := newPan(testKeys(t).ring[0].Secret)
	c := newAddressCache(p)
	for range 20000 {
		var b [16]byte
		binary.BigEndian.PutUint32(b[:], rng.Uint32N(4096)<<8|rng.Uint32N(16))
		binary.BigEndian.PutUint64(b[8:], rng.Uint64N(4))
		for _, a := range []netip.Addr{netip.AddrFrom4([4]byte(b[:4])), netip.AddrFrom16(b)} {
			if got, want := c.forward(a), p.forward(a); got != want {
				t.Fatalf("%s became %s, want %s", a, got, want)
			}
		}
	}
}

func BenchmarkAddress(b *testing.B) {
	c := newAddressCache(newPan(testKeys(b).ring[0].Secret))
	for _, bench := range []struct {
		name string
		next func(i uint32) netip.Addr
	}{
		{"cached", func(uint32) netip.Addr { return netip.AddrFrom4([4]byte{203, 0, 113, 9}) }},
		{"one network", func(i uint32) netip.Addr { return netip.AddrFrom4([4]byte{203, 0, 113, byte(i)}) }},
		{"one-shot", func(i uint32) netip.Addr {
			i *= 2654435761
			return netip.AddrFrom4([4]byte{byte(i >> 24), byte(i >> 16), byte(i >> 8), byte(i)})
		}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for i := uint32(0); b.Loop(); i++ {
				c.forward(bench.next(i))
			}
		})
	}
}
