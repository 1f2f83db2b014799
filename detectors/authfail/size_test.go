package authfail

import (
	"testing"
	"unsafe"
)

func TestSizes(t *testing.T) {
	t.Logf("an address takes %d bytes, a principal %d, the cohort %d", unsafe.Sizeof(address{}), unsafe.Sizeof(principal{}), unsafe.Sizeof(crowd{}))
	if n := unsafe.Sizeof(address{}); n > 528 {
		t.Errorf("an address takes %d bytes, want at most 528", n)
	}
	if n := unsafe.Sizeof(principal{}); n > 256 {
		t.Errorf("a principal takes %d bytes, want at most 256", n)
	}
}
