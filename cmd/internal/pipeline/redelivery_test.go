package pipeline

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/schemas"
)

// deliveryOf makes the record at an offset of any partition the same record, and
// that of a thousand offsets later, too.
func deliveryOf(at schemas.Position) uint64 { return uint64(at.Offset%1000)*0x9e3779b97f4a7c15 | 1 }

// again normalises as normalizer does, with deliveries.
type again struct{ normalizer }

func (a again) Normalize(c *ingest.Chunk) *schemas.Part {
	part := a.normalizer.Normalize(c)
	for i := range part.Events {
		e := &part.Events[i]
		e.Delivery = deliveryOf(e.Position)
		if e.Position.Offset%3 == 0 {
			part.Sealed = append(part.Sealed, schemas.Sealed{Position: e.Position})
		}
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
	for at, times := range w.events {
		if at.Offset%3 == 0 {
			require.Equal(t, times, w.sealed[at], "the prompt of %v", at)
		}
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

// TestCopiesSwapMembers: two members have a copy each, neither is durable, and
// each gets the other's partition. The copies must not drop each other.
func TestCopiesSwapMembers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(2, 100)
		var away atomic.Bool
		away.Store(true)
		w.fail = func(ctx context.Context) error {
			if away.Load() {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		}
		members := [2]*process{}
		for i := range members {
			members[i] = start(t, w, func(set *Settings, parts *Parts) {
				remembering(set, parts)
				set.StallAfter, set.WriteTimeout, parts.Spool = time.Minute, time.Minute, nil
				parts.Normalizers = func() (Normalizer, error) { return aliasing{}, nil }
			})
		}
		turn := func(owner func(p int32) *process, drain time.Duration) {
			for _, a := range w.assignments() {
				pr := owner(a.Partition)
				_, err := pr.Assigned(t.Context(), []ingest.Assignment{a})
				require.NoError(t, err)
				require.NoError(t, pr.Chunk(t.Context(), chunkOf(a.Partition, 0, 100)))
			}
			synctest.Wait()
			for _, a := range w.assignments() {
				ctx, cancel := context.WithTimeout(t.Context(), drain)
				owner(a.Partition).Revoked(ctx, []ingest.Assignment{a})
				cancel()
			}
		}
		turn(func(p int32) *process { return members[p] }, time.Second)
		require.Empty(t, w.events)
		away.Store(false)
		time.Sleep(10 * time.Minute)
		w.mu.Lock()
		clear(w.events) // what was under way went on; let it be lost
		w.intents, w.tokens = nil, map[string]bool{}
		w.mu.Unlock()
		turn(func(p int32) *process { return members[1-p] }, time.Hour)
		for _, m := range members {
			m.stop(t)
		}
		seen := map[uint64]bool{}
		for at := range w.events {
			seen[deliveryOf(at)] = true
		}
		require.Len(t, seen, 100, "no record is lost")
	})
}

// aliasing tells an alias with each part.
type aliasing struct{ again }

func (a aliasing) Normalize(c *ingest.Chunk) *schemas.Part {
	part := a.again.Normalize(c)
	part.Aliases = []schemas.Alias{{Old: fmt.Sprint(c.Partition, "/", c.First)}}
	return part
}

// TestAliasesOutliveTheirParts: a worker tells an alias once, so one whose part
// is dropped goes with the next.
func TestAliasesOutliveTheirParts(t *testing.T) {
	p, err := New(Settings{Workers: 1, Redeliveries: 10}, Parts{Metrics: prometheus.NewRegistry()})
	require.NoError(t, err)
	l := p.lanes.of(lane{topic, 0})
	take := func(generation int) *unit {
		l.slots <- struct{}{}
		l.head, l.headOf = aliasing{}.Normalize(chunkOf(0, int64(generation), int64(generation)+1)), generation
		p.took()
		u, _ := p.take(nil, 0, l)
		return u
	}
	p.generation = 2
	require.Nil(t, take(1), "its generation has passed")
	require.Zero(t, p.window.now.used, "what is dropped is not remembered")
	u := take(2)
	require.Equal(t, []schemas.Alias{{Old: "0/2"}, {Old: "0/1"}}, u.batch.Parts[0].Aliases)
	require.Len(t, take(2).batch.Parts[0].Aliases, 1)
	p.orphan(&schemas.Part{Aliases: make([]schemas.Alias, 2*maxOrphans)})
	p.orphan(&schemas.Part{Aliases: make([]schemas.Alias, 2*maxOrphans)})
	require.Len(t, p.adopt(), maxOrphans)
}

// TestABatchOfRedeliveriesEnds: while the next stage is busy, merge must not
// take without bound what gives no events.
func TestABatchOfRedeliveriesEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, normalizer := range map[string]Normalizer{"redeliveries": again{}, "rejects": rejecting{}, "nothing": skipping{}} {
			w := newWorld(1, 20_000)
			busy := make(chan struct{})
			pr := start(t, w, func(set *Settings, parts *Parts) {
				remembering(set, parts)
				parts.Normalizers = func() (Normalizer, error) { return normalizer, nil }
				set.Observed = func(*schemas.Batch, []schemas.Finding) { <-busy }
			})
			as := w.assignments()
			_, err := pr.Assigned(t.Context(), as)
			require.NoError(t, err)
			for o := range int64(1000) {
				pr.window.add(deliveryOf(schemas.Position{Offset: o}), schemas.Position{Partition: 9})
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			taken := int64(0)
			for pr.Chunk(ctx, chunkOf(0, taken*10, taken*10+10)) == nil {
				taken++
			}
			cancel()
			require.Less(t, taken, int64(300), name)
			close(busy)
			require.NoError(t, pr.Idle(t.Context()))
			pr.stop(t)
		}
	})
}

type rejecting struct{}

func (rejecting) Normalize(c *ingest.Chunk) *schemas.Part {
	part := &schemas.Part{Range: schemas.Range{Topic: c.Topic, Partition: c.Partition, First: c.First, Next: c.Next}}
	for _, o := range c.Offsets {
		part.Rejects = append(part.Rejects, schemas.Reject{Position: schemas.Position{Topic: c.Topic, Partition: c.Partition, Offset: o}})
	}
	return part
}

type skipping struct{}

func (skipping) Normalize(c *ingest.Chunk) *schemas.Part {
	return &schemas.Part{Range: schemas.Range{Topic: c.Topic, Partition: c.Partition, First: c.First, Next: c.Next}, Skipped: int64(len(c.Ends))}
}

// TestSealedPromptsGoWithRedeliveries of a part of which some are redelivered.
func TestSealedPromptsGoWithRedeliveries(t *testing.T) {
	w := newWindow(1000)
	at := func(offset int64, index int32) schemas.Position {
		return schemas.Position{Offset: offset, Index: index}
	}
	w.add(1, at(50, 0))
	w.add(2, at(50, 1))
	part := &schemas.Part{
		Events: []schemas.Event{{Delivery: 1, Position: at(0, 0)}, {Delivery: 3, Position: at(0, 1)}, {Position: at(0, 2)},
			{Delivery: 2, Position: at(1, 1)}, {Delivery: 4, Position: at(2, 0)}},
		Sealed: []schemas.Sealed{{Position: at(0, 0)}, {Position: at(0, 1)}, {Position: at(1, 1)}, {Position: at(2, 0)}},
	}
	require.Equal(t, 2, w.filter(part))
	require.Equal(t, []schemas.Sealed{{Position: at(0, 1)}, {Position: at(2, 0)}}, part.Sealed)
}

// TestCopiesOfWhatIsSpooled come after a restart, while the store is still away:
// the records wait in the spool, and the store knows nothing of them.
func TestCopiesOfWhatIsSpooled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1, 500)
		var away atomic.Bool
		away.Store(true)
		w.fail = func(context.Context) error {
			if away.Load() {
				return errAway
			}
			return nil
		}
		first := start(t, w, remembering)
		require.NoError(t, first.feed(t.Context(), 7))
		require.NoError(t, first.Idle(t.Context()))
		first.stop(t)
		require.Empty(t, w.events)

		w.messages[1] = 500 // the same records
		w.saved.Seen, w.saved.State = []schemas.Range{{Topic: topic, Partition: 0, Next: 500}}, []byte("0 500\n")
		next := start(t, w, remembering)
		require.NoError(t, next.feed(t.Context(), 7))
		require.NoError(t, next.Idle(t.Context()))
		away.Store(false)
		time.Sleep(time.Hour)
		next.stop(t)
		once(t, w, 500)
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
