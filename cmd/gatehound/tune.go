package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehound/gatehound/cmd/internal/backtest"
	"github.com/gatehound/gatehound/cmd/internal/backtest/tune"
	"github.com/gatehound/gatehound/cmd/internal/query"
)

func newTune() *cobra.Command {
	var (
		path, output string
		perDay       float64
		side         int
		flags        pastFlags
	)
	c := &cobra.Command{
		Use:   "tune DETECTOR --alerts-per-day N [FILE…]",
		Short: "propose thresholds that give a wanted number of alerts a day",
		Long: `Find settings of a detector (a family like rate, or a rule like rate.spike) that
raise at most N alerts a day over your own history, as near to N as can be, and
print them as a piece of configuration, with the alerts for each value that was
tried and with what the detector would not say any more.

  gatehound tune rate.spike --alerts-per-day 1
  gatehound tune authfail --alerts-per-day 0.5 --from 30d --output json
  gatehound tune extraction --alerts-per-day 2 --store ./evidence

How: first each main setting of the detector is turned fourfold alone, to see
which of them change the number. Those that do (all, if none does alone) are then
turned together, by one scale: at a few scales up to 64, and between the two around N. A
share, between 0 and 1, is scaled in its odds. No value leaves the bounds of the
configuration.
For every value the detectors run over the whole history through the live code,
--candidates of them side by side in one pass.

The first day, or the first half of a short history, teaches the detectors and is
not counted. With less than two days there is no proposal. It is a proposal: what
is lost may be an attack. Look at the list, and try the snippet with
gatehound backtest --compare.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case output != "human" && output != "json":
				return usage(errors.New("--output: unknown; allowed are human and json"))
			case !c.Flags().Changed("alerts-per-day"):
				return usage(errors.New("--alerts-per-day: missing; allowed is a number from 0"))
			case perDay < 0 || math.IsNaN(perDay) || math.IsInf(perDay, 0):
				return usage(errors.New("--alerts-per-day: allowed is a number from 0"))
			case side < 1 || side > 16:
				return usage(errors.New("--candidates: allowed is 1 to 16"))
			case slices.Contains(args[1:], "-"):
				return usage(errors.New("standard input can be read only once; allowed are files"))
			}
			cfg, log, err := loadQuiet(path)
			if err != nil {
				return err
			}
			if _, err := tune.Knobs(cfg, args[0]); err != nil {
				return usage(err)
			}
			o := tune.Options{Options: backtest.Options{Log: log}, Detector: args[0], PerDay: perDay, Parallel: side}
			return flags.open(c, cfg, args[1:], &o.Options, func(p past) error {
				bar := newProgress(os.Stderr)
				defer func() { bar.stop() }()
				if p.first.IsZero() { // of files it is found out
					seen, err := backtest.Run(c.Context(), p.source, nil, backtest.Options{})
					if err != nil {
						return err
					}
					if seen.Cut {
						return c.Context().Err()
					}
					p.first, p.last = seen.From, seen.To
				}
				if o.From, err = tune.Start(p.first, p.last); err != nil {
					return err
				}
				o.To, o.Watch = p.to, bar.watch
				t, err := tune.Run(c.Context(), p.source, cfg, o)
				if errors.Is(err, tune.ErrCut) {
					return c.Context().Err()
				}
				if err != nil {
					return err
				}
				bar.stop()
				bar = newProgress(os.Stderr)
				if output == "json" {
					enc := json.NewEncoder(c.OutOrStdout())
					enc.SetIndent("", "  ")
					err = enc.Encode(t)
				} else {
					err = printTuning(c.OutOrStdout(), c.ErrOrStderr(), t)
				}
				if err == nil && t.Refused != "" {
					err = fmt.Errorf("no proposal for %s at %s alerts a day: %s", t.Detector, backtest.Figure(t.Wanted), t.Refused)
				}
				return err
			})
		},
	}
	configFlag(c, &path)
	c.Flags().Float64Var(&perDay, "alerts-per-day", 0, "how many alerts a day are wanted at most")
	flags.register(c)
	c.Flags().IntVar(&side, "candidates", 4, "configurations that are tried in one pass; each takes up to engine.memory")
	c.Flags().StringVarP(&output, "output", "o", "human", "`format`: human or json")
	return c
}

// lost is how many losses are shown to a person.
const lostShown = 20

func printTuning(to, side io.Writer, t *tune.Tuning) error {
	fmt.Fprintf(side, "counted   %s to %s, %s days of %s events\n", t.From.Format(time.RFC3339), t.To.Format(time.RFC3339), backtest.Figure(t.Days), grouped(t.Events))
	var out strings.Builder
	fmt.Fprintf(&out, "%s raises %s alerts a day now, %s are wanted.\n", t.Detector, backtest.Figure(t.Now.PerDay), backtest.Figure(t.Wanted))
	table := func(heading string, rows func(w io.Writer)) {
		fmt.Fprintln(&out)
		w := tabwriter.NewWriter(&out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, heading)
		rows(w)
		_ = w.Flush() // into memory
	}
	if len(t.Effects) > 0 {
		table("SETTING\tNOW\tTRIED\tALERTS A DAY\tFINDINGS\tMATTERS", func(w io.Writer) {
			for _, e := range t.Effects {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\n", e.Key, tune.Plain(e.Value), tune.Plain(e.Tried), backtest.Figure(e.PerDay), e.Findings, map[bool]string{true: "yes", false: "no"}[e.Matters]+map[bool]string{true: ", inversely"}[e.Inverse])
			}
		})
	}
	if len(t.Curve) > 0 {
		table("SCALE\tALERTS A DAY\tALERTS\tHIGH OR CRITICAL\tSETTINGS", func(w io.Writer) {
			for i := range t.Curve {
				p := &t.Curve[i]
				mark := ""
				switch {
				case t.Proposal != nil && p.Scale == t.Proposal.Scale:
					mark = "  <- proposed"
				case p.Scale == 1:
					mark = "  <- now"
				}
				fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%s%s\n", backtest.Figure(p.Scale), backtest.Figure(p.PerDay), p.Alerts, p.Severe, tune.Settings(p.Values), mark)
			}
		})
	}
	if t.Proposal != nil {
		fmt.Fprintf(&out, "\nProposed, for %s alerts a day:\n\n%s", backtest.Figure(t.Proposal.PerDay), t.YAML)
		fmt.Fprintf(&out, "\nLost, or less of it: %d\n", len(t.Lost))
		for _, l := range t.Lost[:min(len(t.Lost), lostShown)] {
			fmt.Fprintf(&out, "  %-8s  %s  %s  %d findings, then %d  %s\n", l.Severity, l.Detector, query.Plain(entity(l.Entity)), l.Before, l.After, query.Plain(l.Title))
		}
		if n := len(t.Lost) - lostShown; n > 0 {
			fmt.Fprintf(&out, "  and %d more: --output json has all\n", n)
		}
	}
	_, err := io.WriteString(to, out.String())
	return err
}
