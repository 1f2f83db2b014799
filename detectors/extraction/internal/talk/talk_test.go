package talk

import (
	"math"
	"math/rand/v2"
	"testing"
)

// kins returns the share of calls that follow, and that shrink.
func kins(n int, next func(i int) (input, output float32)) (follows, shrinks float64) {
	var l Last
	for i := range n {
		switch l.Next(next(i)) {
		case Follows:
			follows++
		case Shrinks:
			shrinks++
		}
	}
	return follows, shrinks
}

func TestNext(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	size := func(median float64) float32 { return float32(median * math.Exp(0.5*r.NormFloat64())) }
	said := float32(0)
	for name, c := range map[string]struct {
		next     func(i int) (float32, float32)
		from, to float64
	}{
		"conversations of eight turns": {func(i int) (float32, float32) {
			if i%8 == 0 {
				said = 0
			}
			in, out := said+size(80), size(200)
			said = in + out
			return in, out
		}, 0.8, 1},
		"questions": {func(int) (float32, float32) { return size(120), size(800) }, 0, 0},
		// As many grow as shrink.
		"short answers to long prompts": {func(int) (float32, float32) { return size(1400), size(100) }, 0, 0.05},
		"nothing was said":              {func(int) (float32, float32) { return 0, 0 }, 0, 0},
	} {
		follows, shrinks := kins(2000, c.next)
		if got := Continued(follows, shrinks, 2000); got < c.from || got > c.to {
			t.Errorf("%s: %.2f go on (%v follow, %v shrink), want %v to %v", name, got, follows, shrinks, c.from, c.to)
		}
	}
}

func TestGrown(t *testing.T) {
	for name, c := range map[string]struct{ single, along, turns, input, want float64 }{
		"input grows with the messages":  {0.25, 60, 100, 100, 0.75},
		"messages are there for show":    {0, 5, 100, 100, 0},
		"half and half":                  {0, 35, 100, 100, 0.5},
		"it is not known":                {-1, 60, 100, 100, -1},
		"all have one message":           {1, 0, 0, 100, -1},
		"what cannot be is no talk":      {0, math.NaN(), math.NaN(), 100, -1},
		"the sums lost their last digit": {0.5, 1, -1e-9, 100, -1},
	} {
		if got := Grown(c.single, c.along, c.turns, c.input); math.Abs(got-c.want) > 0.01 {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
