package correlation

import (
	"context"
	"encoding/json"
	"reflect"
	"testing"
	"time"
	"unsafe"

	"go.uber.org/goleak"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/engine/internal/codec"
	"github.com/gatehound/gatehound/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake is a correlator of one function; all else of Correlating panics.
type fake struct {
	detectors.Correlating
	correlate func(x *detectors.Correlation)
}

func (f fake) Correlate(x *detectors.Correlation, _ unsafe.Pointer) { f.correlate(x) }

const id = "c-0123456789ab"

func finding(id string) *schemas.Finding {
	return &schemas.Finding{
		Detector: "x.y", Severity: schemas.SeverityHigh, Confidence: 0.7, Title: "t", Summary: "s", Events: 3,
		Features: []schemas.Feature{{Name: "n", Observed: 1.0 / 3, Weight: 1, Text: "t"}},
		Campaign: &schemas.Campaign{ID: id, Score: 12.5, Size: 2, Named: []string{"a", "b\xff"},
			First: time.Unix(5, 7).UTC(), Links: []schemas.Link{{Kind: "network", Members: 2}},
			Members: []schemas.Member{{Principal: "b\xff", Exchanges: 7, Likeness: 0.1, Links: []string{"network"}}, {Principal: "a"}}},
	}
}

func runs(correlate func(x *detectors.Correlation)) *Runs {
	return New(fake{correlate: correlate}, Settings{Spec: detectors.Spec{ID: "x.principal", Window: time.Hour}, Table: "events", Room: 64})
}

func TestRunGoesOnUntilItIsWaitedFor(t *testing.T) {
	gate := make(chan struct{})
	r := runs(func(x *detectors.Correlation) {
		<-gate
		if x.Start != int64(time.Hour) || x.End != int64(2*time.Hour) || x.Window != time.Hour {
			t.Errorf("window %d to %d", x.Start, x.End)
		}
		x.Emit(finding(id))
	})
	if r.Pending() || r.Going() {
		t.Error("a run is there before the first")
	}
	r.Start(context.Background(), Window{Start: int64(time.Hour)})
	if !r.Pending() || !r.Going() {
		t.Error("the run has ended before it began")
	}
	close(gate)
	got := r.Wait()
	if len(got.Findings) != 1 || got.Findings[0].Entity.Name != id || got.Panic != nil || got.Invalid+got.Suppressed != 0 {
		t.Errorf("got %+v", got)
	}
	if r.Pending() || r.Going() {
		t.Error("the run is there still")
	}
	r.Stop() // of nothing
}

func TestStoppedRunBringsNothing(t *testing.T) {
	begun := make(chan struct{})
	r := runs(func(x *detectors.Correlation) {
		x.Emit(finding(id))
		close(begun)
		<-x.Done()
	})
	ctx, cancel := context.WithCancel(context.Background())
	r.Start(ctx, Window{})
	<-begun
	cancel()
	if got := r.Wait(); len(got.Findings) != 0 || got.CPU != 0 {
		t.Errorf("got %+v", got)
	}
	begun = make(chan struct{})
	r.Start(context.Background(), Window{})
	<-begun
	r.Stop()
	if r.Pending() {
		t.Error("the run is there still")
	}
}

func TestPanicLeavesWhatWasFoundBefore(t *testing.T) {
	r := runs(func(x *detectors.Correlation) {
		x.Emit(finding(id))
		panic("secret")
	})
	r.Start(context.Background(), Window{})
	got := r.Wait()
	if len(got.Findings) != 1 || got.Panic == nil || got.Panic.Cause != "secret" || len(got.Panic.Stack) == 0 {
		t.Errorf("got %+v", got)
	}
}

func TestMembersAreBounded(t *testing.T) {
	r := runs(func(x *detectors.Correlation) {
		f := finding(id)
		f.Campaign.Members = make([]schemas.Member, schemas.MaxMembers+5)
		x.Emit(f)
		if len(f.Campaign.Members) != schemas.MaxMembers+5 {
			t.Error("the correlator's own finding is changed")
		}
	})
	r.Start(context.Background(), Window{})
	if n := len(r.Wait().Findings[0].Campaign.Members); n != schemas.MaxMembers {
		t.Errorf("%d members", n)
	}
}

func TestFindingsComeBack(t *testing.T) {
	want := []schemas.Finding{*finding(id), *finding("c-ba9876543210")}
	want[1].Campaign.Members, want[1].Campaign.Named = nil, nil
	var w codec.Writer
	Encode(&w, want)
	r := codec.NewReader(w.B)
	if got := Decode(r); !r.Done() || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	w = codec.Writer{}
	Encode(&w, nil)
	if r := codec.NewReader(w.B); Decode(r) != nil || !r.Done() {
		t.Error("nothing does not come back as nothing")
	}
}

func TestDamagedFindingsAreRefused(t *testing.T) {
	whole, err := json.Marshal(written(finding(id)))
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]string{
		"cut":         string(whole[:len(whole)-1]),
		"empty":       "",
		"nothing":     "{}",
		"null":        "null",
		"no names":    `{"finding":{"campaign":{"id":"c-0"}},"members":[{}]}`,
		"more names":  `{"finding":{"campaign":{"id":"c-0"}},"names":["YQ=="]}`,
		"other types": `{"finding":7}`,
	} {
		var w codec.Writer
		w.Number(1)
		w.Bytes([]byte(block))
		if r := codec.NewReader(w.B); Decode(r) != nil || !r.Bad() {
			t.Errorf("%s: it is taken", name)
		}
	}
	for _, b := range [][]byte{nil, {1}, {255, 255, 255, 255, 255, 255, 255, 255}} {
		if r := codec.NewReader(b); Decode(r) != nil || !r.Bad() {
			t.Errorf("%d bytes are taken", len(b))
		}
	}
}

func FuzzDecode(f *testing.F) {
	var w codec.Writer
	Encode(&w, []schemas.Finding{*finding(id)})
	f.Add(w.B)
	f.Fuzz(func(t *testing.T, b []byte) {
		r := codec.NewReader(b)
		for _, got := range Decode(r) {
			if got.Campaign == nil {
				t.Error("a finding without its campaign")
			}
		}
	})
}

func TestForgetTakesNamesOut(t *testing.T) {
	f := finding(id)
	found := []schemas.Finding{*f}
	if n := Forget(found, func(name string) bool { return name == "a" }); n != 2 {
		t.Errorf("%d names went, want that of a member and that in the alert", n)
	}
	c := found[0].Campaign
	if len(c.Members) != 1 || c.Members[0].Principal != "b\xff" || !reflect.DeepEqual(c.Named, []string{"b\xff"}) {
		t.Errorf("got %+v", c)
	}
	if len(f.Campaign.Members) != 2 || f.Campaign.Members[1].Principal != "a" {
		t.Error("the finding of another is changed")
	}
}
