package correlate

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

// population is the profiles worth comparing, in an order that depends on their
// keys and the secret key alone: the first n of any group are a random sample.
type population struct {
	o      *Options
	all    []detectors.Profiled[profile.Profile]
	at     []uint32 // by position, the index in all
	tokens []tokens // by position
	counts [kinds][]uint32
	known  [kinds]float64
}

func newPopulation(all []detectors.Profiled[profile.Profile], o *Options) *population {
	p := &population{o: o, all: all}
	type place struct {
		order uint64
		index uint32
	}
	places := make([]place, 0, len(all))
	for i := range all {
		if x := &all[i].Profile; positive(x.Calls) >= leastMeasured && x.First > 0 && x.First <= x.Last && x.Last <= o.End+120 && len(places) < 1<<positionBits {
			places = append(places, place{o.Key.Words(all[i].Key, 1), uint32(i)})
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
	p.at = make([]uint32, len(places))
	for i := range places {
		p.at[i] = places[i].index
	}
	p.tokens = make([]tokens, len(p.at))
	size := 1024
	for size < 4*len(p.at) && size < cells {
		size *= 2
	}
	for kind := range p.counts {
		p.counts[kind] = make([]uint32, size)
	}
	for i := range p.at {
		p.tokens[i] = tokensOf(p.profile(uint32(i)), o)
		for kind, t := range p.tokens[i] {
			if t == 0 {
				continue
			}
			p.known[kind]++
			if kind != network {
				p.counts[kind][p.cell(t)]++
			}
		}
		networks := p.profile(uint32(i)).Networks
		for j, n := range networks {
			if n != 0 && !slices.Contains(networks[:j], n) {
				p.counts[network][p.cell(n)]++
			}
		}
	}
	return p
}

func (p *population) profile(pos uint32) *profile.Profile { return &p.all[p.at[pos]].Profile }

// cell spreads tokens; their lowest bit is always set.
func (p *population) cell(t uint32) uint32 { return t >> 1 & uint32(len(p.counts[0])-1) }

// count returns about how many principals have a token.
func (p *population) count(kind int, t uint32) float64 {
	return float64(p.counts[kind][p.cell(t)])
}
