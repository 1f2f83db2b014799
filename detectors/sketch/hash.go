package sketch

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
)

// Key is a secret under which strings are hashed. The zero Key works, but
// protects against nobody.
type Key struct{ k0, k1 uint64 }

// NewKey returns the key of 16 secret bytes.
func NewKey(secret [16]byte) Key {
	return Key{binary.LittleEndian.Uint64(secret[:8]), binary.LittleEndian.Uint64(secret[8:])}
}

// Mix spreads the bits of a 64-bit value over the whole word, so that counters
// and other regular values can be added to an HLL. It is the finaliser of
// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number
// generators, OOPSLA 2014). It is a bijection and hides nothing.
func Mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// state is the inner state of SipHash (Aumasson, Bernstein: SipHash: a fast
// short-input PRF, INDOCRYPT 2012), here with one round a word and three at
// the end, the variant that hash tables of Rust and Linux use.
type state struct{ v0, v1, v2, v3 uint64 }

func (k Key) start() state {
	return state{k.k0 ^ 0x736f6d6570736575, k.k1 ^ 0x646f72616e646f6d, k.k0 ^ 0x6c7967656e657261, k.k1 ^ 0x7465646279746573}
}

func (s *state) round() {
	s.v0 += s.v1
	s.v2 += s.v3
	s.v1 = bits.RotateLeft64(s.v1, 13) ^ s.v0
	s.v3 = bits.RotateLeft64(s.v3, 16) ^ s.v2
	s.v0 = bits.RotateLeft64(s.v0, 32)
	s.v2 += s.v1
	s.v0 += s.v3
	s.v1 = bits.RotateLeft64(s.v1, 17) ^ s.v2
	s.v3 = bits.RotateLeft64(s.v3, 21) ^ s.v0
	s.v2 = bits.RotateLeft64(s.v2, 32)
}

func (s *state) word(m uint64) {
	s.v3 ^= m
	s.round()
	s.v0 ^= m
}

func (s *state) end() uint64 {
	s.v2 ^= 0xff
	s.round()
	s.round()
	s.round()
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3
}

// String hashes text: SipHash-1-3 under the key.
func (k Key) String(text string) uint64 {
	s := k.start()
	n := uint64(len(text))
	for len(text) >= 8 {
		s.word(uint64(text[0]) | uint64(text[1])<<8 | uint64(text[2])<<16 | uint64(text[3])<<24 |
			uint64(text[4])<<32 | uint64(text[5])<<40 | uint64(text[6])<<48 | uint64(text[7])<<56)
		text = text[8:]
	}
	last := n << 56
	for i := range len(text) {
		last |= uint64(text[i]) << (8 * i)
	}
	s.word(last)
	return s.end()
}

// Addr hashes an address; an IPv4 address and the same mapped into IPv6 are
// the same. A zone is ignored.
func (k Key) Addr(a netip.Addr) uint64 {
	b := a.As16()
	return k.Words(binary.LittleEndian.Uint64(b[:8]), binary.LittleEndian.Uint64(b[8:]))
}

// Words hashes two words, such as two hashes that make one.
func (k Key) Words(a, b uint64) uint64 {
	s := k.start()
	s.word(a)
	s.word(b)
	s.word(16 << 56)
	return s.end()
}
