package engine_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

func TestSamplesAreOfTheWindow(t *testing.T) {
	var events []schemas.Event
	add := func(at time.Duration, id string, status uint16) {
		events = append(events, detectortest.Event(at, func(ev *schemas.Event) { ev.RequestID, ev.Status = id, status }))
	}
	add(1*time.Second, "ok-1", 200)
	add(2*time.Second, "<script>", 403)
	add(3*time.Second, "refused-1", 403)
	add(4*time.Second, "\x1b[31mred", 200)
	add(61*time.Second, "ok-2", 200)
	add(62*time.Second, "ok-2b", 200)
	add(300*time.Second, "ok-3", 200)
	found := detectortest.Run(t, events, detectors.Watch(&toy{id: "toy.p", kind: schemas.EntityPrincipal, window: time.Minute, limit: 2, keep: true}))
	var got []string
	for _, f := range found {
		got = append(got, fmt.Sprint(f.Detector, f.Samples))
	}
	want := []string{
		"toy.p_many[ok-1]",           // the second event's own cannot be shown
		"toy.p_many[refused-1 ok-1]", // high at four
		"toy.p_many[ok-2b ok-2]",
		"toy.p_all[]", "toy.p_window[refused-1 ok-1]", // events of the next minute have come
		"toy.p_all[]", "toy.p_window[ok-2]",
		"toy.p_all[]", "toy.p_window[ok-3]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestSamplesOfEverything(t *testing.T) {
	var events []schemas.Event
	for i := range 20 {
		events = append(events, detectortest.Event(time.Duration(i)*time.Second, func(ev *schemas.Event) {
			ev.RequestID = fmt.Sprint("id-", i)
			if i == 7 {
				ev.Guardrail = schemas.GuardrailInputBlocked
			}
		}))
	}
	for _, f := range detectortest.Run(t, events, toys()...) {
		if f.Entity.Kind == schemas.EntityGlobal && f.Detector == "toy.global_window" && !slices.Equal(f.Samples, []string{"id-7", "id-0"}) {
			t.Errorf("%s on %v: %q", f.Detector, f.Entity, f.Samples)
		}
		if len(f.Samples) == 0 || len(f.Samples) > 4 {
			t.Errorf("%s: samples %q", f.Detector, f.Samples)
		}
	}
}

func TestForgetDropsSamples(t *testing.T) {
	e := detectortest.New(t, detectortest.Settings(), detectors.Watch(&toy{id: "toy.p", kind: schemas.EntityPrincipal, window: time.Minute}))
	ev := detectortest.Event(time.Second, func(ev *schemas.Event) { ev.RequestID = "XQ-7391-ZVKJW" })
	if _, err := e.Observe(detectortest.Batch(0, []schemas.Event{ev}), nil); err != nil {
		t.Fatal(err)
	}
	knows := func() bool {
		state, err := e.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Contains(state, []byte("XQ-7391-ZVKJW"))
	}
	if !knows() {
		t.Fatal("the test does not see what is known")
	}
	if n := e.Forget([]string{ev.Principal}, nil); n != 1 || knows() {
		t.Errorf("%d states went, still known: %v", n, knows())
	}
}

// callers runs events of one address by so many principals, and returns what
// the address's findings say of them.
func callers(t *testing.T, n int, kind schemas.EntityKind) float64 {
	var events []schemas.Event
	for i := range 400 {
		events = append(events, detectortest.Event(time.Duration(i)*100*time.Millisecond, func(ev *schemas.Event) {
			if ev.Principal = ""; n > 0 {
				ev.Principal = fmt.Sprint("p", i%n)
			}
		}))
	}
	most := 0.0
	for _, f := range detectortest.Run(t, events, detectors.Watch(&toy{id: "toy.x", kind: kind, window: time.Minute})) {
		for _, x := range f.Features {
			if x.Name == "callers" {
				most = max(most, x.Observed)
			}
		}
	}
	return most
}

func TestCallersBehindAnAddress(t *testing.T) {
	for n, want := range map[int][2]float64{0: {0, 0}, 1: {1, 1}, 2: {2, 2}, 10: {8, 12}, 60: {45, 80}, 400: {100, 100}} {
		if got := callers(t, n, schemas.EntityAddress); got < want[0] || got > want[1] {
			t.Errorf("%d principals are taken for %v, want %v", n, got, want)
		}
	}
	if got := callers(t, 10, schemas.EntityRoute); got != 0 {
		t.Errorf("a route has %v callers", got)
	}
}

func TestWantsDecidesWhatIsDealt(t *testing.T) {
	failures := func(ev *schemas.Event) bool { return ev.Status >= 400 }
	for name, c := range map[string]struct {
		least int
		want  string
	}{
		"at once":          {1, "global: 1 entities, 2 events, 0 before"},
		"after ten events": {10, "global: 1 entities, 1 events, 0 before"}, // wanted or not
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t, detectortest.Settings(), detectors.Watch(&toy{id: "toy.p", kind: schemas.EntityPrincipal, window: time.Minute, least: c.least, wants: failures}))
			var events []schemas.Event
			for i := range 20 {
				events = append(events, detectortest.Event(time.Duration(i)*time.Second, func(ev *schemas.Event) {
					if ev.Principal = "other"; i%2 == 0 {
						ev.Principal = "a"
					}
					if i == 4 || i == 18 {
						ev.Status = 403
					}
				}))
			}
			h.feed(0, events...)
			if n := h.count("state_entities"); n != 1 {
				t.Errorf("%v states, want one", n)
			}
			if got := summaries(h.Flush(), "toy.p_all"); len(got) != 1 || got[0] != c.want {
				t.Errorf("got %q", got)
			}
			if known := h.count("known_entities"); known != map[bool]float64{true: 2, false: 1}[c.least > 1] {
				t.Errorf("%v entities are known", known)
			}
		})
	}
}

func TestSamplesAreOfShowableCharacters(t *testing.T) {
	var events []schemas.Event
	for i, id := range []string{"a b", "x@y", "`rm`", "<b>", "\u202e", strings.Repeat("x", 65), "ok/1:2_3.4=5+6-7"} {
		events = append(events, detectortest.Event(time.Duration(i)*time.Second, func(ev *schemas.Event) { ev.RequestID = id }))
	}
	for _, f := range detectortest.Run(t, events, toys()...) {
		for _, id := range f.Samples {
			if id != "ok/1:2_3.4=5+6-7" {
				t.Errorf("%s shows %q", f.Detector, id)
			}
		}
	}
}
