package redact

import (
	"encoding/binary"
	"math/bits"
	"time"

	"github.com/gatehound/gatehound/ingest/decode"
)

// deliveryKey is the secret of the hashes that tell a record from its
// redelivery: 16 bytes of the ring's, so that all workers and instances, before
// and after a restart or a rotation, hash one record alike.
type deliveryKey struct{ k0, k1 uint64 }

func newDeliveryKey(secret []byte) deliveryKey {
	return deliveryKey{binary.LittleEndian.Uint64(secret), binary.LittleEndian.Uint64(secret[8:])}
}

// The two ways in which a record is told from others begin their hashes.
const (
	byOrigin  = 1
	byRequest = 2
)

// of returns what tells rec, the record at index of its message, from every
// other: where the shipper read it, else the request's id and what else is known
// of it. It is 0 if the log has neither.
//
// Many gateways take the request's id from the client. A client that sends one
// id over and over must not have its requests taken for one: so everything that
// tells them apart counts, and a log that tells whole seconds alone has requests
// that nothing tells apart.
func (k deliveryKey) of(rec *decode.Record, index int32) uint64 {
	s := sip{k.k0 ^ 0x736f6d6570736575, k.k1 ^ 0x646f72616e646f6d, k.k0 ^ 0x6c7967656e657261, k.k1 ^ 0x7465646279746573}
	switch {
	case rec.Origin.Agent != "":
		s.word(byOrigin)
		s.text(rec.Origin.Agent)
		s.text(rec.Origin.File)
		s.word(uint64(rec.Origin.Offset))
		if !rec.Origin.Single { // batches can be cut otherwise the next time
			s.word(uint64(index))
		}
		s.word(uint64(rec.Time))
		s.text(rec.RequestID)
		s.word(uint64(rec.Status))
	case rec.RequestID != "" && rec.Time%int64(time.Second) != 0:
		s.word(byRequest)
		s.text(rec.Format)
		s.text(rec.Gateway)
		s.text(rec.RequestID)
		s.word(uint64(rec.Time))
		s.text(rec.Method)
		s.text(rec.Path)
		s.word(uint64(rec.Status))
		s.word(uint64(rec.LatencyNS))
		s.word(uint64(rec.ResponseBytes))
		for _, text := range [...]string{rec.Query, rec.Peer, rec.Forwarded, rec.UserAgent, rec.Principal, rec.EndUser, rec.Credential, rec.Model} {
			s.text(text)
		}
		s.word(uint64(rec.RequestBytes))
		s.word(uint64(rec.InputTokens))
		s.word(uint64(rec.OutputTokens))
	default:
		return 0
	}
	return max(1, s.end())
}

// sip is the state of SipHash-1-3 (Aumasson, Bernstein: SipHash: a fast
// short-input PRF, INDOCRYPT 2012) over 64-bit words. Texts go in with their
// length first, so that no two lists of fields give the same words.
type sip struct{ v0, v1, v2, v3 uint64 }

// absorb takes m and then the bytes of t, eight at a time and the last ones
// filled up with zeros. The state stays in registers meanwhile: a record has some
// 60 words.
func (s *sip) absorb(m uint64, t string) {
	v0, v1, v2, v3 := s.v0, s.v1, s.v2, s.v3
	for {
		v3 ^= m
		v0 += v1
		v2 += v3
		v1 = bits.RotateLeft64(v1, 13) ^ v0
		v3 = bits.RotateLeft64(v3, 16) ^ v2
		v0 = bits.RotateLeft64(v0, 32)
		v2 += v1
		v0 += v3
		v1 = bits.RotateLeft64(v1, 17) ^ v2
		v3 = bits.RotateLeft64(v3, 21) ^ v0
		v2 = bits.RotateLeft64(v2, 32)
		v0 ^= m
		switch n := len(t); {
		case n >= 8:
			m = quad(t, 0) | quad(t, 4)<<32
			t = t[8:]
			continue
		case n >= 4: // the two halves meet or overlap
			m = quad(t, 0) | quad(t, n-4)<<(8*(n-4))
		case n > 0:
			m = uint64(t[0]) | uint64(t[n/2])<<(8*(n/2)) | uint64(t[n-1])<<(8*(n-1))
		default:
			s.v0, s.v1, s.v2, s.v3 = v0, v1, v2, v3
			return
		}
		t = ""
	}
}

// quad returns four bytes of t from i on.
func quad(t string, i int) uint64 {
	return uint64(t[i]) | uint64(t[i+1])<<8 | uint64(t[i+2])<<16 | uint64(t[i+3])<<24
}

func (s *sip) word(m uint64) { s.absorb(m, "") }

func (s *sip) text(t string) { s.absorb(uint64(len(t)), t) }

func (s *sip) end() uint64 {
	s.v2 ^= 0xff
	for range 3 {
		s.absorb(0, "")
	}
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3
}
