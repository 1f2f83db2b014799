// Package prefix finds, among many strings, the longest one that a text begins
// with. It knows nothing of what the strings mean.
package prefix

import (
	"cmp"
	"maps"
	"slices"
	"sort"
	"strings"
)

// Index is an immutable set of prefixes with their values. Its zero value is
// empty. It is safe for concurrent use.
type Index[T any] struct {
	entries []entry[T]
}

type entry[T any] struct {
	prefix string
	value  T
	// outer is the longest other prefix that this one begins with; -1 for none.
	outer int
}

// New returns the index of the prefixes in m.
func New[T any](m map[string]T) *Index[T] {
	x := &Index[T]{entries: make([]entry[T], 0, len(m))}
	for _, p := range slices.SortedFunc(maps.Keys(m), cmp.Compare[string]) {
		// The prefixes of p stand before it, and each is one of the entry
		// before p or p's own outer.
		outer := len(x.entries) - 1
		for outer >= 0 && !strings.HasPrefix(p, x.entries[outer].prefix) {
			outer = x.entries[outer].outer
		}
		x.entries = append(x.entries, entry[T]{p, m[p], outer})
	}
	return x
}

// Len returns the number of prefixes.
func (x *Index[T]) Len() int { return len(x.entries) }

// Find returns the place of the longest prefix of s, or -1. It takes a binary
// search, and one comparison for each prefix of a neighbour that s lacks.
func (x *Index[T]) Find(s string) int {
	i := sort.Search(len(x.entries), func(i int) bool { return x.entries[i].prefix > s }) - 1
	for i >= 0 && !strings.HasPrefix(s, x.entries[i].prefix) {
		i = x.entries[i].outer
	}
	return i
}

// Outer returns the place of the next shorter prefix of the same text, or -1.
func (x *Index[T]) Outer(i int) int { return x.entries[i].outer }

// At returns the value at a place that Find or Outer returned.
func (x *Index[T]) At(i int) *T { return &x.entries[i].value }

// Depth returns how many prefixes of the index begin one within another, at the
// most.
func (x *Index[T]) Depth() int {
	depth := make([]int, len(x.entries))
	most := 0
	for i := range x.entries {
		depth[i] = 1
		if o := x.entries[i].outer; o >= 0 {
			depth[i] = depth[o] + 1
		}
		most = max(most, depth[i])
	}
	return most
}
