package columns

import (
	"errors"
	"fmt"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

type row struct {
	name  string
	n     int32
	known bool
}

// taken is a batch column that remembers what it was given, as text.
type taken struct {
	got string
	err error
}

func (c *taken) Append(v any) error {
	if ptrs, ok := v.([]*int32); ok {
		for _, p := range ptrs {
			if p == nil {
				c.got += " NULL"
			} else {
				c.got += fmt.Sprint(" ", *p)
			}
		}
		return c.err
	}
	c.got += fmt.Sprint(v)
	return c.err
}
func (c *taken) AppendRow(any) error { return errors.New("not by row") }

func testSet() *Set[row] {
	return New([]Column[row]{
		Plain("name", "String", func(r *row) string { return r.name }),
		Nullable("n", "Int32", func(r *row) bool { return r.known }, func(r *row) int32 { return r.n }),
	})
}

func TestSet(t *testing.T) {
	s := testSet()
	if s.Names != "`name`, `n`" || s.Types[0].Type != "String" || s.Types[1].Type != "Nullable(Int32)" {
		t.Errorf("names %s, types %v", s.Names, s.Types)
	}
	for round := range 3 { // used again
		for _, r := range []row{{"ab", 7, true}, {"", 0, true}, {"c", 9, false}} {
			s.Add(&r)
		}
		if s.Rows() != 3 || s.Bytes() != 3+1+2+3*4 {
			t.Errorf("%d rows, %d bytes", s.Rows(), s.Bytes())
		}
		cols := []*taken{{}, {}}
		if err := s.Flush(func(i int) driver.BatchColumn { return cols[i] }); err != nil {
			t.Fatal(err)
		}
		if cols[0].got != "[ab  c]" || cols[1].got != " 7 0 NULL" {
			t.Errorf("round %d: %q, %q", round, cols[0].got, cols[1].got)
		}
		if s.Rows() != 0 || s.Bytes() != 0 {
			t.Errorf("%d rows, %d bytes are left", s.Rows(), s.Bytes())
		}
	}
}

func TestFlushIsEmptyAfterAnError(t *testing.T) {
	s := testSet()
	s.Add(&row{"a", 1, true})
	refused := errors.New("refused")
	cols := []*taken{{err: refused}, {}}
	if err := s.Flush(func(i int) driver.BatchColumn { return cols[i] }); !errors.Is(err, refused) {
		t.Fatal(err)
	}
	if s.Rows() != 0 || s.Bytes() != 0 {
		t.Errorf("%d rows, %d bytes are left", s.Rows(), s.Bytes())
	}
}
