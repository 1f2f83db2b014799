package rate

import (
	"testing"
	"unsafe"
)

func TestSizes(t *testing.T) {
	t.Logf("state %d bytes, cohort %d bytes", unsafe.Sizeof(State{}), unsafe.Sizeof(Cohort{}))
	if n := unsafe.Sizeof(State{}); n > 360 {
		t.Errorf("a state takes %d bytes, want at most 360", n)
	}
	if n := unsafe.Sizeof(Cohort{}); n > 1200 {
		t.Errorf("a cohort takes %d bytes, want at most 1,200", n)
	}
}
