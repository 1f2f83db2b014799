package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/gatehound/gatehound/ingest"
)

// MaxLine bounds a line that a command reads; the rest of a longer one is
// passed over.
const MaxLine = 16 << 20

// EachLine calls do with every line of in, as a chunk of one message, and its
// number from 0.
func EachLine(ctx context.Context, in io.Reader, do func(int64, *ingest.Chunk) error) error {
	lines := newLines(in)
	for n := int64(0); ctx.Err() == nil; n++ {
		c, err := lines.next(n)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read line %d: %w", n+1, err)
		}
		if err := do(n, c); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// lines makes a chunk of each line of a reader.
type lines struct{ r *bufio.Reader }

func newLines(r io.Reader) *lines { return &lines{bufio.NewReaderSize(r, 64<<10)} }

// next returns the next line as a chunk of one message.
func (l *lines) next(offset int64) (*ingest.Chunk, error) {
	c := &ingest.Chunk{Topic: "input", Offsets: []int64{offset}, First: offset, Next: offset + 1}
	var whole int64
	for {
		piece, err := l.r.ReadSlice('\n')
		whole += int64(len(piece))
		if room := MaxLine - len(c.Slab); room > 0 {
			c.Slab = append(c.Slab, piece[:min(room, len(piece))]...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		if err != nil && whole == 0 {
			return nil, io.EOF
		}
		break
	}
	if whole > MaxLine {
		c.Cut = []ingest.Cut{{Bytes: whole, Reason: ingest.CutTooLarge}}
	}
	for n := len(c.Slab); n > 0 && (c.Slab[n-1] == '\n' || c.Slab[n-1] == '\r'); n-- {
		c.Slab = c.Slab[:n-1]
	}
	c.Ends = []int{len(c.Slab)}
	return c, nil
}

// nameCounts counts by a name of which there are few.
type nameCounts struct {
	mu sync.Mutex // the pipeline counts while the progress is shown
	m  map[string]int64
}

func (f *nameCounts) add(counts map[string]int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.m == nil {
		f.m = map[string]int64{}
	}
	for name, n := range counts {
		f.m[strings.Clone(name)] += n
	}
}

// All returns a copy of the counts.
func (f *nameCounts) All() map[string]int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make(map[string]int64, len(f.m))
	for k, v := range f.m {
		out[k] = v
	}
	return out
}
