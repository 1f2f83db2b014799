package scoring

import (
	"strings"
	"testing"
	"time"
)

// TestManyLinesInOneField reads a quoted field of as many lines as a row may have:
// it took half a minute when the quotes were counted anew at each line.
func TestManyLinesInOneField(t *testing.T) {
	began := time.Now()
	r := newRows(strings.NewReader("1,\"" + strings.Repeat("\n", maxRow-100) + "\"\n2,3\n"))
	for _, want := range []string{"1", "2"} {
		if more, err := r.next(); !more || err != nil || r.fields[0] != want {
			t.Fatalf("row %s: %v, %v", want, more, err)
		}
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}
