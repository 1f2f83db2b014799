package scoring

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// maxRow bounds a row, so that a file without line ends is not read at once.
const maxRow = 1 << 20

// rows reads the rows of a CSV file and keeps the bytes that they are written
// with. The separator is the one of the first row: a comma, a semicolon or a
// tab.
type rows struct {
	in     *bufio.Reader
	comma  byte
	raw    []byte // without the line end
	end    string
	fields []string
	line   int64 // of the row's first line, from 1
	next1  int64
	bytes  int64
	out    []byte
}

func newRows(in io.Reader) *rows {
	return &rows{in: bufio.NewReaderSize(in, 64<<10), next1: 1}
}

// next reads a row; empty lines are passed over. It returns false at the end.
func (r *rows) next() (bool, error) {
	for {
		r.raw, r.end, r.line = r.raw[:0], "\n", r.next1
		err := r.physical()
		// A line end within quotes belongs to the field.
		quotes := bytes.Count(r.raw, []byte{'"'})
		for err == nil && quotes%2 == 1 {
			r.raw = append(r.raw, r.end...)
			seen := len(r.raw) // counting all again would take the square of the lines
			err = r.physical()
			quotes += bytes.Count(r.raw[seen:], []byte{'"'})
		}
		if errors.Is(err, io.EOF) && len(r.raw) == 0 {
			return false, nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return false, fmt.Errorf("line %d: %w", r.line, err)
		}
		if len(bytes.TrimSpace(r.raw)) > 0 {
			break
		}
		if err != nil {
			return false, nil
		}
	}
	if r.comma == 0 {
		r.comma = separator(r.raw)
	}
	if err := r.split(); err != nil {
		return false, fmt.Errorf("line %d: %w", r.line, err)
	}
	return true, nil
}

// physical appends a line to raw, without its end.
func (r *rows) physical() error {
	for {
		part, err := r.in.ReadSlice('\n')
		r.bytes += int64(len(part))
		if len(r.raw)+len(part) > maxRow {
			return fmt.Errorf("the row has more than %d bytes", maxRow)
		}
		r.raw = append(r.raw, part...)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil {
			return err
		}
		break
	}
	r.next1++
	r.raw, r.end = r.raw[:len(r.raw)-1], "\n"
	if n := len(r.raw); n > 0 && r.raw[n-1] == '\r' {
		r.raw, r.end = r.raw[:n-1], "\r\n"
	}
	return nil
}

// split takes the fields apart.
func (r *rows) split() error {
	text := string(r.raw)
	if r.line == 1 {
		text = strings.TrimPrefix(text, "\ufeff") // a byte order mark
	}
	if !strings.Contains(text, `"`) {
		r.fields = append(r.fields[:0], strings.Split(text, string(rune(r.comma)))...)
		return nil
	}
	c := csv.NewReader(strings.NewReader(text))
	c.Comma, c.FieldsPerRecord = rune(r.comma), -1
	fields, err := c.Read()
	if err != nil {
		return errors.New("the quotes do not match")
	}
	r.fields = fields
	return nil
}

// with returns the row as it came with one more field and its line end. It is
// good until the next call.
func (r *rows) with(field string) []byte {
	r.out = append(append(r.out[:0], r.raw...), r.comma)
	r.out = append(append(r.out, field...), r.end...)
	return r.out
}

// separator returns the separator that a row has most of; a comma for one
// without.
func separator(raw []byte) byte {
	best, most := byte(','), bytes.Count(raw, []byte{','})
	for _, c := range []byte{';', '\t'} {
		if n := bytes.Count(raw, []byte{c}); n > most {
			best, most = c, n
		}
	}
	return best
}

// columns are the places of time and value; a time of -1 is none.
type columns struct{ time, value int }

// timeNames and valueNames are the names that are looked for, in this order.
var (
	timeNames  = []string{"timestamp", "time", "datetime", "date", "ts", "@timestamp", "timestamps"}
	valueNames = []string{"value", "values", "count", "y", "metric"}
)

// find takes the columns from the first row and tells whether it is a header.
func (c *columns) find(first []string, timeName, valueName string) (header bool, err error) {
	names := make([]string, len(first))
	for i, f := range first {
		names[i] = strings.ToLower(strings.TrimSpace(f))
	}
	if slices.Contains(names, Column) {
		return false, errors.New("there is a column " + Column + " already")
	}
	if c.time, err = column(names, timeName, timeNames); err != nil {
		return false, fmt.Errorf("--time-column: %w", err)
	}
	if c.value, err = column(names, valueName, valueNames); err != nil {
		return false, fmt.Errorf("--value-column: %w", err)
	}
	header = c.time >= 0 || c.value >= 0
	switch {
	case len(first) == 1:
		// A bare list of values, with or without a name.
		*c = columns{time: -1, value: 0}
		return header || !number(first[0]), nil
	case c.time < 0 && c.value < 0:
		*c = columns{time: 0, value: 1}
		var clock timeReader
		_, err := clock.read(first[0])
		return err != nil && !number(first[1]), nil
	case c.value < 0:
		c.value = 0
		if c.time == 0 {
			c.value = 1
		}
	case c.time < 0 && c.value > 0:
		c.time = 0
	}
	return header, nil
}

// column returns the place of a name among the names, or of the first known
// one if none is wanted, or -1.
func column(names []string, want string, known []string) (int, error) {
	if want != "" {
		i := slices.Index(names, strings.ToLower(want))
		if i < 0 {
			return -1, errors.New("no column of the first row has this name")
		}
		return i, nil
	}
	for _, name := range known {
		if i := slices.Index(names, name); i >= 0 {
			return i, nil
		}
	}
	return -1, nil
}
