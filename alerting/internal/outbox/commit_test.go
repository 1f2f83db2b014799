package outbox

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/gatehound/gatehound/alerting/internal/journal"
)

func openLog(t testing.TB) *bolt.DB {
	t.Helper()
	db, _, err := journal.Open(filepath.Join(t.TempDir(), "alerts.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// put returns what writes a key.
func put(key string) func(*bolt.Tx) error {
	return func(tx *bolt.Tx) error { return tx.Bucket(journal.Outbox).Put([]byte(key), []byte("x")) }
}

// has reports whether the log has the key.
func has(t *testing.T, db *bolt.DB, key string) (ok bool) {
	t.Helper()
	if err := db.View(func(tx *bolt.Tx) error {
		ok = tx.Bucket(journal.Outbox).Get([]byte(key)) != nil
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return ok
}

// Whoever returns from Do finds durable what it wrote, or nothing of it with an
// error, whoever else writes at the same time.
func TestCommitterWritesForEveryone(t *testing.T) {
	db := openLog(t)
	var c Committer
	var all sync.WaitGroup
	bad := errors.New("bad")
	for i := range 20 {
		all.Go(func() {
			for j := range 30 {
				key := fmt.Sprint(i, "/", j)
				fails := (i+j)%17 == 0
				err := c.Do(db, func(tx *bolt.Tx) error {
					if err := put(key)(tx); err != nil || !fails {
						return err
					}
					return bad
				})
				if fails != errors.Is(err, bad) || !fails && err != nil || has(t, db, key) == fails {
					t.Errorf("%s: got %v, and the log has it: %v", key, err, has(t, db, key))
				}
			}
		})
	}
	all.Wait()
	if c.writing || len(c.waiting) != 0 {
		t.Error("the committer thinks that somebody writes")
	}
}

// What comes while a transaction is written shares the next one.
func TestCommitterJoins(t *testing.T) {
	db := openLog(t)
	var c Committer
	hold, held := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		if err := c.Do(db, func(*bolt.Tx) error {
			close(held)
			<-hold
			return nil
		}); err != nil {
			t.Error(err)
		}
	})
	<-held
	var mu sync.Mutex
	transactions := make(map[int]bool)
	for i := range 2 * maxJoined {
		all.Go(func() {
			if err := c.Do(db, func(tx *bolt.Tx) error {
				mu.Lock()
				transactions[tx.ID()] = true
				mu.Unlock()
				return put(fmt.Sprint(i))(tx)
			}); err != nil {
				t.Error(err)
			}
		})
	}
	for waiting := 0; waiting < 2*maxJoined; time.Sleep(time.Millisecond) {
		c.mu.Lock()
		waiting = len(c.waiting)
		c.mu.Unlock()
	}
	close(hold)
	all.Wait()
	if len(transactions) != 2 {
		t.Errorf("%d writes took %d transactions, want 2", 2*maxJoined, len(transactions))
	}
}

// One that cannot be written spoils nothing of those that it was joined with.
func TestCommitterIsolatesFailures(t *testing.T) {
	db := openLog(t)
	bad := errors.New("bad")
	batch := []*write{{do: put("a")}, {do: func(tx *bolt.Tx) error { return errors.Join(put("b")(tx), bad) }}, {do: put("c")}}
	commit(db, batch)
	if batch[0].err != nil || !errors.Is(batch[1].err, bad) || batch[2].err != nil {
		t.Errorf("errors are %v, %v and %v", batch[0].err, batch[1].err, batch[2].err)
	}
	if !has(t, db, "a") || has(t, db, "b") || !has(t, db, "c") {
		t.Error("want a and c in the log, and nothing of b")
	}
}

// BenchmarkCommitter counts what twenty writers at once cost in transactions.
func BenchmarkCommitter(b *testing.B) {
	db := openLog(b)
	var c Committer
	first := 0
	if err := db.Update(func(tx *bolt.Tx) error { first = tx.ID(); return nil }); err != nil {
		b.Fatal(err)
	}
	n := 0
	for b.Loop() {
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				if err := c.Do(db, put(fmt.Sprint(i))); err != nil {
					b.Error(err)
				}
			})
		}
		all.Wait()
		n += 20
	}
	last := 0
	if err := db.View(func(tx *bolt.Tx) error { last = tx.ID(); return nil }); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(last-first)/float64(n), "commits/write")
}
