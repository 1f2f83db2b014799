package redact

import (
	"crypto/aes"
	"crypto/cipher"
	"net/netip"
)

// pan is the Crypto-PAn pseudonymisation of addresses (J. Xu, J. Fan, M. Ammar,
// S. Moon, "Prefix-Preserving IP Address Anonymization", ICNP 2002): two
// addresses that share their first n bits, and no more, have pseudonyms that
// share their first n bits, and no more. It is a bijection in each family.
//
// It is safe for concurrent use. Who knows some pairs of addresses and
// pseudonyms learns the prefixes that other addresses share with them: that is
// the price of keeping networks together.
type pan struct {
	block cipher.Block
	pad   [16]byte
}

// newPan takes a pan's key from the address domain of a master key.
func newPan(secret []byte) *pan { return newRawPan(derive(secret, domainAddress, 32)) }

// newRawPan takes the 32 bytes of the published algorithm: 16 of an AES-128 key
// and 16 that make the pad.
func newRawPan(key []byte) *pan {
	block, err := aes.NewCipher(key[:16])
	if err != nil { // only for another length
		panic(err)
	}
	p := &pan{block: block}
	block.Encrypt(p.pad[:], key[16:32])
	return p
}

// bit returns the flip of bit i of an address, which depends on the bits before
// it. buf[:16] holds the address's first i bits and then the pad's.
func (p *pan) bit(buf *[32]byte) byte {
	p.block.Encrypt(buf[16:], buf[:16])
	return buf[16] >> 7
}

// flips sets the bits from to to of out to the flips of the address in, which
// has at least to bits. buf is scratch; it is a parameter because what is
// handed to a cipher.Block escapes to the heap.
func (p *pan) flips(in, out []byte, from, to int, buf *[32]byte) {
	copy(buf[:16], p.pad[:])
	copy(buf[:], in[:from/8])
	for i := from; i < to; i++ {
		k, at := i/8, byte(0x80)>>(i%8)
		head := ^(at<<1 - 1) // the bits of the byte before this one
		buf[k] = in[k]&head | p.pad[k]&^head
		out[k] |= p.bit(buf) * at
		if i%8 == 7 {
			buf[k] = in[k]
		}
	}
}

// forward returns the pseudonym of a, of the same family and without a zone.
func (p *pan) forward(a netip.Addr) netip.Addr {
	var out [16]byte
	var buf [32]byte
	switch a = a.Unmap().WithZone(""); {
	case a.Is4():
		in := a.As4()
		p.flips(in[:], out[:], 0, 32, &buf)
		return xor4(in, out)
	case a.Is6():
		in := a.As16()
		p.flips(in[:], out[:], 0, 128, &buf)
		return xor16(in, out)
	}
	return netip.Addr{}
}

// inverse returns the address whose pseudonym is a.
func (p *pan) inverse(a netip.Addr) netip.Addr {
	var in [16]byte
	var buf [32]byte
	bits := 0
	switch a = a.Unmap().WithZone(""); {
	case a.Is4():
		b := a.As4()
		bits = copy(in[:], b[:]) * 8
	case a.Is6():
		in, bits = a.As16(), 128
	}
	// A bit's flip depends on the true bits before it, which are known by then.
	for i := range bits {
		var out [16]byte
		p.flips(in[:], out[:], i, i+1, &buf)
		in[i/8] ^= out[i/8]
	}
	switch bits {
	case 32:
		return netip.AddrFrom4([4]byte(in[:4]))
	case 128:
		return netip.AddrFrom16(in)
	}
	return netip.Addr{}
}

func xor4(in [4]byte, flips [16]byte) netip.Addr {
	for i := range in {
		in[i] ^= flips[i]
	}
	return netip.AddrFrom4(in)
}

func xor16(in, flips [16]byte) netip.Addr {
	for i := range in {
		in[i] ^= flips[i]
	}
	return netip.AddrFrom16(in)
}
