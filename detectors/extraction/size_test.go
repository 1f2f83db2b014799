package extraction

import (
	"testing"
	"unsafe"
)

func TestSizes(t *testing.T) {
	t.Logf("state %d bytes (hour %d), cohort %d bytes", unsafe.Sizeof(State{}), unsafe.Sizeof(hour{}), unsafe.Sizeof(Cohort{}))
	if n := unsafe.Sizeof(State{}); n > 2048 {
		t.Errorf("a state takes %d bytes, want at most 2,048", n)
	}
	if n := unsafe.Sizeof(Cohort{}); n > 1600 {
		t.Errorf("a cohort takes %d bytes, want at most 1,600", n)
	}
}
