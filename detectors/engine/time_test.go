package engine_test

import (
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/detectors/engine"
	"github.com/gatehound/gatehound/schemas"
)

// harness is an engine with its metrics.
type harness struct {
	*engine.Engine
	t        testing.TB
	registry *prometheus.Registry
	found    []schemas.Finding
	offset   map[int32]int64
}

func start(t testing.TB, s engine.Settings, watchers ...detectors.Watcher) *harness {
	t.Helper()
	registry := prometheus.NewRegistry()
	e, err := engine.New(s, watchers, registry)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return &harness{e, t, registry, nil, map[int32]int64{}}
}

// feed observes events of one partition in the order given.
func (h *harness) feed(partition int32, events ...schemas.Event) {
	h.t.Helper()
	first := h.offset[partition]
	for i := range events {
		events[i].Position = schemas.Position{Topic: "t", Partition: partition, Offset: first + int64(i)}
	}
	h.offset[partition] += int64(len(events))
	b := &schemas.Batch{Parts: []*schemas.Part{{
		Range:  schemas.Range{Topic: "t", Partition: partition, First: first, Next: h.offset[partition]},
		Events: events,
	}}}
	found, err := h.Observe(b, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	h.found = append(h.found, found...)
}

func (h *harness) count(name string) float64 {
	h.t.Helper()
	return detectortest.Counter(h.t, h.registry, "gatehound_detectors_"+name)
}

func (h *harness) want(name string, want float64) {
	h.t.Helper()
	if got := h.count(name); got != want {
		h.t.Errorf("%s is %v, want %v", name, got, want)
	}
}

func minutes() []detectors.Watcher {
	return one(&toy{id: "toy.p", kind: schemas.EntityPrincipal, window: time.Minute, keep: true})
}

func TestLateEventsAreCountedAndLeftOut(t *testing.T) {
	h := start(t, detectortest.Settings(), minutes()...)
	h.feed(0, by("a", 10*time.Second, 70*time.Second, 20*time.Second, 68*time.Second)...)
	h.found = append(h.found, h.Flush()...)
	want := []string{"global: 1 entities, 1 events, 0 before", "global: 1 entities, 2 events, 1 before"}
	if got := summaries(h.found, "toy.p_all"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	h.want("late_events_total", 1)
	h.want("observed_events_total", 3)
	h.want("watermark_timestamp_seconds", float64(detectortest.Start.Unix()+65))
	if got := detectortest.Counter(t, h.registry, "gatehound_detectors_findings_total"); got != float64(len(h.found)) {
		t.Errorf("%v findings counted, want %d", got, len(h.found))
	}
}

func TestSlowPartitionHoldsTheWindowOpen(t *testing.T) {
	h := start(t, detectortest.Settings(), minutes()...)
	h.feed(0, by("a", 50*time.Second)...)
	h.feed(1, by("a", 50*time.Second, 70*time.Second)...)
	h.feed(0, by("b", 55*time.Second)...)
	if len(h.found) > 0 {
		t.Errorf("a window closed: %q", summaries(h.found, "toy.p_all"))
	}
	h.feed(0, by("b", 66*time.Second)...)
	if got := summaries(h.found, "toy.p_all"); !slices.Equal(got, []string{"global: 2 entities, 3 events, 0 before"}) {
		t.Errorf("got %q", got)
	}
	h.want("late_events_total", 0)
	h.want("forced_windows_total", 0)
}

func TestTwoWindowsAheadForceTheOldest(t *testing.T) {
	s := detectortest.Settings()
	s.Config.Idle = time.Hour
	h := start(t, s, minutes()...)
	h.feed(0, by("a", 50*time.Second)...)
	h.feed(1, by("a", 50*time.Second, 110*time.Second, 130*time.Second)...)
	h.want("forced_windows_total", 1)
	if got := summaries(h.found, "toy.p_all"); !slices.Equal(got, []string{"global: 1 entities, 2 events, 0 before"}) {
		t.Errorf("got %q", got)
	}
}

func TestQuietTimeClosesEmptyWindowsUpToABound(t *testing.T) {
	for gap, want := range map[time.Duration]string{
		10 * time.Minute: "a: 1 of 1 in window 11",
		5 * time.Hour:    "a: 1 of 1 in window 61",
	} {
		settings := detectortest.Settings()
		settings.Config.Jump = 6 * time.Hour // or the event after the gap is not believed
		h := start(t, settings, minutes()...)
		h.feed(0, by("a", 10*time.Second, gap+10*time.Second)...)
		h.found = append(h.found, h.Flush()...)
		got := summaries(h.found, "toy.p_window")
		if len(got) != 2 || got[1] != want {
			t.Errorf("gap of %v: got %q, want %q last", gap, got, want)
		}
	}
}

// TestOneWrongClockAmongManyDoesNotMakeTheOthersLate has a line in thirty of a
// gateway whose clock is a quarter of an hour ahead.
func TestOneWrongClockAmongManyDoesNotMakeTheOthersLate(t *testing.T) {
	h := start(t, detectortest.Settings(), minutes()...)
	var at []time.Duration
	for i := range 600 {
		at = append(at, time.Duration(i)*time.Second)
	}
	for i := 0; i < len(at); i += 30 {
		h.feed(0, by("a", at[i:i+30]...)...)
		h.feed(0, by("liar", at[i]+15*time.Minute)...)
	}
	h.want("late_events_total", 0)
	h.want("unbelieved_events_total", 20)
}

func TestWrongClockIsSurvived(t *testing.T) {
	h := start(t, detectortest.Settings(), minutes()...)
	h.feed(0, by("a", 10*time.Second)...)
	year := 365 * 24 * time.Hour
	h.feed(0, by("liar", year, year)...)
	h.want("unbelieved_events_total", 2)
	h.feed(0, by("liar", year)...)
	var again []time.Duration
	for i := range 150 {
		again = append(again, 20*time.Second+time.Duration(i)*time.Second)
	}
	h.feed(0, by("b", again...)...)
	h.want("clock_resets_total", 1)
	h.found = append(h.found, h.Flush()...)
	after := detectortest.Of(h.found, "toy.p_window")
	if last := after[len(after)-1]; last.Entity.Name != "b" || last.WindowStart.Year() != 2026 {
		t.Errorf("last window is of %s at %v", last.Entity.Name, last.WindowStart)
	}
}

func TestSkipsWhatWasSeen(t *testing.T) {
	h := start(t, detectortest.Settings(), minutes()...)
	b := detectortest.Batch(100, by("a", time.Second, 2*time.Second, 3*time.Second))
	if _, err := h.Observe(b, func(topic string, partition int32) int64 {
		if topic != "test" || partition != 0 {
			t.Errorf("asked for %s/%d", topic, partition)
		}
		return 102
	}); err != nil {
		t.Fatal(err)
	}
	h.want("skipped_events_total", 2)
	h.want("observed_events_total", 1)
	if next := h.Next("test", 0); next != 103 || h.Next("other", 0) != 0 {
		t.Errorf("next is %d", next)
	}
	if seen := h.Seen(); len(seen) != 1 || seen[0] != (schemas.Range{Topic: "test", Next: 103}) {
		t.Errorf("seen %+v", seen)
	}
}
