package redact

import (
	"encoding/binary"
	"hash/maphash"
	"net/netip"
	"strings"

	"github.com/gatehound/gatehound/schemas"
)

// maxCached bounds the length of a raw value that a cache keeps, in bytes.
const maxCached = 512

// textCache maps raw values to what was made of them: direct-mapped, so of a
// fixed size, and compared in full. A value enters when it is seen twice in a
// row at its place, so that values that occur once cost no memory of their own.
// Fields with different rules share a cache: a value is found under its rule.
type textCache struct {
	seed    maphash.Seed
	mask    uint64
	entries []textEntry
}

type textEntry struct {
	raw, clean string
	rule       uint8
	// missed is the hash of the last value that was not found here.
	missed   uint64
	redacted schemas.RedactionCounts
	counted  bool
}

// newTextCache returns a cache of size entries, a power of two.
func newTextCache(size int) *textCache {
	return &textCache{seed: maphash.MakeSeed(), mask: uint64(size - 1), entries: make([]textEntry, size)}
}

// find returns the entry of raw under the rule, and whether it holds that.
func (c *textCache) find(raw string, rule uint8) (e *textEntry, hash uint64, ok bool) {
	hash = maphash.String(c.seed, raw) + uint64(rule)*0x9e3779b97f4a7c15
	e = &c.entries[hash&c.mask]
	return e, hash, e.rule == rule && e.raw == raw
}

// admit puts a value into its entry if it was the last that was missed there.
// It returns the string to use, which is clean or a copy of its own.
func (e *textEntry) admit(hash uint64, rule uint8, raw, clean string, redacted *schemas.RedactionCounts) (string, bool) {
	if e.missed != hash || len(raw) > maxCached {
		e.missed = hash
		return clean, false
	}
	same := raw == clean
	e.raw, e.rule = strings.Clone(raw), rule
	if e.clean = e.raw; !same {
		e.clean = strings.Clone(clean)
	}
	e.redacted = *redacted
	e.counted = *redacted != schemas.RedactionCounts{}
	return e.clean, true
}

// addCounts adds the counts of a cached value to an event's.
func addCounts(into, more *schemas.RedactionCounts) {
	for k, n := range more {
		into[k] = uint8(min(255, int(into[k])+int(n)))
	}
}

// addressCache remembers pseudonyms of addresses and, because callers cluster,
// the expensive part of a pseudonym: the flips of a network's bits, of an IPv4
// /24 and of an IPv6 /64.
type addressCache struct {
	pan      *pan
	seed     maphash.Seed
	odd      [2]uint64
	entries  [][2]addressEntry
	networks []networkEntry
	buf      [32]byte
}

type addressEntry struct{ raw, clean netip.Addr }

type networkEntry struct {
	network netip.Addr
	flips   [8]byte
}

const slotBits = 11         // 4,096 addresses
const networkEntries = 1024 // a power of two

func newAddressCache(p *pan) *addressCache {
	c := &addressCache{pan: p, seed: maphash.MakeSeed(),
		entries: make([][2]addressEntry, 1<<slotBits), networks: make([]networkEntry, networkEntries)}
	for i := range c.odd {
		c.odd[i] = maphash.Comparable(c.seed, i) | 1
	}
	return c
}

// forward is pan.forward of an address without a zone, from the cache if it is
// there.
func (c *addressCache) forward(a netip.Addr) netip.Addr {
	slot := c.slot(a)
	for i := range slot {
		if slot[i].raw == a && a.IsValid() {
			return slot[i].clean
		}
	}
	slot[1] = slot[0] // the older one goes
	e := &slot[0]
	var in, out [16]byte
	bits, network := 128, 64
	if a.Is4() {
		b := a.As4()
		copy(in[:], b[:])
		bits, network = 32, 24
	} else {
		in = a.As16()
	}
	prefix := masked(a, network)
	n := &c.networks[maphash.Comparable(c.seed, prefix)%networkEntries]
	if n.network != prefix {
		*n = networkEntry{network: prefix}
		c.pan.flips(in[:], n.flips[:], 0, network, &c.buf)
	}
	copy(out[:], n.flips[:])
	c.pan.flips(in[:], out[:], network, bits, &c.buf)
	*e = addressEntry{raw: a}
	if a.Is4() {
		e.clean = xor4([4]byte(in[:4]), out)
	} else {
		e.clean = xor16(in, out)
	}
	return e.clean
}

// slot returns the two places of an address: two callers of one slot would else
// turn each other out with every request. The hash is a sum of products with odd
// numbers (Dietzfelbinger et al., 1997) that nobody knows.
func (c *addressCache) slot(a netip.Addr) *[2]addressEntry {
	b := a.As16()
	h := binary.BigEndian.Uint64(b[:8])*c.odd[0] + binary.BigEndian.Uint64(b[8:])*c.odd[1]
	return &c.entries[h>>(64-slotBits)]
}

// masked returns a with all but its first n bits zeroed.
func masked(a netip.Addr, n int) netip.Addr {
	p, err := a.Prefix(n)
	if err != nil { // no such length, or no address
		return netip.Addr{}
	}
	return p.Addr()
}
