package outbox

import (
	"container/heap"
	"sync"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// Item is a notification that waits for a sink; its alert is in the outbox.
// Only the sink's worker changes an item once it is queued.
type Item struct {
	Seq      uint64
	Key      string
	Alert    string
	Sequence int
	State    schemas.AlertState
	Severity schemas.Severity
	Queued   time.Time
	Digest   bool
	Damaged  bool // the outbox has it and cannot be read

	Attempts int
	Next     time.Time // not to be tried before
	Problem  string    // why the last attempt failed
	Asides   int       // how often it was set aside
	// Sent tells that the receiver has it and only the log does not know yet;
	// Ref is what the receiver gave for it.
	Sent bool
	Ref  string
}

func itemOf(seq uint64, d *Delivery) *Item {
	return &Item{Seq: seq, Key: d.Key, Alert: d.Alert.ID, Sequence: d.Alert.Sequence, State: d.Alert.State,
		Severity: d.Alert.Severity, Queued: d.Queued, Digest: d.Digest}
}

// asideTurn is how often, in attempts, one of what was set aside is tried while
// there is something else: it takes at most a quarter of a sink's rate.
const asideTurn = 4

// Queue holds what waits for one sink: for each alert its notifications in
// order. Many goroutines push, one worker takes.
//
// What comes next is, for machines, what was decided first; for people, the most
// severe, and of those what was decided first. What the receiver chokes on is set
// aside and comes again at a time of its own.
type Queue struct {
	Wake chan struct{} // has one element if something was pushed

	// mu keeps Offer's push and the listing apart from the worker's picks.
	mu     sync.Mutex
	order  bool
	alerts map[string]*chain
	ready  chains // by what comes next
	aside  chains // by when they may be tried
	picks  int
	length int
}

// NewQueue returns an empty queue: with inOrder one for machines, which drops and
// prefers nothing.
func NewQueue(inOrder bool) *Queue {
	q := &Queue{Wake: make(chan struct{}, 1), order: inOrder, alerts: make(map[string]*chain)}
	q.ready.before = func(a, b *chain) bool {
		if !q.order && a.worst != b.worst {
			return a.worst > b.worst
		}
		return a.items[0].Seq < b.items[0].Seq
	}
	q.aside.before = func(a, b *chain) bool { return a.items[0].Next.Before(b.items[0].Next) }
	return q
}

// Push appends items, which must be newer than all of their alert.
func (q *Queue) Push(items ...*Item) {
	if len(items) == 0 {
		return
	}
	q.mu.Lock()
	for _, it := range items {
		c := q.alerts[it.Alert]
		if c == nil {
			c = &chain{items: []*Item{it}, worst: it.Severity}
			q.alerts[it.Alert] = c
			heap.Push(&q.ready, c)
			continue
		}
		c.items = append(c.items, it)
		c.worst = max(c.worst, it.Severity)
		heap.Fix(c.in, c.place)
	}
	q.length += len(items)
	q.mu.Unlock()
	select {
	case q.Wake <- struct{}{}:
	default:
	}
}

// Drop removes items.
func (q *Queue) Drop(items ...*Item) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, it := range items {
		c := q.alerts[it.Alert]
		if c == nil || !c.remove(it) {
			continue
		}
		q.length--
		if len(c.items) == 0 {
			// The heap orders by the first item, which there is none of now.
			c.items = append(c.items, it)
			heap.Remove(c.in, c.place)
			delete(q.alerts, it.Alert)
			continue
		}
		heap.Fix(c.in, c.place)
	}
}

// Pick returns the item to try now. Without one it returns the time at which the
// next becomes due; zero if none is waiting. stale are the updates before the
// picked one, of the same alert, that it makes needless.
func (q *Queue) Pick(now time.Time) (best *Item, stale []*Item, next time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.picks++
	c := q.ready.first()
	if again := q.aside.first(); again != nil && (c == nil || q.picks%asideTurn == 0) {
		if at := again.items[0].Next; !at.After(now) {
			c = again
		} else if c == nil {
			return nil, nil, at
		}
	}
	if c == nil {
		return nil, nil, time.Time{}
	}
	if c.items[0].Sent || q.order {
		return c.items[0], nil, time.Time{}
	}
	items := c.items
	for len(items) > 1 && items[0].State == schemas.AlertUpdated && items[1].Sequence > items[0].Sequence { // what is redelivered can be older
		stale = append(stale, items[0])
		items = items[1:]
	}
	return items[0], stale, time.Time{}
}

// Other returns what to try instead of it to learn whether the receiver works at
// all: of the other alerts' first items the one that was tried least, and of
// those the one that comes first. It is nil if there is none.
func (q *Queue) Other(it *Item) *Item {
	q.mu.Lock()
	defer q.mu.Unlock()
	var best *chain
	for _, c := range q.ready.list {
		if c.items[0].Alert == it.Alert {
			continue
		}
		if best == nil || c.items[0].Attempts < best.items[0].Attempts ||
			c.items[0].Attempts == best.items[0].Attempts && q.ready.before(c, best) {
			best = c
		}
	}
	if best == nil {
		return nil
	}
	return best.items[0]
}

// SetAside keeps it, and what follows it of the same alert, from being tried
// before next, and from keeping others waiting.
func (q *Queue) SetAside(it *Item, next time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	it.Next, it.Asides = next, it.Asides+1
	if c := q.alerts[it.Alert]; c != nil {
		heap.Remove(c.in, c.place)
		heap.Push(&q.aside, c)
	}
}

// IsAside reports whether it was set aside.
func (q *Queue) IsAside(it *Item) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	c := q.alerts[it.Alert]
	return c != nil && c.in == &q.aside
}

// Rush makes everything due in its order.
func (q *Queue) Rush() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.aside.Len() > 0 {
		heap.Push(&q.ready, heap.Pop(&q.aside))
	}
	for _, c := range q.ready.list {
		c.items[0].Next = time.Time{}
	}
}

// Change applies f to it; the listing does not see it half done. f leaves Next of
// what was set aside as it is.
func (q *Queue) Change(it *Item, f func(*Item)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	f(it)
}

// Tried notes an attempt whose outcome is not known for the item of that sequence,
// if it is there.
func (q *Queue) Tried(seq uint64) {
	q.List(func(it *Item) {
		if it.Seq == seq {
			it.Attempts = max(it.Attempts, 1)
		}
	})
}

// Size returns how many items there are.
func (q *Queue) Size() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.length
}

// Waiting returns what is no digest and was not tried yet. What was tried may have
// been taken although no answer came, and keeps its key.
func (q *Queue) Waiting() (items []*Item) {
	q.List(func(it *Item) {
		if !it.Digest && !it.Sent && !it.Damaged && it.Attempts == 0 {
			items = append(items, it)
		}
	})
	return items
}

// Before returns at most limit items that were queued before t.
func (q *Queue) Before(t time.Time, limit int) (items []*Item) {
	q.List(func(it *Item) {
		if it.Queued.Before(t) && len(items) < limit && !it.Sent && !it.Damaged {
			items = append(items, it)
		}
	})
	return items
}

// List calls f for every item, in no order.
func (q *Queue) List(f func(*Item)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, c := range q.alerts {
		for _, it := range c.items {
			f(it)
		}
	}
}
