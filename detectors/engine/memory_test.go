package engine_test

import (
	"fmt"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

// crowded watches principals and addresses over windows that outlast a test.
func crowded() []detectors.Watcher {
	return []detectors.Watcher{
		detectors.Watch(&toy{id: "toy.principal", kind: schemas.EntityPrincipal, window: 24 * time.Hour, keep: true}),
		detectors.Watch(&toy{id: "toy.address", kind: schemas.EntityAddress, window: 24 * time.Hour, keep: true}),
	}
}

// batches calls do with batches of n events in all; the i-th event is changed
// by change.
func batches(n int, do func(*schemas.Batch), change func(i int, ev *schemas.Event)) {
	const size = 20000
	b := detectortest.Batch(0, make([]schemas.Event, size))
	for done := 0; done < n; done += size {
		for i := range b.Parts[0].Events {
			ev := &b.Parts[0].Events[i]
			*ev = schemas.Event{Time: detectortest.At(time.Hour + time.Duration(done+i)*time.Microsecond), Method: "POST", Route: "/v1/x"}
			change(done+i, ev)
		}
		do(b)
	}
}

func numbered(i int) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(10 + i>>24), byte(i >> 16), byte(i >> 8), byte(i)})
}

func resident() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// bounded fills the tables with active principals and addresses, then lets
// oneShots addresses come once each.
func bounded(t testing.TB, memory int64, active, oneShots int) (filled, flooded int64) {
	s := detectortest.Settings()
	s.Config.Shards, s.Config.Memory = 64, memory
	h := start(t, s, crowded()...)
	names := make([]string, active)
	for i := range names {
		names[i] = fmt.Sprintf("h1:k1:%022d", i)
	}
	before := resident()
	observe := func(b *schemas.Batch) {
		if _, err := h.Observe(b, nil); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		batches(active, observe, func(i int, ev *schemas.Event) {
			ev.Principal, ev.ClientAddr, ev.Client = names[i%active], numbered(i%active), numbered(i%active)
		})
	}
	filled = resident() - before
	entities := h.count("state_entities")
	batches(oneShots, observe, func(i int, ev *schemas.Event) {
		ev.ClientAddr, ev.Client = numbered(1<<28+i), numbered(1<<28+i)
	})
	flooded = resident() - before
	t.Logf("%d principals and addresses: %.0f entities, %d MiB, %.0f bytes each; after %d one-shot addresses %d MiB, %.0f evicted, %.0f refused",
		active, entities, filled>>20, float64(filled)/entities, oneShots, flooded>>20, h.count("evicted_entities_total"), h.count("refused_entities_total"))
	if h.count("refused_records_total") == 0 {
		t.Error("what was refused is not counted")
	}
	if flooded > memory+memory/8 {
		t.Errorf("%d bytes are held, the setting is %d", flooded, memory)
	}
	if bytes := h.count("state_bytes"); bytes > float64(memory) {
		t.Errorf("the tables have %.0f bytes, the setting is %d", bytes, memory)
	}
	return filled, flooded
}

func TestBusyNewcomersTakeThePlaceOfOthers(t *testing.T) {
	s := detectortest.Settings()
	s.Config.Shards, s.Config.Memory = 8, 16<<20
	h := start(t, s, crowded()...)
	observe := func(b *schemas.Batch) {
		if _, err := h.Observe(b, nil); err != nil {
			t.Fatal(err)
		}
	}
	batches(200000, observe, func(i int, ev *schemas.Event) { ev.ClientAddr, ev.Client = numbered(i), numbered(i) })
	before := h.count("state_entities")
	batches(20000, observe, func(i int, ev *schemas.Event) {
		ev.ClientAddr, ev.Client = numbered(1<<28+i%200), numbered(1<<28+i%200)
	})
	if h.count("evicted_entities_total") == 0 || h.count("evicted_records_total") < 190 {
		t.Errorf("%v states and %v records gave way", h.count("evicted_entities_total"), h.count("evicted_records_total"))
	}
	if after := h.count("state_entities"); after != before {
		t.Errorf("%v states, before the newcomers %v", after, before)
	}
	if h.count("known_entities") < 15000 || h.count("known_bytes") > 16<<20 {
		t.Errorf("%v entities are known, in %v bytes", h.count("known_entities"), h.count("known_bytes"))
	}
}

func TestMemoryIsBounded(t *testing.T) {
	filled, flooded := bounded(t, 32<<20, 200000, 1000000)
	if flooded > filled+filled/20 {
		t.Errorf("the flood raised the memory from %d to %d bytes", filled, flooded)
	}
}

// BenchmarkMemory is the full measure: a million principals and as many
// addresses, then ten million one-shot addresses.
func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		filled, flooded := bounded(b, 512<<20, 1000000, 10000000)
		b.ReportMetric(float64(filled>>20), "MiB-filled")
		b.ReportMetric(float64(flooded>>20), "MiB-flooded")
	}
}

// BenchmarkObserve shows what an event costs the engine with four detectors on
// principal, address and route, in steady state.
func BenchmarkObserve(b *testing.B) {
	for _, entities := range []int{1000, 1000000} {
		b.Run(fmt.Sprint(entities), func(b *testing.B) {
			s := detectortest.Settings()
			s.Config.Shards, s.Config.Workers, s.Config.Memory = 64, 0, 1<<30
			e := detectortest.New(b, s, append(crowded(),
				detectors.Watch(&toy{id: "toy.route", kind: schemas.EntityRoute, window: 24 * time.Hour}),
				detectors.Watch(&toy{id: "toy.second", kind: schemas.EntityPrincipal, window: 24 * time.Hour}))...)
			names := make([]string, entities)
			for i := range names {
				names[i] = fmt.Sprintf("h1:k1:%022d", i)
			}
			observe := func(batch *schemas.Batch) {
				if _, err := e.Observe(batch, nil); err != nil {
					b.Fatal(err)
				}
			}
			batches(entities, observe, func(i int, ev *schemas.Event) {
				ev.Principal, ev.ClientAddr, ev.Client = names[i%entities], numbered(i%entities), numbered(i%entities)
			})
			var ready *schemas.Batch
			batches(1, func(batch *schemas.Batch) { ready = batch }, func(i int, ev *schemas.Event) {
				n := i * 7919 % entities
				ev.Principal, ev.ClientAddr, ev.Client = names[n], numbered(n), numbered(n)
			})
			b.ReportAllocs()
			b.ResetTimer()
			for n := 0; n < b.N; n += ready.Len() {
				observe(ready)
			}
		})
	}
}

// BenchmarkSnapshot writes and reads the state of a million entities.
func BenchmarkSnapshot(b *testing.B) {
	const entities = 500000
	s := detectortest.Settings()
	s.Config.Shards, s.Config.Workers, s.Config.Memory = 64, 0, 1<<30
	e := detectortest.New(b, s, crowded()...)
	batches(entities, func(batch *schemas.Batch) {
		if _, err := e.Observe(batch, nil); err != nil {
			b.Fatal(err)
		}
	}, func(i int, ev *schemas.Event) {
		ev.Principal, ev.ClientAddr, ev.Client = fmt.Sprintf("h1:k1:%022d", i), numbered(i), numbered(i)
	})
	var state []byte
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			var err error
			if state, err = e.Snapshot(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(len(state))/(2*entities), "bytes/entity")
	})
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			if err := e.Restore(state); err != nil {
				b.Fatal(err)
			}
		}
	})
}
