package entities

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// hugePage is the size of a huge page on the systems that have one of a size
// between a page and a block; others take the advice for as much as they can.
const hugePage = 2 << 20

// preferHuge asks the system to back the huge pages that lie in block. It is
// advice: without it the memory is the same, and slower.
func preferHuge(block []uint64) {
	start := uintptr(unsafe.Pointer(unsafe.SliceData(block)))
	skip := int(-start & (hugePage - 1))
	length := (len(block)*8 - skip) &^ (hugePage - 1)
	if length <= 0 {
		return
	}
	bytes := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(block))), len(block)*8)
	_ = unix.Madvise(bytes[skip:skip+length], unix.MADV_HUGEPAGE)
}
