package outbox

import (
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
	// Sent tells that the receiver has it and only the log does not know yet;
	// Ref is what the receiver gave for it.
	Sent bool
	Ref  string
}

func itemOf(seq uint64, d *Delivery) *Item {
	return &Item{Seq: seq, Key: d.Key, Alert: d.Alert.ID, Sequence: d.Alert.Sequence, State: d.Alert.State,
		Severity: d.Alert.Severity, Queued: d.Queued, Digest: d.Digest}
}

// Queue holds what waits for one sink: for each alert its notifications in
// order. Many goroutines push, one worker takes.
type Queue struct {
	Wake chan struct{} // has one element if something was pushed

	// mu keeps Offer's push and the listing apart from the worker's picks.
	mu     sync.Mutex
	alerts map[string][]*Item
	length int
}

// NewQueue returns an empty queue.
func NewQueue() *Queue {
	return &Queue{Wake: make(chan struct{}, 1), alerts: make(map[string][]*Item)}
}

// Push appends items, which must be newer than all of their alert.
func (q *Queue) Push(items ...*Item) {
	if len(items) == 0 {
		return
	}
	q.mu.Lock()
	for _, it := range items {
		q.alerts[it.Alert] = append(q.alerts[it.Alert], it)
	}
	q.length += len(items)
	q.mu.Unlock()
	select {
	case q.Wake <- struct{}{}:
	default:
	}
}

// Drop removes items, each of which is the first of its alert or follows a
// dropped one.
func (q *Queue) Drop(items ...*Item) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, it := range items {
		rest := q.alerts[it.Alert]
		for i := range rest {
			if rest[i] == it {
				rest = append(rest[:i:i], rest[i+1:]...)
				q.length--
				break
			}
		}
		if len(rest) == 0 {
			delete(q.alerts, it.Alert)
		} else {
			q.alerts[it.Alert] = rest
		}
	}
}

// Pick returns the item to try now: of the alerts' first items that are due
// the most severe, and of those the oldest. Without one it returns the time at
// which the next becomes due; zero if none is waiting. stale are the updates
// before the picked one, of the same alert, that it makes needless.
func (q *Queue) Pick(now time.Time) (best *Item, stale []*Item, next time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, items := range q.alerts {
		it := items[0]
		if it.Next.After(now) {
			if next.IsZero() || it.Next.Before(next) {
				next = it.Next
			}
			continue
		}
		if best == nil || it.Severity > best.Severity || it.Severity == best.Severity && it.Seq < best.Seq {
			best = it
		}
	}
	if best == nil || best.Sent {
		return best, nil, next
	}
	items := q.alerts[best.Alert]
	for len(items) > 1 && items[0].State == schemas.AlertUpdated && items[1].State == schemas.AlertUpdated &&
		items[1].Sequence > items[0].Sequence { // what is redelivered can be older
		stale = append(stale, items[0])
		items = items[1:]
	}
	return items[0], stale, next
}

// Size returns how many items there are.
func (q *Queue) Size() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.length
}

// Waiting returns what is not a digest and was not yet taken by the receiver.
func (q *Queue) Waiting() (items []*Item) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, list := range q.alerts {
		for _, it := range list {
			if !it.Digest && !it.Sent && !it.Damaged {
				items = append(items, it)
			}
		}
	}
	return items
}

// Rush makes everything due.
func (q *Queue) Rush() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, items := range q.alerts {
		for _, it := range items {
			it.Next = time.Time{}
		}
	}
}

// Change applies f to it; the listing does not see it half done.
func (q *Queue) Change(it *Item, f func(*Item)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	f(it)
}

// List calls f for every item.
func (q *Queue) List(f func(*Item)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, items := range q.alerts {
		for _, it := range items {
			f(it)
		}
	}
}

// Window counts the notifications of the last minute.
type Window struct {
	times []time.Time // the last ones, oldest first; at most Limit
	Limit int
}

// Free returns how many more may go now, and when the next one may.
func (w *Window) Free(now time.Time) (int, time.Time) {
	for len(w.times) > 0 && now.Sub(w.times[0]) >= time.Minute {
		w.times = w.times[1:]
	}
	if n := w.Limit - len(w.times); n > 0 {
		return n, now
	}
	return 0, w.times[0].Add(time.Minute)
}

// Use counts one.
func (w *Window) Use(now time.Time) { w.times = append(w.times, now) }
