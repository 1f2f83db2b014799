package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehound/gatehound/cmd/internal/scoring"
	"github.com/gatehound/gatehound/detectors/score"
	"github.com/gatehound/gatehound/detectors/words"
)

// mostListed bounds what --summary lists of one file.
const mostListed = 200

func newScore() *cobra.Command {
	o := scoring.Options{Output: "csv", Threshold: score.Threshold}
	var summary bool
	var folder string
	c := &cobra.Command{
		Use:   "score [FILE.csv…]",
		Short: "say how anomalous each value of a series is",
		Long: fmt.Sprintf(`Read a series of times and values from CSV files (plain, .gz, .zst) or stdin and
print each row with one more column, %s: from 0 (usual) to 1. A value
is judged by the values before it and by nothing else, so the same command works
on a file and on a pipe. Nothing has to be set or trained: the baseline, the
seasons and what counts as rare are learned from the series itself.

  gatehound score requests.csv >scored.csv
  gatehound score --summary cpu.csv >/dev/null      only the anomalies, on stderr
  gatehound score --dir scored/ data/*.csv          one result for each file
  zcat rates.csv.gz | gatehound score -o ndjson | jq 'select(.anomaly)'

The threshold is %v for every series: a value that scores %v or more is an
anomaly. It is crossed when something begins; what follows from it scores less,
so that one event is not twenty. The first 64 values score 0.

Columns are found by their names (timestamp, value, or names like these) or are
the first two; the others are kept as they are. A header is optional; separators
are commas, semicolons or tabs. Times are RFC 3339, "2006-01-02 15:04:05",
"2006/01/02 15:04", "1/2/2006 15:04" (month first) or Unix seconds, ms, us or ns;
without a zone they are UTC. A file with one column is a list of values, a minute
apart. A value that is empty, NaN or null is a gap: it scores 0 and teaches
nothing. Any other row that cannot be read is an error, with its line, unless
--skip-bad is given. Rows should be in the order of their times. The results of
several files follow one another, unless --dir is given.`, scoring.Column, score.Threshold, score.Threshold),
		RunE: func(c *cobra.Command, args []string) error {
			if o.Output != "csv" && o.Output != "json" && o.Output != "ndjson" {
				return usage(errors.New("--output: unknown; allowed are csv, json and ndjson"))
			}
			if !(o.Threshold > 0 && o.Threshold <= 1) {
				return usage(errors.New("--threshold: want more than 0 and at most 1"))
			}
			if len(args) == 0 {
				args = []string{"-"}
			}
			if err := clashing(folder, args); err != nil {
				return usage(err)
			}
			i := -1
			return eachInput(c.Context(), args, func(in io.Reader) error {
				i++
				return scoreFile(c, in, args[i], folder, o, summary)
			})
		},
	}
	f := c.Flags()
	f.StringVarP(&o.Output, "output", "o", o.Output, "`format`: csv, ndjson or json")
	f.StringVar(&o.TimeColumn, "time-column", "", "`name` of the column with the times")
	f.StringVar(&o.ValueColumn, "value-column", "", "`name` of the column with the values")
	f.Float64Var(&o.Threshold, "threshold", o.Threshold, "score from which a value is an anomaly for --summary and JSON")
	f.BoolVar(&o.SkipBad, "skip-bad", false, "pass over rows that cannot be read: they score 0")
	f.BoolVar(&summary, "summary", false, "list the anomalies on stderr")
	f.StringVar(&folder, "dir", "", "write the results into this `folder`, each under the name of its file")
	return c
}

// clashing refuses names of which --dir would overwrite a result or its source.
func clashing(folder string, args []string) error {
	if folder == "" {
		return nil
	}
	seen := map[string]bool{}
	for _, name := range args {
		if name == "-" {
			return errors.New("--dir: standard input has no name to write to")
		}
		target := filepath.Join(folder, plainName(name))
		if seen[target] {
			return errors.New("--dir: two files have the same name")
		}
		seen[target] = true
		from, err := os.Stat(name)
		to, err2 := os.Stat(target)
		if err == nil && err2 == nil && os.SameFile(from, to) {
			return errors.New("--dir: this would overwrite the file that is read")
		}
	}
	return nil
}

// plainName is the name of a file once unpacked.
func plainName(name string) string {
	return strings.TrimSuffix(strings.TrimSuffix(filepath.Base(name), ".gz"), ".zst")
}

// counted writes how many there are: "1 anomaly", "2,000 rows".
func counted[T int | int64](n T, noun string) string { return words.Count(float64(n), noun) }

// scoreFile scores one file and reports it.
func scoreFile(c *cobra.Command, in io.Reader, name, folder string, o scoring.Options, summary bool) (err error) {
	out, told := c.OutOrStdout(), c.ErrOrStderr()
	if folder != "" {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
		file, err := os.Create(filepath.Join(folder, plainName(name)))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		out = file
	}
	started, shown := time.Now(), time.Now()
	o.Rows = func(rows, _ int64) {
		if time.Since(shown) > 5*time.Second {
			shown = time.Now()
			fmt.Fprintf(told, "%s rows  %s/s\n", grouped(rows), grouped(int64(float64(rows)/time.Since(started).Seconds())))
		}
	}
	listed := 0
	if summary {
		o.Anomaly = func(s *scoring.Scored) {
			if listed++; listed <= mostListed {
				fmt.Fprintf(told, "line %d  %s  %.6g, expected %.6g (%.6g to %.6g), score %.3f\n", s.Line,
					s.Timestamp.Format(time.RFC3339), *s.Value, s.Expected, s.Low, s.High, s.Score)
			}
		}
	}
	report, err := scoring.Series(c.Context(), in, out, o)
	if err != nil {
		if errors.Is(err, context.Canceled) {
			return err
		}
		return fmt.Errorf("score: %w", err)
	}
	if listed > mostListed {
		fmt.Fprintf(told, "and %d more\n", listed-mostListed)
	}
	if summary || report.Bad > 0 || report.Backwards > 0 {
		fmt.Fprintf(told, "%s, %s, %s, %s, %s out of order\n", counted(report.Rows, "row"), counted(report.Anomalies, "anomaly"),
			counted(report.Gaps, "gap"), counted(report.Bad, "bad row"), counted(report.Backwards, "row"))
	}
	return nil
}
