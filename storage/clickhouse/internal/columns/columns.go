// Package columns turns rows into columns, which are far cheaper to hand to
// clickhouse-go than rows.
package columns

import (
	"unsafe"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Set collects rows of T column by column. It is used again for one insert
// after another, and not by two goroutines at once.
type Set[T any] struct {
	// Names are the columns' names for an INSERT, Types their names and types.
	Names string
	Types []clickhouse.ColumnNameAndType
	list  []Column[T]
	rows  int
}

// Column collects one field of the rows. Plain and Nullable make them.
type Column[T any] interface {
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

// New makes a set of columns.
func New[T any](list []Column[T]) *Set[T] {
	c := &Set[T]{list: list}
	for i, col := range list {
		d := col.describe()
		c.Types = append(c.Types, d)
		if i > 0 {
			c.Names += ", "
		}
		c.Names += "`" + d.Name + "`"
	}
	return c
}

// Add takes one row.
func (c *Set[T]) Add(row *T) {
	for _, col := range c.list {
		col.add(row)
	}
	c.rows++
}

// Rows returns the number of rows that are collected.
func (c *Set[T]) Rows() int { return c.rows }

// Bytes returns the size of their values.
func (c *Set[T]) Bytes() int {
	n := 0
	for _, col := range c.list {
		n += col.bytes()
	}
	return n
}

// Flush moves the collected values into the columns that to gives by their
// number, and is empty after it, also if it fails.
func (c *Set[T]) Flush(to func(i int) driver.BatchColumn) error {
	var first error
	for i, col := range c.list {
		if err := col.flush(to(i)); err != nil && first == nil {
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

// Plain makes a column of name that travels as the type wire.
func Plain[T, V any](name, wire string, get func(*T) V) Column[T] {
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

// Nullable makes a column that is NULL where has is false.
func Nullable[T, V any](name, wire string, has func(*T) bool, get func(*T) V) Column[T] {
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
