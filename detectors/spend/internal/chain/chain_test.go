package chain

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

// longest returns the most steps of a chain over inputs, and how many of them
// were sure.
func longest(inputs []int64, tools int32) (steps, sure int) {
	var s Set
	for i, in := range inputs {
		ev := detectortest.Event(time.Duration(i)*time.Second, func(ev *schemas.Event) { ev.InputTokens, ev.Tools = in, tools })
		if c := s.Follow(&ev, uint64(in)); c != nil && int(c.Steps) > steps {
			steps, sure = int(c.Steps), int(c.Sure)
		}
	}
	return steps, sure
}

func TestFollow(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var even, noisy, two, wild, flat, crowded []int64
	for i := range int64(100) {
		even = append(even, 2000+300*i)
		noisy = append(noisy, 2000+300*i+r.Int64N(30))
		two = append(two, 2000+300*i, 50_000+77*i)
		wild = append(wild, 2000+r.Int64N(20_000))
		flat = append(flat, 1500+r.Int64N(80))
		crowded = append(crowded, 2000+300*i)
		for range 20 {
			crowded = append(crowded, 900_000-r.Int64N(1000))
		}
	}
	for name, c := range map[string]struct {
		inputs      []int64
		least, most int
	}{
		"even": {even, 99, 99}, "noisy": {noisy, 99, 99}, "two at once": {two, 99, 99},
		"random": {wild, 0, 8}, "one template": {flat, 0, 6}, "among too many others": {crowded, 0, 30},
	} {
		if steps, _ := longest(c.inputs, 0); steps < c.least || steps > c.most {
			t.Errorf("%s: %d steps, want %d to %d", name, steps, c.least, c.most)
		}
	}
	if steps, sure := longest(even, 5); sure != steps {
		t.Errorf("with tools %d of %d steps are sure", sure, steps)
	}
	if _, sure := longest(even, 0); sure != 0 {
		t.Errorf("without tools and messages %d steps are sure", sure)
	}
}

func TestExtremes(t *testing.T) {
	longest([]int64{0, -1, 1 << 62, -1 << 62, 1<<30 - 1, 1 << 30, 1 << 31, 1}, -1)
}
