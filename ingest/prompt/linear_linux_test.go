package prompt

import (
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// cpu returns the time that this thread has computed for: other work of the
// machine does not count.
func cpu(t testing.TB) time.Duration {
	t.Helper()
	var at unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &at); err != nil {
		t.Fatal(err)
	}
	return time.Duration(at.Nano())
}

// TestHardTextsAreLinear compares what a text costs with what one of a quarter of
// its length does, and with prose.
func TestHardTextsAreLinear(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	r := newReader(t)
	read(r, essay)
	cost := func(text string) time.Duration {
		best := time.Hour
		for range 9 {
			at := cpu(t)
			read(r, text)
			best = min(best, cpu(t)-at)
		}
		return best
	}
	const size = 60 << 10
	prose := cost(fill(essay, size))
	for name, unit := range hard {
		quarter, whole := cost(fill(unit, size/4)), cost(fill(unit, size))
		t.Logf("%s: %v for %d bytes, %.1f of a quarter, %.1f of prose", name, whole, size, float64(whole)/float64(quarter), float64(whole)/float64(prose))
		if whole > 8*quarter && whole > 2*prose || whole > 12*prose {
			t.Errorf("%s: %v, %v for a quarter of the text; prose takes %v", name, whole, quarter, prose)
		}
	}
}

// BenchmarkCPU states the time that one thread computes for, a KiB.
func BenchmarkCPU(b *testing.B) {
	r := newReader(b)
	read(r, essay)
	for _, c := range []struct{ name, text string }{
		{"English", fill(essay, 1<<10)}, {"Chinese", fill(chinese, 3*341)}, {"Russian", fill("Гавань была тихой, когда пришли лодки. ", 1<<10)},
		{"base64", fill(encoded, 4<<10)}, {"English of 64 KiB", fill(essay, 64<<10)}, {"English of 100 KiB", fill(essay, 100<<10)},
	} {
		b.Run(c.name, func(b *testing.B) {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			best := time.Hour
			for b.Loop() {
				at := cpu(b)
				for range 10 {
					read(r, c.text)
				}
				best = min(best, (cpu(b)-at)/10)
			}
			b.ReportMetric(float64(best.Nanoseconds())*1024/float64(len(c.text)), "cpu-ns/KiB")
		})
	}
}
