package correlate

import (
	"context"
	"slices"

	"github.com/gatehound/gatehound/detectors/campaign/correlate/internal/crowd"
)

// conjunctions are what the buckets have in common, besides single networks and
// templates: pairs and triples of tokens, with or without a hash of the lengths.
// A campaign that differs in some of them meets in others.
var conjunctions = []struct {
	kinds []int
	near  int // the hash of lengths, or -1
}{
	{[]int{crowd.Template}, -1},
	{[]int{crowd.Template, crowd.Start}, -1},
	{[]int{crowd.System, crowd.Settings}, -1},
	{[]int{crowd.Client, crowd.Settings, crowd.Model}, -1},
	{[]int{crowd.Client, crowd.Start}, -1},
	{[]int{crowd.Hello, crowd.Settings}, -1},
	{[]int{crowd.Settings, crowd.Model, crowd.Volume}, -1},
	{[]int{crowd.Settings, crowd.Start}, -1},
	{[]int{crowd.Model, crowd.Start, crowd.Volume}, -1},
	{[]int{crowd.Pivot, crowd.Settings}, -1},
	{[]int{crowd.Settings, crowd.Model, crowd.Rhythm}, 0},
	{[]int{crowd.Start}, 1},
	{[]int{crowd.Volume, crowd.Rhythm}, 2},
	{[]int{crowd.Model, crowd.Volume}, 3},
	{[]int{crowd.Start, crowd.Volume}, 0},
	{[]int{crowd.Settings}, 1},
	{[]int{crowd.Model, crowd.Hours, crowd.Shape}, 2},
	{[]int{crowd.System}, 3},
}

// sampleSize is how many of a bucket are looked at.
const sampleSize = 48

// entry is a profile in a bucket: the bucket's hash above, the position below.
type entry uint64

const positionBits = 26 // positions are below crowd.MostPrincipals, 1<<26

func (e entry) bucket() uint64 { return uint64(e) >> positionBits }
func (e entry) pos() uint32    { return uint32(e & (1<<positionBits - 1)) }

// buckets calls found with a random sample of every bucket of at least Least
// profiles, of sampleSize at most, table by table.
func (p *population) buckets(ctx context.Context, found func(sample []uint32)) {
	near := make([][crowd.NearSets]uint32, len(p.At))
	axes := crowd.NewProjections(p.o.Key)
	for i := range near {
		near[i], _ = axes.Near(p.Profile(uint32(i)))
	}
	entries := make([]entry, 0, len(p.At))
	put := func(hash uint64, pos int) {
		entries = append(entries, entry(hash>>positionBits<<positionBits|uint64(pos)))
	}
	for n, c := range conjunctions {
		entries = entries[:0]
	profiles:
		for i := range p.At {
			hash := uint64(n)
			if c.near >= 0 {
				if near[i][c.near] == 0 {
					continue
				}
				hash = mix(hash, near[i][c.near])
			}
			for _, kind := range c.kinds {
				t := p.Tokens[i][kind]
				if t == 0 || len(c.kinds) == 1 && c.near < 0 && p.Count(kind, t) > float64(len(p.At))/2 {
					continue profiles
				}
				hash = mix(hash, t)
			}
			put(hash, i)
		}
		if p.split(ctx, entries, found); ctx.Err() != nil {
			return
		}
	}
	entries = entries[:0]
	for i := range p.At {
		for _, net := range p.Profile(uint32(i)).Networks {
			if net != 0 {
				put(mix(crowd.Network, net), i)
			}
		}
	}
	p.split(ctx, entries, found)
}

// split sorts the entries and calls found with a sample of each bucket.
func (p *population) split(ctx context.Context, entries []entry, found func(sample []uint32)) {
	slices.Sort(entries)
	var sample [sampleSize]uint32
	for i := 0; i < len(entries) && ctx.Err() == nil; {
		j, n := i, 0
		for ; j < len(entries) && entries[j].bucket() == entries[i].bucket(); j++ {
			if n < sampleSize && (n == 0 || sample[n-1] != entries[j].pos()) {
				sample[n] = entries[j].pos()
				n++
			}
		}
		if n >= p.o.Least {
			found(sample[:n])
		}
		i = j
	}
}

// mix hashes a token, which is a keyed hash itself, into a hash.
func mix(h uint64, t uint32) uint64 {
	h = (h ^ uint64(t)) * 0x9e3779b97f4a7c15
	return h ^ h>>29
}
