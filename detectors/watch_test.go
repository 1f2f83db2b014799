package detectors_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// counter is a detector with the state S and the cohort C that does nothing
// but be called.
type counter[S, C any] struct {
	calls *[]string
	keep  bool
}

func (d counter[S, C]) call(name string) {
	if d.calls != nil {
		*d.calls = append(*d.calls, name)
	}
}

func (d counter[S, C]) Spec() detectors.Spec {
	d.call("spec")
	return detectors.Spec{ID: "test.counter", Window: time.Minute}
}
func (d counter[S, C]) Observe(*detectors.Context, *S, *schemas.Event) { d.call("observe") }
func (d counter[S, C]) Gather(*detectors.Context, *S, *C)              { d.call("gather") }
func (d counter[S, C]) Merge(*C, *C)                                   { d.call("merge") }
func (d counter[S, C]) Conclude(*detectors.Context, *C, *C)            { d.call("conclude") }
func (d counter[S, C]) Close(*detectors.Context, *S, *C) bool          { d.call("close"); return d.keep }

type plain struct {
	A [2]uint32
	B struct{ C sketch.HLL64 }
	D bool
}

func TestWatchPassesOn(t *testing.T) {
	var calls []string
	w := detectors.Watch(counter[plain, [3]int64]{&calls, true})
	if s, c := w.Sizes(); s != unsafe.Sizeof(plain{}) || c != 24 {
		t.Errorf("sizes %d, %d", s, c)
	}
	s, c := unsafe.Pointer(new(plain)), unsafe.Pointer(new([3]int64))
	w.Observe(nil, s, nil)
	w.Gather(nil, s, c)
	w.Merge(c, c)
	w.Conclude(nil, c, c)
	if !w.Close(nil, s, c) || w.Spec().ID != "test.counter" || w.Spec().Window != time.Minute {
		t.Error("an answer is lost")
	}
	if got := strings.Join(calls, " "); got != "spec observe gather merge conclude close" {
		t.Errorf("calls: %s", got)
	}
}

func refused(t *testing.T, want string, watch func() detectors.Watcher) {
	t.Helper()
	defer func() {
		err, ok := recover().(error)
		if !ok || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}()
	watch()
	t.Errorf("a detector that should be refused for %q is taken", want)
}

func TestWatchRefusesPointers(t *testing.T) {
	type nested struct{ In [2]struct{ Name string } }
	refused(t, "nested.In[].Name is a string", func() detectors.Watcher { return detectors.Watch(counter[nested, int]{}) })
	refused(t, "is a slice", func() detectors.Watcher { return detectors.Watch(counter[int, []byte]{}) })
	refused(t, "is a map", func() detectors.Watcher { return detectors.Watch(counter[map[int]int, int]{}) })
	refused(t, "is a ptr", func() detectors.Watcher { return detectors.Watch(counter[struct{ P *int }, int]{}) })
	refused(t, "is a interface", func() detectors.Watcher { return detectors.Watch(counter[struct{ P any }, int]{}) })
	refused(t, "too large", func() detectors.Watcher { return detectors.Watch(counter[[detectors.MaxStateSize + 1]byte, int]{}) })
	refused(t, "too large", func() detectors.Watcher { return detectors.Watch(counter[int, [detectors.MaxCohortSize + 1]byte]{}) })
}

func TestLayoutTellsTypesApart(t *testing.T) {
	type a struct{ X, Y uint32 }
	type b struct{ Y, X uint32 }
	type c struct{ X, Y int32 }
	type same struct{ X, Y uint32 }
	layouts := map[string]bool{}
	for _, w := range []detectors.Watcher{
		detectors.Watch(counter[a, int64]{}), detectors.Watch(counter[b, int64]{}), detectors.Watch(counter[c, int64]{}),
		detectors.Watch(counter[a, int32]{}), detectors.Watch(counter[[2]uint32, int64]{}),
	} {
		layouts[w.Layout()] = true
	}
	if len(layouts) != 5 {
		t.Errorf("%d layouts of 5 different types", len(layouts))
	}
	if detectors.Watch(counter[a, int64]{}).Layout() != detectors.Watch(counter[same, int64]{}).Layout() {
		t.Error("the name of a type counts")
	}
}

func TestNetwork(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.7":            "192.0.2.7",
		"::ffff:192.0.2.7":     "192.0.2.7",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::",
		"fe80::1%eth0":         "fe80::",
		"2001:db8:1:2:ffff::1": "2001:db8:1:2::",
	} {
		if got := detectors.Network(netip.MustParseAddr(in)); got.String() != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

func TestContext(t *testing.T) {
	var got *schemas.Finding
	x := detectors.NewContext(func(_ *detectors.Context, f *schemas.Finding) { got = f })
	f := &schemas.Finding{Title: "x"}
	if x.Emit(f); got != f {
		t.Error("the finding is lost")
	}
	x.Key = sketch.NewKey([16]byte{1})
	if x.Hash("a") == x.Hash("b") || x.Hash("a") == (&detectors.Context{}).Hash("a") {
		t.Error("the hash does not depend on text and key")
	}
	one, ok := x.Address(&schemas.Event{ClientAddr: netip.MustParseAddr("2001:db8::1")})
	two, _ := x.Address(&schemas.Event{ClientAddr: netip.MustParseAddr("2001:db8::2")})
	stored, _ := x.Address(&schemas.Event{Client: netip.MustParseAddr("2001:db8::3")})
	if !ok || one != two || one != stored {
		t.Error("addresses of one /64 differ")
	}
	if _, ok := x.Address(&schemas.Event{}); ok {
		t.Error("an event without an address has one")
	}
}
