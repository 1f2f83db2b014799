package files

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/gatehound/gatehound/ingest"
)

// FuzzLines holds the splitter against the obvious way to split.
func FuzzLines(f *testing.F) {
	f.Add([]byte("a\r\nb\n\nc"), 3)
	f.Add([]byte("\xef\xbb\xbf\n\r"), 0)
	f.Add(bytes.Repeat([]byte("x\r"), 300), 500)
	f.Fuzz(func(t *testing.T, content []byte, bound int) {
		bound = 1 + max(bound, -bound-1)%1000
		var want [][]byte
		for l := range bytes.Lines(bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))) {
			want = append(want, bytes.TrimSuffix(bytes.TrimSuffix(l, []byte("\n")), []byte("\r")))
		}
		// A buffer of the least size makes lines cross its end.
		ls := newLines(nil, bound)
		ls.reset(bytes.NewReader(content), 16)
		var dst []byte
		for i := 0; ; i++ {
			at := len(dst)
			var size int64
			var err error
			dst, size, err = ls.next(dst)
			if err != nil {
				if !errors.Is(err, io.EOF) || i != len(want) || len(dst) != at {
					t.Fatalf("%d lines, want %d: %v", i, len(want), err)
				}
				return
			}
			if i >= len(want) || size != int64(len(want[i])) {
				t.Fatalf("line %d has %d bytes", i, size)
			}
			line := want[i]
			if len(line) > bound {
				line = line[:min(bound, excerpt)]
			}
			if !bytes.Equal(dst[at:], line) {
				t.Fatalf("line %d is %q, want %q", i, dst[at:], line)
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	line := strings.Repeat("x", 499) + "\n"
	path := put(b, b.TempDir(), "l", strings.Repeat(line, 20000))
	discard := &discard{}
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; n += 20000 {
		s := source(b, nil, path)
		if err := s.Run(context.Background(), discard); err != nil {
			b.Fatal(err)
		}
	}
}

type discard struct{}

func (*discard) Assigned(_ context.Context, as []ingest.Assignment) ([]int64, error) {
	return make([]int64, len(as)), nil
}
func (*discard) Chunk(_ context.Context, c *ingest.Chunk) error {
	if c.Free != nil {
		c.Free()
	}
	return nil
}
func (*discard) Revoked(context.Context, []ingest.Assignment) {}
