package simulate

import (
	"encoding/binary"
	"net/netip"
	"strconv"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
)

// Caller is a client or an attacker. All that it is follows from its number,
// so a population costs no memory. Numbers below 1<<32 are benign; those from
// attackerBase on belong to attackers.
type Caller uint64

// attackerBase is the first number of the attackers, victimBase that of benign
// callers that plants make use of.
const (
	victimBase   Caller = 1 << 40
	attackerBase Caller = 1 << 44
)

// hash returns a hash of the caller for one purpose.
func (f *Fleet) hash(c Caller, purpose uint64) uint64 {
	return gateway.Mix(gateway.Mix(f.cfg.Seed^purpose*0x9e3779b97f4a7c15) + uint64(c)*0xd1342543de82ef95)
}

// Purposes of hashes.
const (
	forAddress = iota + 1
	forName
	forKey
	forAgent
	forNAT
)

var companies = []string{"acme", "globex", "initech", "umbra", "hooli", "vandelay", "stark", "wayne", "tyrell", "cyberdyne", "soylent", "aperture"}

// name appends the caller's name as a gateway of the given service logs it.
func (f *Fleet) name(buf []byte, c Caller, svc *gateway.Service) []byte {
	h := f.hash(c, forName)
	switch svc.Format {
	case gateway.LiteLLM:
		return gateway.AppendHex(gateway.AppendHex(gateway.AppendHex(gateway.AppendHex(buf, h), gateway.Mix(h+1)), gateway.Mix(h+2)), gateway.Mix(h+3))
	case gateway.App:
		// Some applications take the e-mail address for a user's name.
		if h%4 == 0 {
			buf = append(buf, gateway.FirstNames[h>>8%uint64(len(gateway.FirstNames))]...)
			buf = append(buf, '.')
			buf = strconv.AppendUint(buf, uint64(c), 36)
			return append(buf, "@mail.example.net"...)
		}
		return strconv.AppendUint(append(buf, "usr_"...), uint64(c)+1000, 10)
	}
	buf = append(buf, companies[h>>8%uint64(len(companies))]...)
	buf = append(buf, '-')
	return strconv.AppendUint(buf, uint64(c), 36)
}

// address returns the n-th address of a caller. Every address is of a block
// that is set aside for benchmarks (RFC 2544), shared space (RFC 6598) or
// documentation (RFC 5737, RFC 3849), so that none belongs to anybody.
//
// The addresses of a benign caller are in one country, most of them in one
// network: see Countries.
func (f *Fleet) address(c Caller, n int) netip.Addr {
	home := f.hash(c, forAddress)
	h := gateway.Mix(home + uint64(n))
	if c >= attackerBase {
		if n == 0 && h%8 != 0 {
			block := [3][3]byte{{203, 0, 113}, {198, 51, 100}, {192, 0, 2}}[h>>8%3]
			return netip.AddrFrom4([4]byte{block[0], block[1], block[2], byte(1 + (c-attackerBase)>>20%254)})
		}
		return f.v6(0xbad0, byte(h>>8), h)
	}
	network := byte(home >> 8)
	switch {
	case h%16 == 0:
		return f.v6(0x1000, network, h)
	case n == 0 && f.hash(c, forNAT)%6 == 0 && c < victimBase:
		// One of 24 offices, each with many callers behind one address.
		return netip.AddrFrom4([4]byte{198, 18, 0, 1 + network%offices})
	case n%4 == 3:
		network += 3 * Countries // another network of the same country
	}
	return netip.AddrFrom4([4]byte{100, 64 | network&63, byte(h >> 16), byte(h >> 24)})
}

// offices is the number of addresses with many callers behind them.
const offices = 24

// Countries is the number of countries that benign callers live in. The last
// three bits of the second byte of 100.64.0.0/10, of the office's number and of
// the third group of 2001:db8:1000::/44 tell which.
const Countries = 8

// v6 returns an address of 2001:db8::/32 with site and the low bits of network
// as its third group, and the /64 by h.
func (f *Fleet) v6(site uint16, network byte, h uint64) netip.Addr {
	var a [16]byte
	a[0], a[1], a[2], a[3] = 0x20, 0x01, 0x0d, 0xb8
	binary.BigEndian.PutUint16(a[4:], site|uint16(network)&0x0f)
	binary.BigEndian.PutUint16(a[6:], uint16(h>>16))
	binary.BigEndian.PutUint64(a[8:], gateway.Mix(h)|1)
	return netip.AddrFrom16(a)
}

// identify makes c the caller of r: name, key, address and user agent.
func (f *Fleet) identify(r *gateway.Record, c Caller) {
	r.Principal = f.name(r.Principal, c, r.Service)
	r.Client = f.address(c, 0)
	h := f.hash(c, forAgent)
	ua := userAgents[h%uint64(len(userAgents))]
	r.UserAgent = append(r.UserAgent, ua...)
	if c < victimBase && h>>32%40 == 0 {
		r.UserAgent = append(append(r.UserAgent, " (+mailto:"...), gateway.FirstNames[h>>16%uint64(len(gateway.FirstNames))]...)
		r.UserAgent = append(r.UserAgent, ".ops@corp.example.org)"...)
	}
	k := f.hash(c, forKey)
	r.KeyID = [2]uint64{k, gateway.Mix(k)}
	// A key that Kong found valid is hidden from the log (hide_credentials);
	// guess puts in the one that it refused.
	switch r.Format {
	case gateway.LiteLLM:
		r.EndUser = strconv.AppendUint(append(r.EndUser, "end-"...), h%9973, 10)
	case gateway.NginxCombined:
		if h>>40%5 == 0 && c < victimBase {
			r.Principal = r.Principal[:0] // this part of the API is open
		}
	}
}

// guess puts an API key into the record, the n-th of caller c, which the
// gateway refused: it knows no principal.
func (f *Fleet) guess(r *gateway.Record, c Caller, n int64) {
	r.Principal = r.Principal[:0]
	r.Credential = gateway.AppendKey(r.Credential, gateway.Mix(f.hash(c, forKey)+uint64(n)))
}
