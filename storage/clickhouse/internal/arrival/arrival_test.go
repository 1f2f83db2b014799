package arrival

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// TestTheBufferIsBounded has more events within the disorder than may wait.
func TestTheBufferIsBounded(t *testing.T) {
	a := New()
	a.limit = 100
	var got []int64
	take := func(b *schemas.Batch) bool {
		for _, p := range b.Parts {
			for i := range p.Events {
				got = append(got, p.Events[i].Position.Offset)
			}
		}
		return true
	}
	for i := range 10_000 {
		ev := a.Add()
		ev.Time, ev.Position.Offset = int64(i)*int64(10*time.Millisecond), int64(i)
		if i%50 == 0 && !a.Ripe(take) {
			t.Fatal("it stops")
		}
		if a.pending > 100+50+100 { // the second that is not over may wait besides
			t.Fatalf("%d events wait", a.pending)
		}
	}
	a.All(take)
	if len(got) != 10_000 || !slices.IsSorted(got) {
		t.Errorf("%d events, in order: %t", len(got), slices.IsSorted(got))
	}
}

// TestTheOrderDoesNotDependOnTheReading takes the same events with looks after
// other numbers of them.
func TestTheOrderDoesNotDependOnTheReading(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	var events []schemas.Event
	for i := range 3000 {
		events = append(events, schemas.Event{Time: int64(i) * 7e8, Position: schemas.Position{Topic: "t", Partition: int32(i % 3),
			Offset: int64(i) + r.Int64N(50), Index: int32(i)}})
	}
	events[100].Time -= int64(5 * time.Minute) // it took long
	slices.SortFunc(events, func(a, b schemas.Event) int { return int(a.Time/1e6 - b.Time/1e6) })
	read := func(every int) string {
		var b strings.Builder
		take := func(batch *schemas.Batch) bool {
			for _, p := range batch.Parts {
				for i := range p.Events {
					fmt.Fprintln(&b, p.Events[i].Position)
				}
			}
			return true
		}
		a := New()
		for i := range events {
			*a.Add() = events[i]
			if (i+1)%every == 0 {
				a.Ripe(take)
			}
		}
		a.All(take)
		return b.String()
	}
	want := read(1 << 20)
	if n := strings.Count(want, "\n"); n != len(events) {
		t.Fatalf("%d events", n)
	}
	for _, every := range []int{1, 13, 1000} {
		if read(every) != want {
			t.Errorf("with a look after every %d the order is another", every)
		}
	}
}

func TestTakeEndsIt(t *testing.T) {
	a := New()
	for i := range 50_000 {
		ev := a.Add()
		ev.Time, ev.Position.Offset = int64(i)*int64(time.Second), int64(i)
	}
	calls := 0
	if a.Ripe(func(*schemas.Batch) bool { calls++; return false }) || calls != 1 {
		t.Errorf("it goes on after %d calls", calls)
	}
	if !New().All(func(*schemas.Batch) bool { return false }) {
		t.Error("an empty buffer hands something on")
	}
}

func TestSecond(t *testing.T) {
	for at, want := range map[int64]int64{0: 0, 999_999_999: 0, 1e9: 1, -1: -1, -1e9: -1, -1e9 - 1: -2} {
		if got := second(at); got != want {
			t.Errorf("second(%d) is %d, want %d", at, got, want)
		}
	}
}
