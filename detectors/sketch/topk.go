package sketch

import (
	"cmp"
	"math"
	"slices"
)

// TopK8 finds the most frequent keys of a stream with eight counters: Space
// Saving (Metwally, Agrawal, El Abbadi: Efficient computation of frequent and
// top-k elements in data streams, ICDT 2005). A key that makes up more than an
// eighth of the stream is always among them; a count is too high by at most
// its Error, which is at most an eighth of Total, and never too low.
type TopK8 struct {
	// Total is the number of keys that were added, with repeats.
	Total uint32
	used  uint32
	items [8]Item
}

// Item is a key with its count.
type Item struct {
	Key uint64
	// Count is at least the key's number, and at most Error more.
	Count, Error uint32
}

// Add counts a key once.
func (t *TopK8) Add(key uint64) {
	t.Total = satAdd(t.Total, 1)
	least := 0
	for i := range t.items[:t.used] {
		if t.items[i].Key == key {
			t.items[i].Count = satAdd(t.items[i].Count, 1)
			return
		}
		if t.items[i].Count < t.items[least].Count {
			least = i
		}
	}
	if int(t.used) < len(t.items) {
		t.items[t.used] = Item{Key: key, Count: 1}
		t.used++
		return
	}
	floor := t.items[least].Count
	t.items[least] = Item{Key: key, Count: satAdd(floor, 1), Error: floor}
}

// Max returns the item with the highest count, the zero Item of an empty
// summary.
func (t *TopK8) Max() Item {
	var top Item
	for _, it := range t.items[:t.used] {
		if it.Count > top.Count || it.Count == top.Count && it.Key < top.Key {
			top = it
		}
	}
	return top
}

// Items returns the items by falling count, then by key; those past the
// returned number are zero.
func (t *TopK8) Items() ([8]Item, int) {
	out := t.items
	slices.SortFunc(out[:t.used], compareItems)
	return out, int(t.used)
}

// Exact tells that no key had to give way, so that every count is exact and
// the number of items is the number of distinct keys.
func (t *TopK8) Exact() bool {
	for _, it := range t.items[:t.used] {
		if it.Error > 0 {
			return false
		}
	}
	return true
}

// Reset empties the summary.
func (t *TopK8) Reset() { *t = TopK8{} }

// Merge adds o to t; counts stay upper bounds and the errors add up (Agarwal,
// Cormode, Huang, Phillips, Wei, Yi: Mergeable summaries, PODS 2012).
func (t *TopK8) Merge(o *TopK8) {
	var all [16]Item
	n := copy(all[:], t.items[:t.used])
	floor, other := t.floor(), o.floor()
	for i := range all[:n] {
		all[i].Count = satAdd(all[i].Count, other)
		all[i].Error = satAdd(all[i].Error, other)
	}
	for _, it := range o.items[:o.used] {
		i := slices.IndexFunc(all[:n], func(have Item) bool { return have.Key == it.Key })
		if i >= 0 && i < int(t.used) {
			all[i].Count = satAdd(all[i].Count-other, it.Count)
			all[i].Error = satAdd(all[i].Error-other, it.Error)
			continue
		}
		all[n] = Item{Key: it.Key, Count: satAdd(it.Count, floor), Error: satAdd(it.Error, floor)}
		n++
	}
	slices.SortFunc(all[:n], compareItems)
	t.used = uint32(min(n, len(t.items)))
	t.items = [8]Item(all[:8])
	t.Total = satAdd(t.Total, o.Total)
}

// floor is what a key that is not in the summary can have been counted: the
// least count if every counter is taken.
func (t *TopK8) floor() uint32 {
	if int(t.used) < len(t.items) {
		return 0
	}
	least := t.items[0].Count
	for _, it := range t.items[1:] {
		least = min(least, it.Count)
	}
	return least
}

func compareItems(a, b Item) int {
	if c := cmp.Compare(b.Count, a.Count); c != 0 {
		return c
	}
	return cmp.Compare(a.Key, b.Key)
}

// satAdd adds without wrapping around.
func satAdd(a, b uint32) uint32 {
	if a > math.MaxUint32-b {
		return math.MaxUint32
	}
	return a + b
}
