package journal

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
)

func TestKeysSort(t *testing.T) {
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	ordered := [][]byte{Moment(time.Time{}, "b"), Moment(time.Unix(0, 0), "c"), Moment(at, ""), Moment(at, "a"),
		Moment(at.Add(time.Millisecond), "a"), Moment(time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC), "a")}
	for i := 1; i < len(ordered); i++ {
		if bytes.Compare(ordered[i-1], ordered[i]) >= 0 {
			t.Errorf("key %d does not sort before key %d", i-1, i)
		}
	}
	if got, id := AtMoment(Moment(at.Add(999*time.Microsecond), "id")); got != at || id != "id" {
		t.Errorf("got %v, %q", got, id)
	}
	if got, id := AtMoment([]byte("short")); !got.IsZero() || id != "" {
		t.Errorf("got %v, %q", got, id)
	}
	if Sequence(Number(1<<40)) != 1<<40 || Sequence(nil) != 0 {
		t.Error("a sequence does not come back")
	}
}

func TestHashKeepsPartsApart(t *testing.T) {
	if Hash("ab", "c") == Hash("a", "bc") || Hash("a") == Hash("a", "") || len(Hash()) != 32 {
		t.Error("different parts have the same hash")
	}
}

func TestValues(t *testing.T) {
	db, _, err := Open(filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Update(func(tx *bolt.Tx) error {
		b := tx.Bucket(Alerts)
		if err := Put(b, []byte("k"), map[string]int{"a": 1}); err != nil {
			return err
		}
		if err := b.Put([]byte("bad"), []byte("{")); err != nil {
			return err
		}
		if err := Put(b, []byte("x"), func() {}); err == nil {
			t.Error("a function was encoded")
		}
		var v map[string]int
		if ok, err := Get(b, []byte("k"), &v); !ok || err != nil || v["a"] != 1 {
			t.Errorf("got %v, %v, %v", v, ok, err)
		}
		if ok, err := Get(b, []byte("absent"), &v); ok || err != nil {
			t.Errorf("got %v, %v for what is not there", ok, err)
		}
		if _, err := Get(b, []byte("bad"), &v); !errors.Is(err, ErrDamaged) {
			t.Errorf("got %v for what is damaged", err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// A log of another layout is not touched.
func TestAnotherVersion(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	db, _, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Update(func(tx *bolt.Tx) error { return tx.Bucket(meta).Put([]byte("version"), []byte("99")) }); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if db, _, err := Open(path); err == nil {
		db.Close()
		t.Error("a log of version 99 was opened")
	}
}

func TestShed(t *testing.T) {
	db, temp, err := Open("")
	if err != nil || temp == "" {
		t.Fatal(temp, err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(temp) })
	defer db.Close()
	start := time.Unix(1000, 0)
	for _, c := range []struct {
		before time.Time
		excess int
		want   int
	}{{time.Time{}, 0, 0}, {time.Time{}, -5, 0}, {start.Add(3 * time.Second), 0, 3}, {start.Add(3 * time.Second), 2, 3}, {time.Time{}, 4, 4}, {start.Add(time.Hour), 0, 10}} {
		if err := db.Update(func(tx *bolt.Tx) error {
			for i := range 10 {
				if err := tx.Bucket(Aging).Put(Moment(start.Add(time.Duration(i)*time.Second), "x"), nil); err != nil {
					return err
				}
			}
			n := 0
			err := Shed(tx.Bucket(Aging), c.before, c.excess, func(k []byte) error {
				n++
				return tx.Bucket(Aging).Delete(k)
			})
			if n != c.want {
				t.Errorf("before %v with %d in excess: %d went, want %d", c.before, c.excess, n, c.want)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
}
