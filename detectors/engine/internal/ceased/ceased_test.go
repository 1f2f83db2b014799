package ceased

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors/engine/internal/codec"
	"github.com/gatehound/gatehound/schemas"
)

const minute = int64(time.Minute)

// noon is a time at which bins of every length up to six hours begin.
const noon = 1000 * 24 * 60 * minute

var someone = Who{schemas.EntityPrincipal, 7}

// every takes every event for a sign.
func every(*Cause) bool { return true }

func told(rule string, window time.Duration, events int64) Cause {
	f := schemas.Finding{
		Detector: rule, Entity: schemas.Entity{Kind: schemas.EntityPrincipal, Name: "h1:k1:a"}, Events: events,
		Title: "a title", Summary: "of its window", Query: "SELECT 1", Samples: []string{"x"},
		Features: []schemas.Feature{{Name: "n", Text: "the first was h1:k1:b"}},
	}
	return Cause{Finding: f, Watch: "toy.p", Slot: 3, Signs: true, Window: int64(window), Since: noon, Last: noon}
}

// play lets perMinute events come in each of the minutes from the first to the last,
// and returns what is said at the end of each, "minute: ended" or "minute: again".
func play(cs *Causes, first, last, perMinute int) (out []string) {
	for m := first; m < last; m++ {
		for i := range perMinute {
			cs.See(someone, 1<<3, noon+int64(m)*minute+int64(i), every)
		}
		for _, t := range cs.Judge(noon+int64(m+1)*minute, false) {
			what := "ended"
			if t.Again {
				what = fmt.Sprintf("again, %d since %d", t.Events, (t.Start-noon)/minute)
			}
			out = append(out, fmt.Sprintf("%d: %s", m+1, what))
		}
	}
	return out
}

func TestWhenACauseHasEnded(t *testing.T) {
	for _, c := range []struct {
		name   string
		window time.Duration
		events int64
		play   func(*Causes) []string
		want   []string
	}{
		{"nothing more", time.Minute, 100, func(cs *Causes) []string { return play(cs, 0, 30, 0) }, []string{"10: ended"}},
		{"nothing more of a few", time.Minute, 10, func(cs *Causes) []string { return play(cs, 0, 30, 0) }, []string{"15: ended"}},
		{"nothing more in a long window", time.Hour, 100, func(cs *Causes) []string { return play(cs, 0, 180, 0) }, []string{"120: ended"}},
		{"it goes on", time.Minute, 100, func(cs *Causes) []string { return play(cs, 0, 60, 100) }, nil},
		{"a quarter goes on", time.Minute, 100, func(cs *Causes) []string { return play(cs, 0, 60, 25) }, nil},
		{"less than a quarter goes on", time.Minute, 100, func(cs *Causes) []string { return play(cs, 0, 60, 24) }, []string{"10: ended"}},
		{"few events have no rate", time.Minute, 19, func(cs *Causes) []string { return play(cs, 0, 60, 1) }, nil},
		{"one bin is no end", 5 * time.Minute, 100, func(cs *Causes) []string {
			return slices.Concat(play(cs, 0, 5, 20), play(cs, 5, 10, 0), play(cs, 10, 15, 20), play(cs, 15, 20, 0), play(cs, 20, 30, 20))
		}, nil},
		{"a campaign of days pauses at night", 24 * time.Hour, 100, func(cs *Causes) []string { return play(cs, 0, 23*60, 0) }, nil},
		{"a campaign of days ends", 24 * time.Hour, 100, func(cs *Causes) []string { return play(cs, 0, 25*60, 0) }, []string{"1440: ended"}},
		{"it goes on again", 5 * time.Minute, 100, func(cs *Causes) []string { return slices.Concat(play(cs, 0, 40, 0), play(cs, 40, 60, 20)) },
			[]string{"10: ended", "44: again, 80 since 40"}},
		{"less than three quarters are not again", 5 * time.Minute, 100, func(cs *Causes) []string { return slices.Concat(play(cs, 0, 40, 0), play(cs, 40, 90, 14)) },
			[]string{"10: ended"}},
		{"it goes on again too late", 5 * time.Minute, 100, func(cs *Causes) []string { return slices.Concat(play(cs, 0, 80, 0), play(cs, 80, 90, 20)) },
			[]string{"10: ended"}},
		{"what is usual is not again", 5 * time.Minute, 100, func(cs *Causes) []string {
			for _, c := range cs.of[someone] {
				c.Signs = false
			}
			return slices.Concat(play(cs, 0, 40, 0), play(cs, 40, 60, 20))
		}, []string{"10: ended"}},
		{"a few are not again", 5 * time.Minute, 1, func(cs *Causes) []string {
			return slices.Concat(play(cs, 0, 20, 0), play(cs, 20, 25, 0), play(cs, 26, 27, 4))
		},
			[]string{"15: ended"}},
		{"it ends again after twice the time", 5 * time.Minute, 100, func(cs *Causes) []string {
			return slices.Concat(play(cs, 0, 40, 0), play(cs, 40, 45, 20), play(cs, 45, 90, 0))
		}, []string{"10: ended", "44: again, 80 since 40", "75: ended"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cs := New(10)
			cs.Tell(someone, told("toy.many", c.window, c.events))
			if got := c.play(cs); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestOnlyWhatIsWatchedCounts(t *testing.T) {
	cs := New(10)
	cs.Tell(someone, told("toy.many", time.Minute, 100))
	if !cs.See(someone, 1<<2, noon+minute, every) || cs.See(Who{schemas.EntityAddress, 7}, 1<<3, noon+minute, every) {
		t.Error("who was told of is mistaken")
	}
	if turns := cs.Judge(noon+15*minute, false); len(turns) != 1 || turns[0].Cause.Last != noon {
		t.Errorf("events that the rule does not watch count: %+v", turns)
	}
}

func TestWhatComesBackEndlesslyIsToldSomeTimes(t *testing.T) {
	cs := New(10)
	cs.Tell(someone, told("toy.many", time.Minute, 20))
	again := 0
	for round := range 20 {
		from := round * 300
		for _, turn := range slices.Concat(play(cs, from, from+10, 20), play(cs, from+10, from+270, 0)) {
			if strings.Contains(turn, "again") {
				again++
			}
		}
	}
	if again > maxAgain || cs.Used() != 0 {
		t.Errorf("told again %d times, %d are kept", again, cs.Used())
	}
}

func TestTheOldestGivesWay(t *testing.T) {
	cs := New(3)
	for i := range 5 {
		c := told("toy.many", time.Minute, 100)
		c.Since = noon + int64(i)
		cs.Tell(Who{schemas.EntityPrincipal, uint64(i)}, c)
	}
	for i := range 5 {
		if kept := cs.See(Who{schemas.EntityPrincipal, uint64(i)}, 0, noon, every); kept != (i >= 2) {
			t.Errorf("cause %d is kept: %v", i, kept)
		}
	}
	c := told("toy.many", time.Hour, 9)
	cs.Tell(Who{schemas.EntityPrincipal, 4}, c)
	if cs.Used() != 3 || cs.of[Who{schemas.EntityPrincipal, 4}][0].Finding.Events != 9 {
		t.Error("what is told of the same again is not in its place")
	}
	if f := cs.of[Who{schemas.EntityPrincipal, 4}][0].Finding; f.Query != "" || f.Samples != nil || f.Summary != "" || f.Title == "" {
		t.Errorf("kept of the finding: %+v", f)
	}
}

func TestSnapshotOfCauses(t *testing.T) {
	cs := New(10)
	cs.Tell(someone, told("toy.many", time.Minute, 100))
	cs.Tell(someone, told("toy.window", time.Hour, 5))
	cs.Tell(Who{schemas.EntityRoute, 1}, told("toy.many", time.Minute, 100))
	play(cs, 0, 40, 3)
	var w codec.Writer
	cs.Encode(&w)
	back := New(10)
	r := codec.NewReader(w.B)
	Decode(r, func(uint64) *Causes { return back })
	back.Keep(func(watch string) (int, bool, bool) { return 3, true, watch == "toy.p" })
	if !r.Done() {
		t.Fatal("the snapshot is not read whole")
	}
	for who, list := range cs.of {
		for i, c := range list {
			if !slices.ContainsFunc(back.of[who], func(b *Cause) bool { return reflect.DeepEqual(b, c) }) {
				t.Errorf("cause %d of %v is another", i, who)
			}
		}
	}
	if got, want := play(back, 40, 400, 0), play(cs, 40, 400, 0); !slices.Equal(got, want) || len(want) == 0 {
		t.Errorf("got %q, want %q", got, want)
	}
	for cut := range len(w.B) {
		r := codec.NewReader(w.B[:cut])
		if Decode(r, func(uint64) *Causes { return New(10) }); !r.Bad() {
			t.Fatalf("cut at %d it is taken", cut)
		}
	}
	back.Keep(func(string) (int, bool, bool) { return 0, false, false })
	if back.Used() != 0 {
		t.Error("causes of a detector that is gone are kept")
	}
}

func TestSnapshotOfWhatEnded(t *testing.T) {
	list := []schemas.Ceased{{Detector: "a.b", Entity: schemas.Entity{Kind: schemas.EntityAddress, Name: "192.0.2.1"},
		Last: time.Unix(5, 0).UTC(), At: time.Unix(6, 0).UTC()}}
	var w codec.Writer
	EncodeList(&w, list)
	r := codec.NewReader(w.B)
	if got := DecodeList(r); !r.Done() || !reflect.DeepEqual(got, list) {
		t.Errorf("got %+v", got)
	}
}

func TestForgetCauses(t *testing.T) {
	cs := New(10)
	cs.Tell(someone, told("toy.many", time.Minute, 100))
	cs.Tell(Who{schemas.EntityRoute, 1}, told("toy.many", time.Minute, 100))
	for name, want := range map[string]bool{"h1:k1:a": true, "h1:k1:b": true, "h1:k1:c": false} {
		if got := cs.of[someone][0].Names(map[string]bool{name: true}); got != want {
			t.Errorf("%s is named: %v", name, got)
		}
	}
	if n := cs.Forget(func(who Who, _ *Cause) bool { return who == someone }); n != 1 || cs.Used() != 1 || cs.See(someone, 8, noon, every) {
		t.Errorf("%d went", n)
	}
	if cs.Clear(); cs.Used() != 0 || len(cs.Judge(noon+100*minute, false)) != 0 {
		t.Error("something is left")
	}
}

// TestSlowingDownIsNoEnd has an attacker who is found far above a bound go on at less
// than a quarter of that, which is still far above it, and come back likewise.
func TestSlowingDownIsNoEnd(t *testing.T) {
	for _, c := range []struct {
		name     string
		features []schemas.Feature
		play     func(*Causes) []string
		want     []string
	}{
		{"twenty times the bound", []schemas.Feature{{Observed: 1000, Expected: 10}}, func(cs *Causes) []string { return play(cs, 0, 180, 200) }, nil},
		{"near the bound", []schemas.Feature{{Observed: 1000, Expected: 10}}, func(cs *Causes) []string { return play(cs, 0, 60, 14) }, []string{"10: ended"}},
		{"the nearest of several", []schemas.Feature{{Observed: 1000, Expected: 10}, {Observed: 900, Expected: 100}, {Observed: 0.1, Expected: 0.9}},
			func(cs *Causes) []string { return slices.Concat(play(cs, 0, 60, 170), play(cs, 60, 90, 160)) }, []string{"70: ended"}},
		{"never more than a quarter", []schemas.Feature{{Observed: 1000, Expected: 900}}, func(cs *Causes) []string { return play(cs, 0, 60, 249) }, []string{"10: ended"}},
		{"without a bound a quarter", []schemas.Feature{{Observed: 1000}}, func(cs *Causes) []string { return play(cs, 0, 60, 249) }, []string{"10: ended"}},
		{"back at a fifth", []schemas.Feature{{Observed: 1000, Expected: 10}},
			func(cs *Causes) []string { return slices.Concat(play(cs, 0, 40, 0), play(cs, 40, 50, 200)) }, []string{"10: ended", "42: again, 400 since 40"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cs := New(10)
			cause := told("toy.many", time.Minute, 1000)
			cause.Finding.Features = c.features
			cs.Tell(someone, cause)
			if got := c.play(cs); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestWhatGoesOnIsSaidEveryQuarterOfAnHour(t *testing.T) {
	for _, c := range []struct {
		name   string
		window time.Duration
		events int64
		signs  bool
		every  int // minutes between two events
		until  int // minute of the last event
		want   []int
	}{
		{"it goes on", 5 * time.Minute, 5, true, 1, 60, []int{15, 30, 45, 60}},
		{"it ends", 5 * time.Minute, 5, true, 1, 20, []int{15, 30}},
		{"less than a quarter goes on", 5 * time.Minute, 50, true, 1, 60, []int{}},
		{"what is usual looks the same", 5 * time.Minute, 5, false, 1, 60, []int{}},
		{"what stops and starts", 5 * time.Minute, 4, true, 14, 60, []int{15, 30, 45, 60}},
		{"a few in a day", 24 * time.Hour, 48, true, 30, 60, []int{15, 30, 45, 60}},
		{"a few in a day that end", 24 * time.Hour, 48, true, 30, 30, []int{15, 30, 45, 60}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cs := New(10)
			cause := told("toy.many", c.window, c.events)
			cause.Signs, cause.Since = c.signs, noon-20*minute
			cs.Tell(someone, cause)
			got := []int{}
			for m := range 60 {
				if m%c.every == 0 && m <= c.until {
					cs.See(someone, 1<<3, noon+int64(m)*minute, every)
				}
				for _, turn := range cs.Judge(noon+int64(m+1)*minute, (m+1)%15 == 0) {
					if turn.GoesOn {
						got = append(got, m+1)
					}
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("it goes on at %v, want %v", got, c.want)
			}
		})
	}
}

func TestTheOpinionOfARuleDoesNotLast(t *testing.T) {
	cs := New(10)
	cause := told("toy.many", 5*time.Minute, 5)
	cause.Signs = true
	cs.Tell(someone, cause)
	last := 0
	for m := range 40 * 60 {
		cs.See(someone, 1<<3, noon+int64(m)*minute, every)
		for _, turn := range cs.Judge(noon+int64(m+1)*minute, (m+1)%15 == 0) {
			if turn.GoesOn {
				last = m + 1
			}
		}
	}
	if last != 25*60 {
		t.Errorf("it goes on until minute %d, want %d", last, 25*60)
	}
}

func TestWhatIsNoSignDoesNotCount(t *testing.T) {
	cs := New(10)
	cs.Tell(someone, told("toy.many", time.Minute, 100))
	cs.See(someone, 1<<3, noon+14*minute, func(*Cause) bool { return false })
	if turns := cs.Judge(noon+15*minute, false); len(turns) != 1 || turns[0].Cause.Last != noon {
		t.Errorf("what is no sign counts: %+v", turns)
	}
}
