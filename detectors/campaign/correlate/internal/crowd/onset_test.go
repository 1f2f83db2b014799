package crowd

import (
	"testing"

	"github.com/gatehound/gatehound/detectors/campaign/profile"
)

// TestOnset tells when keys began: those that are new, and those whose use rose.
func TestOnset(t *testing.T) {
	w := Watch{Since: since, End: end}
	today := end - end%minutesADay
	for _, c := range []struct {
		name  string
		first uint32
		days  [8]uint16
		want  uint32 // 0: none
		calls float64
	}{
		{"new", since + 2*minutesADay, [8]uint16{50, 100, 100, 100, 20}, since + 2*minutesADay, 370},
		{"old and the same", since, [8]uint16{50, 100, 100, 100, 100, 100, 100, 50}, 0, 0},
		{"old and a little more", since, [8]uint16{60, 120, 110, 100, 80, 90, 80, 40}, 0, 0},
		{"use rose threefold", since, [8]uint16{50, 100, 100, 30, 30, 30, 30, 15}, today - 3*minutesADay/2, 250},
		{"and doubled", since, [8]uint16{60, 120, 120, 120, 60, 60, 60, 30}, today - 5*minutesADay/2, 420},
		{"began today", since, [8]uint16{60, 10, 10, 10, 10, 10, 10, 5}, today + minutesADay/2, 60},
		{"two more of one", since, [8]uint16{1, 2, 2, 1, 1, 1, 1, 0}, 0, 0},
		{"less than before", since, [8]uint16{5, 10, 10, 100, 100, 100, 100, 50}, 0, 0},
		{"nothing before", since, [8]uint16{50, 100, 0, 0, 0, 0, 0, 0}, today - minutesADay/2, 150},
		{"no calls", since, [8]uint16{}, 0, 0},
	} {
		var sum float32
		for _, d := range c.days {
			sum += float32(d)
		}
		o, ok := OnsetOf(&profile.Profile{First: c.first, Last: end, Calls: sum, Days: c.days}, w)
		if ok != (c.want > 0) || ok && (o.At != c.want || o.Calls != c.calls) {
			t.Errorf("%s: %v %+v, want %d with %v calls", c.name, ok, o, c.want, c.calls)
		}
	}
}

// TestOnsetOfAnyTimes has watches and ends that no gateway has.
func TestOnsetOfAnyTimes(t *testing.T) {
	for _, w := range []Watch{{}, {Since: 1 << 31, End: 5}, {Since: 5, End: 1<<32 - 1}, {End: 1}} {
		p := profile.Profile{First: 1, Last: 1<<32 - 1, Calls: 1, Days: [8]uint16{65535, 1, 0, 65535, 65535, 65535, 65535, 0}}
		if o, ok := OnsetOf(&p, w); ok && (o.At > w.End || !(o.Days > 0)) {
			t.Errorf("%+v: %+v", w, o)
		}
	}
}
