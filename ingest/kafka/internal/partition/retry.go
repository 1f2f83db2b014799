package partition

import (
	"context"
	"math/rand/v2"
	"time"
)

// Backoff is the wait before attempt n of something, from 0: 50ms, doubling to
// 5s, less up to a half at random, so that partitions do not retry in step.
func Backoff(n int) time.Duration {
	d := 50 * time.Millisecond << min(n, 7)
	d = min(d, 5*time.Second)
	return d - rand.N(d/2)
}

// Sleep waits for d or until ctx is done, and then returns its error.
func Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
