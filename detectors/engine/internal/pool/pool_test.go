package pool

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestEveryShardOnce(t *testing.T) {
	for _, helpers := range []int{0, 1, 7} {
		p := New(helpers, 64)
		// The counts are not atomic: the race detector sees a missing barrier.
		var counts [64]int
		for round := range 200 {
			p.Run(round%(helpers+1), func(i int) { counts[i]++ })
		}
		p.Stop()
		for i, n := range counts {
			if n != 200 {
				t.Errorf("%d helpers: shard %d ran %d times", helpers, i, n)
			}
		}
	}
}
