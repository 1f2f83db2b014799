package engine_test

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

// heldState tells once a day, like a detector that holds.
type heldState struct {
	Count [2]uint32
	Until int64
}

// held tells of entities with 20 events in a window, and then not for a day.
type held struct{ absence bool }

var _ detectors.Detector[heldState, uint64] = held{}

func (d held) Spec() detectors.Spec {
	return detectors.Spec{ID: "held.principal", Entity: schemas.EntityPrincipal, Window: 5 * time.Minute, MinEvents: 2, Share: 1,
		Wants: func(ev *schemas.Event) bool { return ev.Status >= 400 }, Absence: d.absence,
		Signs: func(rule string, ev *schemas.Event) bool { return rule == "held.many" && ev.Status == 429 }}
}

func (held) Observe(x *detectors.Context, s *heldState, _ *schemas.Event) {
	if s.Count[x.Slot]++; s.Count[x.Slot] == 20 && x.Now > s.Until {
		s.Until = x.Now + int64(24*time.Hour)
		x.Emit(finding("held.many", schemas.SeverityMedium, 20))
	}
}
func (held) Gather(*detectors.Context, *heldState, *uint64) {}
func (held) Merge(*uint64, *uint64)                         {}
func (held) Conclude(*detectors.Context, *uint64, *uint64)  {}
func (held) Close(x *detectors.Context, s *heldState, _ *uint64) bool {
	s.Count[x.Slot] = 0
	return true
}

// story is an attack of ten minutes by a, who pauses for half an hour, goes on for
// ten minutes and stops; b works all the time, and is refused once a minute.
func story() (events []schemas.Event) {
	for s := range 2 * 60 * 60 {
		at := time.Duration(s) * time.Second
		if m := s / 60; s%2 == 0 && (m >= 10 && m < 20 || m >= 50 && m < 60) {
			events = append(events, detectortest.Event(at, func(ev *schemas.Event) {
				ev.Principal, ev.Status, ev.RequestID = "h1:k1:a", 429, fmt.Sprint("r-", s)
				ev.ClientAddr = detectortest.Address(7)
				ev.Client = ev.ClientAddr
			}))
		}
		if s%20 == 0 {
			events = append(events, detectortest.Event(at, func(ev *schemas.Event) {
				if ev.Principal = "h1:k1:b"; s%60 == 0 {
					ev.Status = 403
				}
			}))
		}
	}
	return events
}

type told struct {
	found []schemas.Finding
	ended []schemas.Ceased
}

// tell plays events in batches of the size, over a restart at each of the cuts.
func tell(t *testing.T, events []schemas.Event, size, shards int, cuts ...int) (out told) {
	t.Helper()
	s := detectortest.Settings()
	s.Config.Shards = shards
	e := detectortest.New(t, s, detectors.Watch(held{}))
	for at := 0; at < len(events); at += size {
		next := min(at+size, len(events))
		found, err := e.Observe(detectortest.Batch(int64(at), events[at:next]), nil)
		if err != nil {
			t.Fatal(err)
		}
		out.found = append(out.found, found...)
		if slices.ContainsFunc(cuts, func(cut int) bool { return cut >= at && cut < next }) {
			state, err := e.Snapshot() // also of what was not fetched
			if err != nil {
				t.Fatal(err)
			}
			e.Close()
			e = detectortest.New(t, s, detectors.Watch(held{}))
			if err := e.Restore(state); err != nil {
				t.Fatal(err)
			}
		}
		out.ended = append(out.ended, e.Ceased()...)
	}
	if len(e.Ceased()) > 0 {
		t.Error("what ended is said twice")
	}
	out.found = append(out.found, e.Flush()...)
	return out
}

func TestAnAttackEndsAndGoesOnAgain(t *testing.T) {
	got := tell(t, story(), 500, 8)
	var lines []string
	for _, f := range got.found {
		lines = append(lines, fmt.Sprintf("%s: %s at %v", f.Detector, f.Summary, f.Detected.Sub(detectortest.Start)))
	}
	for _, c := range got.ended {
		what := "ended"
		if c.GoesOn {
			what = "goes on"
		}
		lines = append(lines, fmt.Sprintf("%s of %s %s at %v, last at %v", c.Detector, c.Entity.Name, what, c.At.Sub(detectortest.Start), c.Last.Sub(detectortest.Start)))
	}
	want := []string{
		"held.many: 20 events at 10m40s",
		"held.many: It goes on again: 33 events in 1 min. at 51m0s",
		"held.many of h1:k1:a goes on at 15m0s, last at 15m0s",
		"held.many of h1:k1:a ended at 30m0s, last at 19m58s",
		"held.many of h1:k1:a goes on at 1h0m0s, last at 59m58s",
		"held.many of h1:k1:a ended at 1h30m0s, last at 59m58s",
	}
	if !slices.Equal(lines, want) {
		t.Fatalf("got  %q\nwant %q", lines, want)
	}
	first, again := got.found[0], got.found[1]
	if again.ID == first.ID || again.Title != first.Title || again.Severity != first.Severity || again.Events != 33 ||
		!again.WindowStart.Equal(detectortest.Start.Add(50*time.Minute)) || !reflect.DeepEqual(again.Features, first.Features) {
		t.Errorf("told again: %+v", again)
	}
	if again.Series == nil || again.Series.Step != 60 || again.Series.Counts[len(again.Series.Counts)-2] != 30 || again.Query == first.Query || len(again.Samples) == 0 {
		t.Errorf("told again without its window: %+v", again)
	}
	if want := []schemas.Entity{{Kind: schemas.EntityAddress, Name: detectortest.Address(7).String()}}; !slices.Equal(again.Related, want) ||
		!slices.Equal(first.Related, want) || !first.RelatedAll {
		t.Errorf("related: %v and %v, all %v", first.Related, again.Related, first.RelatedAll)
	}
}

func TestWhatEndsDependsOnTheEventsAlone(t *testing.T) {
	events := story()
	want := tell(t, events, 500, 8)
	for name, got := range map[string]told{
		"one batch": tell(t, events, len(events), 8), "small batches": tell(t, events, 7, 8),
		"other shards": tell(t, events, 500, 1), "restarts": tell(t, events, 50, 8, 100, 320, 450, 601, 700, 888),
	} {
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %d findings and %+v, want %d and %+v", name, len(got.found), got.ended, len(want.found), want.ended)
		}
	}
}

func TestAbsenceDoesNotEnd(t *testing.T) {
	h := start(t, detectortest.Settings(), detectors.Watch(held{absence: true}))
	h.feed(0, story()...)
	if ended := h.Ceased(); len(ended) > 0 || len(h.found) != 1 {
		t.Errorf("%d findings, ended %+v", len(h.found), ended)
	}
	h.want("ceased_findings_total", 0)
	h = start(t, detectortest.Settings(), detectors.Watch(held{}))
	h.feed(0, story()...)
	h.want("ceased_findings_total", 2)
}

func TestForgetWhatWasTold(t *testing.T) {
	events := story()
	h := start(t, detectortest.Settings(), detectors.Watch(held{}))
	h.feed(0, events[:700]...) // the attack has ended, nobody has heard of it
	if h.Forget([]string{"h1:k1:a"}, nil) == 0 {
		t.Error("nobody was forgotten")
	}
	h.feed(0, events[700:]...)
	ended := h.Ceased()
	if over := slices.DeleteFunc(slices.Clone(ended), func(c schemas.Ceased) bool { return c.GoesOn }); len(over) > 1 {
		t.Errorf("ended %+v", over)
	}
	for _, c := range ended {
		if c.Last.Before(detectortest.Start.Add(50 * time.Minute)) {
			t.Errorf("what was told before is remembered: %+v", c)
		}
	}
}

func TestForgetTakesNamesFromOthers(t *testing.T) {
	watch := func() detectors.Watcher {
		return detectors.Watch(&toy{id: "toy.a", kind: schemas.EntityAddress, window: time.Minute, limit: 5, least: 1, keep: true})
	}
	var events []schemas.Event
	for i := range 12 {
		events = append(events, detectortest.Event(time.Duration(i)*time.Second, func(ev *schemas.Event) { ev.Principal = fmt.Sprint("h1:k1:", i%2) }))
	}
	h := start(t, detectortest.Settings(), watch())
	h.feed(0, events[:8]...)
	h.Forget([]string{"h1:k1:0"}, []netip.Addr{detectortest.Address(99)})
	h.found = nil
	h.feed(0, events[9:10]...) // by 1
	h.found = append(h.found, h.Flush()...)
	for _, f := range detectortest.Of(h.found, "toy.a_window") {
		if want := []schemas.Entity{{Kind: schemas.EntityPrincipal, Name: "h1:k1:1"}}; !slices.Equal(f.Related, want) || f.RelatedAll {
			t.Errorf("related %v, all %v", f.Related, f.RelatedAll)
		}
	}
}
