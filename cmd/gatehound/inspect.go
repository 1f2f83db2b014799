package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/ingest/decode/explain"
	"github.com/gatehound/gatehound/schemas"
)

func newDecode() *cobra.Command {
	var path, format, output string
	var explained, quiet bool
	limit := 0
	c := &cobra.Command{
		Use:   "decode [FILE…]",
		Short: "show the redacted events that lines become, and where each field came from",
		Long: `Read log lines from files (plain, .gz or .zst) or stdin and print what ingest makes
of each, as NDJSON: {"event":{…}} or {"reject":{…}} with the reason. Nothing is
stored. At the end the formats and the reasons are counted on stderr. A record is
a line: JSON that is spread over several is made one by jq -c.

  tail -n 100 access.log | gatehound decode
  gatehound decode --quiet access.log.1.gz | jq .event.principal
  gatehound decode --format kong kong.log
  jq -c . record.json | gatehound decode

With --explain, print instead for every record which field came from which
member of the log (or which bytes of a line), which members tell the format,
which stand in for others that are missing, and which nothing uses. It is found
out by experiment: the record is decoded again without each member, and with
each changed. Values are shown as they are stored, redacted; of members that are
not used only kind and length.

  gatehound decode --explain --limit 1 kong.log
  gatehound decode --explain --output json access.log | jq '.unused[].path'

A log whose fields you chose yourself is read by a mapping in the configuration.
Write it to a file, and try it until nothing that matters is under "not used":

  cat >mapping.yaml <<'END'
  decode:
    custom:
      - name: acme
        match: {all: [ts, rc], equals: [{path: kind, value: access}]}
        fields:
          - {field: time, path: ts, layout: epoch_ms}
          - {field: target, path: call.uri}
          - {field: status, path: rc}
          - {field: principal, path: [who.key_id, who.name]}
          - {field: latency, path: took, unit: us}
  END
  gatehound decode --config mapping.yaml --explain edge.log

For lines of text, "line: '%{client} [%{time}] \"%{request_line}\" %{status}'" takes
the place of match. ingest/decode/custom/README.md has all fields and settings.`,
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case output != "table" && output != "json":
				return usage(fmt.Errorf("--output: %q; allowed are table and json", output))
			case c.Flags().Changed("output") && output == "table" && !explained:
				return usage(errors.New("--output table: goes with --explain; events are printed as NDJSON"))
			case limit < 0:
				return usage(fmt.Errorf("--limit: %d; allowed are 0, for all lines, and more", limit))
			case explained && !c.Flags().Changed("limit"):
				limit = explainedLines
			}
			cfg, log, err := loadQuiet(path)
			if err != nil {
				return err
			}
			if err := setFormat(cfg, format); err != nil {
				return err
			}
			var i *app.Inspector // once there is something to read: it makes the key ring
			p := &decodePrinter{out: c.OutOrStdout(), table: explained && output == "table", limit: int64(limit)}
			err = eachInput(c.Context(), args, func(in io.Reader) (err error) {
				if i == nil {
					if i, err = app.NewInspector(cfg, explained, log); err != nil {
						return err
					}
				}
				return i.Lines(c.Context(), in, p.line)
			})
			if errors.Is(err, errEnough) {
				err = nil
			}
			if !quiet {
				p.summarize(c.ErrOrStderr())
			}
			return err
		},
	}
	configFlag(c, &path)
	c.Flags().StringVar(&format, "format", "", "log `format` instead of the configured one (auto: found out per record)")
	c.Flags().BoolVar(&explained, "explain", false, "show where each field came from, and what was not used")
	c.Flags().StringVar(&output, "output", "table", "how to print with --explain: table or json, one object a line")
	c.Flags().IntVar(&limit, "limit", 0, "stop after this many `lines`; 0: all, with --explain without it 10")
	c.Flags().BoolVar(&quiet, "quiet", false, "leave out the counts on stderr")
	return c
}

// explainedLines is how many lines are explained unless --limit says.
const explainedLines = 10

// errEnough ends the reading: there are as many lines as were asked for.
var errEnough = errors.New("enough lines")

// decodePrinter prints what lines became, and counts.
type decodePrinter struct {
	out     io.Writer
	table   bool
	limit   int64 // 0 for none
	stopped bool

	lines, skipped   int64
	formats, reasons map[string]int64
}

// line prints one line's result.
func (p *decodePrinter) line(d *app.Decoded) error {
	if p.limit > 0 && p.lines >= p.limit {
		p.stopped = true
		return errEnough
	}
	p.lines++
	p.count(d.Part)
	out := json.NewEncoder(p.out)
	switch x := d.Explanation; {
	case x != nil && p.table:
		if _, err := fmt.Fprintf(p.out, "line %d\n", d.Line); err != nil {
			return err
		}
		return x.Write(p.out)
	case x != nil:
		return out.Encode(struct {
			Line int64 `json:"line"`
			*explain.Explanation
		}{d.Line, x})
	}
	for i := range d.Part.Events {
		if err := out.Encode(map[string]any{"event": &d.Part.Events[i]}); err != nil {
			return err
		}
	}
	for i := range d.Part.Rejects {
		if err := out.Encode(map[string]any{"reject": &d.Part.Rejects[i]}); err != nil {
			return err
		}
	}
	return nil
}

func (p *decodePrinter) count(part *schemas.Part) {
	if p.formats == nil {
		p.formats, p.reasons = map[string]int64{}, map[string]int64{}
	}
	for i := range part.Events {
		p.formats[part.Events[i].Format]++
	}
	for i := range part.Rejects {
		p.reasons[part.Rejects[i].Stage+" "+part.Rejects[i].Reason]++
	}
	if len(part.Events)+len(part.Rejects) == 0 {
		p.skipped++
	}
}

// summarize prints the counts, for example
//
//	lines: 3, events: 2 (kong 1, nginx 1), rejected: 1 (decode unknown_format 1)
func (p *decodePrinter) summarize(w io.Writer) {
	fmt.Fprintf(w, "lines: %d, events: %s%s, rejected: %s%s", p.lines,
		total(p.formats), listed(p.formats), total(p.reasons), listed(p.reasons))
	if p.skipped > 0 {
		fmt.Fprintf(w, ", no requests: %d", p.skipped)
	}
	if p.stopped {
		fmt.Fprint(w, "; stopped there (--limit)")
	}
	fmt.Fprintln(w)
}

func total(counts map[string]int64) string {
	sum := int64(0)
	for _, n := range counts {
		sum += n
	}
	return strconv.FormatInt(sum, 10)
}

// listed lists counts, the largest first.
func listed(counts map[string]int64) string {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	if len(names) == 0 {
		return ""
	}
	for i, name := range names {
		names[i] = name + " " + strconv.FormatInt(counts[name], 10)
	}
	return " (" + strings.Join(names, ", ") + ")"
}

// eachInput opens the files one after another, unpacked, or stdin if there are
// none.
func eachInput(ctx context.Context, args []string, do func(io.Reader) error) error {
	if len(args) == 0 {
		args = []string{"-"}
	}
	if err := endStdinWith(ctx, args); err != nil {
		return err
	}
	for _, name := range args {
		if info, err := os.Stat(name); err == nil && info.IsDir() {
			return usage(fmt.Errorf("%s is a directory: name the files in it, for example %s", name, filepath.Join(name, "*.log")))
		}
		in, err := app.OpenLog(name)
		if err != nil {
			return usage(err)
		}
		err = do(in)
		if e := in.Close(); err == nil {
			err = e
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return ctx.Err()
}

// endStdinWith lets standard input, if it is among the names, end when ctx is
// done: a read from a terminal or a pipe would go on until its next byte. A
// pipe stands in for it; what copies into it ends with the process.
func endStdinWith(ctx context.Context, names []string) error {
	if !slices.Contains(names, "-") {
		return nil
	}
	if info, err := os.Stdin.Stat(); err != nil || info.Mode().IsRegular() {
		return nil // a file does not keep a reader waiting
	}
	r, w, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("read standard input: %w", err)
	}
	stdin := os.Stdin
	os.Stdin = r
	end := func() { _ = w.Close() } // the second time it is closed already
	go func() {
		defer end()
		_, _ = io.Copy(w, stdin) // a broken input ends, as far as it came
	}()
	context.AfterFunc(ctx, end)
	return nil
}
