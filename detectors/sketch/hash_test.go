package sketch

import (
	"math/bits"
	"net/netip"
	"strings"
	"testing"
)

func TestStringVectors(t *testing.T) {
	// The vectors are of SipHash-1-3 with the key 00..0f over the inputs
	// empty, 00, 00 01, …, as the reference implementation prints them.
	var secret [16]byte
	for i := range secret {
		secret[i] = byte(i)
	}
	k := NewKey(secret)
	want := []uint64{0xabac0158050fc4dc, 0xc9f49bf37d57ca93, 0x82cb9b024dc7d44d, 0x8bf80ab8e7ddf7fb}
	input := ""
	for i, w := range want {
		if got := k.String(input); got != w {
			t.Errorf("%d bytes: got %#x, want %#x", i, got, w)
		}
		input += string([]byte{byte(i)})
	}
}

func TestKeyed(t *testing.T) {
	a, b := NewKey([16]byte{1}), NewKey([16]byte{2})
	for n := range 40 {
		text := strings.Repeat("x", n)
		if a.String(text) == b.String(text) {
			t.Errorf("%d bytes hash the same under two keys", n)
		}
		if a.String(text) != a.String(strings.Clone(text)) {
			t.Errorf("%d bytes hash differently under one key", n)
		}
	}
	if a.Words(1, 2) == a.Words(2, 1) {
		t.Error("the order of words does not matter")
	}
}

func TestAddrMapped(t *testing.T) {
	k := NewKey([16]byte{3})
	if k.Addr(netip.MustParseAddr("192.0.2.1")) != k.Addr(netip.MustParseAddr("::ffff:192.0.2.1")) {
		t.Error("an address and its mapped form differ")
	}
	if k.Addr(netip.MustParseAddr("fe80::1%eth0")) != k.Addr(netip.MustParseAddr("fe80::1")) {
		t.Error("the zone counts")
	}
	if k.Addr(netip.MustParseAddr("192.0.2.1")) == k.Addr(netip.MustParseAddr("192.0.2.2")) {
		t.Error("two addresses hash the same")
	}
}

func TestMixAvalanche(t *testing.T) {
	flips := 0
	for i := range uint64(1000) {
		flips += bits.OnesCount64(Mix(i) ^ Mix(i^1))
	}
	if mean := float64(flips) / 1000; mean < 30 || mean > 34 {
		t.Errorf("one input bit flips %.1f output bits, want about 32", mean)
	}
}

func BenchmarkString(b *testing.B) {
	k, text := NewKey([16]byte{1}), "h1:k1:0123456789abcdef0123456789abcdef"
	b.ReportAllocs()
	var sum uint64
	for b.Loop() {
		sum += k.String(text)
	}
	_ = sum
}
