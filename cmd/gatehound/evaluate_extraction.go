package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gatehound/gatehound/cmd/internal/evaluate"
	"github.com/gatehound/gatehound/cmd/internal/evaluate/extraction"
	"github.com/gatehound/gatehound/cmd/internal/evaluate/hunt"
	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/cmd/internal/simulate/population"
)

func newEvaluateExtraction() *cobra.Command {
	var path, seeds, scenarios, output, format string
	var verbose, fail bool
	o := extraction.DefaultOptions(nil)
	c := &cobra.Command{
		Use:   "extraction",
		Short: "measure how soon copying a model is found, by one key and by campaigns of many",
		Long: fmt.Sprintf(`Run simulated weeks of a gateway's customers, with those who copy a model among
them, and innocents that look like them, through the real ingest, redaction,
enrichment and all detectors at your settings, in event time.

  gatehound evaluate extraction
  gatehound evaluate extraction --scenarios burst,shared_20 --seeds 11-14 --verbose
  gatehound evaluate extraction --scenarios none --days 14     only what is false
  gatehound evaluate extraction --prompts --output json >report.json
  gatehound evaluate extraction --format envoy      where parameters are not logged

Every seed has one world without an attack, where the benign population is judged;
one for each campaign; and some where scenarios of one key are together, fewer than
make a campaign. The look-alikes are in all of them. Scenarios that are meant to be
found by their prompts have prompts in the log, others only with --prompts.

How to read it. Of each scenario:
  FOUND       runs in which findings of extraction or campaign found it: one that
              names three keys or more, at least half of all attackers and most of
              them of this scenario; or several that name half of its keys one by
              one. MEDIUM+ counts without findings below medium severity.
  KEYS NAMED  the share of its keys that findings name until the end; RIGHTLY, the
              share of its keys among all that are named with them
  TAKEN       exchanges until it was found, OF ITS SET their share of what was
              wanted, HOURS the time: medians of the runs that found it
  NOTICED     runs in which a detector with another purpose (rate, spend, ...)
              spoke of one of its keys before

A false alarm is a rule and an entity on one day, about principals of whom fewer
than half were attackers by then. ALLOWED are alarms of low and medium severity
about innocents that do the same as an attacker, of whom one may want to know.

The floors are rules of one line on the same events: more than 1,000 or 100 calls
of a key on one day; 500 in an hour, or 100 on a day, with prompts of nearly one
length (a standard deviation below a fifth of the mean).

The targets, which were set before anything was tuned, at any severity:
  burst, paced, slow and mimic are all found with under %g %% of their set taken;
  shared_20 is always found, with at least %g %% of its keys named;
  unrelated_50 is found in at least %g %% of the runs;
  hydra_1000, with prompts, is found within %d hours;
  at most %d false alarms in a million benign events, look-alikes included.

Scenarios: %s

Progress goes to stderr. Ctrl-C prints the worlds that are done.`, 100*extraction.TargetShare, 100*extraction.TargetKeys, 100*extraction.TargetUnrelated,
			extraction.TargetHours, extraction.TargetFalse, wrapped(population.Attacks())),
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, log, err := loadQuiet(path)
			if err != nil {
				return err
			}
			o.Config, o.Format = cfg, gateway.Format(format)
			var errs [2]error
			o.Seeds, errs[0] = evaluate.ParseSeeds(seeds)
			o.Scenarios, errs[1] = extraction.ParseScenarios(scenarios)
			if err := errors.Join(errs[:]...); err != nil {
				return usage(fmt.Errorf("--%w", err))
			}
			if err := o.Validate(); err != nil {
				return usage(fmt.Errorf("--%w", err))
			}
			return measure(c, output, verbose, fail, func(watch func(*hunt.Progress)) (*extraction.Report, error) {
				return extraction.Run(c.Context(), o, log, watch)
			})
		},
	}
	configFlag(c, &path)
	f := c.Flags()
	f.StringVar(&seeds, "seeds", "1-2", "the populations, by `number`: 1-4 or 1,5")
	f.IntVar(&o.Days, "days", o.Days, "days of event time of each world, 2 to 60")
	f.IntVar(&o.Principals, "principals", o.Principals, "benign principals at the start")
	f.Float64Var(&o.Rate, "rate", o.Rate, "benign requests a second")
	f.StringVar(&format, "format", string(o.Format), "the gateway's `format`: litellm, kong or envoy")
	f.StringVar(&scenarios, "scenarios", "all", "`attacks`, with commas between: all, none, or some of those above")
	f.BoolVar(&o.Prompts, "prompts", false, "the logs of all worlds have prompts")
	f.IntVar(&o.Parallel, "parallel", o.Parallel, "worlds that run side by side")
	f.StringVarP(&output, "output", "o", "human", "`format`: human, json or csv")
	f.BoolVar(&verbose, "verbose", false, "list what was missed, and false alarms with their words and features")
	f.BoolVar(&fail, "fail", false, "exit with 3 if a target was missed")
	return c
}

// wrapped joins names for a page of help, below an indent.
func wrapped(names []string) string {
	out, width := "", 0
	for i, name := range names {
		if i > 0 {
			out, width = out+", ", width+2
		}
		if width+len(name) > 66 {
			out, width = out+"\n  ", 0
		}
		out, width = out+name, width+len(name)
	}
	return out
}
