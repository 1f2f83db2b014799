package engine

import (
	"encoding/binary"
	"unsafe"

	"github.com/klauspost/compress/s2"
)

// writer appends numbers of eight bytes, and bytes after their length.
type writer struct{ b, scratch []byte }

func (w *writer) number(n uint64) { w.b = binary.LittleEndian.AppendUint64(w.b, n) }

func (w *writer) flag(f bool) {
	if f {
		w.number(1)
	} else {
		w.number(0)
	}
}

func (w *writer) bytes(p []byte) {
	w.number(uint64(len(p)))
	w.b = append(w.b, p...)
}

// block appends p compressed.
func (w *writer) block(p []byte) {
	if n := s2.MaxEncodedLen(len(p)); cap(w.scratch) < n {
		w.scratch = make([]byte, n)
	}
	w.bytes(s2.Encode(w.scratch[:cap(w.scratch)], p))
}

// reader reads what writer wrote. It is bad from the first thing on that is
// not there, and returns zero values then.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) number() uint64 {
	if len(r.b) < 8 {
		r.bad, r.b = true, nil
		return 0
	}
	n := binary.LittleEndian.Uint64(r.b)
	r.b = r.b[8:]
	return n
}

func (r *reader) flag() bool { return r.number() == 1 }

// count reads how many things of at least size bytes follow.
func (r *reader) count(size int) int {
	n := r.number()
	if n > 1<<32 || size > 0 && n > uint64(len(r.b)/size) {
		r.bad, r.b = true, nil
		return 0
	}
	return int(n)
}

func (r *reader) bytes() []byte {
	n := r.count(1)
	p := r.b[:n]
	r.b = r.b[n:]
	return p
}

// into reads bytes of exactly the length of p.
func (r *reader) into(p []byte) {
	if b := r.bytes(); len(b) == len(p) {
		copy(p, b)
	} else {
		r.bad, r.b = true, nil
	}
}

// blockLen returns the length of the block that follows when it is expanded.
func (r *reader) blockLen() int {
	ahead := *r
	n, err := s2.DecodedLen(ahead.bytes())
	if err != nil {
		return -1
	}
	return n
}

// block expands a block of exactly the length of p into p.
func (r *reader) block(p []byte) {
	if r.blockLen() != len(p) {
		r.bad, r.b = true, nil
		return
	}
	if _, err := s2.Decode(p, r.bytes()); err != nil {
		r.bad, r.b = true, nil
	}
}

// bytesOf returns the memory of w as bytes.
func bytesOf(w []uint64) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(w))), len(w)*8)
}

func bytesOfBlocks(b [][64]uint8) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(b))), len(b)*64)
}
