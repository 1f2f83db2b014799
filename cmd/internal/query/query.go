// Package query prints the answers to statements that only read.
package query

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/gatehound/gatehound/storage/clickhouse"
)

// Options bound an answer and say how it is printed.
type Options struct {
	// Output is "table", "json" (an array of objects), "ndjson" or "csv".
	Output string
	// Rows and Seconds are limits; 0 takes the defaults.
	Rows, Seconds int
}

// Print prints the answer to one statement that only reads.
func Print(ctx context.Context, st *clickhouse.Store, sql string, o Options, out io.Writer) error {
	limits := clickhouse.DefaultLimits()
	if o.Rows > 0 {
		limits.Rows = o.Rows
	}
	if o.Seconds > 0 {
		limits.Time = time.Duration(o.Seconds) * time.Second
	}
	res, err := st.Query(ctx, sql, limits)
	if err != nil {
		return err
	}
	if err := write(out, o.Output, res); err != nil {
		_ = res.Close() // the first error says what happened
		return err
	}
	return res.Close()
}

func write(out io.Writer, format string, res *clickhouse.Result) error {
	switch format {
	case "json", "ndjson":
		return writeJSON(out, res, format == "json")
	case "csv":
		w := csv.NewWriter(out)
		if len(res.Columns) > 0 {
			if err := w.Write(res.Columns); err != nil {
				return err
			}
		}
		for row, err := range res.Rows() {
			if err != nil {
				return err
			}
			cells := Texts(row, false)
			for i := range cells {
				cells[i] = Cell(cells[i])
			}
			if err := w.Write(cells); err != nil {
				return err
			}
		}
		w.Flush()
		return w.Error()
	default:
		w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
		if len(res.Columns) == 0 {
			fmt.Fprintln(w, "no rows") // the embedded engine names no columns then
		} else {
			fmt.Fprintln(w, strings.Join(res.Columns, "\t"))
		}
		for row, err := range res.Rows() {
			if err != nil {
				return err
			}
			fmt.Fprintln(w, strings.Join(Texts(row, true), "\t"))
		}
		return w.Flush()
	}
}

func writeJSON(out io.Writer, res *clickhouse.Result, array bool) error {
	first := true
	for row, err := range res.Rows() {
		if err != nil {
			return err
		}
		object := make(map[string]any, len(row))
		for i, v := range row {
			object[res.Columns[i]] = v
		}
		line, err := json.Marshal(object)
		if err != nil {
			return fmt.Errorf("write row as JSON: %w", err)
		}
		lead := ""
		switch {
		case array && first:
			lead = "[\n"
		case array:
			lead = ",\n"
		}
		end := "\n"
		if array {
			end = ""
		}
		if _, err := fmt.Fprint(out, lead, string(line), end); err != nil {
			return err
		}
		first = false
	}
	if !array {
		return nil
	}
	if first {
		_, err := fmt.Fprintln(out, "[]")
		return err
	}
	_, err := fmt.Fprint(out, "\n]\n")
	return err
}

// Texts prints the values of a row. For a terminal control characters and what
// reorders text are taken out: they come from logs.
func Texts(row []any, terminal bool) []string {
	out := make([]string, len(row))
	for i, v := range row {
		out[i] = text(v)
		if terminal {
			out[i] = Plain(out[i])
		}
	}
	return out
}

// Plain returns s with the replacement character for what would change a
// terminal or the order of its text.
func Plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return '�'
		}
		return r
	}, s)
}

// Cell returns a value of CSV that a spreadsheet takes for text: values come from
// logs, and one that begins as a formula would be run when the file is opened.
// Such a value gets an apostrophe in front, unless it is a number.
func Cell(s string) string {
	if s == "" || strings.IndexByte("=+-@\t\r\n", s[0]) < 0 {
		return s
	}
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return s
	}
	return "'" + s
}

func text(v any) string {
	if rv := reflect.ValueOf(v); rv.Kind() == reflect.Pointer {
		if rv.IsNil() {
			return ""
		}
		v = rv.Elem().Interface()
	}
	switch v := v.(type) {
	case nil:
		return ""
	case time.Time:
		return v.UTC().Format("2006-01-02 15:04:05.999")
	case fmt.Stringer:
		return v.String()
	default:
		return fmt.Sprint(v)
	}
}
