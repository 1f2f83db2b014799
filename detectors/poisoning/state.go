package poisoning

import (
	"encoding/binary"
	"math"
	"math/bits"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// State is what is kept of a principal, 360 bytes.
type State struct {
	open [2]hour
	// first and last are the times of the first and the last event that was
	// seen.
	first, last int64
	// networks and classes are bitmaps of what is known, held those of today,
	// kept those of yesterday that are not known yet.
	networks, heldNetworks, keptNetworks uint64
	date                                 uint32
	classes, heldClasses, keptClasses    uint8
	// sameFor counts the hours behind same, the usual share of ratings that
	// have one size.
	sameFor uint8
	same    float32
	// began is the hour, since the epoch, of the first write of each kind.
	began [kinds]uint32
	// usual and top are the typical and the highest number of an hour, largest
	// is the largest size, in bytes.
	usual, top, largest [kinds]float32
	// said is the hour in which each rule spoke last.
	said   [rules]uint32
	severe [rules]schemas.Severity
	// seen counts all events, reads those that wrote nothing.
	seen, reads uint16
}

// hour has the counts of one open window.
type hour struct {
	networks uint64
	largest  [kinds]float32
	counts   [kinds]uint16
	// writes are all, sized those with a known size, strange those from a new
	// network, alien those by a new class of clients.
	writes, sized, strange, alien uint16
	// size is the hash of the kind and size that most have, votes by how much
	// (Boyer, Moore: MJRTY, a fast majority vote algorithm, 1981), equal how
	// many.
	size         uint64
	votes, equal uint16
	classes      uint8
	events       uint16
}

// The rules that are silent for a time once they spoke.
const (
	newWriter = iota
	newTuning
	burst
	oversize
	oneSided
	rules
)

// count adds one without wrapping around.
func count(n *uint16) {
	if *n < math.MaxUint16 {
		*n++
	}
}

// networkBit returns the bit of the client's wider network, of 64: the operator
// if it is known, else the /16, or the /32 of an IPv6 address. It depends on the
// principal's keyed hash, so that nobody can choose one that is known.
func networkBit(x *detectors.Context, ev *schemas.Event) uint64 {
	v, a := uint64(ev.ASN), detectors.Client(ev)
	switch {
	case v != 0:
	case a.Is4() || a.Is4In6():
		b := a.As4()
		v = 4<<32 | uint64(b[0])<<8 | uint64(b[1])
	case a.IsValid():
		b := a.As16()
		v = 6<<32 | uint64(binary.BigEndian.Uint32(b[:4]))
	default:
		return 0
	}
	return 1 << (sketch.Mix(v^x.Entity.ID) >> 58)
}

// observe adds one event of kind k.
func (h *hour) observe(x *detectors.Context, s *State, ev *schemas.Event, k kind) {
	network, class := networkBit(x, ev), uint8(1)<<(ev.ClientClass&7)
	if ev.ClientClass == schemas.ClientUnknown {
		class = 0
	}
	h.networks |= network
	h.classes |= class
	count(&h.events)
	if k == nothing {
		return
	}
	count(&h.writes)
	count(&h.counts[k])
	if network&^s.networks != 0 {
		count(&h.strange)
	}
	if class&^s.classes != 0 {
		count(&h.alien)
	}
	if !ev.Has(schemas.HasRequestBytes) && ev.RequestBytes <= 0 {
		return
	}
	count(&h.sized)
	h.largest[k] = max(h.largest[k], float32(min(max(ev.RequestBytes, 0), 1<<50)))
	switch size := sizeKey(k, ev.RequestBytes); {
	case h.votes == 0:
		h.size, h.votes, h.equal = size, 1, 1
	case h.size != size:
		h.votes--
	default:
		count(&h.votes)
		count(&h.equal)
	}
}

// sizeKey returns the hash of a kind and a size.
func sizeKey(k kind, size int64) uint64 { return sketch.Mix(uint64(size)<<3 | uint64(k)) }

// alike returns the share of the writes that have the same size.
func (h *hour) alike() float64 {
	if h.sized == 0 {
		return 0
	}
	return float64(h.equal) / float64(h.sized)
}

// day is one in nanoseconds.
const day = int64(24 * time.Hour)

// there tells that the principal was seen for so long.
func (s *State) there(now int64, d time.Duration) bool {
	return s.seen >= 3 && now-s.first >= int64(d)
}

// reader tells that the principal only asked for so many hours before it wrote
// something of the kind for the first time.
func (s *State) reader(k kind, now int64, hours int) bool {
	wrote := now
	if s.began[k] > 0 {
		wrote = int64(s.began[k]) * int64(time.Hour)
	}
	return s.reads >= 3 && wrote-s.first >= int64(hours)*int64(time.Hour)
}

// grown tells that it was there for long enough to know its networks.
func (s *State) grown(now int64) bool { return s.there(now, 72*time.Hour) }

// settled tells that it comes from few networks, so that another says something.
func (s *State) settled() bool { return s.networks != 0 && bits.OnesCount64(s.networks) <= 8 }

// learn takes in a closed hour.
func (s *State) learn(h *hour, start int64, grown bool) {
	if date := uint32(start / day); date != s.date {
		s.networks, s.classes = s.networks|s.keptNetworks, s.classes|s.keptClasses
		s.keptNetworks, s.keptClasses = s.heldNetworks, s.heldClasses
		s.heldNetworks, s.heldClasses, s.date = 0, 0, date
	}
	if !grown {
		s.networks, s.classes = s.networks|h.networks, s.classes|h.classes
	} else {
		s.heldNetworks, s.heldClasses = s.heldNetworks|h.networks, s.heldClasses|h.classes
	}
	for k := feedback; k < kinds; k++ {
		if h.counts[k] == 0 {
			continue
		}
		n := float32(h.counts[k])
		if s.began[k] == 0 {
			s.began[k], s.usual[k] = uint32(start/int64(time.Hour)), n
		}
		// An hour teaches at most a factor of four.
		next := min(max(n, s.usual[k]/4), 4*s.usual[k])
		s.usual[k] *= float32(math.Pow(float64(next/s.usual[k]), 1.0/16))
		s.top[k], s.largest[k] = max(s.top[k], n), max(s.largest[k], h.largest[k])
	}
	if h.counts[feedback] >= 10 && h.counts[feedback] == h.sized {
		s.sameFor = min(s.sameFor+1, 100)
		s.same += (float32(h.alike()) - s.same) / float32(min(s.sameFor, 24))
	}
}
