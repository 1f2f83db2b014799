package alerting

import (
	"encoding/binary"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/gatehound/gatehound/schemas"
)

// item is a notification that waits for a sink; its alert is in the outbox.
// Only the sink's worker changes an item once it is queued.
type item struct {
	seq      uint64
	key      string
	alert    string
	sequence int
	state    schemas.AlertState
	severity schemas.Severity
	queued   time.Time
	digest   bool
	damaged  bool // the outbox has it and cannot be read

	attempts int
	next     time.Time // not to be tried before
	problem  string    // why the last attempt failed
	// sent tells that the receiver has it and only the log does not know yet;
	// ref is what the receiver gave for it.
	sent bool
	ref  Ref
}

// store puts d into the sink's outbox.
func store(tx *bolt.Tx, sink string, d *delivery) (*item, error) {
	outbox, err := sub(tx, bucketOutbox, sink)
	if err != nil {
		return nil, err
	}
	seq, err := outbox.NextSequence()
	if err != nil {
		return nil, err
	}
	return itemOf(seq, d), put(outbox, number(seq), d)
}

func itemOf(seq uint64, d *delivery) *item {
	return &item{seq: seq, key: d.Key, alert: d.Alert.ID, sequence: d.Alert.Sequence, state: d.Alert.State,
		severity: d.Alert.Severity, queued: d.Queued, digest: d.Digest}
}

// queue holds what waits for one sink: for each alert its notifications in
// order. Many goroutines push, one worker takes.
type queue struct {
	wake chan struct{} // has one element if something was pushed

	// mu keeps Offer's push and the listing apart from the worker's picks.
	mu     sync.Mutex
	alerts map[string][]*item
	length int
}

func newQueue() *queue {
	return &queue{wake: make(chan struct{}, 1), alerts: make(map[string][]*item)}
}

// push appends items, which must be newer than all of their alert.
func (q *queue) push(items ...*item) {
	if len(items) == 0 {
		return
	}
	q.mu.Lock()
	for _, it := range items {
		q.alerts[it.alert] = append(q.alerts[it.alert], it)
	}
	q.length += len(items)
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// drop removes items, each of which is the first of its alert or follows a
// dropped one.
func (q *queue) drop(items ...*item) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, it := range items {
		rest := q.alerts[it.alert]
		for i := range rest {
			if rest[i] == it {
				rest = append(rest[:i:i], rest[i+1:]...)
				q.length--
				break
			}
		}
		if len(rest) == 0 {
			delete(q.alerts, it.alert)
		} else {
			q.alerts[it.alert] = rest
		}
	}
}

// pick returns the item to try now: of the alerts' first items that are due
// the most severe, and of those the oldest. Without one it returns the time at
// which the next becomes due; zero if none is waiting. stale are the updates
// before the picked one, of the same alert, that it makes needless.
func (q *queue) pick(now time.Time) (best *item, stale []*item, next time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, items := range q.alerts {
		it := items[0]
		if it.next.After(now) {
			if next.IsZero() || it.next.Before(next) {
				next = it.next
			}
			continue
		}
		if best == nil || it.severity > best.severity || it.severity == best.severity && it.seq < best.seq {
			best = it
		}
	}
	if best == nil || best.sent {
		return best, nil, next
	}
	items := q.alerts[best.alert]
	for len(items) > 1 && items[0].state == schemas.AlertUpdated && items[1].state == schemas.AlertUpdated &&
		items[1].sequence > items[0].sequence { // what is redelivered can be older
		stale = append(stale, items[0])
		items = items[1:]
	}
	return items[0], stale, next
}

// size returns how many items there are.
func (q *queue) size() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.length
}

// waiting returns what is not a digest and was not yet taken by the receiver.
func (q *queue) waiting() (items []*item) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, list := range q.alerts {
		for _, it := range list {
			if !it.digest && !it.sent && !it.damaged {
				items = append(items, it)
			}
		}
	}
	return items
}

// rush makes everything due.
func (q *queue) rush() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, items := range q.alerts {
		for _, it := range items {
			it.next = time.Time{}
		}
	}
}

// change applies f to it; the listing does not see it half done.
func (q *queue) change(it *item, f func(*item)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	f(it)
}

// list calls f for every item.
func (q *queue) list(f func(*item)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, items := range q.alerts {
		for _, it := range items {
			f(it)
		}
	}
}

// load fills the queue from the sink's outbox.
func (q *queue) load(tx *bolt.Tx, sink string) {
	outbox := tx.Bucket(bucketOutbox).Bucket([]byte(sink))
	if outbox == nil {
		return
	}
	cursor := outbox.Cursor()
	for k, _ := cursor.First(); k != nil; k, _ = cursor.Next() {
		var d delivery
		_, err := get(outbox, k, &d)
		it := itemOf(seqOf(k), &d)
		it.damaged = err != nil // it is told of when its turn comes
		q.push(it)
	}
}

func seqOf(key []byte) uint64 {
	if len(key) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(key)
}

// window counts the notifications of the last minute.
type window struct {
	times []time.Time // the last ones, oldest first; at most limit
	limit int
}

// free returns how many more may go now, and when the next one may.
func (w *window) free(now time.Time) (int, time.Time) {
	for len(w.times) > 0 && now.Sub(w.times[0]) >= time.Minute {
		w.times = w.times[1:]
	}
	if n := w.limit - len(w.times); n > 0 {
		return n, now
	}
	return 0, w.times[0].Add(time.Minute)
}

func (w *window) use(now time.Time) { w.times = append(w.times, now) }
