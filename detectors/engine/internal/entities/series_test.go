package entities

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

const minuteNS = int64(time.Minute)

// hour0 is an hour's start, in minutes.
const hour0 = 1000 * 60

func TestCountsAreExactOrLittleLess(t *testing.T) {
	for _, n := range []uint32{0, 1, 2047, 2048, 2049, 4095, 4096, 65535, 1 << 20, 1<<32 - 1} {
		got := pack(n).number()
		if n < 2048 && got != n || got > n || float64(n-got) > float64(n)/1000 {
			t.Errorf("%d is kept as %d", n, got)
		}
	}
}

// TestSeriesAgainstCounts holds the bins of random events, some of them late, against
// what a map of minutes counts.
func TestSeriesAgainstCounts(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		var s series
		counted := map[uint32]uint32{}
		head, first := uint32(hour0), uint32(0)
		for range 300 {
			switch r.IntN(10) {
			case 0:
				head += uint32(r.IntN(200))
			case 1, 2, 3:
				head += uint32(r.IntN(3))
			}
			at := head
			if first > 0 && r.IntN(8) == 0 {
				at = max(first, head-uint32(r.IntN(6)))
			}
			if first == 0 {
				first = at
			}
			head = max(head, at)
			counted[at]++
			s.add(at)
		}
		for i, step := range steps {
			for n := max(first/step, s.minute/step-schemas.MaxBins+1); n <= s.minute/step; n++ {
				want := uint32(0)
				for m := n * step; m < (n+1)*step; m++ {
					want += counted[m]
				}
				if got := s.at(i, n); got != int64(want) {
					t.Fatalf("seed %d: bin %d of %d min has %d, want %d (minute %d)", seed, n, step, got, want, s.minute)
				}
			}
		}
	}
}

func TestWhichBinsAreShown(t *testing.T) {
	var s series
	for m := range uint32(30 * 60) {
		s.add(hour0 + m)
	}
	now := (hour0 + 30*60) * minuteNS
	for _, c := range []struct {
		name       string
		window     time.Duration
		until      int64 // the window's end
		step       int64
		first, len int64 // from the window's end, in steps
		each       int64
	}{
		{"a minute", time.Minute, now, 60, 24, 24, 1},
		{"five minutes", 5 * time.Minute, now, 60, 24, 24, 1},
		{"ten minutes", 10 * time.Minute, now, 60, 24, 24, 1},
		{"twenty minutes", 20 * time.Minute, now, 300, 24, 24, 5},
		{"an hour", time.Hour, now, 300, 24, 24, 5},
		{"ten hours", 10 * time.Hour, now, 3600, 24, 24, 60},
		{"a day", 24 * time.Hour, now, 3600, 24, 24, 60},
		{"a minute that is not over", time.Minute, now + 30*minuteNS, 300, 24, 19, 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.name == "a minute that is not over" {
				c.step, c.len, c.each = 60, 24, 1
				c.until = now
			}
			got := s.show(c.until-int64(c.window), c.until)
			if got == nil || got.Step != c.step || int64(len(got.Counts)) != c.len {
				t.Fatalf("got %+v", got)
			}
			if want := time.Unix(0, c.until-c.first*c.step*int64(time.Second)).UTC(); !got.Start.Equal(want) {
				t.Errorf("starts at %v, want %v", got.Start, want)
			}
			for i, n := range got.Counts {
				if n != c.each {
					t.Errorf("bin %d has %d, want %d", i, n, c.each)
				}
			}
		})
	}
	for name, got := range map[string]*schemas.Series{
		"two days":            s.show(now-int64(48*time.Hour), now),
		"before all":          s.show((hour0-100)*minuteNS, (hour0-99)*minuteNS),
		"no window":           s.show(now, now),
		"nothing was counted": new(series).show(now-minuteNS, now),
	} {
		if got != nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
	// A window that the minutes do not reach any more is shown in longer bins.
	if got := s.show(now-60*minuteNS, now-59*minuteNS); got == nil || got.Step != 300 {
		t.Errorf("an hour ago: %+v", got)
	}
}

func TestSeriesBeginsWithTheEntity(t *testing.T) {
	var s series
	for range 7 {
		s.add(hour0 + 3)
	}
	s.add(hour0 + 4)
	got := s.show((hour0+3)*minuteNS, (hour0+8)*minuteNS)
	want := &schemas.Series{Start: time.Unix((hour0+3)*60, 0).UTC(), Step: 60, Counts: []int64{7, 1}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestTracesDoNotOverlap: a bin at the end of a trace is not in the names behind it, and
// not in the next one.
func TestTracesDoNotOverlap(t *testing.T) {
	for _, kind := range []schemas.EntityKind{schemas.EntityRoute, schemas.EntityPrincipal} {
		d := New(kind, room(kind, 10))
		d.traces.bound(10)
		for range 3 {
			d.traces.add()
		}
		for at := range 3 {
			s := d.trace(at)
			for i := range s.rings {
				for j := range s.rings[i] {
					s.rings[i][j] = 0xffff
				}
			}
		}
		for at := range 3 {
			if d.trace(at).owner != 0 || kinWords(kind) > 0 && slices.Max(d.kinName(at, 0)) != 0 {
				t.Errorf("%v: trace %d is overwritten", kind, at)
			}
		}
	}
}

func TestNoteCostsNoAllocation(t *testing.T) {
	d := New(schemas.EntityPrincipal, room(schemas.EntityPrincipal, 10))
	ev := &schemas.Event{Time: hour0 * minuteNS, Principal: "h1:k1:a"}
	n := testing.AllocsPerRun(1000, func() {
		ev.Time += minuteNS / 3
		place, _ := d.See(9, 0, &Traits{Time: ev.Time})
		if d.Places(place) == nil {
			d.Earn(place, 0, ev)
		}
		d.Note(place, uint64(ev.Time)|2, ev)
	})
	if n > 0.1 || d.traces.used != 1 {
		t.Errorf("%v allocations an event, %d traces", n, d.traces.used)
	}
}
