// Package network tells where an address is: its country and autonomous system
// by databases in MaxMind's format, and the class of its network by lists. It
// reads bytes, not files, and never names an address in an error.
package network

import (
	"bytes"
	"fmt"
	"net/netip"

	"github.com/gaissmai/bart"

	"github.com/gatehound/gatehound/schemas"
)

// maxPrefixes bounds the networks of all lists together: as many addresses far
// apart take 470 MB, at 94 bytes each.
const maxPrefixes = 5_000_000

// Lists has the classes of networks and autonomous systems. A Lists that is
// being filled has one owner; afterwards it is safe for concurrent use.
type Lists struct {
	prefixes bart.Table[schemas.NetworkClass]
	asns     map[uint32]schemas.NetworkClass
}

// NewLists returns lists without entries.
func NewLists() *Lists { return &Lists{asns: map[uint32]schemas.NetworkClass{}} }

// weight orders the classes for a network that is listed in several: what is the
// user's own is known best, and a narrower class tells more than a wider one.
var weight = [...]uint8{schemas.NetworkUnknown: 0, schemas.NetworkHosting: 1, schemas.NetworkProxy: 2,
	schemas.NetworkTor: 3, schemas.NetworkInternal: 4}

// Add reads a list: on each line a network ("192.0.2.0/24"), an address or an
// autonomous system ("AS64496"); what follows behind white space, ',', ';' or '#'
// is a comment. A line that is none of these makes an error, which names the
// line's number and not its text.
func (l *Lists) Add(class schemas.NetworkClass, data []byte) error {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	line := 0
	for rest := data; len(rest) > 0; {
		var text []byte
		text, rest, _ = bytes.Cut(rest, []byte("\n"))
		line++
		if i := bytes.IndexAny(text, "#;,"); i >= 0 {
			text = text[:i]
		}
		if text = bytes.TrimSpace(text); len(text) == 0 {
			continue
		}
		if i := bytes.IndexAny(text, " \t"); i >= 0 {
			text = text[:i]
		}
		if len(text) > 64 || !l.add(class, string(text)) {
			return fmt.Errorf("line %d is no network, address or autonomous system", line)
		}
		if l.Len() > maxPrefixes {
			return fmt.Errorf("the lists have more than %d networks", maxPrefixes)
		}
	}
	return nil
}

func (l *Lists) add(class schemas.NetworkClass, s string) bool {
	if s[0]|0x20 == 'a' && len(s) > 1 && s[1]|0x20 == 's' {
		n, ok := parseASN(s)
		if ok && weight[class] > weight[l.asns[n]] {
			l.asns[n] = class
		}
		return ok
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		a, err := netip.ParseAddr(s)
		if err != nil || a.Zone() != "" {
			return false
		}
		p = netip.PrefixFrom(a, a.BitLen())
	}
	if p.Addr().Is4In6() {
		if p.Bits() < 96 {
			return false
		}
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	l.prefixes.Modify(p.Masked(), func(old schemas.NetworkClass, exists bool) (schemas.NetworkClass, bool) {
		if exists && weight[old] >= weight[class] {
			return old, false
		}
		return class, false
	})
	return true
}

// AddClouds adds the autonomous systems of the clouds that are built in.
func (l *Lists) AddClouds() {
	for _, n := range clouds {
		if _, ok := l.asns[n]; !ok {
			l.asns[n] = schemas.NetworkHosting
		}
	}
}

// Class returns the class of the narrowest listed network that has the address,
// else the class of its autonomous system; asn is 0 if that is not known.
func (l *Lists) Class(a netip.Addr, asn uint32) schemas.NetworkClass {
	if c, ok := l.prefixes.Lookup(a); ok {
		return c
	}
	return l.asns[asn]
}

// Len returns the number of networks and autonomous systems.
func (l *Lists) Len() int { return l.prefixes.Size() + len(l.asns) }
