package crowd

import (
	"slices"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/campaign/profile"
)

// leastMeasured is on how many calls a distribution of lengths rests at least.
const leastMeasured = 4

// cells bounds the counters of a kind of token. Tokens that fall into one cell
// count as one, which only makes them look more common.
const cells = 1 << 18

// Population is the profiles worth comparing, in an order that depends on their
// keys and the secret key alone: the first n of any group are a random sample.
type Population struct {
	all    []detectors.Profiled[profile.Profile]
	At     []uint32 // by position, the index in all
	Tokens []Tokens // by position, what it is like
	counts [Kinds][]uint32
	known  [Kinds]float64
}

// New compares the profiles that have calls enough and times that can be.
func New(all []detectors.Profiled[profile.Profile], w Watch) *Population {
	p := &Population{all: all}
	type place struct {
		order uint64
		index uint32
	}
	places := make([]place, 0, len(all))
	for i := range all {
		if x := &all[i].Profile; Positive(x.Calls) >= leastMeasured && x.First > 0 && x.First <= x.Last && x.Last <= w.End+120 && len(places) < MostPrincipals {
			places = append(places, place{w.Key.Words(all[i].Key, 1), uint32(i)})
		}
	}
	slices.SortFunc(places, func(a, b place) int {
		switch {
		case a.order < b.order:
			return -1
		case a.order > b.order:
			return 1
		}
		return 0
	})
	p.At = make([]uint32, len(places))
	for i := range places {
		p.At[i] = places[i].index
	}
	p.Tokens = make([]Tokens, len(p.At))
	size := 1024
	for size < 4*len(p.At) && size < cells {
		size *= 2
	}
	for kind := range p.counts {
		p.counts[kind] = make([]uint32, size)
	}
	for i := range p.At {
		p.Tokens[i] = tokensOf(p.Profile(uint32(i)), &w)
		for kind, t := range p.Tokens[i] {
			if t == 0 {
				continue
			}
			p.known[kind]++
			if kind != Network {
				p.counts[kind][p.cell(t)]++
			}
		}
		networks := p.Profile(uint32(i)).Networks
		for j, n := range networks {
			if n != 0 && !slices.Contains(networks[:j], n) {
				p.counts[Network][p.cell(n)]++
			}
		}
	}
	return p
}

// Profile returns the profile at a position.
func (p *Population) Profile(pos uint32) *profile.Profile { return &p.all[p.At[pos]].Profile }

// cell spreads tokens; their lowest bit is always set.
func (p *Population) cell(t uint32) uint32 { return t >> 1 & uint32(len(p.counts[0])-1) }

// Count returns about how many principals have a token.
func (p *Population) Count(kind int, t uint32) float64 {
	return float64(p.counts[kind][p.cell(t)])
}
