package engine_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func toys() []detectors.Watcher {
	return []detectors.Watcher{
		detectors.Watch(&toy{id: "toy.principal", kind: schemas.EntityPrincipal, window: time.Minute, limit: 5, keep: true}),
		detectors.Watch(&toy{id: "toy.address", kind: schemas.EntityAddress, window: 5 * time.Minute, least: 2, limit: 50}),
		detectors.Watch(&toy{id: "toy.route", kind: schemas.EntityRoute, window: time.Hour}),
		detectors.Watch(&toy{id: "toy.global", kind: schemas.EntityGlobal, window: 30 * time.Second}),
	}
}

// traffic returns n events of some principals, addresses and routes, a little
// out of order, over about ten minutes for a thousand events.
func traffic(seed uint64, n int) []schemas.Event {
	r := rand.New(rand.NewPCG(seed, 1))
	var out []schemas.Event
	at := time.Duration(0)
	for range n {
		at += time.Duration(r.IntN(1200)) * time.Millisecond
		out = append(out, detectortest.Event(at-time.Duration(r.IntN(4))*time.Second+10*time.Second, func(ev *schemas.Event) {
			ev.Principal = string(rune('a' + r.IntN(20)))
			ev.ClientAddr = detectortest.Address(r.IntN(30))
			ev.Client = ev.ClientAddr
			ev.Route = []string{"/v1/a", "/v1/b", "/v1/c"}[r.IntN(3)]
			ev.RequestID = fmt.Sprintf("req-%08x", r.Uint32())
			if r.IntN(5) == 0 {
				ev.Status = 429
			}
		}))
	}
	return out
}

func TestConform(t *testing.T) {
	detectortest.Conform(t, toys, traffic(1, 1500))
}

func one(w *toy) []detectors.Watcher { return []detectors.Watcher{detectors.Watch(w)} }

func by(principal string, at ...time.Duration) []schemas.Event {
	var out []schemas.Event
	for _, d := range at {
		out = append(out, detectortest.Event(d, func(ev *schemas.Event) { ev.Principal = principal }))
	}
	return out
}

func summaries(found []schemas.Finding, rule string) []string {
	var out []string
	for _, f := range detectortest.Of(found, rule) {
		out = append(out, f.Entity.Name+": "+f.Summary)
	}
	return out
}

func TestWindowsCloseInOrder(t *testing.T) {
	events := append(by("a", 10*time.Second, 11*time.Second, 71*time.Second), by("b", 12*time.Second, 135*time.Second)...)
	found := detectortest.Run(t, events, one(&toy{id: "toy.p", kind: schemas.EntityPrincipal, window: time.Minute, keep: true})...)
	got := summaries(found, "toy.p_all")
	want := []string{
		"global: 2 entities, 3 events, 0 before",
		"global: 1 entities, 1 events, 3 before",
		"global: 1 entities, 1 events, 1 before",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	got = summaries(found, "toy.p_window")
	slices.Sort(got)
	want = []string{"a: 1 of 1 in window 2", "a: 2 of 3 in window 1", "b: 1 of 1 in window 3", "b: 1 of 3 in window 1"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFindingIsComplete(t *testing.T) {
	events := by("a", time.Second, 2*time.Second, 3*time.Second)
	events[2].Tenant = "acme"
	found := detectortest.Of(detectortest.Run(t, events,
		one(&toy{id: "toy.p", kind: schemas.EntityPrincipal, window: time.Minute, limit: 3})...), "toy.p_many")
	if len(found) != 1 {
		t.Fatalf("%d findings, want 1", len(found))
	}
	f := found[0]
	if f.Entity != (schemas.Entity{Kind: schemas.EntityPrincipal, Name: "a"}) || f.Tenant != "acme" {
		t.Errorf("entity %+v, tenant %q", f.Entity, f.Tenant)
	}
	if f.WindowStart != detectortest.Start || f.WindowEnd != detectortest.Start.Add(time.Minute) ||
		f.Detected != detectortest.Start.Add(3*time.Second) {
		t.Errorf("window %v to %v, detected %v", f.WindowStart, f.WindowEnd, f.Detected)
	}
	if f.ID != schemas.FindingID("toy.p_many", f.Entity, f.WindowStart) || len(f.Techniques) != 1 {
		t.Errorf("id %q, techniques %v", f.ID, f.Techniques)
	}
	want := "SELECT * FROM events WHERE time >= fromUnixTimestamp64Nano(1767571200000000000)" +
		" AND time < fromUnixTimestamp64Nano(1767571260000000000) AND principal = 'a' ORDER BY time LIMIT 1000"
	if f.Query != want {
		t.Errorf("query %q, want %q", f.Query, want)
	}
}

func TestRepeatsAreDroppedUnlessMoreSevere(t *testing.T) {
	var at []time.Duration
	for i := range 12 {
		at = append(at, time.Duration(i)*time.Second)
	}
	found := detectortest.Of(detectortest.Run(t, by("a", at...),
		one(&toy{id: "toy.p", kind: schemas.EntityPrincipal, window: time.Minute, limit: 3})...), "toy.p_many")
	if len(found) != 2 || found[0].Severity != schemas.SeverityLow || found[1].Severity != schemas.SeverityHigh || found[0].ID != found[1].ID {
		t.Errorf("got %+v", found)
	}
}

// TestPartitionsOutOfStep cuts the same sequence of parts into batches in many
// ways: late events, forced windows and findings must not depend on it.
func TestPartitionsOutOfStep(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	events, next := traffic(7, 1500), map[int32]int64{}
	var parts []*schemas.Part
	for len(events) > 0 {
		// A partition is up to two minutes behind.
		n, partition := min(1+r.IntN(40), len(events)), int32(r.IntN(3))
		part := &schemas.Part{Range: schemas.Range{Topic: "t", Partition: partition, First: next[partition]}, Events: slices.Clone(events[:n])}
		for i := range part.Events {
			part.Events[i].Time -= int64(partition) * int64(time.Minute)
			part.Events[i].Position = schemas.Position{Topic: "t", Partition: partition, Offset: next[partition] + int64(i)}
		}
		next[partition] += int64(n)
		part.Range.Next = next[partition]
		parts, events = append(parts, part), events[n:]
	}
	run := func(size, shards, workers int) []schemas.Finding {
		s := detectortest.Settings()
		s.Config.Shards, s.Config.Workers, s.Config.Idle = shards, workers, 5*time.Minute
		h := start(t, s, toys()...)
		var found []schemas.Finding
		for i := 0; i < len(parts); i += size {
			got, err := h.Observe(&schemas.Batch{Parts: parts[i:min(i+size, len(parts))]}, nil)
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, got...)
		}
		if h.count("forced_windows_total") == 0 {
			t.Error("no window was forced: the case is too tame")
		}
		return append(found, h.Flush()...)
	}
	want := run(len(parts), 8, 2)
	for _, size := range []int{1, 2, 7} {
		for _, shards := range []int{1, 16} {
			if got := run(size, shards, size); !reflect.DeepEqual(got, want) {
				t.Errorf("batches of %d parts on %d shards: %d findings, want the same %d", size, shards, len(got), len(want))
			}
		}
	}
}
