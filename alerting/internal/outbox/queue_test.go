package outbox

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// drain takes everything in turn.
func drain(q *Queue) (told, stale []uint64) {
	for q.Size() > 0 {
		it, old, _ := q.Pick(noon)
		for _, o := range old {
			stale = append(stale, o.Seq)
		}
		q.Drop(old...)
		told = append(told, it.Seq)
		q.Drop(it)
	}
	return told, stale
}

func TestPickOrder(t *testing.T) {
	for _, c := range []struct {
		name    string
		inOrder bool
		want    string
	}{
		// b's worst waits behind its first, which so comes early.
		{"the most severe first", false, "[2 3 4 5 1]"},
		{"as decided", true, "[1 2 3 4 5]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := NewQueue(c.inOrder)
			q.Push(
				&Item{Seq: 1, Alert: "a", Severity: schemas.SeverityLow},
				&Item{Seq: 2, Alert: "b", Severity: schemas.SeverityInfo},
				&Item{Seq: 3, Alert: "b", Severity: schemas.SeverityCritical, State: schemas.AlertResolved},
				&Item{Seq: 4, Alert: "c", Severity: schemas.SeverityMedium},
				&Item{Seq: 5, Alert: "d", Severity: schemas.SeverityMedium},
			)
			if got, _ := drain(q); fmt.Sprint(got) != c.want {
				t.Errorf("picked %v, want %s", got, c.want)
			}
			if it, stale, next := q.Pick(noon); it != nil || stale != nil || !next.IsZero() {
				t.Error("an empty queue has something")
			}
		})
	}
}

func TestPickDropsStaleUpdates(t *testing.T) {
	item := func(seq uint64, state schemas.AlertState) *Item {
		return &Item{Seq: seq, Alert: "a", State: state, Sequence: int(seq)}
	}
	all := []*Item{item(1, schemas.AlertOpen), item(2, schemas.AlertUpdated), item(3, schemas.AlertUpdated),
		item(4, schemas.AlertUpdated), item(5, schemas.AlertResolved), item(6, schemas.AlertReopened)}
	for inOrder, want := range map[bool]string{false: "[1 5 6] [2 3 4]", true: "[1 2 3 4 5 6] []"} {
		q := NewQueue(inOrder)
		q.Push(all...)
		if told, stale := drain(q); fmt.Sprint(told, stale) != want {
			t.Errorf("in order %v: told %v and dropped %v, want %s", inOrder, told, stale, want)
		}
	}
}

// Whatever is pushed and dropped, an alert's notifications come in order.
func TestQueueKeepsOrder(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	q := NewQueue(false)
	last := map[string]uint64{}
	pushed, picked := 0, 0
	for seq := uint64(1); seq < 5000; seq++ {
		if rnd.IntN(2) == 0 {
			q.Push(&Item{Seq: seq, Alert: fmt.Sprint(rnd.IntN(20)), Severity: schemas.Severity(rnd.IntN(5)),
				State: schemas.AlertOpen, Next: noon.Add(time.Duration(rnd.IntN(100)) * time.Second)})
			pushed++
			continue
		}
		it, _, _ := q.Pick(noon.Add(time.Duration(rnd.IntN(100)) * time.Second))
		if it == nil {
			continue
		}
		if it.Seq < last[it.Alert] {
			t.Fatalf("%d of alert %s came after %d", it.Seq, it.Alert, last[it.Alert])
		}
		last[it.Alert] = it.Seq
		q.Drop(it)
		picked++
	}
	n := 0
	q.List(func(*Item) { n++ })
	if n != q.Size() || pushed != picked+n {
		t.Errorf("%d pushed, %d picked, %d left (%d by count)", pushed, picked, n, q.Size())
	}
}

func TestWaitingLeavesOut(t *testing.T) {
	q := NewQueue(false)
	q.Push(&Item{Seq: 1, Alert: "a"}, &Item{Seq: 2, Alert: "b", Digest: true}, &Item{Seq: 3, Alert: "c", Sent: true}, &Item{Seq: 4, Damaged: true},
		&Item{Seq: 5, Alert: "d", Attempts: 2}, &Item{Seq: 6, Alert: "e"})
	q.Tried(6)
	q.Tried(7)
	if w := q.Waiting(); len(w) != 1 || w[0].Seq != 1 {
		t.Errorf("%d wait to be summed up, want the first alone", len(w))
	}
}

func TestWindow(t *testing.T) {
	w := Window{Limit: 3}
	for i := range 3 {
		if n, _ := w.Free(noon); n != 3-i {
			t.Fatalf("%d free after %d", n, i)
		}
		w.Use(noon.Add(time.Duration(i) * time.Second))
	}
	if n, at := w.Free(noon.Add(30 * time.Second)); n != 0 || at != noon.Add(time.Minute) {
		t.Errorf("%d free, the next at %v", n, at)
	}
	if n, _ := w.Free(noon.Add(61 * time.Second)); n != 2 {
		t.Errorf("%d free after the first two are a minute old, want 2", n)
	}
}

func TestDigestSaysTheWorstFirst(t *testing.T) {
	s := newSummary()
	for i := range 40 {
		a := schemas.Alert{ID: fmt.Sprintf("%032x", i), Sequence: 1, Title: fmt.Sprint("title ", i), Detector: "rate.spike",
			FirstSeen: noon.Add(time.Duration(-i) * time.Minute), LastSeen: noon, Findings: 1, Events: 10}
		if i == 39 {
			a.Severity, a.Detector, a.ID = schemas.SeverityCritical, "authfail.success", "x') OR 1=1 --"
		}
		if i == 1 {
			a.State = schemas.AlertResolved
		}
		s.add(&Delivery{Key: Key(&a), Alert: a})
	}
	d := s.alert()
	want := "More alerts came than per_minute allows: 1 critical, 39 info; 1 of them are resolved. The first: critical: title 39; info: title 38;"
	if d.Severity != schemas.SeverityCritical || d.Title != "40 alerts in one message" || d.Summary[:len(want)] != want {
		t.Errorf("the digest says %q, %q", d.Title, d.Summary)
	}
	if d.FirstSeen != noon.Add(-39*time.Minute) || d.Events != 400 || d.Findings != 40 || d.Sequence != 1 {
		t.Errorf("the digest is %+v", d)
	}
	if f := d.Finding.Features; len(f) != 2 || f[0].Text != "39 alerts of rate.spike" {
		t.Errorf("features are %+v", f)
	}
	if q := d.Finding.Query; len(q) < 39*34 || q[:50] != "SELECT * FROM alerts FINAL WHERE id IN ('000000000" {
		t.Errorf("the query is %.80s", q)
	}
	for _, id := range []string{"x' OR", "", "é", "A"} {
		if isID(id) {
			t.Errorf("%q would go into a query", id)
		}
	}
	if again := s.alert(); Key(&again) != Key(&d) {
		t.Error("the same digest has two keys")
	}
}

// What is set aside waits for its own time, takes at most a quarter of the turns
// while there is other work, and keeps what follows of its alert.
func TestSetAside(t *testing.T) {
	q := NewQueue(true)
	bad := &Item{Seq: 1, Alert: "bad"}
	q.Push(bad, &Item{Seq: 2, Alert: "bad"})
	for seq := range uint64(20) {
		q.Push(&Item{Seq: seq + 3, Alert: fmt.Sprint(seq)})
	}
	if it, _, _ := q.Pick(noon); it != bad {
		t.Fatalf("picked %d first", it.Seq)
	}
	q.SetAside(bad, noon.Add(time.Minute))
	if !q.IsAside(bad) || q.IsAside(&Item{Alert: "0"}) {
		t.Error("the wrong one is aside")
	}
	for seq := uint64(3); seq < 11; seq++ {
		it, _, _ := q.Pick(noon)
		if it.Seq != seq {
			t.Fatalf("picked %d, want %d", it.Seq, seq)
		}
		q.Drop(it)
	}
	turns := 0
	for range 4 {
		it, _, _ := q.Pick(noon.Add(time.Hour))
		if it == bad {
			turns++
			q.SetAside(bad, noon)
			continue
		}
		q.Drop(it)
	}
	if turns != 1 {
		t.Errorf("it had %d of 4 turns, want 1", turns)
	}
	q.SetAside(bad, noon.Add(2*time.Hour))
	q.Push(&Item{Seq: 40, Alert: "bad"})
	for q.Size() > 3 {
		it, _, _ := q.Pick(noon.Add(time.Hour))
		if it.Alert == "bad" {
			t.Fatalf("picked %d before its time", it.Seq)
		}
		q.Drop(it)
	}
	if it, _, next := q.Pick(noon.Add(time.Hour)); it != nil || !next.Equal(noon.Add(2*time.Hour)) {
		t.Errorf("picked %v, the next at %v", it, next)
	}
	q.Rush()
	if told, _ := drain(q); fmt.Sprint(told) != "[1 2 40]" {
		t.Errorf("after the rush %v were told", told)
	}
}

// Other goes round: it prefers what was tried least.
func TestOther(t *testing.T) {
	q := NewQueue(true)
	first := &Item{Seq: 1, Alert: "a", Attempts: 9}
	q.Push(first, &Item{Seq: 2, Alert: "a"})
	if it := q.Other(first); it != nil {
		t.Errorf("picked %d of the same alert", it.Seq)
	}
	q.Push(&Item{Seq: 3, Alert: "b"}, &Item{Seq: 4, Alert: "c"}, &Item{Seq: 5, Alert: "d"})
	var got []uint64
	for range 5 {
		it := q.Other(first)
		it.Attempts++
		got = append(got, it.Seq)
	}
	if fmt.Sprint(got) != "[3 4 5 3 4]" {
		t.Errorf("tried %v", got)
	}
}

func TestBefore(t *testing.T) {
	q := NewQueue(true)
	for i := range 10 {
		q.Push(&Item{Seq: uint64(i), Alert: fmt.Sprint(i), Queued: noon.Add(time.Duration(i) * time.Hour), Damaged: i == 0})
	}
	if n := len(q.Before(noon.Add(5*time.Hour), 100)); n != 4 {
		t.Errorf("%d are older and readable, want 4", n)
	}
	if n := len(q.Before(noon.Add(5*time.Hour), 2)); n != 2 {
		t.Errorf("%d given, want the limit of 2", n)
	}
}

// BenchmarkQueue measures a turn with ten thousand alerts waiting.
func BenchmarkQueue(b *testing.B) {
	for name, inOrder := range map[string]bool{"people": false, "machines": true} {
		b.Run(name, func(b *testing.B) {
			q := NewQueue(inOrder)
			seq := uint64(0)
			push := func() {
				seq++
				q.Push(&Item{Seq: seq, Alert: fmt.Sprint(seq), Severity: schemas.Severity(seq % 5)})
			}
			for range 10_000 {
				push()
			}
			b.ReportAllocs()
			for b.Loop() {
				it, _, _ := q.Pick(noon)
				q.Drop(it)
				push()
			}
		})
	}
}
