// Package codec writes and reads snapshots: numbers, bytes after their length,
// and compressed blocks. A Reader takes hostile input.
package codec

import (
	"encoding/binary"
	"unsafe"

	"github.com/klauspost/compress/s2"
)

// Writer appends numbers of eight bytes, and bytes after their length.
type Writer struct {
	// B is what was written.
	B       []byte
	scratch []byte
}

// Number appends n.
func (w *Writer) Number(n uint64) { w.B = binary.LittleEndian.AppendUint64(w.B, n) }

// Flag appends f as a number.
func (w *Writer) Flag(f bool) {
	if f {
		w.Number(1)
	} else {
		w.Number(0)
	}
}

// Bytes appends p after its length.
func (w *Writer) Bytes(p []byte) {
	w.Number(uint64(len(p)))
	w.B = append(w.B, p...)
}

// Block appends p compressed.
func (w *Writer) Block(p []byte) {
	if n := s2.MaxEncodedLen(len(p)); cap(w.scratch) < n {
		w.scratch = make([]byte, n)
	}
	w.Bytes(s2.Encode(w.scratch[:cap(w.scratch)], p))
}

// Reader reads what Writer wrote. It is bad from the first thing on that is
// not there, and returns zero values then.
type Reader struct {
	b   []byte
	bad bool
}

// NewReader returns a reader of b.
func NewReader(b []byte) *Reader { return &Reader{b: b} }

// Bad reports whether something was not there.
func (r *Reader) Bad() bool { return r.bad }

// Done reports whether all was read and was there.
func (r *Reader) Done() bool { return !r.bad && len(r.b) == 0 }

// Spoil makes the reader bad.
func (r *Reader) Spoil() { r.bad, r.b = true, nil }

// Number reads a number.
func (r *Reader) Number() uint64 {
	if len(r.b) < 8 {
		r.Spoil()
		return 0
	}
	n := binary.LittleEndian.Uint64(r.b)
	r.b = r.b[8:]
	return n
}

// Flag reads a flag.
func (r *Reader) Flag() bool { return r.Number() == 1 }

// Count reads how many things of at least size bytes follow.
func (r *Reader) Count(size int) int {
	n := r.Number()
	if n > 1<<32 || size > 0 && n > uint64(len(r.b)/size) {
		r.Spoil()
		return 0
	}
	return int(n)
}

// Bytes reads bytes; they are part of what the reader was made of.
func (r *Reader) Bytes() []byte {
	n := r.Count(1)
	p := r.b[:n]
	r.b = r.b[n:]
	return p
}

// Into reads bytes of exactly the length of p.
func (r *Reader) Into(p []byte) {
	if b := r.Bytes(); len(b) == len(p) {
		copy(p, b)
	} else {
		r.Spoil()
	}
}

// BlockLen returns the length of the block that follows when it is expanded.
func (r *Reader) BlockLen() int {
	ahead := *r
	n, err := s2.DecodedLen(ahead.Bytes())
	if err != nil {
		return -1
	}
	return n
}

// Block expands a block of exactly the length of p into p.
func (r *Reader) Block(p []byte) {
	if r.BlockLen() != len(p) {
		r.Spoil()
		return
	}
	if _, err := s2.Decode(p, r.Bytes()); err != nil {
		r.Spoil()
	}
}

// Memory returns the memory of w as bytes.
func Memory(w []uint64) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(w))), len(w)*8)
}

// BlocksMemory returns the memory of b as bytes.
func BlocksMemory(b [][64]uint8) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(b))), len(b)*64)
}
