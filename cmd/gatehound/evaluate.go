package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/gatehound/gatehound/cmd/internal/evaluate"
	"github.com/gatehound/gatehound/cmd/internal/evaluate/hunt"
)

func newEvaluate() *cobra.Command {
	var path, seeds, attacks, strengths, output string
	var families []string
	var verbose, fail bool
	hours, clients, parallel, rate := 30, 2000, runtime.GOMAXPROCS(0), 0.0
	c := &cobra.Command{
		Use:   "evaluate",
		Short: "measure what the detectors find and what they get wrong, on simulated fleets",
		Long: fmt.Sprintf(`Run simulated fleets with planted attacks, and with innocents that look like
them, through the real ingest, redaction, enrichment and detectors at your
settings, in event time. Printed are, by attack, what was planted, found, and
found within one window, the median time and requests until then, and by which
rules; by rule, its alerts, and the false ones in a million benign events and on
a day of a principal; by look-alike, the false alerts about it.

  gatehound evaluate
  gatehound evaluate --config gatehound.yaml --seeds 11-14 --output json >report.json
  gatehound evaluate --attacks key_guessing,brute_force --strengths 1,0.3,0.1 --hours 6
  gatehound evaluate --attacks none --hours 168 --verbose

An attack is found by a finding of an expected family that names the attacker,
his victim or what he is after, made after he began; within one window is by the
end of the first whole one. A false alert is a rule and an entity on one day that
neither an attack nor a look-alike explains. Events, networks, prices and
inventories are those of the simulated world, whatever the configuration says.

The targets, which were set before anything was tuned:
  at least %g %% of the classic attacks at the first of --strengths are found
  within one window;
  at most %g false alerts in a million benign events, of all detectors together.

How well extraction and campaigns are found over weeks, 'gatehound evaluate
extraction' measures.

Progress goes to stderr. Ctrl-C prints what is done until then.`, evaluate.TargetPrompt, evaluate.TargetFalse),
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, log, err := loadQuiet(path)
			if err != nil {
				return err
			}
			o := evaluate.DefaultOptions(cfg)
			o.Hours, o.Rate, o.Clients, o.Families, o.Parallel = hours, rate, clients, families, parallel
			var errs [3]error
			o.Seeds, errs[0] = evaluate.ParseSeeds(seeds)
			o.Attacks, errs[1] = evaluate.ParseAttacks(attacks)
			o.Strengths, errs[2] = evaluate.ParseStrengths(strengths)
			if err := errors.Join(errs[:]...); err != nil {
				return usage(fmt.Errorf("--%w", err))
			}
			if err := o.Validate(); err != nil {
				return usage(fmt.Errorf("--%w", err))
			}
			return measure(c, output, verbose, fail, func(watch func(*hunt.Progress)) (*evaluate.Report, error) {
				return evaluate.Run(c.Context(), o, log, watch)
			})
		},
	}
	configFlag(c, &path)
	f := c.Flags()
	f.StringVar(&seeds, "seeds", "1-2", "the fleets, by `number`: 1-4 or 1,5")
	f.IntVar(&hours, "hours", hours, "hours of event time of each, up to 336")
	f.Float64Var(&rate, "rate", 0, "benign requests a second; 0 is 20, 40 and 60 in turn")
	f.IntVar(&clients, "clients", clients, "benign clients")
	f.StringVar(&attacks, "attacks", "all", "`kinds` to plant, with commas between: all, none, or some of those in the report")
	f.StringVar(&strengths, "strengths", "1,0.3,0.1", "`shares` of their usual rate at which attacks are planted")
	f.StringSliceVar(&families, "detectors", nil, "judge only these `detectors`, such as authfail or rate.spike")
	f.IntVar(&parallel, "parallel", parallel, "seeds that run side by side")
	f.StringVarP(&output, "output", "o", "human", "`format`: human, json or csv")
	f.BoolVar(&verbose, "verbose", false, "list what was missed, and false alerts with their words")
	f.BoolVar(&fail, "fail", false, "exit with 3 if a target was missed")
	c.AddCommand(newEvaluateExtraction())
	return c
}

// measurement is the report of an evaluation.
type measurement interface {
	comparable
	Human(out io.Writer, verbose bool) error
	JSON(out io.Writer) error
	CSV(out io.Writer) error
	Met() bool
}

// measure runs an evaluation, shows how far it is, and writes its report, also that
// of one that was interrupted.
func measure[R measurement](c *cobra.Command, output string, verbose, fail bool, run func(watch func(*hunt.Progress)) (R, error)) error {
	write := R.JSON
	switch output {
	case "human":
		write = func(r R, w io.Writer) error { return r.Human(w, verbose) }
	case "csv":
		write = R.CSV
	case "json":
	default:
		return usage(errors.New("--output: unknown; allowed are human, json and csv"))
	}
	bar := newEvaluation()
	report, err := run(bar.watch)
	bar.stop()
	var none R
	if report != none {
		err = errors.Join(write(report, c.OutOrStdout()), err)
	}
	if err == nil && fail && !report.Met() {
		return &exitCode{exitFound, errors.New("a target was missed")}
	}
	return err
}

// evaluation shows how far an evaluation is: a bar on a terminal, a line every
// ten seconds elsewhere.
type evaluation struct {
	out  *os.File
	tty  bool
	quit chan struct{}
	done sync.WaitGroup
}

func newEvaluation() *evaluation {
	return &evaluation{out: os.Stderr, tty: term.IsTerminal(int(os.Stderr.Fd())), quit: make(chan struct{})}
}

func (e *evaluation) watch(p *hunt.Progress) {
	every := 10 * time.Second
	if e.tty {
		every = 200 * time.Millisecond
	}
	began := time.Now()
	e.done.Go(func() {
		t := time.NewTicker(every)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				line := evaluated(p, time.Since(began))
				if e.tty {
					line = "\r\x1b[K" + line
				} else {
					line += "\n"
				}
				fmt.Fprint(e.out, line)
			case <-e.quit:
				if e.tty {
					fmt.Fprint(e.out, "\r\x1b[K")
				}
				return
			}
		}
	})
}

// evaluated is a line of progress.
func evaluated(p *hunt.Progress, elapsed time.Duration) string {
	share := min(1, float64(p.Done.Load())/float64(max(p.Total, 1)))
	const width = 24
	full, left, events := int(share*width), "", p.Events.Load()
	if share > 0.01 {
		left = "  " + time.Duration(float64(elapsed)*(1-share)/share).Round(time.Second).String() + " left"
	}
	return fmt.Sprintf("[%s%s] %3.0f%%  %s events  %s/s  %d findings%s", strings.Repeat("#", full), strings.Repeat(".", width-full), 100*share,
		grouped(events), grouped(int64(float64(events)/elapsed.Seconds())), p.Findings.Load(), left)
}

func (e *evaluation) stop() {
	close(e.quit)
	e.done.Wait()
}
