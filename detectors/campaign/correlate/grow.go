package correlate

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/gatehound/gatehound/detectors/campaign/correlate/internal/crowd"
)

const (
	// quickOthers and fullOthers are on how many others' lengths a centre's
	// likeness rests.
	quickOthers, fullOthers = 160, 2048
	// finalists is how many groups are grown over all profiles.
	finalists = 32
	// closer is how many of them are grown once more.
	closer = 6
	// mostReported is how many groups are reported.
	mostReported = 128
	// joins is how many reported groups are looked at for being parts of a whole,
	// the strongest: each takes as long as growing one.
	joins = 4
	// clear is from where a fit counts as sharing a trait: twice as likely.
	clear = 0.7
	// alikeSample bounds who is looked at for being left out. Of more than that, a
	// campaign of the size that was ever seen is no large share.
	alikeSample = 1 << 16
	// freeSize bounds the sample of those who fit but for one group.
	freeSize = 4096
)

// seed is a group from a bucket that is worth growing.
type seed struct {
	members []uint32
	promise float64
}

// grown is a group with all its members, and what it was held against.
type grown struct {
	members []uint32
	fits    []crowd.Fits
	total   []float32
	// free are, by group of evidence, those who belong whatever that group says (a
	// random sample), and shared is which share of them fits in that group. What
	// the choice of members itself made alike is not alike among these.
	free   [crowd.Groups][]uint32
	shared [crowd.Groups]float64
	// mean is how well they fit in that group on average: the evidence of one.
	mean [crowd.Groups]float64
	// needed tells that too few belong without the group.
	needed [crowd.Groups]bool
	// common is which share of the others fits in a group.
	common [crowd.Groups]float64
	others []uint32
}

// clusters finds, grows and judges groups.
func (p *population) clusters(ctx context.Context) []Cluster {
	seeds := p.seeds(ctx)
	var done []verdict
	var groups []*grown
	tried := make(map[uint32]bool) // members of groups that were grown
	grownSoFar, retries := 0, closer
	for i := range seeds {
		if grownSoFar == finalists || len(done) == mostReported || ctx.Err() != nil {
			break
		}
		known := 0
		for _, m := range seeds[i].members {
			if tried[m] {
				known++
			}
		}
		if 2*known > len(seeds[i].members) {
			continue
		}
		grownSoFar++
		v, ok := p.best(ctx, seeds[i].members, retries > 0)
		if v.g == nil {
			continue
		}
		groups = append(groups, v.g)
		for _, m := range v.g.members {
			tried[m] = true
		}
		if ok {
			done = append(done, v)
			grownSoFar-- // what is reported takes no other's turn
		} else {
			retries--
		}
	}
	stronger := func(a, b verdict) int { return cmp.Compare(b.score, a.score) }
	slices.SortStableFunc(done, stronger)
	for i := range done[:min(len(done), joins)] {
		done[i] = p.join(ctx, done[i], groups)
	}
	slices.SortStableFunc(done, stronger)
	return p.divide(done)
}

// best grows a seed and judges what it becomes, and tells whether that is reported.
// If it is not, and again may be tried, the seed is grown once more with those only
// who are much alike: among ordinary callers that differ from a flood of others, or
// that are much like the members, there may be a core.
func (p *population) best(ctx context.Context, members []uint32, again bool) (verdict, bool) {
	var v verdict
	for _, closer := range [...]float32{0, 5} {
		g := p.grow(ctx, members, closer)
		if g == nil {
			break
		}
		w := p.judge(g)
		if w.reported(p.o) {
			return w, true
		}
		if v.g == nil {
			v = w
		}
		if !again || len(g.members) < 2*p.o.Least {
			break
		}
	}
	return v, false
}

// divide gives each member to the strongest of its clusters.
func (p *population) divide(done []verdict) []Cluster {
	taken := make(map[uint32]bool)
	var out []Cluster
	for i := range done {
		v := &done[i]
		kept := 0
		for j, m := range v.g.members {
			if !taken[m] {
				v.g.members[kept], v.g.fits[kept], v.g.total[kept] = m, v.g.fits[j], v.g.total[j]
				kept++
			}
		}
		if kept < p.o.Least || 2*kept < len(v.g.members) {
			continue
		}
		v.g.members, v.g.fits, v.g.total = v.g.members[:kept], v.g.fits[:kept], v.g.total[:kept]
		for _, m := range v.g.members {
			taken[m] = true
		}
		out = append(out, p.cluster(v))
	}
	return out
}

// seeds returns the groups that promise most, the best first.
func (p *population) seeds(ctx context.Context) []seed {
	var out []seed
	others := p.sampleOthers(nil, quickOthers)
	var c crowd.Centre
	kept := make([]uint32, 0, sampleSize)
	// A group has seeds in up to eighteen tables: so many that fifty groups which
	// promise more leave room for another.
	const keep = 32 * finalists
	best := func() {
		slices.SortStableFunc(out, func(a, b seed) int {
			if d := cmp.Compare(b.promise, a.promise); d != 0 {
				return d
			}
			return slices.Compare(a.members, b.members)
		})
		out = out[:min(len(out), keep)]
	}
	p.buckets(ctx, func(sample []uint32) {
		kept = append(kept[:0], sample...)
		var likeness float64
		for range 2 {
			p.Fill(&c, kept, nil, others)
			kept = kept[:0]
			likeness = 0
			for _, m := range sample {
				f := c.Fit(&p.Tokens[m], p.Profile(m))
				if s := f.Sum(); s > 3 {
					kept = append(kept, m)
					likeness += float64(s)
				}
			}
			if len(kept) < min(p.o.Least, 6) {
				return
			}
		}
		likeness /= float64(len(kept))
		promise := min(likeness, 15) + 2*p.conduct(kept)
		if len(out) < keep || promise > out[keep-1].promise {
			out = append(out, seed{slices.Clone(kept), promise})
			if len(out) >= 2*keep {
				best()
			}
		}
	})
	best()
	return out
}

// sampleOthers returns a random sample of those who are not in the set.
func (p *population) sampleOthers(members map[uint32]bool, n int) []uint32 {
	out := make([]uint32, 0, min(n, len(p.At)))
	for i := 0; i < len(p.At) && len(out) < n; i++ {
		if !members[uint32(i)] {
			out = append(out, uint32(i))
		}
	}
	return out
}

// grow takes the group from its seed over all profiles, and returns nil if
// nothing holds it together. Members fit better than by chance, and closer by so
// much.
func (p *population) grow(ctx context.Context, members []uint32, closer float32) *grown {
	size, c := 4*len(members), new(crowd.Centre)
	for round := range 6 {
		// A campaign may be half of all: those who look like it are left out of
		// what it is held against, or it would seem common.
		set := setOf(members)
		p.Fill(c, members, nil, nil)
		var gone []uint32
		for i := range p.Tokens[:min(len(p.Tokens), alikeSample)] {
			if !set[uint32(i)] && c.Typical(&p.Tokens[i], p.Profile(uint32(i))) {
				gone = append(gone, uint32(i))
			}
		}
		for _, m := range gone {
			set[m] = true
		}
		others := p.sampleOthers(set, fullOthers)
		if len(others) < 2*p.o.Least {
			return nil // everybody is alike: nothing is rare
		}
		p.Fill(c, members, gone, others)
		g := p.scan(c, max(size, len(members)), closer)
		if len(g.members) < p.o.Least || ctx.Err() != nil {
			return nil
		}
		if round >= 1 && same(members, g.members) || round == 5 {
			g.others = p.sampleOthers(setOf(g.members), fullOthers)
			p.hold(c, g)
			return g
		}
		members, size = g.members, 0
	}
	return nil
}

func setOf(members []uint32) map[uint32]bool {
	set := make(map[uint32]bool, len(members))
	for _, m := range members {
		set[m] = true
	}
	return set
}

// same tells whether the groups differ by less than a twentieth.
func same(a, b []uint32) bool {
	set, both := setOf(a), 0
	for _, m := range b {
		if set[m] {
			both++
		}
	}
	return 20*both >= 19*max(len(a), len(b))
}

// scan holds all profiles against a centre.
func (p *population) scan(c *crowd.Centre, size int, closer float32) *grown {
	// A member is one for whom the evidence outweighs how few members there are;
	// beyond that, one of twenty named may be wrong.
	bound := float32(max(4, math.Log(float64(len(p.At))/float64(size))+2)) + closer
	var g grown
	var fitting [crowd.Groups]int
	var counted [crowd.Groups]int
	var sums [crowd.Groups]float64
	for i := range p.Tokens {
		x := p.Profile(uint32(i))
		f, ok := c.FitTokens(&p.Tokens[i], x, bound)
		if !ok {
			continue
		}
		sum := float32(0)
		for _, v := range f {
			sum += v
		}
		f[crowd.ByLengths] = c.FitLengths(x)
		sum += f[crowd.ByLengths]
		if sum > bound {
			g.members = append(g.members, uint32(i))
			g.fits = append(g.fits, f)
			g.total = append(g.total, sum)
		}
		for k, v := range f {
			if sum-v > bound {
				counted[k]++
				sums[k] += float64(v)
				if v > clear {
					fitting[k]++
				}
				if len(g.free[k]) < freeSize {
					g.free[k] = append(g.free[k], uint32(i))
				}
			}
		}
	}
	for k := range g.shared {
		if counted[k] >= p.o.Least {
			g.shared[k] = float64(fitting[k]) / float64(counted[k])
			g.mean[k] = sums[k] / float64(counted[k])
			continue
		}
		// The group is needed to tell who belongs: what the members have in common
		// by it was a condition, and counts half.
		n := 0
		for _, f := range g.fits {
			if g.mean[k] += float64(f[k]) / float64(2*len(g.members)); f[k] > clear {
				n++
			}
		}
		g.shared[k] = float64(n) / float64(max(len(g.members), 1))
		g.free[k], g.needed[k] = g.members, true
	}
	return &g
}

// hold counts which share of the others fits in each group.
func (p *population) hold(c *crowd.Centre, g *grown) {
	for _, o := range g.others {
		f := c.Fit(&p.Tokens[o], p.Profile(o))
		for k, v := range f {
			if v > clear {
				g.common[k]++
			}
		}
	}
	for k := range g.common {
		g.common[k] = (g.common[k] + 0.5) / (float64(len(g.others)) + 1)
	}
}
