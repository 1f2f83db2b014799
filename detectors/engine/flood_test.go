package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// baselineMinEvents is what an entity shows before it earns the state of the
// test's detector, as for rate and extraction.
const baselineMinEvents = 20

// history is a detector that keeps a baseline of 300 bytes for a caller and tells
// at the end of an hour how many events it has seen of him since it knows him.
type history struct {
	seen func(key uint64, events uint32)
}

type historyState struct {
	Events uint32
	_      [74]uint32
}

func (d *history) Spec() detectors.Spec {
	return detectors.Spec{ID: "toy.history", Entity: schemas.EntityPrincipal, Window: time.Hour, MinEvents: baselineMinEvents, Share: 1}
}
func (d *history) Observe(_ *detectors.Context, s *historyState, _ *schemas.Event) { s.Events++ }
func (d *history) Gather(x *detectors.Context, s *historyState, _ *uint64) {
	d.seen(x.Entity.ID, s.Events)
}
func (d *history) Merge(*uint64, *uint64)                                {}
func (d *history) Conclude(*detectors.Context, *uint64, *uint64)         {}
func (d *history) Close(*detectors.Context, *historyState, *uint64) bool { return true }

// flood lets real callers have a history of three days, busy ones with a call
// every ten minutes and quiet ones with one an hour, and then lets throwaway keys
// come within an hour, often times each, while the real ones go on. It returns
// the share of busy and of quiet callers whose baseline survives.
func flood(t testing.TB, memory int64, busy, quiet, throwaways, often int) (keptBusy, keptQuiet float64) {
	known := map[uint64]uint32{}
	counting := false
	s := detectortest.Settings()
	s.Config.Shards, s.Config.Workers, s.Config.Memory, s.Config.Budget = 16, 1, memory, 0
	e := detectortest.New(t, s, detectors.Watch[historyState, uint64](&history{func(key uint64, events uint32) {
		if counting {
			known[key] = events
		}
	}}))
	var events []schemas.Event
	offset := int64(0)
	observe := func(whole bool) {
		if whole && len(events) < 20000 {
			return
		}
		b := &schemas.Batch{Parts: []*schemas.Part{{Range: schemas.Range{Topic: "t", First: offset, Next: offset + int64(len(events))}, Events: events}}}
		if _, err := e.Observe(b, nil); err != nil {
			t.Fatal(err)
		}
		offset += int64(len(events))
		events = events[:0]
	}
	call := func(at int64, name string) {
		events = append(events, schemas.Event{Time: at, Principal: name})
		observe(true)
	}
	names := make([]string, busy+quiet)
	for i := range names {
		names[i] = fmt.Sprintf("h1:k1:%022d", i)
	}
	at, ten := detectortest.At(0), int64(10*time.Minute)
	real := func(slot int, at int64) {
		for i, name := range names {
			if i < busy || (i+slot)%6 == 0 {
				call(at, name)
			}
		}
	}
	const days = 3
	for slot := range days * 144 {
		real(slot, at)
		at += ten
	}
	// The attack's hour: the real callers go on. A key comes back after some others
	// have come, as with retries, or a pool of keys that is gone round.
	const pause = 5000
	total, slot := throwaways*often, 0
	for i := range total {
		round, within := i/(pause*often), i%(pause*often)
		if i*6/total >= slot+1 {
			slot++
			real(slot, at+int64(slot)*ten)
		}
		call(at+int64(i)*int64(time.Hour)/int64(total), fmt.Sprintf("x%d", round*pause+within%pause))
	}
	observe(false)
	counting = true
	e.Flush()
	survivors := func(from, to int, least uint32) float64 {
		n := 0
		for i := from; i < to; i++ {
			if known[sketch.NewKey(s.EntityKey).String(names[i])] >= least {
				n++
			}
		}
		return float64(n) / float64(to-from)
	}
	// Who lost his baseline and earned another has seen few events since.
	keptBusy = survivors(0, busy, days*144-baselineMinEvents)
	keptQuiet = survivors(busy, busy+quiet, days*24-baselineMinEvents)
	t.Logf("%d throw-away keys, %d times each, against %d callers in %d MiB: %.2f %% of the busy and %.2f %% of the hourly callers' baselines survive",
		throwaways, often, busy+quiet, memory>>20, 100*keptBusy, 100*keptQuiet)
	return keptBusy, keptQuiet
}

func TestThrowAwayKeysPushNobodyOut(t *testing.T) {
	for _, often := range []int{1, 3, baselineMinEvents} {
		// With keys that earn a state there are half again as many as there is room for.
		busy, quiet := flood(t, 16<<20, 1000, 6000, 300_000/often, often)
		if busy < 0.999 || quiet < 0.98 {
			t.Errorf("%d times each: %.3f of the busy and %.3f of the quiet callers are left", often, busy, quiet)
		}
	}
}

// BenchmarkFlood is the full measure: ten million throw-away keys against fifty
// thousand callers.
func BenchmarkFlood(b *testing.B) {
	for _, often := range []int{1, 3, baselineMinEvents} {
		b.Run(fmt.Sprintf("often=%d", often), func(b *testing.B) {
			for b.Loop() {
				busy, quiet := flood(b, 64<<20, 10_000, 40_000, 10_000_000, often)
				b.ReportMetric(100*busy, "%-busy-kept")
				b.ReportMetric(100*quiet, "%-hourly-kept")
			}
		})
	}
}
