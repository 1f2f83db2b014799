package correlate

import (
	"context"
	"slices"
)

// conjunctions are what the buckets have in common, besides single networks and
// templates: pairs and triples of tokens, with or without a hash of the lengths.
// A campaign that differs in some of them meets in others.
var conjunctions = []struct {
	kinds []int
	near  int // the hash of lengths, or -1
}{
	{[]int{template}, -1},
	{[]int{template, start}, -1},
	{[]int{system, settings}, -1},
	{[]int{client, settings, model}, -1},
	{[]int{client, start}, -1},
	{[]int{hello, settings}, -1},
	{[]int{settings, model, volume}, -1},
	{[]int{settings, start}, -1},
	{[]int{model, start, volume}, -1},
	{[]int{pivot, settings}, -1},
	{[]int{settings, model, rhythm}, 0},
	{[]int{start}, 1},
	{[]int{volume, rhythm}, 2},
	{[]int{model, volume}, 3},
	{[]int{start, volume}, 0},
	{[]int{settings}, 1},
	{[]int{model, hours, shape}, 2},
	{[]int{system}, 3},
}

// sampleSize is how many of a bucket are looked at.
const sampleSize = 48

// entry is a profile in a bucket: the bucket's hash above, the position below.
type entry uint64

const positionBits = 26

func (e entry) bucket() uint64 { return uint64(e) >> positionBits }
func (e entry) pos() uint32    { return uint32(e & (1<<positionBits - 1)) }

// buckets calls found with every bucket of at least Least profiles, table by
// table, with at most sampleSize of them, a random sample.
func (p *population) buckets(ctx context.Context, found func(sample []uint32, size int)) {
	near := make([][nearSets]uint32, len(p.at))
	axes := newProjections(p.o)
	for i := range near {
		near[i], _ = axes.near(p.profile(uint32(i)))
	}
	entries := make([]entry, 0, len(p.at))
	put := func(hash uint64, pos int) {
		entries = append(entries, entry(hash>>positionBits<<positionBits|uint64(pos)))
	}
	for n, c := range conjunctions {
		entries = entries[:0]
	profiles:
		for i := range p.at {
			hash := uint64(n)
			if c.near >= 0 {
				if near[i][c.near] == 0 {
					continue
				}
				hash = mix(hash, near[i][c.near])
			}
			for _, kind := range c.kinds {
				t := p.tokens[i][kind]
				if t == 0 || len(c.kinds) == 1 && c.near < 0 && p.count(kind, t) > float64(len(p.at))/2 {
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
	for i := range p.at {
		for _, net := range p.profile(uint32(i)).Networks {
			if net != 0 {
				put(mix(network, net), i)
			}
		}
	}
	p.split(ctx, entries, found)
}

// split sorts the entries and calls found with each bucket.
func (p *population) split(ctx context.Context, entries []entry, found func([]uint32, int)) {
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
			found(sample[:n], j-i)
		}
		i = j
	}
}

// mix hashes a token, which is a keyed hash itself, into a hash.
func mix(h uint64, t uint32) uint64 {
	h = (h ^ uint64(t)) * 0x9e3779b97f4a7c15
	return h ^ h>>29
}
