package engine_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

func TestDisabledDetectorIsReported(t *testing.T) {
	h := start(t, detectortest.Settings(),
		detectors.Watch(&toy{id: "toy.bad", kind: schemas.EntityPrincipal, window: time.Minute, panicAt: "observe"}),
		detectors.Watch(&toy{id: "toy.p", kind: schemas.EntityPrincipal, window: time.Minute, keep: true}))
	events := by("a", time.Second, 2*time.Second, 3*time.Second)
	events[0].RequestID = "req-1"
	h.feed(0, events...)
	h.feed(0, by("a", 4*time.Second)...)
	got := detectortest.Of(h.found, "engine.disabled")
	if len(got) != 1 {
		t.Fatalf("%d reports, want one", len(got))
	}
	f := got[0]
	if f.Severity != schemas.SeverityHigh || f.Entity.Kind != schemas.EntityGlobal || f.Entity.Name != "detector toy.bad" ||
		len(f.Samples) != 1 || f.Samples[0] != "req-1" || !strings.Contains(f.Title+f.Summary, "toy.bad") || f.ID == "" || f.Query == "" {
		t.Errorf("got %+v", f)
	}
	if strings.Contains(f.Title+f.Summary+f.Features[0].Text, "must not be logged") {
		t.Error("the report quotes the panic")
	}
	detectortest.Readable(t, got)
	h.want("disabled_detectors_total", 1)
	h.want("findings_total", 1)

	// A reload with a mended detector enables it again.
	if err := h.Replace([]detectors.Watcher{
		detectors.Watch(&toy{id: "toy.bad", kind: schemas.EntityPrincipal, window: time.Minute, limit: 1}),
		detectors.Watch(&toy{id: "toy.p", kind: schemas.EntityPrincipal, window: time.Minute, keep: true}),
	}); err != nil {
		t.Fatal(err)
	}
	h.feed(0, by("a", 5*time.Second)...)
	if len(detectortest.Of(h.found, "toy.bad_many")) != 1 {
		t.Error("after a reload the detector is silent")
	}
}

func TestPanicInWantsLosesNoEventOfOthers(t *testing.T) {
	n := 0
	h := start(t, detectortest.Settings(),
		detectors.Watch(&toy{id: "toy.bad", kind: schemas.EntityPrincipal, window: time.Minute, wants: func(*schemas.Event) bool {
			if n++; n == 3 {
				panic("input that must not be logged")
			}
			return true
		}}),
		detectors.Watch(&toy{id: "toy.p", kind: schemas.EntityPrincipal, window: time.Minute, keep: true}),
		detectors.Watch(&toy{id: "toy.route", kind: schemas.EntityRoute, window: time.Minute, keep: true}))
	h.feed(0, by("a", 1*time.Second, 2*time.Second, 3*time.Second, 4*time.Second)...)
	h.found = append(h.found, h.Flush()...)
	for _, rule := range []string{"toy.p_all", "toy.route_all"} {
		if got := summaries(h.found, rule); len(got) != 1 || got[0] != "global: 1 entities, 4 events, 0 before" {
			t.Errorf("%s: %q", rule, got)
		}
	}
	if len(detectortest.Of(h.found, "engine.disabled")) != 1 || len(detectortest.Of(h.found, "toy.bad_all")) != 0 {
		t.Error("the detector is not disabled")
	}
}

func TestBudget(t *testing.T) {
	for name, c := range map[string]struct {
		budget time.Duration
		toy    toy
		want   int
	}{
		"slow to observe": {time.Microsecond, toy{spin: 20 * time.Microsecond}, 1},
		"slow to close":   {time.Microsecond, toy{spinClose: 50 * time.Microsecond, keep: true}, 1},
		"no budget":       {0, toy{spin: 20 * time.Microsecond}, 0},
		"fast enough":     {100 * time.Microsecond, toy{}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			s := detectortest.Settings()
			s.Config.Budget, s.Config.Shards, s.Log = c.budget, 1, slog.New(slog.NewTextHandler(&log, nil))
			c.toy.id, c.toy.kind, c.toy.window = "toy.slow", schemas.EntityPrincipal, time.Minute
			h := start(t, s, detectors.Watch(&c.toy),
				detectors.Watch(&toy{id: "toy.p", kind: schemas.EntityPrincipal, window: time.Minute, keep: true}))
			var events []schemas.Event
			for i := range 6000 {
				events = append(events, detectortest.Event(time.Duration(i)*50*time.Millisecond, func(ev *schemas.Event) { ev.Principal = string(rune('a' + i%100)) }))
			}
			h.feed(0, events...)
			h.found = append(h.found, h.Flush()...)
			got := detectortest.Of(h.found, "engine.disabled")
			if len(got) != c.want || strings.Contains(log.String(), "more than its budget") != (c.want > 0) {
				t.Fatalf("%d reports, want %d; log %q", len(got), c.want, log.String())
			}
			detectortest.Readable(t, got)
			if len(detectortest.Of(h.found, "toy.p_all")) != 5 {
				t.Error("the other detector is disturbed")
			}
		})
	}
}
