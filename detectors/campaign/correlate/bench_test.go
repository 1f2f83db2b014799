package correlate

import (
	"context"
	"fmt"
	"testing"
)

// BenchmarkClusters correlates populations that have a campaign of fifty keys.
func BenchmarkClusters(b *testing.B) {
	for _, n := range []int{1_000, 30_000, 1_000_000} {
		var w *world
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			if w == nil {
				w = newWorld(1).crowd(n - 50)
				hand := w.hand()
				for range 50 {
					w.add("campaign", w.member(hand))
				}
			}
			b.ReportAllocs()
			hits := 0
			for b.Loop() {
				hits, _, _ = w.found("campaign", Clusters(context.Background(), w.all, options()))
			}
			b.ReportMetric(float64(hits), "found")
		})
	}
}
