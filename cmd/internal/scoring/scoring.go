// Package scoring says how anomalous each value of a series is that comes as CSV
// rows, one after another, in constant memory. The judgement is that of
// detectors/score; this package reads the rows and their times, and writes them
// back with their scores.
package scoring

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/gatehound/gatehound/detectors/score"
)

// Column is the name of the column that scoring appends.
const Column = "anomaly_score"

// Options says how a series of values is read and written.
type Options struct {
	// Output is csv (the input with a column more), ndjson or json.
	Output string
	// TimeColumn and ValueColumn are the names of the columns; empty is
	// "timestamp" and "value", or names like these, or the first two columns.
	TimeColumn, ValueColumn string
	// Threshold is the score from which a value is an anomaly.
	Threshold float64
	// SkipBad passes over rows that cannot be read; they score 0.
	SkipBad bool
	// Anomaly, unless nil, is told of every value that scores Threshold or more.
	Anomaly func(*Scored)
	// Rows, unless nil, is told now and then how many rows and bytes were read.
	Rows func(rows, bytes int64)
}

// Scored is a value and its score, as it is written in JSON.
type Scored struct {
	Line      int64     `json:"line"`
	Timestamp time.Time `json:"timestamp"`
	// Value is nil in a gap.
	Value    *float64 `json:"value"`
	Score    float64  `json:"anomaly_score"`
	Anomaly  bool     `json:"anomaly"`
	Expected float64  `json:"expected"`
	Low      float64  `json:"low"`
	High     float64  `json:"high"`
}

// Report counts what a series held.
type Report struct {
	Rows, Gaps, Bad, Backwards, Anomalies int64
}

// Series reads a series of times and values as CSV, scores each value by
// the ones before it, and writes it with its score as it goes: in constant
// memory, whatever the length.
func Series(ctx context.Context, in io.Reader, out io.Writer, o Options) (Report, error) {
	w := bufio.NewWriterSize(out, 64<<10)
	t := &scoring{options: o, rows: newRows(in), out: w, columns: columns{time: -1, value: -1}}
	err := t.run(ctx)
	return t.report, errors.Join(err, w.Flush())
}

// scoring is one series on its way.
type scoring struct {
	options Options
	rows    *rows
	columns columns
	clock   timeReader
	series  score.Series
	last    int64
	out     *bufio.Writer
	report  Report
	line    []byte
}

func (t *scoring) run(ctx context.Context) error {
	if t.options.Output == "json" {
		if _, err := t.out.WriteString("["); err != nil {
			return err
		}
	}
	for first := true; ; first = false {
		if t.report.Rows&0xfff == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			if t.options.Rows != nil {
				t.options.Rows(t.report.Rows, t.rows.bytes)
			}
		}
		more, err := t.rows.next()
		if err != nil {
			return err
		}
		if !more {
			break
		}
		if first {
			header, err := t.columns.find(t.rows.fields, t.options.TimeColumn, t.options.ValueColumn)
			if err != nil {
				return fmt.Errorf("line %d: %w", t.rows.line, err)
			}
			if header {
				if err := t.header(); err != nil {
					return err
				}
				continue
			}
		}
		if err := t.row(); err != nil {
			return err
		}
	}
	if t.options.Output == "json" {
		if _, err := t.out.WriteString("]\n"); err != nil {
			return err
		}
	}
	return nil
}

func (t *scoring) header() error {
	if t.options.Output != "csv" {
		return nil
	}
	_, err := t.out.Write(t.rows.with(Column))
	return err
}

// row scores one row and writes it.
func (t *scoring) row() error {
	t.report.Rows++
	s := Scored{Line: t.rows.line}
	v, gap, err := t.read(&s)
	switch {
	case err != nil && !t.options.SkipBad:
		return fmt.Errorf("line %d: %w (--skip-bad passes over such rows)", t.rows.line, err)
	case err != nil:
		t.report.Bad++
	case gap:
		t.report.Gaps++
	default:
		at := s.Timestamp.UnixNano()
		if t.report.Rows > 1 && at < t.last {
			t.report.Backwards++
		}
		t.last = at
		verdict := t.series.Add(at, v)
		s.Value, s.Score, s.Anomaly = &v, verdict.Score, verdict.Score >= t.options.Threshold
		s.Expected, s.Low, s.High = verdict.Expected, verdict.Low, verdict.High
		if s.Anomaly {
			t.report.Anomalies++
			if t.options.Anomaly != nil {
				t.options.Anomaly(&s)
			}
		}
	}
	return t.write(&s)
}

// read takes time and value from the fields of the row. A row without a value,
// or with one that says so, is a gap.
func (t *scoring) read(s *Scored) (v float64, gap bool, err error) {
	f := t.rows.fields
	if max(t.columns.time, t.columns.value) >= len(f) {
		return 0, false, fmt.Errorf("%d columns, want at least %d", len(f), max(t.columns.time, t.columns.value)+1)
	}
	if t.columns.time < 0 {
		// A bare list of values is taken to be a minute apart.
		s.Timestamp = time.Unix((t.report.Rows-1)*60, 0).UTC()
	} else if s.Timestamp, err = t.clock.read(f[t.columns.time]); err != nil {
		return 0, false, err
	}
	switch text := strings.TrimSpace(f[t.columns.value]); strings.ToLower(text) {
	case "", "nan", "null", "none", "na", "n/a", "-":
		return 0, true, nil
	default:
		v, err = strconv.ParseFloat(text, 64)
		if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
			return 0, false, errors.New("the value is no finite number")
		}
		return v, false, nil
	}
}

func (t *scoring) write(s *Scored) error {
	if t.options.Output == "csv" {
		_, err := t.out.Write(t.rows.with(strconv.FormatFloat(s.Score, 'f', 6, 64)))
		return err
	}
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if t.options.Output == "json" {
		if t.report.Rows > 1 {
			t.line = append(t.line[:0], ',', '\n')
		} else {
			t.line = t.line[:0]
		}
		t.line = append(t.line, text...)
	} else {
		t.line = append(append(t.line[:0], text...), '\n')
	}
	_, err = t.out.Write(t.line)
	return err
}
