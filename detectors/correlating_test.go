package detectors_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
	"unsafe"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// liner is a correlator with the profile P that hands what it gets to see.
type liner[P any] struct {
	counter[uint64, uint64]
	see func(x *detectors.Correlation, c *uint64, all []detectors.Profiled[P])
	set func(s *uint64, p *P)
}

func (l liner[P]) Profile(_ *detectors.Context, s, _ *uint64, p *P) bool {
	l.set(s, p)
	return *s > 0
}

func (l liner[P]) Correlate(x *detectors.Correlation, c *uint64, all []detectors.Profiled[P]) {
	l.see(x, c, all)
}
func (l liner[P]) Save() []byte      { l.call("save"); return []byte("kept") }
func (l liner[P]) Load([]byte) error { l.call("load"); return errors.New("refused") }
func (l liner[P]) Forget(drop func(uint64) bool) int {
	l.call("forget")
	if drop(7) {
		return 7
	}
	return 0
}

func TestCorrelatePassesOn(t *testing.T) {
	var calls []string
	l := liner[uint64]{counter: counter[uint64, uint64]{calls: &calls, keep: true}}
	w := detectors.Correlate[uint64, uint64, uint64](l)
	if w.Layout() != detectors.Watch(counter[uint64, uint64]{}).Layout() {
		t.Error("the profile is part of the layout")
	}
	if detectors.Watch(counter[int, int]{}).Correlating() != nil {
		t.Error("a detector correlates")
	}
	c := w.Correlating()
	w.Observe(nil, unsafe.Pointer(new(uint64)), nil)
	if string(c.Save()) != "kept" || c.Load(nil) == nil || c.Forget(func(key uint64) bool { return key == 7 }) != 7 {
		t.Error("an answer is lost")
	}
	if !slices.Equal(calls, []string{"spec", "observe", "save", "load", "forget"}) {
		t.Errorf("calls: %q", calls)
	}
}

// TestProfilesAreInOrder fills the parts of shards with entities of which some are
// not worth comparing, window after window.
func TestProfilesAreInOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var want []detectors.Profiled[[2]uint64]
	cohort := uint64(77)
	runs := 0
	l := liner[[2]uint64]{
		set: func(s *uint64, p *[2]uint64) {
			if *p != [2]uint64{} {
				t.Error("a profile is not empty")
			}
			*p = [2]uint64{*s, 1}
		},
		see: func(_ *detectors.Correlation, c *uint64, all []detectors.Profiled[[2]uint64]) {
			if *c != cohort || !slices.Equal(all, want) || cap(all) != len(all) {
				t.Errorf("%d profiles, want %d", len(all), len(want))
			}
			runs++
		},
	}
	c := detectors.Correlate[uint64, uint64, [2]uint64](l).Correlating()
	for _, rooms := range [][]int{{100, 0, 50, 1}, {0, 0, 0, 0}, {3, 2, 1, 0}, {300, 200, 100, 50}} {
		c.Begin(rooms)
		want = nil
		x := detectors.NewContext(nil)
		for shard, room := range rooms {
			for range room {
				x.Entity.ID = uint64(shard)<<60 | r.Uint64()>>8
				s := uint64(r.IntN(3))
				name := c.Profile(x, shard, unsafe.Pointer(&s), unsafe.Pointer(&cohort))
				if (name != nil) != (s > 0) {
					t.Fatal("what is not worth comparing is kept, or the other way round")
				}
				if name != nil {
					*name = string(rune('a' + s))
					want = append(want, detectors.Profiled[[2]uint64]{Key: x.Entity.ID, Name: *name, Profile: [2]uint64{s, 1}})
				}
			}
		}
		slices.SortFunc(want, func(a, b detectors.Profiled[[2]uint64]) int {
			if a.Key < b.Key {
				return -1
			}
			return 1
		})
		if c.Profiles() != len(want) {
			t.Errorf("%d profiles, want %d", c.Profiles(), len(want))
		}
		c.Correlate(nil, unsafe.Pointer(&cohort))
	}
	if runs != 4 {
		t.Errorf("%d runs", runs)
	}
}

func TestCorrelateRefusesPointers(t *testing.T) {
	refused(t, "is a string", func() detectors.Watcher { return detectors.Correlate[uint64, uint64, string](liner[string]{}) })
	refused(t, "is a ptr", func() detectors.Watcher { return detectors.Correlate[uint64, uint64, *int](liner[*int]{}) })
	refused(t, "too large", func() detectors.Watcher {
		type large [detectors.MaxProfileSize + 1]byte
		return detectors.Correlate[uint64, uint64, large](liner[large]{})
	})
}

func TestCorrelation(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	var got *schemas.Finding
	x := detectors.NewCorrelation(ctx, int64(time.Hour), time.Minute, sketch.NewKey([16]byte{1}), func(f *schemas.Finding) { got = f })
	f := &schemas.Finding{Title: "x"}
	if x.Emit(f); got != f || x.End != int64(time.Hour+time.Minute) || x.Key.String("a") == x.Key.String("b") {
		t.Error("the finding is lost, or the window wrong")
	}
	if cancel(); x.Err() == nil {
		t.Error("the end is not told")
	}
}

func TestMuchMemoryIsGivenBack(t *testing.T) {
	var first *detectors.Profiled[[128]uint64]
	l := liner[[128]uint64]{
		set: func(*uint64, *[128]uint64) {},
		see: func(_ *detectors.Correlation, _ *uint64, all []detectors.Profiled[[128]uint64]) { first = &all[0] },
	}
	w := detectors.Correlate[uint64, uint64, [128]uint64](l).Correlating()
	run := func(room int) *detectors.Profiled[[128]uint64] {
		w.Begin([]int{room})
		s, c := uint64(1), uint64(0)
		*w.Profile(detectors.NewContext(nil), 0, unsafe.Pointer(&s), unsafe.Pointer(&c)) = "name"
		w.Correlate(nil, unsafe.Pointer(&c))
		return first
	}
	if one := run(100); one != run(50) || one.Name != "" {
		t.Error("little memory is not used again, or has names still")
	}
	if large := run(70_000); large == run(70_000) {
		t.Error("much memory is kept")
	}
}
