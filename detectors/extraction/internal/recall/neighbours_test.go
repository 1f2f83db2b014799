package recall

import (
	"math/rand/v2"
	"testing"
)

func TestNeighbours(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for name, c := range map[string]struct {
		hash       func() uint64
		from, till float64
	}{
		"unrelated":       {r.Uint64, 22, 28},
		"the same":        {func() uint64 { return 7 }, 0, 0},
		"near duplicates": {func() uint64 { return 0xfeedfacecafebeef ^ 1<<r.IntN(64) ^ 1<<r.IntN(64) }, 1, 4},
	} {
		var n Neighbours
		var sum, compared float64
		for range 2000 {
			if bits, ok := n.Nearest(c.hash()); ok {
				sum += float64(bits)
				compared++
			}
		}
		if mean := sum / compared; compared != 2000-8 || mean < c.from || mean > c.till {
			t.Errorf("%s: %v compared, %v bits apart on average; want %v to %v", name, compared, mean, c.from, c.till)
		}
	}
}
