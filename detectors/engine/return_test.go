package engine_test

import (
	"slices"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/detectors/engine"
	"github.com/gatehound/gatehound/schemas"
)

// TestIdlePartitionReturns has a partition that falls silent: it holds nobody
// back, and what it brings of closed windows afterwards is late, the rest is not.
func TestIdlePartitionReturns(t *testing.T) {
	h := start(t, detectortest.Settings(), minutes()...)
	h.feed(1, by("b", 10*time.Second)...)
	var at []time.Duration
	for i := range 60 {
		at = append(at, 10*time.Second+time.Duration(i)*5*time.Second)
	}
	h.feed(0, by("a", at...)...)
	if got := summaries(h.found, "toy.p_all"); len(got) < 4 || got[0] != "global: 2 entities, 11 events, 0 before" {
		t.Errorf("the silent partition holds time back: %q", got)
	}
	h.feed(1, by("b", 20*time.Second, 30*time.Second, 302*time.Second)...)
	h.want("late_events_total", 2)
	h.found = h.Flush()
	if got := summaries(h.found, "toy.p_window"); !slices.ContainsFunc(got, func(s string) bool { return s == "b: 1 of 3 in window 6" || s == "b: 1 of 2 in window 6" }) {
		t.Errorf("what came in time is not observed: %q", got)
	}
}

// TestSnapshotUnderAnotherAllowlist keeps what a record remembers of a list from
// being taken for another's.
func TestSnapshotUnderAnotherAllowlist(t *testing.T) {
	watch := func() []detectors.Watcher {
		return one(&toy{id: "toy.a", kind: schemas.EntityAddress, window: time.Minute, limit: 3})
	}
	near := engine.Allow{Address: detectortest.Address(1).String(), Owner: "near", Reason: "r"}
	other := engine.Allow{Address: "203.0.113.0/24", Owner: "other", Reason: "r"}
	for name, c := range map[string]struct {
		list []engine.Allow
		want string
	}{
		"the same":     {[]engine.Allow{near}, "near"},
		"before it":    {[]engine.Allow{other, near}, "near"},
		"in its place": {[]engine.Allow{other}, ""},
		"none":         {nil, ""},
	} {
		s := detectortest.Settings()
		s.Config.Allow = []engine.Allow{near}
		first := detectortest.New(t, s, watch()...)
		events := by("a", time.Second, 2*time.Second, 3*time.Second)
		if _, err := first.Observe(detectortest.Batch(0, events[:2]), nil); err != nil {
			t.Fatal(err)
		}
		state, err := first.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		s.Config.Allow = c.list
		second := detectortest.New(t, s, watch()...)
		if err := second.Restore(state); err != nil {
			t.Fatal(err)
		}
		found, err := second.Observe(detectortest.Batch(2, events[2:]), nil)
		if err != nil || len(found) != 1 {
			t.Fatalf("%s: %d findings, error %v", name, len(found), err)
		}
		got := ""
		if found[0].Exception != nil {
			got = found[0].Exception.Owner
		}
		if got != c.want {
			t.Errorf("%s: covered by %q, want %q", name, got, c.want)
		}
	}
}

// TestReplayOfTheSameEventsFindsTheSame observes a range twice in fresh engines,
// as a replay after the live run does.
func TestReplayOfTheSameEventsFindsTheSame(t *testing.T) {
	events := traffic(11, 1200)
	live := detectortest.Run(t, events, toys()...)
	replay := detectortest.Run(t, events, toys()...)
	if len(live) == 0 || len(live) != len(replay) {
		t.Fatalf("%d findings live, %d in a replay", len(live), len(replay))
	}
	sampled := 0
	for i := range live {
		if live[i].ID != replay[i].ID || !slices.Equal(live[i].Samples, replay[i].Samples) {
			t.Errorf("finding %d differs", i)
		}
		sampled += min(1, len(live[i].Samples))
	}
	if sampled < len(live)*9/10 {
		t.Errorf("%d of %d findings have samples", sampled, len(live))
	}
}

// TestLongBatchIsWhole has more events than are dealt at once.
func TestLongBatchIsWhole(t *testing.T) {
	h := start(t, detectortest.Settings(), minutes()...)
	var events []schemas.Event
	for i := range 20000 {
		events = append(events, detectortest.Event(time.Duration(i)*time.Millisecond, func(ev *schemas.Event) { ev.Principal = string(rune('a' + i%20)) }))
	}
	h.feed(0, events...)
	h.want("observed_events_total", 20000)
	if got := summaries(h.Flush(), "toy.p_all"); len(got) != 1 || got[0] != "global: 20 entities, 20000 events, 0 before" {
		t.Errorf("got %q", got)
	}
}
