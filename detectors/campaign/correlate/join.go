package correlate

import (
	"context"
	"slices"

	"github.com/gatehound/gatehound/detectors/campaign/correlate/internal/crowd"
)

// alikeBut is how well the members of two parts fit on average but for what they fit
// least in, at least: as well as the members of a group that is half of all callers.
const alikeBut = 4

// join looks for the whole of which a group is a part. A hand that gives its keys
// several settings, or keys with and without a past, is grown in parts, and each
// makes what it has in common with the others look common. The groups whose members
// fit this one but for one thing, held against all but these two, are grown with
// it; what comes of them is returned if it would be reported and still has nearly
// all of the group, else v.
func (p *population) join(ctx context.Context, v verdict, groups []*grown) verdict {
	set := setOf(v.g.members)
	all := v.g.members[:len(v.g.members):len(v.g.members)]
	c := new(crowd.Centre)
	for _, g := range groups {
		var fresh []uint32
		for _, m := range g.members {
			if !set[m] {
				fresh = append(fresh, m)
			}
		}
		if 2*len(fresh) < len(g.members) || ctx.Err() != nil {
			continue
		}
		part := setOf(fresh)
		others := make([]uint32, 0, quickOthers)
		for i := 0; i < len(p.At) && len(others) < quickOthers; i++ {
			if !set[uint32(i)] && !part[uint32(i)] {
				others = append(others, uint32(i))
			}
		}
		if len(others) < 2*p.o.Least {
			continue
		}
		p.Fill(c, v.g.members, fresh, others)
		sum, some := float32(0), fresh[:min(len(fresh), freeSize)]
		for _, m := range some {
			f := c.Fit(&p.Tokens[m], p.Profile(m))
			sum += f.Sum() - min(slices.Min(f[:]), 0)
		}
		if sum < alikeBut*float32(len(some)) {
			continue
		}
		all = append(all, fresh...)
		for _, m := range fresh {
			set[m] = true
		}
	}
	if len(all) == len(v.g.members) {
		return v
	}
	slices.Sort(all) // in the random order of positions
	g := p.grow(ctx, all, 0)
	if g == nil || len(g.members) <= len(v.g.members) {
		return v
	}
	whole, kept := setOf(g.members), 0
	for _, m := range v.g.members {
		if whole[m] {
			kept++
		}
	}
	if w := p.judge(g); 5*kept >= 4*len(v.g.members) && w.reported(p.o) {
		return w
	}
	return v
}
