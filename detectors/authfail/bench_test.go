package authfail

import (
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors/detectortest"
)

func BenchmarkObserve(b *testing.B) {
	for name, make := range map[string]func(i int) []change{
		"success": func(i int) []change { return []change{from(i % 500), with("key%d", i%500), as("user%d", i%500)} },
		"attack":  func(i int) []change { return []change{failed, from(i % 50), with("k%d", i)} },
	} {
		b.Run(name, func(b *testing.B) {
			e := detectortest.New(b, detectortest.Settings(), watchers(b)...)
			batch := detectortest.Batch(0, many(0, time.Millisecond, 20000, make))
			b.ReportAllocs()
			b.ResetTimer()
			for n := 0; n < b.N; n += batch.Len() {
				if _, err := e.Observe(batch, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
