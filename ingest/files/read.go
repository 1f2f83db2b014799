package files

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"

	"github.com/gatehound/gatehound/ingest"
)

const (
	// chunkBytes and chunkLines close a chunk.
	chunkBytes = 1 << 20
	chunkLines = 1 << 14
	// slabBytes is what is set aside for a chunk.
	slabBytes = chunkBytes + 64<<10
	// readBuffer is the size of a read, and of the buffer that lines are
	// looked for in.
	readBuffer = 256 << 10
	// windowBytes bounds the memory of a zstd decoder: the window of the
	// highest levels without --ultra and --long.
	windowBytes = 32 << 20
)

// read reads one file from line number from on.
func (s *Source) read(ctx context.Context, f file, from int64, out func(*ingest.Chunk) error) error {
	in := s.stdin
	if f.path != stdinPath {
		r, err := os.Open(f.path)
		if err != nil {
			return err
		}
		defer r.Close()
		in = r
	}
	_, err := s.chunks(ctx, f, &counted{Reader: in, n: &s.done}, from, math.MaxInt64, out)
	return err
}

// counted counts what is read.
type counted struct {
	io.Reader
	n *atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// chunks hands on the lines from number from to before until, and returns the
// number of the next one.
func (s *Source) chunks(ctx context.Context, f file, in io.Reader, from, until int64, out func(*ingest.Chunk) error) (int64, error) {
	plain, closer, err := unpack(in)
	if err != nil {
		return 0, fmt.Errorf("open %s: %w", f.path, err)
	}
	defer closer()
	ls := newLines(plain, s.cfg.MaxLineBytes)
	c := newChunk(f, from)
	emit := func(next int64) error {
		c.Next = next
		if c.Next == c.First {
			return nil
		}
		s.metrics.lines.Add(float64(len(c.Ends)))
		s.metrics.bytes.Add(float64(len(c.Slab)))
		s.metrics.cut.Add(float64(len(c.Cut)))
		done := c
		c = newChunk(f, next)
		return out(shrink(done))
	}
	for n := int64(0); n < until; n++ {
		at := len(c.Slab)
		var size int64
		c.Slab, size, err = ls.next(c.Slab)
		if err != nil {
			failed := emit(max(n, c.First))
			if errors.Is(err, io.EOF) {
				return n, failed
			}
			return n, errors.Join(failed, fmt.Errorf("read %s after line %d: %w", f.path, n, err))
		}
		if n < from {
			c.Slab = c.Slab[:at]
			continue
		}
		if size == 0 {
			continue
		}
		if size > int64(s.cfg.MaxLineBytes) {
			c.Cut = append(c.Cut, ingest.Cut{Index: len(c.Ends), Bytes: size, Reason: ingest.CutTooLarge})
		}
		c.Ends = append(c.Ends, len(c.Slab))
		c.Offsets = append(c.Offsets, n)
		if len(c.Slab) >= chunkBytes || len(c.Ends) >= chunkLines {
			c.More = true
			if err := emit(n + 1); err != nil {
				return n + 1, err
			}
			if ctx.Err() != nil {
				return n + 1, ctx.Err()
			}
		}
	}
	return until, emit(until)
}

// slabs holds the memory of chunks that were freed.
var slabs = sync.Pool{New: func() any { return &ingest.Chunk{Slab: make([]byte, 0, slabBytes)} }}

func newChunk(f file, first int64) *ingest.Chunk {
	m := slabs.Get().(*ingest.Chunk)
	c := &ingest.Chunk{Topic: f.topic, Partition: f.partition, First: first, Slab: m.Slab[:0], Ends: m.Ends[:0], Offsets: m.Offsets[:0]}
	c.Free = func() {
		if cap(c.Slab) == slabBytes {
			*m = ingest.Chunk{Slab: c.Slab, Ends: c.Ends, Offsets: c.Offsets}
			slabs.Put(m)
		}
	}
	return c
}

// shrink gives the last chunk of a small file memory of its size.
func shrink(c *ingest.Chunk) *ingest.Chunk {
	if len(c.Slab) > slabBytes/4 {
		return c
	}
	s := *c
	s.Slab, s.Ends, s.Offsets, s.Free = slices.Clone(c.Slab), slices.Clone(c.Ends), slices.Clone(c.Offsets), nil
	c.Free()
	return &s
}

// unpack returns what in holds, unpacked if it begins as gzip or zstd does.
func unpack(in io.Reader) (plain io.Reader, closer func(), err error) {
	b := bufio.NewReaderSize(in, readBuffer)
	magic, err := b.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	switch {
	case len(magic) >= 2 && magic[0] == 0x1f && magic[1] == 0x8b:
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, nil, err
		}
		return z, func() { z.Close() }, nil
	case len(magic) == 4 && magic[0] == 0x28 && magic[1] == 0xb5 && magic[2] == 0x2f && magic[3] == 0xfd:
		z, err := zstd.NewReader(b, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(windowBytes), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, nil, err
		}
		return z, z.Close, nil
	}
	return b, func() {}, nil
}
