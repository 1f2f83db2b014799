package engine_test

import (
	"bytes"
	"errors"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/detectors/engine"
	"github.com/gatehound/gatehound/schemas"
)

func TestSnapshotGoesToOtherShardsAndMemory(t *testing.T) {
	events := detectortest.Batch(0, traffic(3, 2000)).Parts[0].Events
	whole := detectortest.New(t, detectortest.Settings(), toys()...)
	want, err := whole.Observe(detectortest.Batch(0, events), nil)
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, whole.Flush()...)

	first := detectortest.New(t, detectortest.Settings(), toys()...)
	got, err := first.Observe(detectortest.Batch(0, events[:900]), nil)
	if err != nil {
		t.Fatal(err)
	}
	state, err := first.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	s := detectortest.Settings()
	s.Config.Shards, s.Config.Workers, s.Config.Memory = 32, 1, 128<<20
	second := detectortest.New(t, s, toys()...)
	if err := second.Restore(state); err != nil {
		t.Fatal(err)
	}
	rest, err := second.Observe(detectortest.Batch(900, events[900:]), nil)
	if err != nil {
		t.Fatal(err)
	}
	got = append(append(got, rest...), second.Flush()...)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%d findings, want the same %d", len(got), len(want))
	}
}

func TestSnapshotOfOthersIsRefused(t *testing.T) {
	from := detectortest.New(t, detectortest.Settings(), toys()...)
	if _, err := from.Observe(detectortest.Batch(0, traffic(1, 100)), nil); err != nil {
		t.Fatal(err)
	}
	c, err := from.Checkpoint()
	if err != nil || c.Fingerprint != from.Fingerprint() || len(c.Seen) != 1 || c.Seen[0].Next != 100 {
		t.Fatalf("checkpoint %q %v, error %v", c.Fingerprint, c.Seen, err)
	}
	other := detectortest.Settings()
	other.EntityKey[0]++
	for name, to := range map[string]*engine.Engine{
		"another key":      detectortest.New(t, other, toys()...),
		"another window":   detectortest.New(t, detectortest.Settings(), minutes()...),
		"another detector": detectortest.New(t, detectortest.Settings(), toys()[:3]...),
	} {
		if err := to.Restore(c.State); !errors.Is(err, engine.ErrFingerprint) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	thresholds := toys()
	thresholds[0] = detectors.Watch(&toy{id: "toy.principal", kind: schemas.EntityPrincipal, window: time.Minute, limit: 99, keep: true})
	if err := detectortest.New(t, detectortest.Settings(), thresholds...).Restore(c.State); err != nil {
		t.Errorf("other thresholds: error %v", err)
	}
}

func TestDamagedSnapshotLeavesNothing(t *testing.T) {
	from := detectortest.New(t, detectortest.Settings(), toys()...)
	if _, err := from.Observe(detectortest.Batch(0, traffic(1, 300)), nil); err != nil {
		t.Fatal(err)
	}
	state, err := from.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	h := start(t, detectortest.Settings(), toys()...)
	for cut := 0; cut < len(state); cut += 1 + len(state)/40 {
		damaged := append(bytes.Clone(state[:cut]), state[min(cut+1, len(state)):]...)
		if err := h.Restore(damaged); !errors.Is(err, engine.ErrCorrupt) {
			t.Fatalf("without byte %d: error %v", cut, err)
		}
	}
	if err := h.Restore(nil); !errors.Is(err, engine.ErrCorrupt) {
		t.Errorf("empty: error %v", err)
	}
	if len(h.Seen()) != 0 || len(h.Flush()) != 0 {
		t.Error("something is left of a damaged snapshot")
	}
	if err := h.Restore(state); err != nil {
		t.Errorf("the whole snapshot: error %v", err)
	}
	if h.count("state_entities") == 0 || h.count("state_bytes") == 0 {
		t.Error("the gauges do not show what was restored")
	}
}

func TestSnapshotHoldsNoTrueAddress(t *testing.T) {
	e := detectortest.New(t, detectortest.Settings(), toys()...)
	ev := detectortest.Event(time.Second)
	ev.ClientAddr = detectortest.Address(0xabcd)
	ev.Client = detectortest.Address(1)
	found, err := e.Observe(detectortest.Batch(0, []schemas.Event{ev, ev, ev, ev}), nil)
	if err != nil {
		t.Fatal(err)
	}
	state, err := e.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	found = append(found, e.Flush()...)
	if bytes.Contains(state, ev.ClientAddr.AsSlice()) {
		t.Error("the snapshot has the true address")
	}
	if len(found) == 0 {
		t.Error("there are no findings to look at")
	}
	for _, f := range found {
		if strings.Contains(f.Entity.Name+f.Query, ev.ClientAddr.String()) {
			t.Errorf("%s has the true address", f.Detector)
		}
	}
}

func TestReplaceKeepsTheStateOfTheSame(t *testing.T) {
	h := start(t, detectortest.Settings(), toys()...)
	h.feed(0, by("a", time.Second, 2*time.Second, 3*time.Second)...)
	if err := h.Replace([]detectors.Watcher{
		detectors.Watch(&toy{id: "toy.new", kind: schemas.EntityPrincipal, window: time.Minute}),
		detectors.Watch(&toy{id: "toy.principal", kind: schemas.EntityPrincipal, window: time.Minute, limit: 4, keep: true}),
	}); err != nil {
		t.Fatal(err)
	}
	h.feed(0, by("a", 4*time.Second)...)
	if got := summaries(h.found, "toy.principal_many"); len(got) != 1 || got[0] != "a: 4 events" {
		t.Errorf("got %q", got)
	}
	h.found = h.Flush()
	if got := summaries(h.found, "toy.new_window"); len(got) != 1 || got[0] != "a: 1 of 1 in window 2" {
		t.Errorf("got %q", got)
	}
	if err := h.Replace(append(minutes(), minutes()...)); err == nil {
		t.Error("two detectors with one id are taken")
	}
}

func TestPanicDisablesOnlyTheDetector(t *testing.T) {
	for _, method := range []string{"observe", "gather", "merge", "conclude", "close"} {
		t.Run(method, func(t *testing.T) {
			var log bytes.Buffer
			s := detectortest.Settings()
			s.Log = slog.New(slog.NewTextHandler(&log, nil))
			h := start(t, s,
				detectors.Watch(&toy{id: "toy.bad", kind: schemas.EntityPrincipal, window: time.Minute, panicAt: method}),
				detectors.Watch(&toy{id: "toy.p", kind: schemas.EntityPrincipal, window: time.Minute, keep: true}))
			h.feed(0, by("a", time.Second, 2*time.Second, 70*time.Second)...)
			h.feed(0, by("a", 71*time.Second, 140*time.Second)...)
			if got := summaries(h.found, "toy.p_all"); len(got) != 2 || got[1] != "global: 1 entities, 2 events, 2 before" {
				t.Errorf("the other detector found %q", got)
			}
			h.want("disabled_detectors_total", 1)
			if !strings.Contains(log.String(), "detector=toy.bad") || strings.Contains(log.String(), "must not be logged") {
				t.Errorf("log %q", log.String())
			}
			if _, err := h.Snapshot(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestFindingsAreBounded(t *testing.T) {
	s := detectortest.Settings()
	s.Config.Findings = 64
	h := start(t, s, minutes()...)
	var events []schemas.Event
	for i := range 500 {
		events = append(events, detectortest.Event(time.Second, func(ev *schemas.Event) { ev.Principal = string(rune('0' + i)) }))
	}
	h.feed(0, events...)
	found := h.Flush()
	if len(found) > 33 || h.count("suppressed_findings_total") < 430 {
		t.Errorf("%d findings, %v suppressed", len(found), h.count("suppressed_findings_total"))
	}
	if h.feed(0, by("later", 90*time.Second)...); len(h.found) > 0 {
		t.Errorf("found %d at once", len(h.found))
	}
	if got := summaries(h.Flush(), "toy.p_window"); len(got) != 1 {
		t.Errorf("in the next window %q", got)
	}
}

func TestFloodOfFindingsHidesNoSevereOne(t *testing.T) {
	s := detectortest.Settings()
	s.Config.Findings, s.Config.Shards = 64, 1
	h := start(t, s, one(&toy{id: "toy.p", kind: schemas.EntityPrincipal, window: time.Minute, limit: 1})...)
	for i := range 100 {
		h.feed(0, by(string(rune('0'+i)), time.Second)...)
	}
	h.feed(0, by("severe", 2*time.Second, 3*time.Second)...)
	last := h.found[len(h.found)-1]
	if len(h.found) != 33 || last.Entity.Name != "severe" || last.Severity != schemas.SeverityHigh {
		t.Errorf("%d findings, the last %v on %s", len(h.found), last.Severity, last.Entity.Name)
	}
}

func TestClosedEngine(t *testing.T) {
	e := detectortest.New(t, detectortest.Settings(), toys()...)
	e.Close()
	e.Close()
	if _, err := e.Observe(detectortest.Batch(0, nil), nil); !errors.Is(err, engine.ErrClosed) {
		t.Errorf("observe: %v", err)
	}
	if _, err := e.Snapshot(); !errors.Is(err, engine.ErrClosed) {
		t.Errorf("snapshot: %v", err)
	}
	if err := e.Restore(nil); !errors.Is(err, engine.ErrClosed) {
		t.Errorf("restore: %v", err)
	}
	if e.Flush() != nil {
		t.Error("flush finds something")
	}
}
