package crowd

import (
	"math"
	"slices"
	"testing"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/campaign/profile"
	"github.com/gatehound/gatehound/detectors/sketch"
)

// TestNobodyWhoCouldFitIsPassedOver holds what is told after a part of the groups
// against all of them.
func TestNobodyWhoCouldFitIsPassedOver(t *testing.T) {
	w := newWorld(9)
	all := make([]detectors.Profiled[profile.Profile], 600)
	for i := range all {
		p := &all[i].Profile
		*p = profile.Profile{First: since + 1, Last: end - 1, Calls: float32(100 + i), Scatter: -1}
		all[i].Key = uint64(i)
		for _, k := range kindsOfLinks {
			if v := uint32(2 + w.rng.IntN(20)); i < 30 && w.rng.IntN(3) > 0 {
				k.set(p, 1)
			} else if w.rng.IntN(5) > 0 {
				k.set(p, v)
			}
		}
	}
	p := New(all, Watch{Since: since, End: end, Key: sketch.NewKey([16]byte{7})})
	var members, rest []uint32
	for pos, i := range p.At {
		if i < 30 {
			members = append(members, uint32(pos))
		} else {
			rest = append(rest, uint32(pos))
		}
	}
	var c Centre
	p.Fill(&c, members, nil, rest)
	passed := 0
	for _, bound := range []float32{-5, 0, 4, 9, 14} {
		for pos := range p.Tokens {
			x := p.Profile(uint32(pos))
			full, ok := c.FitTokens(&p.Tokens[pos], x, -math.MaxFloat32)
			if !ok {
				t.Fatal("somebody does not fit without a bound")
			}
			for g, v := range full {
				if v > c.most[g]+slack {
					t.Fatalf("group %d: %v is more than %v", g, v, c.most[g])
				}
			}
			reach := full.Sum() + MostOfLengths - min(slices.Min(full[:]), 0)
			part, ok := c.FitTokens(&p.Tokens[pos], x, bound)
			if ok && part != full || !ok && reach > bound {
				t.Fatalf("bound %v: %v %v, in full %v", bound, ok, part, full)
			}
			if !ok {
				passed++
			}
		}
	}
	if passed < 600 || passed > 5*600-30 {
		t.Errorf("%d passed over", passed)
	}
}
