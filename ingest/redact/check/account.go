package check

import "crypto/sha256"

const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// base58Values has the value of each character of base58 plus one; 0 for others.
var base58Values = func() (t [256]byte) {
	for i := range len(base58) {
		t[base58[i]] = byte(i + 1)
	}
	return t
}()

// Base58Check reports whether t is a Bitcoin address of 26 to 35 characters that
// begins with 1 or 3: a version byte, 20 bytes and the first four of their double
// SHA-256.
func Base58Check(t string) bool {
	if len(t) < 26 || len(t) > 35 || t[0] != '1' && t[0] != '3' {
		return false
	}
	var b [25]byte
	for i := range len(t) {
		carry := int(base58Values[t[i]]) - 1
		if carry < 0 {
			return false
		}
		for k := len(b) - 1; k >= 0; k-- {
			carry += 58 * int(b[k])
			b[k] = byte(carry)
			carry >>= 8
		}
		if carry > 0 {
			return false
		}
	}
	first := sha256.Sum256(b[:21])
	second := sha256.Sum256(first[:])
	return [4]byte(second[:4]) == [4]byte(b[21:])
}

const bech32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

// Bech32 reports whether t is a segregated-witness address of Bitcoin: "bc1" in
// one case, 11 to 71 characters, and the checksum of BIP 173 or BIP 350.
func Bech32(t string) bool {
	if len(t) < 14 || len(t) > 74 || t[0]|0x20 != 'b' || t[1]|0x20 != 'c' || t[2] != '1' {
		return false
	}
	sum := uint32(1)
	step := func(v byte) {
		top := sum >> 25
		sum = sum&0x1ffffff<<5 ^ uint32(v)
		for i, g := range [...]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
			if top>>i&1 == 1 {
				sum ^= g
			}
		}
	}
	for _, v := range []byte{3, 3, 0, 2, 3} { // "bc", expanded
		step(v)
	}
	var cases byte // 1: a small letter, 2: a capital
	for i := range len(t) {
		c := t[i]
		switch {
		case c >= 'a' && c <= 'z':
			cases |= 1
		case c >= 'A' && c <= 'Z':
			cases |= 2
			c |= 0x20
		}
		if i < 3 {
			continue
		}
		v := -1
		for k := range len(bech32) {
			if bech32[k] == c {
				v = k
			}
		}
		if v < 0 {
			return false
		}
		step(byte(v))
	}
	return cases != 3 && (sum == 1 || sum == 0x2bc830a3)
}
