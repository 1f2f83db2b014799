package clickhouse

import (
	"context"
	"fmt"
	"iter"
	"math"
	"reflect"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/gatehound/gatehound/storage/internal/statement"
)

// Limits bound what a statement may use. A statement that would go beyond one
// fails; it never gives a part of its result.
type Limits struct {
	// Time is how long it may run, in whole seconds from 1.
	Time time.Duration
	// Rows and Bytes bound the result.
	Rows  int
	Bytes int64
	// Memory bounds what the server holds for it, in bytes.
	Memory int64
}

// DefaultLimits are enough for a person's questions: 60 s, 100,000 rows, 256
// MiB of result, 512 MiB of memory.
func DefaultLimits() Limits {
	return Limits{Time: time.Minute, Rows: 100_000, Bytes: 256 << 20, Memory: 512 << 20}
}

func (l Limits) settings() map[string]any {
	return map[string]any{
		"readonly":             1,
		"max_execution_time":   max(1, int64(math.Ceil(l.Time.Seconds()))),
		"max_result_rows":      max(1, l.Rows),
		"max_result_bytes":     max(1, l.Bytes),
		"max_memory_usage":     max(1, l.Memory),
		"result_overflow_mode": "throw",
	}
}

// Result is the answer to a statement.
type Result struct {
	// Columns are the names, Types ClickHouse's types, in the same order.
	Columns []string
	Types   []string
	rows    driver.Rows
	scan    []reflect.Type
}

// Query runs one statement that only reads, under limits. Statements that
// write, several statements in one, and INTO OUTFILE are refused here, and what
// hides behind a SELECT (functions that read files or call out) by the server's
// readonly mode. The caller closes the result.
func (s *Store) Query(ctx context.Context, sql string, limits Limits) (_ *Result, err error) {
	defer func() { s.metrics.failed("query", err) }()
	if sql, err = statement.Read(sql); err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	rows, err := s.conn.Query(withSettings(ctx, limits.settings()), sql)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	r := &Result{Columns: rows.Columns(), rows: rows}
	for _, t := range rows.ColumnTypes() {
		r.Types = append(r.Types, t.DatabaseTypeName())
		r.scan = append(r.scan, t.ScanType())
	}
	return r, nil
}

// Rows yields the rows, each a new slice of the columns' Go values, a pointer
// for a Nullable column. An error ends them. They can be read once.
func (r *Result) Rows() iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		for r.rows.Next() {
			row := make([]any, len(r.scan))
			for i, t := range r.scan {
				row[i] = reflect.New(t).Interface()
			}
			if err := r.rows.Scan(row...); err != nil {
				yield(nil, fmt.Errorf("read the result: %w", err))
				return
			}
			for i := range row {
				row[i] = reflect.ValueOf(row[i]).Elem().Interface()
			}
			if !yield(row, nil) {
				return
			}
		}
		if err := r.rows.Err(); err != nil {
			yield(nil, fmt.Errorf("read the result: %w", err))
		}
	}
}

// Close ends the statement.
func (r *Result) Close() error { return r.rows.Close() }
