package engine_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/detectors/engine"
	"github.com/gatehound/gatehound/schemas"
)

// hidden lets an engine find something of a caller every minute for so many
// hours, from the start of a day, and returns all findings.
func hidden(t *testing.T, s engine.Settings, hours, size int, limit uint32) []schemas.Finding {
	t.Helper()
	watchers := []detectors.Watcher{detectors.Watch(&toy{id: "toy.p", kind: schemas.EntityPrincipal, window: time.Minute, limit: limit})}
	e := detectortest.New(t, s, watchers...)
	var events []schemas.Event
	for i := range hours * 60 {
		events = append(events, detectortest.Event(time.Duration(i)*time.Minute))
	}
	var found []schemas.Finding
	for i := 0; i < len(events); i += size {
		got, err := e.Observe(detectortest.Batch(int64(i), events[i:min(i+size, len(events))]), nil)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, got...)
		if i/size%3 == 1 { // as after a restart
			state, err := e.Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			e = detectortest.New(t, s, watchers...)
			if err := e.Restore(state); err != nil {
				t.Fatal(err)
			}
		}
	}
	return append(found, e.Flush()...)
}

func TestExceptionThatHidesMuchIsReportedOnceADay(t *testing.T) {
	s := detectortest.Settings()
	s.Config.Allow = []engine.Allow{{Principal: "h1:k1:someone", Detector: "toy", Owner: "ops", Reason: "eval.", Expires: detectortest.Start.Add(48 * time.Hour)}}
	want := hidden(t, s, 60, 10000, 0)
	got := detectortest.Of(want, "engine.exception")
	if len(got) != 2 {
		t.Fatalf("%d reports of two days, want 2", len(got))
	}
	f := got[0]
	if f.Severity != schemas.SeverityLow || f.Entity != (schemas.Entity{Kind: schemas.EntityGlobal, Name: "exception 1 of ops"}) || f.Exception != nil ||
		f.WindowStart != detectortest.Start || f.Events < 1430 || f.Events > 1440 || got[1].ID == f.ID {
		t.Errorf("got %+v", f)
	}
	for _, part := range []string{"ops (eval)", "info", "expires on 2026-01-07 00:00:00 UTC"} {
		if !strings.Contains(f.Summary, part) {
			t.Errorf("%q is not in %q", part, f.Summary)
		}
	}
	expired := detectortest.Of(want, "engine.expired_exception")
	if len(expired) != 1 || expired[0].Detected.Before(detectortest.Start.Add(48*time.Hour)) {
		t.Errorf("the exception that has expired is reported %d times, want once", len(expired))
	}
	detectortest.Readable(t, append(got, expired...))
	for _, size := range []int{1000, 77} {
		if again := hidden(t, s, 60, size, 0); !reflect.DeepEqual(again, want) {
			t.Errorf("in batches of %d: %d findings, want the same %d", size, len(again), len(want))
		}
	}
}

func TestExceptionThatHidesLittleIsNotReported(t *testing.T) {
	s := detectortest.Settings()
	s.Config.Allow = []engine.Allow{{Principal: "h1:k1:someone", Owner: "ops", Reason: "eval"}}
	s.Config.AllowReport = 100
	if got := detectortest.Of(hidden(t, s, 1, 1000, 0), "engine.exception"); len(got) != 0 {
		t.Errorf("got %+v", got)
	}
	s.Config.AllowReport = 60
	if got := detectortest.Of(hidden(t, s, 1, 1000, 0), "engine.exception"); len(got) != 1 || !strings.Contains(got[0].Summary, "never expires") {
		t.Errorf("at the end of a replay: %+v", got)
	}
}

// grave finds something critical at each event.
type grave struct{ toy }

func (d *grave) Observe(x *detectors.Context, _ *toyState, _ *schemas.Event) {
	x.Emit(finding("toy.grave", schemas.SeverityCritical, 1))
}

func TestExceptionThatHidesACriticalFindingIsReportedAtOnce(t *testing.T) {
	s := detectortest.Settings()
	s.Config.Allow = []engine.Allow{{Principal: "h1:k1:someone", Owner: "ops", Reason: "eval"}}
	h := start(t, s, detectors.Watch[toyState, toyCohort](&grave{toy{id: "toy.p", kind: schemas.EntityPrincipal, window: time.Minute}}))
	h.feed(0, detectortest.Event(time.Second), detectortest.Event(2*time.Minute))
	if got := detectortest.Rules(h.found); fmt.Sprint(got) != "[engine.exception toy.grave]" || len(h.found) != 3 || h.found[1].Detector != "engine.exception" {
		t.Errorf("got %v in %+v", got, h.found)
	}
	detectortest.Readable(t, detectortest.Of(h.found, "engine.exception"))
	h.want("excepted_findings_total", 2)
	if rest := detectortest.Of(h.Flush(), "engine.exception"); len(rest) != 0 {
		t.Error("it is reported twice a day")
	}
}

func TestReloadKeepsTheCountOfAnExceptionThatStays(t *testing.T) {
	s := detectortest.Settings()
	s.Config.AllowReport = 2
	keep := engine.Allow{Principal: "a", Owner: "ops", Reason: "eval"}
	s.Config.Allow = []engine.Allow{keep, {Principal: "b", Owner: "other", Reason: "eval"}}
	h := start(t, s, detectors.Watch(&toy{id: "toy.p", kind: schemas.EntityPrincipal, window: time.Minute, limit: 1}))
	h.feed(0, append(by("a", time.Second), by("b", time.Second)...)...)
	if err := h.Reload([]engine.Allow{{Route: "GET /x", Owner: "new", Reason: "r"}, keep}); err != nil {
		t.Fatal(err)
	}
	h.feed(0, append(by("a", 61*time.Second), by("b", 61*time.Second)...)...)
	got := detectortest.Of(h.Flush(), "engine.exception")
	if len(got) != 1 || got[0].Entity.Name != "exception 2 of ops" {
		t.Errorf("got %+v", got)
	}
}
