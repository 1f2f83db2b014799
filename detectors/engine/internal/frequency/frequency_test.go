package frequency

import (
	"testing"

	"github.com/gatehound/gatehound/detectors/sketch"
)

func TestFrequency(t *testing.T) {
	f := New(64 << 10)
	if !f.Fits(64<<10) || f.Fits(256<<10) {
		t.Error("the size is not told apart")
	}
	over := 0
	for i := range uint64(4000) {
		for range i % 5 {
			f.Add(sketch.Mix(i))
		}
		if got := f.Add(sketch.Mix(i)); uint64(got) > i%5+1 {
			over++
		} else if uint64(got) < i%5+1 {
			t.Fatalf("key %d: %d, want %d or more", i, got, i%5+1)
		}
	}
	if over > 40 {
		t.Errorf("%d of 4000 estimates are too high", over)
	}
	for range 100000 {
		f.Add(1)
	}
	if got := f.Add(sketch.Mix(4)); got > 5 {
		t.Errorf("after many others the old count is still %d", got)
	}
	f.Clear()
	if got := f.Add(1); got != 1 {
		t.Errorf("after clearing %d", got)
	}
}
