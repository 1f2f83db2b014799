package profile

import (
	"math/bits"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// fold32 returns 32 bits of a hash, never 0.
func fold32(hash uint64) uint32 { return max(uint32(sketch.Mix(hash)>>32), 1) }

// text returns 32 bits of the keyed hash of text, 0 of none.
func text(x *detectors.Context, text string) uint32 {
	if text == "" {
		return 0
	}
	return max(uint32(x.Key.String(text)), 1)
}

// traits adds who called what, from where.
func (s *State) traits(x *detectors.Context, ev *schemas.Event) {
	w := s.weight(ev)
	if w == 0 {
		return
	}
	s.counts[voted] += w
	m := text(x, ev.Model)
	if m != 0 && ev.Provider != "" {
		m = max(m^bits.RotateLeft32(text(x, ev.Provider), 7), 1)
	}
	if m != 0 {
		s.model.add(m, s.last/60)
	}
	s.vote(Model, m, w)
	s.vote(Settings, settings(x, ev), w)
	s.vote(Client, text(x, ev.UserAgent), w)
	s.vote(Hello, text(x, ev.TLS), w)
	if ev.ASN != 0 {
		s.vote(System, fold32(uint64(ev.ASN)), w)
	}
	s.vote(Country, country(ev.Country), w)
	s.vote(Tenant, text(x, ev.Tenant), w)
	s.vote(Route, text(x, ev.Route), w)
	if n := network(x, ev); n != 0 {
		frequent(&s.networks, s.counts[networked:templated], n)
		s.nets |= 1 << (n >> 26)
	}
	if ev.EndUser != "" {
		s.users |= 1 << (text(x, ev.EndUser) >> 26)
	}
}

// weight is what a call adds to the counts of the traits. Hashing them is most of
// what a call costs: of a principal with many calls one in four counts, for four.
// Which, nobody knows who does not have the key.
func (s *State) weight(ev *schemas.Event) uint16 {
	if s.calls <= each {
		return unit
	}
	secret := uint64(s.values[Route][0])<<32 | uint64(s.networks[0]^s.values[Client][0])
	if sketch.Mix(sketch.Mix(secret)^uint64(ev.Time)^uint64(s.calls)<<20)>>62 != 0 {
		return 0
	}
	return 4 * unit
}

// country packs the letters of a country's code.
func country(code string) uint32 {
	v := uint32(0)
	for i := range min(len(code), 3) {
		v = v<<8 | uint32(code[i])
	}
	return v
}

// settings returns the hash of the request's parameters, 0 if the log states
// none.
func settings(x *detectors.Context, ev *schemas.Event) uint32 {
	if ev.Known&(parameters|schemas.HasStream) == 0 && ev.MaxTokens == 0 && ev.Temperature == 0 && !ev.Stream {
		return 0
	}
	var temperature, flags uint64
	if ev.Temperature > 0 && ev.Temperature < 100 {
		temperature = uint64(ev.Temperature*100 + 0.5)
	}
	if ev.Stream {
		flags |= 1
	}
	if ev.Tools > 0 {
		flags |= 2
	}
	h := x.Key.Words(uint64(uint32(ev.MaxTokens))<<32|uint64(uint32(ev.Choices)),
		uint64(uint32(ev.TopLogprobs))<<32|temperature<<8|flags)
	return max(uint32(h), 1)
}

// network returns the hash of the client's network, an IPv4 /24 or an IPv6 /48;
// 0 is not known.
func network(x *detectors.Context, ev *schemas.Event) uint32 {
	a := detectors.Client(ev)
	if !a.IsValid() {
		return 0
	}
	b := a.As16()
	var high, low uint64
	for i := range 8 {
		high, low = high<<8|uint64(b[i]), low<<8|uint64(b[8+i])
	}
	if a.Is4() || a.Is4In6() {
		low &^= 0xff
	} else {
		high, low = high&^0xffff, 0
	}
	return max(uint32(x.Key.Words(high, low)), 1)
}

// vote counts a value of a trait. The value of most calls wins against all
// others that are each less frequent: the second place is a majority vote among
// the calls that do not have the first value (Boyer, Moore: MJRTY, a fast
// majority vote algorithm, 1981), and takes the first when it has more calls.
func (s *State) vote(trait int, v uint32, w uint16) {
	if v == 0 {
		return
	}
	values, n := &s.values[trait], s.counts[traits+2*trait:traits+2*trait+2]
	switch {
	case v == values[0]:
		n[0] += w
	case n[0] == 0:
		values[0], n[0] = v, w
	case v == values[1]:
		if n[1] += w; n[1] > n[0] {
			values[0], values[1], n[0], n[1] = values[1], values[0], n[1], n[0]
		}
	case n[1] >= w:
		n[1] -= w
	default:
		values[1], n[1] = v, w
	}
}

// frequent counts a value among those that are kept. A new one takes the place
// of the least frequent when it came as often as that, of equally frequent ones
// of that with the largest hash, so that principals with the same values keep the
// same; what is counted is never too much.
func frequent(values *[places]uint32, counts []uint16, v uint32) {
	least := 0
	for i, have := range values {
		if have == v {
			counts[i] += unit
			return
		}
		if counts[i] < counts[least] || counts[i] == counts[least] && have > values[least] {
			least = i
		}
	}
	if counts[least] > unit {
		counts[least] -= unit
		return
	}
	values[least], counts[least] = v, unit
}

// sample keeps a prompt's hash if it is among the lowest (Broder: On the
// resemblance and containment of documents, 1997).
func (s *State) sample(h uint32) {
	p := &s.prompts
	if p[len(p)-1] != 0 && h >= p[len(p)-1] {
		return
	}
	i := 0
	for i < len(p) && p[i] != 0 && p[i] < h {
		i++
	}
	if i < len(p) && p[i] != h {
		copy(p[i+1:], p[i:len(p)-1])
		p[i] = h
	}
}

// different estimates how many different prompts there were: by how densely the
// lowest hashes lie, within some 27 %, and exactly up to 15.
func (s *State) different() float64 {
	n := len(s.prompts)
	for n > 0 && s.prompts[n-1] == 0 {
		n--
	}
	if n < len(s.prompts) {
		return float64(n)
	}
	return min(float64(n-1)*(1<<32)/float64(s.prompts[n-1]), float64(s.prompted))
}
