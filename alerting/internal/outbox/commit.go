package outbox

import (
	"sync"

	bolt "go.etcd.io/bbolt"
)

// Committer joins what several goroutines write to the log at the same time in
// one transaction, so that twenty sinks wait for one fsync and not for twenty. A
// lone caller waits for nobody: what comes while a transaction is being written
// goes into the next one. The zero value is ready.
type Committer struct {
	// mu keeps callers apart that join, and that find out who writes next.
	mu      sync.Mutex
	writing bool
	waiting []*write
}

// write is what one caller wants to have written.
type write struct {
	do  func(*bolt.Tx) error
	err error
	// turn has an element once it is written, or is to write for all that wait.
	turn chan bool
}

// maxJoined bounds the callers that share a transaction.
const maxJoined = 64

// Do runs f in a transaction of db and returns when that is durable, or with an
// error when nothing of f is. f may be called twice, each time in another
// transaction.
func (c *Committer) Do(db *bolt.DB, f func(*bolt.Tx) error) error {
	w := &write{do: f, turn: make(chan bool, 1)}
	c.mu.Lock()
	c.waiting = append(c.waiting, w)
	if c.writing {
		c.mu.Unlock()
		if done := <-w.turn; done {
			return w.err
		}
		c.mu.Lock()
	}
	c.writing = true
	n := min(len(c.waiting), maxJoined)
	batch := c.waiting[:n:n] // w is the first of them
	c.waiting = c.waiting[n:]
	c.mu.Unlock()

	commit(db, batch)

	c.mu.Lock()
	if len(c.waiting) == 0 {
		c.waiting, c.writing = nil, false
	} else {
		c.waiting[0].turn <- false
	}
	c.mu.Unlock()
	for _, other := range batch[1:] {
		other.turn <- true
	}
	return w.err
}

// commit writes a batch: in one transaction, and if one of them cannot be
// written each in its own.
func commit(db *bolt.DB, batch []*write) {
	err := db.Update(func(tx *bolt.Tx) error {
		for _, w := range batch {
			if err := w.do(tx); err != nil {
				return err
			}
		}
		return nil
	})
	for _, w := range batch {
		w.err = err
		if err != nil && len(batch) > 1 {
			w.err = db.Update(w.do)
		}
	}
}
