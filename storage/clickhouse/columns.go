package clickhouse

import (
	"unsafe"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// columns turns rows of T into columns, which are far cheaper to hand to
// clickhouse-go than rows. It is used again for one insert after another.
type columns[T any] struct {
	list  []column[T]
	names string // of all, for the INSERT
	types []clickhouse.ColumnNameAndType
	rows  int
}

// column collects one field of the rows.
type column[T any] interface {
	// describe returns the column's name and the type that it travels as, which
	// ClickHouse converts to the table's: a plain String is cheaper to make than
	// a LowCardinality one.
	describe() clickhouse.ColumnNameAndType
	add(row *T)
	// bytes is the size of the collected values.
	bytes() int
	// flush hands the values over and forgets them.
	flush(to driver.BatchColumn) error
}

func newColumns[T any](list []column[T]) *columns[T] {
	c := &columns[T]{list: list}
	for i, col := range list {
		d := col.describe()
		c.types = append(c.types, d)
		if i > 0 {
			c.names += ", "
		}
		c.names += "`" + d.Name + "`"
	}
	return c
}

func (c *columns[T]) add(row *T) {
	for _, col := range c.list {
		col.add(row)
	}
	c.rows++
}

func (c *columns[T]) bytes() int {
	n := 0
	for _, col := range c.list {
		n += col.bytes()
	}
	return n
}

// flush moves every column into the batch, and is empty after it, also if it
// fails.
func (c *columns[T]) flush(batch driver.Batch) error {
	var first error
	for i, col := range c.list {
		if err := col.flush(batch.Column(i)); err != nil && first == nil {
			first = err
		}
	}
	c.rows = 0
	return first
}

// values is a column that has a value in every row.
type values[T, V any] struct {
	clickhouse.ColumnNameAndType
	get  func(*T) V
	vals []V
}

func plain[T, V any](name, wire string, get func(*T) V) column[T] {
	return &values[T, V]{ColumnNameAndType: clickhouse.ColumnNameAndType{Name: name, Type: wire}, get: get}
}

func (v *values[T, V]) describe() clickhouse.ColumnNameAndType { return v.ColumnNameAndType }
func (v *values[T, V]) add(row *T)                             { v.vals = append(v.vals, v.get(row)) }
func (v *values[T, V]) bytes() int                             { return sizeOf(v.vals) }

func (v *values[T, V]) flush(to driver.BatchColumn) error {
	err := to.Append(v.vals)
	clear(v.vals) // strings hold their batch's memory
	v.vals = v.vals[:0]
	return err
}

// optional is a Nullable column.
type optional[T, V any] struct {
	values[T, V]
	has  func(*T) bool
	null []bool
	ptrs []*V
}

// nullable makes a column that is NULL where has is false.
func nullable[T, V any](name, wire string, has func(*T) bool, get func(*T) V) column[T] {
	return &optional[T, V]{
		values: values[T, V]{ColumnNameAndType: clickhouse.ColumnNameAndType{Name: name, Type: "Nullable(" + wire + ")"}, get: get},
		has:    has,
	}
}

func (o *optional[T, V]) add(row *T) {
	o.values.add(row)
	o.null = append(o.null, !o.has(row))
}

func (o *optional[T, V]) flush(to driver.BatchColumn) error {
	for i := range o.vals {
		p := &o.vals[i]
		if o.null[i] {
			p = nil
		}
		o.ptrs = append(o.ptrs, p)
	}
	err := to.Append(o.ptrs)
	o.vals, o.null, o.ptrs = o.vals[:0], o.null[:0], o.ptrs[:0]
	return err
}

// sizeOf returns the size of the values; of lists of values, that of their heads.
func sizeOf[V any](vals []V) int {
	if texts, ok := any(vals).([]string); ok {
		n := 0
		for _, s := range texts {
			n += len(s) + 1
		}
		return n
	}
	var v V
	return len(vals) * int(unsafe.Sizeof(v))
}
