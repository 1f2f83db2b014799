package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/cmd/internal/backtest"
	"github.com/gatehound/gatehound/cmd/internal/query"
	"github.com/gatehound/gatehound/detectors/engine"
	"github.com/gatehound/gatehound/ingest/files"
	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse"
)

// pastFlags choose the events of the past.
type pastFlags struct {
	store, from, to, format string
	warmup                  time.Duration
	parallel                int
}

func (f *pastFlags) register(c *cobra.Command) {
	storeFlag(c, &f.store)
	c.Flags().StringVar(&f.from, "from", "", "count from this `time` on: RFC 3339, 2026-05-04, or so long ago: 7d, 36h; without it the last 7 days, of files all")
	c.Flags().StringVar(&f.to, "to", "", "events before this `time`; without it all")
	c.Flags().DurationVar(&f.warmup, "warmup", 24*time.Hour, "let the detectors learn from so much before --from; of files, all that is before it")
	c.Flags().StringVar(&f.format, "format", "", "log `format` of files (auto: found out per record)")
	c.Flags().IntVar(&f.parallel, "parallel", 1, "files to read side by side, merged by time")
}

// past is where events come from, and when counting begins and ends.
type past struct {
	source   backtest.Source
	from, to time.Time
	// first and last bound the stored events; they are zero for files.
	first, last time.Time
}

// open finds the events: those of the files, or of the store. The caller closes
// nothing: do runs while the store is open.
func (f *pastFlags) open(c *cobra.Command, cfg *app.Config, paths []string, opts *backtest.Options, do func(past) error) error {
	var p past
	var err error
	now := time.Now()
	if p.from, err = parseTime(f.from, now); err != nil {
		return usage(fmt.Errorf("--from: %w", err))
	}
	if p.to, err = parseTime(f.to, now); err != nil {
		return usage(fmt.Errorf("--to: %w", err))
	}
	if !p.from.IsZero() && !p.to.IsZero() && !p.from.Before(p.to) {
		return usage(errors.New("--from: allowed is a time before --to"))
	}
	if f.warmup < 0 {
		return usage(errors.New("--warmup: allowed is 0 and more"))
	}
	if len(paths) > 0 {
		if f.store != "" {
			return usage(errors.New("--store: goes with no files; name either"))
		}
		if err := setFormat(cfg, f.format); err != nil {
			return err
		}
		from := files.DefaultConfig()
		from.Paths, from.Parallel = paths, f.parallel
		if opts.Keys, err = backtest.Keys(cfg); err != nil {
			return err
		}
		if p.source, err = backtest.NewFiles(cfg, from, opts.Keys, opts.Log); err != nil {
			return usage(err)
		}
		return do(p)
	}
	if err := atStore(cfg, f.store); err != nil {
		return err
	}
	err = app.WithStore(cfg, opts.Log, func(st *clickhouse.Store) error {
		if opts.Keys, err = app.ExistingKeys(cfg); err != nil {
			return err
		}
		all, err := st.Extent(c.Context(), clickhouse.History{To: p.to})
		if err != nil {
			return err
		}
		if p.from.IsZero() && all.Events > 0 {
			p.from = all.Last.Add(-7 * 24 * time.Hour)
		}
		history := clickhouse.History{From: p.from.Add(-f.warmup), To: p.to}
		extent, err := st.Extent(c.Context(), history)
		if err != nil {
			return err
		}
		if extent.Events == 0 {
			return errors.New("the store has no events of that time: gatehound query \"SELECT min(time), max(time) FROM events\"")
		}
		p.first, p.last = extent.First, extent.Last
		p.source = backtest.NewStored(st, history, extent.Events)
		return do(p)
	})
	return awayFolder(err)
}

func newBacktest() *cobra.Command {
	var (
		configs         []string
		compare, output string
		flags           pastFlags
	)
	c := &cobra.Command{
		Use:   "backtest [FILE…]",
		Short: "count the alerts that events of the past would raise, and what a configuration changes",
		Long: `Run the detectors over the stored events of some time, or over log files, through
the live code, and print how many alerts each rule would have raised a day.
Nothing is stored, sent or alerted.

  gatehound backtest --from 7d
  gatehound backtest --from 2026-05-01 --to 2026-05-08 --compare new.yaml
  gatehound backtest --config new.yaml --store ./evidence
  gatehound backtest access.log.2.gz access.log.1 access.log
  gatehound backtest --from 7d --compare new.yaml --output json | jq .difference.new

Alerts are what people would be told of: findings of one rule and entity are one
alert as long as alerting.group_window says. What an exception covers alerts
nobody and is counted apart. Counting begins at --from; the detectors learn from
the --warmup before it.

With --compare, or with --config given twice, the detectors of both
configurations run side by side over the same events, and the difference is
printed: findings that are new, gone, or changed in severity, confidence or
exception. Files are read as the first configuration says.

Ctrl-C prints what was counted so far.`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(configs) == 0 {
				configs = []string{os.Getenv("GATEHOUND_CONFIG")}
			}
			if compare != "" {
				configs = append(configs, compare)
			}
			if len(configs) > 2 {
				return usage(errors.New("--config, --compare: allowed are two configurations at most"))
			}
			if !slices.Contains([]string{"human", "json", "csv"}, output) {
				return usage(errors.New("--output: unknown; allowed are human, json and csv"))
			}
			candidates, log, err := loadCandidates(configs)
			if err != nil {
				return err
			}
			opts := backtest.Options{Log: log}
			return flags.open(c, candidates[0].Config, args, &opts, func(p past) error {
				if err := endStdinWith(c.Context(), args); err != nil {
					return err
				}
				if len(args) == 0 {
					noteExceptions(c.ErrOrStderr(), candidates)
				}
				bar := newProgress(os.Stderr)
				opts.From, opts.To, opts.Watch = p.from, p.to, bar.watch
				res, err := backtest.Run(c.Context(), p.source, candidates, opts)
				bar.stop()
				if err != nil {
					return err
				}
				if err := printBacktest(c.OutOrStdout(), c.ErrOrStderr(), res, output); err != nil {
					return err
				}
				if res.Cut {
					return c.Context().Err()
				}
				return nil
			})
		},
	}
	c.Flags().StringArrayVarP(&configs, "config", "c", nil, "configuration `file` (also $GATEHOUND_CONFIG); twice to compare two")
	c.Flags().StringVar(&compare, "compare", "", "compare with the configuration in this `file`")
	flags.register(c)
	c.Flags().StringVarP(&output, "output", "o", "human", "`format`: human, json or csv")
	return c
}

// noteExceptions tells of exceptions that stored events cannot show.
func noteExceptions(out io.Writer, candidates []backtest.Candidate) {
	for _, c := range candidates {
		if slices.ContainsFunc(c.Config.Engine.Allow, func(a engine.Allow) bool { return a.Address != "" }) {
			fmt.Fprintf(out, "%s: exceptions by address cover nothing here: the store has no true addresses\n", c.Name)
		}
	}
}

// loadCandidates reads the configurations that are compared.
func loadCandidates(paths []string) (out []backtest.Candidate, log *slog.Logger, err error) {
	for i, path := range paths {
		cfg, l, err := loadQuiet(path)
		if err != nil {
			return nil, nil, err
		}
		if i == 0 {
			log = l
		}
		out = append(out, backtest.Candidate{Name: or(path, "defaults"), Config: cfg})
	}
	return out, log, nil
}

// parseTime reads a moment: in RFC 3339, a day, or so long before now ("7d",
// "36h ago"). Empty is no moment.
func parseTime(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if s == "now" {
		return now, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04", time.DateTime, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	s = strings.TrimSpace(strings.TrimSuffix(s, "ago"))
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.ParseFloat(days, 64); err == nil && n >= 0 && n <= 36500 {
			return now.Add(-time.Duration(n * 24 * float64(time.Hour))), nil
		}
	}
	if d, err := time.ParseDuration(s); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	return time.Time{}, errors.New("that is no time; allowed are 2026-05-04T10:00:00Z, 2026-05-04, and so long ago: 7d, 36h")
}

// compared is a result with the difference of its two candidates.
type compared struct {
	*backtest.Result
	Difference *backtest.Difference `json:"difference,omitempty"`
}

func printBacktest(out, side io.Writer, res *backtest.Result, output string) error {
	x := compared{Result: res}
	if len(res.Candidates) == 2 {
		x.Difference = backtest.Compare(res.Candidates[0], res.Candidates[1])
	}
	switch output {
	case "json":
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(x)
	case "csv":
		return writeBacktestCSV(out, res)
	}
	cut := ""
	if res.Cut {
		cut = " (cut short)"
	}
	rate := float64(res.Events) / max(0.001, res.Took.Seconds())
	fmt.Fprintf(side, "%s events in %v (%s/s)%s\n", grouped(res.Events), res.Took.Round(time.Millisecond), grouped(int64(rate)), cut)
	if res.Days == 0 {
		fmt.Fprintln(side, "there are no events to count")
		return nil
	}
	fmt.Fprintf(side, "counted   %s to %s, %s days\n", res.From.Format(time.RFC3339), res.To.Format(time.RFC3339), backtest.Figure(res.Days))
	if res.Days < 1 {
		fmt.Fprintln(side, "that is less than a day: the numbers a day are what it would come to")
	}
	for _, o := range res.Candidates {
		if len(res.Candidates) > 1 {
			fmt.Fprintf(out, "%s\n", o.Name)
		}
		if err := writeOutcome(out, o); err != nil {
			return err
		}
		fmt.Fprintln(out)
	}
	if x.Difference != nil {
		return writeDifference(out, x.Difference)
	}
	return nil
}

func writeOutcome(out io.Writer, o *backtest.Outcome) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "ALERTS A DAY\tALERTS\tCRITICAL\tHIGH\tMEDIUM\tLOW\tINFO\tFINDINGS\tCOVERED\t  DETECTOR")
	for _, r := range append(o.Rows[:len(o.Rows):len(o.Rows)], o.Total) {
		s := r.Severities
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t  %s\n", backtest.Figure(r.AlertsPerDay), r.Alerts,
			s[schemas.SeverityCritical], s[schemas.SeverityHigh], s[schemas.SeverityMedium], s[schemas.SeverityLow], s[schemas.SeverityInfo],
			r.Findings, r.Covered, r.Detector)
	}
	return w.Flush()
}

// examples is how many findings of a difference are shown to a person.
const examples = 10

func writeDifference(out io.Writer, d *backtest.Difference) error {
	fmt.Fprintf(out, "%s against %s: %d new, %d gone, %d changed, %d the same\n", d.After, d.Before, len(d.New), len(d.Gone), len(d.Changed), d.Same)
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	if len(d.Rows) > 0 {
		fmt.Fprintln(w, "NEW\tGONE\tCHANGED\tSAME\t  DETECTOR")
	}
	for _, r := range d.Rows {
		fmt.Fprintf(w, "%d\t%d\t%d\t%d\t  %s\n", r.New, r.Gone, r.Changed, r.Same, r.Detector)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	list := func(title string, n int, line func(i int) string) {
		if n > 0 {
			fmt.Fprintf(out, "\n%s\n", title)
		}
		for i := range min(n, examples) {
			fmt.Fprintf(out, "  %s\n", line(i))
		}
		if n > examples {
			fmt.Fprintf(out, "  and %d more: --output json has all\n", n-examples)
		}
	}
	list("New", len(d.New), func(i int) string { return briefly(d.New[i]) })
	list("Gone", len(d.Gone), func(i int) string { return briefly(d.Gone[i]) })
	list("Changed", len(d.Changed), func(i int) string {
		a, b := d.Changed[i].Before, d.Changed[i].After
		return fmt.Sprintf("%s, was %s, confidence %.2f, was %.2f", briefly(b), a.Severity, b.Confidence, a.Confidence)
	})
	return nil
}

// briefly is a finding on a line.
func briefly(f backtest.Brief) string {
	return fmt.Sprintf("%s  %s  %-8s  %s  %s  %s", f.ID[:12], f.Window.Format(time.DateTime), f.Severity, f.Detector,
		query.Plain(entity(f.Entity)), query.Plain(f.Title))
}

func writeBacktestCSV(out io.Writer, res *backtest.Result) error {
	w := csv.NewWriter(out)
	rows := [][]string{{"config", "detector", "alerts_per_day", "alerts", "critical", "high", "medium", "low", "info", "findings", "covered"}}
	for _, o := range res.Candidates {
		for _, r := range o.Rows {
			row := []string{o.Name, r.Detector, strconv.FormatFloat(r.AlertsPerDay, 'f', -1, 64), strconv.Itoa(r.Alerts)}
			for s := schemas.SeverityCritical; ; s-- {
				row = append(row, strconv.Itoa(r.Severities[s]))
				if s == schemas.SeverityInfo {
					break
				}
			}
			rows = append(rows, append(row, strconv.Itoa(r.Findings), strconv.Itoa(r.Covered)))
		}
	}
	if err := w.WriteAll(rows); err != nil {
		return err
	}
	return w.Error()
}
