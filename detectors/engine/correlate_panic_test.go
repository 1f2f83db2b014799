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

func TestPanicOfCorrelator(t *testing.T) {
	for _, method := range []string{"profile", "correlate", "save", "load", "forget"} {
		t.Run(method, func(t *testing.T) {
			var log bytes.Buffer
			s := detectortest.Settings()
			s.Log = slog.New(slog.NewTextHandler(&log, nil))
			p := newPack()
			h := start(t, s, p.watch(), detectors.Watch(&toy{id: "toy.p", kind: schemas.EntityPrincipal, window: time.Minute, keep: true}))
			p.panicAt = method
			h.feed(0, packed([]string{"a", "b"}, []string{"a"})...)
			state, err := h.Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			if method == "load" {
				if err := h.Restore(state); err != nil {
					t.Fatal(err)
				}
			}
			h.Forget([]string{"b"}, nil)
			h.found = append(h.found, h.Correlated()...)
			h.feed(0, packed(nil, nil, []string{"a"})...)
			h.found = append(h.found, h.Flush()...)
			got := detectortest.Of(h.found, "engine.disabled")
			if len(got) != 1 || got[0].Entity.Name != "detector pack.principal" {
				t.Fatalf("%d reports, want one", len(got))
			}
			detectortest.Readable(t, got)
			h.want("disabled_detectors_total", 1)
			if text := log.String(); !strings.Contains(text, "detector panicked and is disabled") || !strings.Contains(text, "toy_correlator_test.go") || strings.Contains(text, "must not be logged") {
				t.Errorf("log %q", text)
			}
			if all := summaries(h.found, "toy.p_all"); len(all) != 3 {
				t.Errorf("the other detector is disturbed: %q", all)
			}
			if err := h.Replace([]detectors.Watcher{newPack().watch()}); err != nil {
				t.Fatal(err)
			}
			h.found = nil
			h.feed(0, append(twice(4, "a"), by("a", 310*time.Second)...)...)
			if n := len(members(append(h.found, h.Flush()...))); n != 1 {
				t.Errorf("after a reload there are %d findings, want 1", n)
			}
		})
	}
}

func TestPanicDuringAReloadIsReported(t *testing.T) {
	for _, method := range []string{"correlate", "save"} {
		p := gated()
		e := detectortest.New(t, detectortest.Settings(), p.watch())
		observe(t, e, 0, packed([]string{"a"}, []string{"a"}))
		<-p.begun
		p.panicAt = "save"
		if method == "correlate" {
			p.panicAt = ""
			p.spoil = func(*schemas.Finding) { panic("input that must not be logged") }
		}
		close(p.goOn)
		if err := e.Replace([]detectors.Watcher{newPack().watch()}); err != nil {
			t.Fatal(err)
		}
		if got := detectortest.Of(e.Correlated(), "engine.disabled"); len(got) != 1 {
			t.Errorf("%s: %d reports, want one", method, len(got))
		}
		if got := members(append(observe(t, e, 10, twice(3, "a", "b")), e.Flush()...)); len(got) != 1 {
			t.Errorf("%s: after the reload %d findings, want 1", method, len(got))
		}
	}
}

// TestPanicAtTheEndOfAWindowHidesNoEvent has a detector before the one that panics:
// it sees the next event.
func TestPanicAtTheEndOfAWindowHidesNoEvent(t *testing.T) {
	s := detectortest.Settings()
	s.Config.Shards = 1
	for _, method := range []string{"gather", "merge", "conclude", "close"} {
		h := start(t, s, detectors.Watch(&toy{id: "toy.p", kind: schemas.EntityPrincipal, window: time.Minute, keep: true}),
			detectors.Watch(&toy{id: "toy.bad", kind: schemas.EntityPrincipal, window: time.Minute, panicAt: method}))
		h.feed(0, packed([]string{"a"}, []string{"a"})...)
		if got := summaries(h.Flush(), "toy.p_all"); len(got) != 1 || got[0] != "global: 1 entities, 2 events, 2 before" {
			t.Errorf("%s: %q", method, got)
		}
	}
}
