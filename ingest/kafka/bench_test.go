package kafka

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gatehound/gatehound/ingest"
)

// BenchmarkDrain reads messages of 719 bytes from one partition. The broker runs
// in the same process and serves one canned batch again and again; what it
// takes is in ns/op, and in cpu-ns/op, which is of all threads.
func BenchmarkDrain(b *testing.B) {
	for _, codec := range []kgo.CompressionCodec{kgo.NoCompression(), kgo.ZstdCompression()} {
		name := "none"
		if codec != kgo.NoCompression() {
			name = "zstd"
		}
		b.Run(name, func(b *testing.B) {
			c := cluster(b, kfake.NumBrokers(1), kfake.SeedTopics(1, "in"),
				kfake.SyntheticFetch(kfake.SyntheticBatch{RecordBytes: 719, RandomFrac: 0.2, Compression: codec}))
			s := source(b, config(c, "in"))
			stop := errors.New("stop")
			n := 0
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			cpu := cpuTime()
			b.SetBytes(719)
			b.ResetTimer()
			err := s.reader(Partition{Topic: "in"}, nil).Run(context.Background(), 0, func(ch *ingest.Chunk) error {
				n += len(ch.Ends)
				if ch.Free != nil {
					ch.Free()
				}
				if n >= b.N {
					return stop
				}
				return nil
			})
			b.StopTimer()
			if !errors.Is(err, stop) {
				b.Fatal(err)
			}
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(cpuTime()-cpu)/float64(n), "cpu-ns/op")
			b.ReportMetric(float64(after.Mallocs-before.Mallocs)/float64(n), "allocs/op")
		})
	}
}

// cpuTime returns what the process has used of the CPUs.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(fmt.Sprintf("getrusage: %v", err))
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
