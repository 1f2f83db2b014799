package outbox

import (
	"container/heap"
	"slices"

	"github.com/gatehound/gatehound/schemas"
)

// chain is what waits about one alert, in order; it is never empty while it is
// in a heap.
type chain struct {
	items []*Item
	worst schemas.Severity
	in    *chains
	place int // in the heap
}

// remove takes it out of the chain and reports whether it was there.
func (c *chain) remove(it *Item) bool {
	i := slices.Index(c.items, it)
	if i < 0 {
		return false
	}
	c.items = slices.Delete(c.items, i, i+1)
	c.worst = 0
	for _, other := range c.items {
		c.worst = max(c.worst, other.Severity)
	}
	return true
}

// chains is a heap of chains.
type chains struct {
	list   []*chain
	before func(a, b *chain) bool
}

var _ heap.Interface = (*chains)(nil)

// first returns the chain that comes before all others, or nil.
func (h *chains) first() *chain {
	if len(h.list) == 0 {
		return nil
	}
	return h.list[0]
}

func (h *chains) Len() int           { return len(h.list) }
func (h *chains) Less(i, j int) bool { return h.before(h.list[i], h.list[j]) }

func (h *chains) Swap(i, j int) {
	h.list[i], h.list[j] = h.list[j], h.list[i]
	h.list[i].place, h.list[j].place = i, j
}

// Push is for package heap.
func (h *chains) Push(x any) {
	c := x.(*chain)
	c.in, c.place = h, len(h.list)
	h.list = append(h.list, c)
}

// Pop is for package heap.
func (h *chains) Pop() any {
	last := len(h.list) - 1
	c := h.list[last]
	h.list[last] = nil
	h.list = h.list[:last]
	return c
}
