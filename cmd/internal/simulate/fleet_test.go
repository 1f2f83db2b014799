package simulate

import (
	"testing"
	"time"
)

var start = time.Date(2026, 9, 16, 10, 0, 0, 0, time.UTC)

func BenchmarkRecord(b *testing.B) {
	f, err := New(Default(1, start, 0, 0))
	if err != nil {
		b.Fatal(err)
	}
	var buf []byte
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		r, _ := f.Next()
		buf = r.AppendTo(buf[:0])
		n += len(buf)
	}
	b.SetBytes(int64(n / b.N))
}
