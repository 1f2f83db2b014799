package pipeline

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/schemas"
)

// deliveryOf makes the record at an offset of any partition the same record.
func deliveryOf(at schemas.Position) uint64 { return uint64(at.Offset)*0x9e3779b97f4a7c15 | 1 }

// again normalises as normalizer does, with deliveries.
type again struct{ normalizer }

func (a again) Normalize(c *ingest.Chunk) *schemas.Part {
	part := a.normalizer.Normalize(c)
	for i := range part.Events {
		part.Events[i].Delivery = deliveryOf(part.Events[i].Position)
	}
	return part
}

func remembering(set *Settings, parts *Parts) {
	set.Redeliveries = 10_000
	parts.Normalizers = func() (Normalizer, error) { return again{}, nil }
}

// TestRedeliveriesCountOnce delivers every record three times, by three
// partitions at once.
func TestRedeliveriesCountOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(3, 1000)
		pr := start(t, w, remembering)
		require.NoError(t, pr.feed(t.Context(), 7))
		pr.Revoked(t.Context(), w.assignments())
		pr.stop(t)
		once(t, w, 1000)
		require.Equal(t, 1000, pr.engine.runs, "the detectors see each record once, too")
		require.InDelta(t, 2000, testutil.ToFloat64(pr.metrics.redelivered), 0)
		require.Equal(t, int64(1000), w.committed[2], "a redelivery is committed like any record")
	})
}

// once holds that the store has each of n records exactly once.
func once(t *testing.T, w *world, n int) {
	t.Helper()
	seen := map[uint64]int{}
	for at, times := range w.events {
		seen[deliveryOf(at)] += times
	}
	require.Len(t, seen, n)
	for _, times := range seen {
		require.Equal(t, 1, times)
	}
}

// TestRedeliveryAfterARestart delivers records again to the next process, which
// knows them from the store, and shows it events that are no redeliveries.
func TestRedeliveryAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1, 500)
		first := start(t, w, remembering)
		require.NoError(t, first.feed(t.Context(), 7))
		require.NoError(t, first.Idle(t.Context()))
		first.stop(t)
		once(t, w, 500)

		w.messages[1] = 500 // the same records
		w.saved.Seen = []schemas.Range{{Topic: topic, Partition: 0, Next: 100}}
		next := start(t, w, remembering)
		next.engine.seen[0] = 100
		require.NoError(t, next.feed(t.Context(), 7))
		require.NoError(t, next.Idle(t.Context()))
		next.stop(t)
		once(t, w, 500)
		require.Equal(t, 400, next.engine.runs, "what the checkpoint lacks is shown again: it is in its old place")
	})
}

func TestWindowForgetsTheOldest(t *testing.T) {
	w := newWindow(2 * leastSlots)
	r := rand.New(rand.NewPCG(1, 2))
	deliveries := make([]uint64, 10*leastSlots)
	part := func(from, n int, partition int32) *schemas.Part {
		p := &schemas.Part{}
		for i := from; i < from+n; i++ {
			p.Events = append(p.Events, schemas.Event{Delivery: deliveries[i], Position: schemas.Position{Partition: partition, Offset: int64(i)}})
		}
		return p
	}
	for i := range deliveries {
		deliveries[i] = r.Uint64() | 1
	}
	for at := 0; at < len(deliveries); at += 100 {
		n := min(100, len(deliveries)-at)
		if got := w.filter(part(at, n, 0)); got != 0 {
			t.Fatalf("%d of fresh records are dropped", got)
		}
	}
	last := part(len(deliveries)-leastSlots, leastSlots, 1)
	if got := w.filter(last); got != leastSlots || len(last.Events) != 0 {
		t.Errorf("%d of the last half of the window are known", got)
	}
	if got := w.filter(part(0, leastSlots, 1)); got != 0 {
		t.Errorf("%d of the first are still known", got)
	}
	if n := len(w.now.slots) + len(w.old.slots); n > 4*leastSlots {
		t.Errorf("%d slots for %d records", n, 2*leastSlots)
	}
	if got := newWindow(0).filter(part(0, 10, 0)); got != 0 {
		t.Error("no window drops events")
	}
}

// TestWindowKeepsTheOrder drops from the middle of a part.
func TestWindowKeepsTheOrder(t *testing.T) {
	w := newWindow(100)
	event := func(delivery uint64, offset int64) schemas.Event {
		return schemas.Event{Delivery: delivery, Position: schemas.Position{Offset: offset}}
	}
	p := &schemas.Part{Events: []schemas.Event{event(1, 0), event(0, 1), event(1, 2), event(0, 3), event(2, 4), event(1, 5)}}
	require.Equal(t, 2, w.filter(p))
	var left []int64
	for i := range p.Events {
		left = append(left, p.Events[i].Position.Offset)
	}
	require.Equal(t, []int64{0, 1, 3, 4}, left)
}

func BenchmarkWindow(b *testing.B) {
	w := newWindow(1 << 20)
	r := rand.New(rand.NewPCG(1, 2))
	p := &schemas.Part{Events: make([]schemas.Event, 1000)}
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		for i := range p.Events {
			p.Events[i].Delivery = r.Uint64() | 1
			p.Events[i].Position.Offset = int64(n*1000 + i)
		}
		w.filter(p)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/event")
}
