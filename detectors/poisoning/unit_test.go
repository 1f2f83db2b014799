package poisoning

import (
	"testing"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

// write is an upload of a size.
func write(size int64) *schemas.Event {
	ev := detectortest.Event(0, func(ev *schemas.Event) {
		ev.Route, ev.RequestBytes = "/v1/files", size
		ev.Known |= schemas.HasRequestBytes
	})
	return &ev
}

func TestAlike(t *testing.T) {
	x := detectors.NewContext(func(*detectors.Context, *schemas.Finding) {})
	for name, c := range map[string]struct {
		sizes     []int64
		low, high float64
	}{
		"all":         {[]int64{5, 5, 5, 5}, 1, 1},
		"most":        {[]int64{5, 5, 5, 9, 5, 5, 5, 5, 5, 5}, 0.85, 0.95},
		"none":        {[]int64{1, 2, 3, 4, 5, 6, 7, 8}, 0, 0.3},
		"two in turn": {[]int64{1, 2, 1, 2, 1, 2, 1, 2}, 0, 0.6},
	} {
		var h hour
		for _, size := range c.sizes {
			h.observe(x, &State{}, write(size), file)
		}
		if got := h.alike(); got < c.low || got > c.high {
			t.Errorf("%s: %v, want %v to %v", name, got, c.low, c.high)
		}
	}
}

// TestHeld makes networks known at once in the first days, later after the next.
func TestHeld(t *testing.T) {
	var s State
	s.learn(&hour{events: 1, networks: 1, classes: 2}, day, false)
	s.learn(&hour{events: 1, networks: 2, classes: 4}, 5*day, true)
	s.learn(&hour{events: 1}, 6*day, true)
	if s.networks != 1 || s.classes != 2 {
		t.Errorf("known on the next day: %b, %b", s.networks, s.classes)
	}
	s.learn(&hour{events: 1}, 7*day, true)
	if s.networks != 3 || s.classes != 6 {
		t.Errorf("not known after two days: %b, %b", s.networks, s.classes)
	}
}

// TestTeach bounds what one hour teaches.
func TestTeach(t *testing.T) {
	var s State
	h := hour{}
	h.counts[file] = 10
	s.learn(&h, day, true)
	h.counts[file] = 60_000
	s.learn(&h, 2*day, true)
	if u := s.usual[file]; u < 10.5 || u > 11.5 {
		t.Errorf("an hour of 60,000 makes %v usual, want 10 times the 16th root of 4", u)
	}
	if s.top[file] != 60_000 || s.began[file] != 24 {
		t.Errorf("top %v, began %v", s.top[file], s.began[file])
	}
}

func TestBytes(t *testing.T) {
	for v, want := range map[float64]string{0: "1 byte", 900: "900 bytes", 2048: "2 KiB", 9 << 20: "9 MiB", 3 << 30: "3 GiB"} {
		if got := bytes(v); got != want {
			t.Errorf("%v is %q, want %q", v, got, want)
		}
	}
}

func TestReader(t *testing.T) {
	s := State{first: day, reads: 3, seen: 3}
	if !s.reader(file, 2*day, 12) || s.reader(file, day+1, 12) {
		t.Error("twelve hours make a reader, one does not")
	}
	s.began[file] = 25 // an hour after the first event
	if s.reader(file, 2*day, 12) {
		t.Error("who wrote after an hour was no reader")
	}
	s.reads = 2
	if s.reader(vector, 2*day, 12) {
		t.Error("two samples make no reader")
	}
}
