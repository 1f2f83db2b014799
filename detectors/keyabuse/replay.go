package keyabuse

import (
	"time"
)

// memory has request ids of late, and the tokens in use, 256 bytes.
type memory struct {
	// ids has eight of the last requests and sixteen of older ones.
	ids    [24]request
	tokens [4]token
}

// request is a request's id, the network that it came from and the minute.
type request struct {
	id      uint32
	network uint16
	minute  uint16
}

// token is a session's credential: who used it last, and whether
// it is a stranger. 16 bytes.
type token struct {
	credential, network, client uint32
	born                        uint16
	strange                     bool
}

// sampleFor is for how many minutes an id of the older ones is kept at least.
const sampleFor = 10

// repeated notes a request's id; it tells that it was there from another
// network before.
func (m *memory) repeated(id uint64, network uint32, at int64) bool {
	tag, where, minute := max(uint32(id), 1), uint16(network>>16), uint16(at/int64(time.Minute))
	young, old := &m.ids[id>>61], &m.ids[8+id>>60]
	for _, r := range []*request{young, old} {
		if r.id == tag {
			return r.network != where
		}
	}
	*young = request{tag, where, minute}
	if old.id == 0 || minute-old.minute >= sampleFor {
		*old = *young
	}
	return false
}

// turned notes who uses a token; it tells that the network and the client have
// changed since the last time, of which one is a stranger's.
func (m *memory) turned(credential, network, client uint32, strange bool, now uint16) bool {
	oldest := &m.tokens[0]
	for i := range m.tokens {
		t := &m.tokens[i]
		if t.credential != credential {
			if now-t.born > now-oldest.born || t.credential == 0 {
				oldest = t
			}
			continue
		}
		if t.network == network || t.client == client || !strange && !t.strange {
			return false
		}
		t.network, t.client, t.strange = network, client, strange
		return now-t.born < 24
	}
	*oldest = token{credential: credential, network: network, client: client, born: now, strange: strange}
	return false
}
