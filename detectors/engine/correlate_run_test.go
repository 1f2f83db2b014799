package engine_test

import (
	"bytes"
	"errors"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/detectors/engine"
	"github.com/gatehound/gatehound/schemas"
)

// gated returns a pack that says when it begins to correlate, and waits to go on.
func gated() *pack {
	return newPack(func(p *pack) { p.begun, p.goOn = make(chan struct{}, 100), make(chan struct{}) })
}

// observe shows the events, numbered from the offset first.
func observe(t *testing.T, e *engine.Engine, first int64, events []schemas.Event) []schemas.Finding {
	t.Helper()
	found, err := e.Observe(detectortest.Batch(first, events), nil)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestEventsGoOnWhileCorrelatorIsAtWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := gated()
		e := detectortest.New(t, detectortest.Settings(), p.watch())
		if got := members(observe(t, e, 0, packed([]string{"a"}, []string{"a"}))); len(got) != 0 {
			t.Errorf("found %q too early", got)
		}
		synctest.Wait()
		found := observe(t, e, 4, by("b", 75*time.Second, 76*time.Second))
		if len(members(found)) != 0 || len(members(e.Correlated())) != 0 || !e.Correlating() {
			t.Error("the correlator is done, though it waits")
		}
		p.goOn <- struct{}{}
		synctest.Wait()
		if e.Correlating() {
			t.Error("the correlator is not done")
		}
		if got := members(e.Correlated()); !reflect.DeepEqual(got, []string{"a"}) {
			t.Errorf("got %q, want a", got)
		}
		if len(e.Correlated()) != 0 {
			t.Error("a finding is returned twice")
		}
	})
}

// TestOthersWait has what may not overlap with a correlator at work.
func TestOthersWait(t *testing.T) {
	for name, act := range map[string]func(t *testing.T, e *engine.Engine, p *pack) (found []schemas.Finding){
		"next window": func(t *testing.T, e *engine.Engine, _ *pack) []schemas.Finding {
			return observe(t, e, 100, by("b", 125*time.Second))
		},
		"snapshot": func(t *testing.T, e *engine.Engine, _ *pack) []schemas.Finding {
			if _, err := e.Snapshot(); err != nil {
				t.Error(err)
			}
			return e.Correlated()
		},
		"reload": func(t *testing.T, e *engine.Engine, p *pack) []schemas.Finding {
			if err := e.Replace([]detectors.Watcher{p.watch()}); err != nil {
				t.Error(err)
			}
			return e.Correlated()
		},
		"forget": func(t *testing.T, e *engine.Engine, _ *pack) []schemas.Finding {
			e.Forget([]string{"nobody"}, nil)
			return e.Correlated()
		},
		"flush": func(_ *testing.T, e *engine.Engine, _ *pack) []schemas.Finding { return e.Flush() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := gated()
				e := detectortest.New(t, detectortest.Settings(), p.watch())
				observe(t, e, 0, packed([]string{"a", "b"}, []string{"c"}))
				<-p.begun
				var found []schemas.Finding
				done := make(chan struct{})
				go func() {
					found = act(t, e, p)
					close(done)
				}()
				synctest.Wait()
				select {
				case <-done:
					t.Error("it does not wait")
				default:
				}
				close(p.goOn)
				<-done
				if got := members(found); len(got) == 0 || len(strings.Fields(got[0])) != 2 {
					t.Errorf("found %q, want a and b first", got)
				}
			})
		})
	}
}

func TestSnapshotHasWhatWasNotReturned(t *testing.T) {
	p := gated()
	first := detectortest.New(t, detectortest.Settings(), p.watch())
	events := packed([]string{"a", strings.Repeat("long", 15) + "\xff", "b\xff"}, []string{"x"})
	observe(t, first, 0, events)
	close(p.goOn)
	state, err := first.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	live := first.Correlated()
	if len(live) != 1 || len(live[0].Campaign.Members) != 3 {
		t.Fatalf("found %q", members(live))
	}
	for name, take := range map[string]func(e *engine.Engine) []schemas.Finding{
		"observe":    func(e *engine.Engine) []schemas.Finding { return observe(t, e, 100, by("c", 75*time.Second)) },
		"correlated": (*engine.Engine).Correlated,
		"flush":      (*engine.Engine).Flush,
	} {
		second := detectortest.New(t, detectortest.Settings(), newPack().watch())
		if err := second.Restore(state); err != nil {
			t.Fatal(err)
		}
		again := slices.DeleteFunc(take(second), func(f schemas.Finding) bool { return f.Campaign == nil })
		if len(again) == 0 || !reflect.DeepEqual(again[0], live[0]) {
			t.Errorf("%s: got %+v\nwant %+v", name, again, live)
		}
		if n := len(members(second.Flush())); name != "flush" && n != 1 {
			t.Errorf("%s: %d findings afterwards, want that of the open window", name, n)
		}
	}
}

// TestKillWhileCorrelatorIsAtWork goes on from the last snapshot before.
func TestKillWhileCorrelatorIsAtWork(t *testing.T) {
	events := packed([]string{"a", "b"}, []string{"b", "c"}, []string{"a"})
	var want []string
	for _, f := range detectortest.Run(t, events, newPack().watch()) {
		if f.Campaign != nil {
			want = append(want, f.Summary)
		}
	}
	p := gated()
	first := detectortest.New(t, detectortest.Settings(), p.watch())
	observe(t, first, 0, events[:3])
	state, err := first.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	observe(t, first, 3, events[3:5])
	<-p.begun
	first.Close()

	second := detectortest.New(t, detectortest.Settings(), newPack().watch())
	if err := second.Restore(state); err != nil {
		t.Fatal(err)
	}
	found, err := second.Observe(detectortest.Batch(0, events), second.Next)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range append(found, second.Flush()...) {
		if f.Campaign != nil {
			got = append(got, f.Summary)
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCloseEndsCorrelator(t *testing.T) {
	p := gated()
	e := detectortest.New(t, detectortest.Settings(), p.watch())
	observe(t, e, 0, packed([]string{"a"}, []string{"a"}))
	<-p.begun
	waiting, ended := make(chan struct{}), make(chan error)
	go func() {
		close(waiting)
		_, err := e.Observe(detectortest.Batch(4, by("b", 185*time.Second)), nil) // waits for the correlator
		ended <- err
	}()
	<-waiting
	e.Close()
	if err := <-ended; err != nil && !errors.Is(err, engine.ErrClosed) {
		t.Error(err)
	}
	if _, err := e.Snapshot(); !errors.Is(err, engine.ErrClosed) {
		t.Errorf("a snapshot of half of a judgement is taken: error %v", err)
	}
	if e.Correlating() || e.Correlated() != nil || e.Flush() != nil {
		t.Error("something goes on after the end")
	}
}

func TestRestoreDiscardsWhatCorrelatorIsAt(t *testing.T) {
	from := detectortest.New(t, detectortest.Settings(), newPack().watch())
	observe(t, from, 0, packed([]string{"x", "y"}))
	state, err := from.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	p := gated()
	e := detectortest.New(t, detectortest.Settings(), p.watch())
	observe(t, e, 0, packed([]string{"a"}, []string{"a"}))
	<-p.begun
	if err := e.Restore(state); err != nil {
		t.Fatal(err)
	}
	close(p.goOn)
	if got := members(e.Flush()); len(got) != 1 || len(strings.Fields(got[0])) != 2 || strings.Contains(got[0], "a") {
		t.Errorf("found %q, want x and y only", got)
	}
}

func TestForgetInCorrelator(t *testing.T) {
	long := strings.Repeat("n", 60)
	p := gated()
	e := detectortest.New(t, detectortest.Settings(), p.watch())
	observe(t, e, 0, packed([]string{"a", "b", long}, []string{"b"}))
	close(p.goOn) // the finding is there for Forget, and not returned yet
	if n := e.Forget([]string{"a", long}, nil); n != 4 {
		t.Errorf("%d states went, want two of the table and two of the correlator", n)
	}
	found := slices.DeleteFunc(e.Flush(), func(f schemas.Finding) bool { return f.Campaign == nil })
	if len(found) != 2 {
		t.Errorf("%d findings, want 2", len(found))
	}
	for _, f := range found {
		if len(f.Campaign.Members) != 1 || len(f.Campaign.Named) != 1 || f.Campaign.Members[0].Principal != "b" {
			t.Errorf("members %+v, named %q", f.Campaign.Members, f.Campaign.Named)
		}
	}
	if len(p.known) != 1 {
		t.Errorf("%d entities are known, want 1", len(p.known))
	}
}

func TestRefusedStateBeginsAnew(t *testing.T) {
	for name, move := range map[string]func(e *engine.Engine, to *pack, s engine.Settings) *engine.Engine{
		"restart": func(e *engine.Engine, to *pack, s engine.Settings) *engine.Engine {
			state, err := e.Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			second := detectortest.New(t, s, to.watch())
			if err := second.Restore(state); err != nil {
				t.Fatal(err)
			}
			return second
		},
		"reload": func(e *engine.Engine, to *pack, _ engine.Settings) *engine.Engine {
			if err := e.Replace([]detectors.Watcher{to.watch()}); err != nil {
				t.Fatal(err)
			}
			return e
		},
	} {
		for _, refuse := range []bool{false, true} {
			var log bytes.Buffer
			s := detectortest.Settings()
			s.Log = slog.New(slog.NewTextHandler(&log, nil))
			e := detectortest.New(t, s, newPack().watch())
			found := observe(t, e, 0, packed([]string{"a"}, []string{"a"}))
			e = move(e, newPack(func(p *pack) { p.refuse = refuse }), s)
			found = append(found, e.Flush()...)
			want := map[bool]string{false: "for up to 2 windows", true: "for up to 1 windows"}[refuse]
			if got := found[len(found)-1].Summary; !strings.Contains(got, want) || len(members(found)) != 2 {
				t.Errorf("%s, refuse %v: %d findings, the last %q, want %q", name, refuse, len(members(found)), got, want)
			}
			if strings.Contains(log.String(), "begins anew") != refuse {
				t.Errorf("%s, refuse %v: log %q", name, refuse, log.String())
			}
		}
	}
}

func TestFloodOfCampaignsIsBounded(t *testing.T) {
	s := detectortest.Settings()
	s.Config.Findings = 64
	h := start(t, s, newPack(func(p *pack) { p.flood = 100 }).watch())
	h.feed(0, packed([]string{"a"})...)
	if got := len(members(h.Flush())); got != 32 {
		t.Errorf("%d findings, want 32", got)
	}
	h.want("suppressed_findings_total", 68)
}

func TestCorrelationIsMeasured(t *testing.T) {
	h := start(t, detectortest.Settings(), newPack().watch())
	h.feed(0, packed([]string{"a", "b"}, []string{"c"})...)
	h.want("correlations_total", 1)
	h.want("correlated_profiles", 2)
	if len(members(h.Flush())) == 0 {
		t.Error("nothing is found")
	}
	h.want("correlations_total", 2)
	h.want("findings_total", 7) // two of campaigns, two of windows, three of entities
	h.want("invalid_campaigns_total", 0)
	if h.count("correlation_cpu_seconds_total") <= 0 || h.count("correlation_wait_seconds_total") <= 0 {
		t.Error("no time is measured")
	}
}
