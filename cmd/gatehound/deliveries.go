package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/alerting/notify/words"
	"github.com/gatehound/gatehound/cmd/internal/api/client"
	"github.com/gatehound/gatehound/cmd/internal/incident"
)

func newAlertsDeliveries() *cobra.Command {
	var d deskFlags
	var dead bool
	c := &cobra.Command{
		Use:   "deliveries",
		Short: "list what sinks have still to be told, or could not be told",
		Long: `List how each sink stands and which notifications wait for it; with --dead what was
given up, with the reason. Once that is put right, "gatehound alerts redeliver"
tries again, under the same keys.

  gatehound alerts deliveries
  gatehound alerts deliveries --dead
  gatehound alerts deliveries --dead -o ndjson | jq -r '[.sink, .reason] | @tsv' | sort | uniq -c`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return d.with(c, func(desk alerting.Desk) error {
				if dead {
					list, err := desk.DeadLetters()
					if err != nil {
						return err
					}
					if len(list) == 0 {
						fmt.Fprintln(c.ErrOrStderr(), "nothing was given up")
					}
					return show(c.OutOrStdout(), d.output, list, "SINK\tALERT\tSEVERITY\tGIVEN UP ("+d.clock().Name()+")\tATTEMPTS\tREASON\tTITLE", d.deadLine)
				}
				waiting, err := pending(desk)
				if err != nil {
					return err
				}
				if d.output == "table" {
					sinks, err := standing(desk)
					if err != nil {
						return err
					}
					if err := d.printStanding(c.OutOrStdout(), sinks); err != nil {
						return err
					}
					if len(waiting) == 0 {
						return nil
					}
					fmt.Fprintln(c.OutOrStdout())
				}
				return show(c.OutOrStdout(), d.output, waiting, "SINK\tALERT\tSEVERITY\tSTATE\tSINCE ("+d.clock().Name()+")\tATTEMPTS\tNEXT\tPROBLEM", d.waitingLine)
			})
		},
	}
	d.register(c, false)
	d.shows(c, "json or ndjson")
	c.Flags().BoolVar(&dead, "dead", false, "what was given up, with the reason")
	return c
}

func (f *deskFlags) waitingLine(x alerting.Delivery) string {
	next := "at once"
	if !x.Next.IsZero() {
		next = f.clock().At(x.Next)
	}
	return fmt.Sprintf("%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s", neutral.Text(x.Sink, 40), x.Alert[:min(incident.ShortID, len(x.Alert))], x.Severity, x.State,
		f.clock().At(x.Queued), x.Attempts, next, or(neutral.Text(x.Problem, 100), "-"))
}

func (f *deskFlags) deadLine(x alerting.DeadLetter) string {
	return fmt.Sprintf("%s\t%s\t%s\t%s\t%d\t%s\t%s", neutral.Text(x.Sink, 40), x.Alert.ID[:min(incident.ShortID, len(x.Alert.ID))], x.Alert.Severity,
		f.clock().At(x.Died), x.Attempts, or(neutral.Text(x.Reason, 100), "-"), or(neutral.Title(&x.Alert, 60), "-"))
}

// pending is desk.Pending with the error that it cannot return.
func pending(desk alerting.Desk) ([]alerting.Delivery, error) {
	if c, ok := desk.(*client.Client); ok {
		return c.Waiting()
	}
	return desk.Pending(), nil
}

// standing is desk.Sinks with the error that it cannot return.
func standing(desk alerting.Desk) ([]alerting.SinkStatus, error) {
	if c, ok := desk.(*client.Client); ok {
		return c.Standing()
	}
	return desk.Sinks(), nil
}

func (f *deskFlags) printStanding(out io.Writer, sinks []alerting.SinkStatus) error {
	return show(out, "table", sinks, "SINK\tKIND\tWAITING\tDEAD\tLAST DELIVERED ("+f.clock().Name()+")\tSTATE", func(s alerting.SinkStatus) string {
		state := "works"
		switch {
		case s.Failures > 0:
			state = fmt.Sprintf("%d failures in a row: %s", s.Failures, or(neutral.Text(s.Problem, 100), "unknown"))
		case s.Delivered.IsZero() && s.Dead > 0:
			state = "nothing was delivered yet: see --dead"
		case s.Delivered.IsZero() && s.Waiting > 0:
			state = "nothing was delivered yet"
		case s.Delivered.IsZero():
			state = "was not needed yet"
		}
		if !s.Oldest.IsZero() {
			state += ", the oldest waits for " + time.Since(s.Oldest).Round(time.Second).String()
		}
		return fmt.Sprintf("%s\t%s\t%d\t%d\t%s\t%s", neutral.Text(s.Name, 40), neutral.Text(s.Kind, 40), s.Waiting, s.Dead, f.clock().At(s.Delivered), state)
	})
}

func newAlertsRedeliver() *cobra.Command {
	var d deskFlags
	c := &cobra.Command{
		Use:   "redeliver SINK…",
		Short: "try again what sinks could not be told",
		Long: `Put what was given up for a sink back into its queue, under the same keys, so that
a receiver that has it already takes it once: after a token was renewed, say.

  gatehound alerts deliveries --dead
  gatehound alerts redeliver oncall`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: d.completeSinks,
		RunE: func(c *cobra.Command, args []string) error {
			return d.with(c, func(desk alerting.Desk) error {
				var failed []error
				for _, sink := range args {
					n, err := desk.Redeliver(sink)
					if err != nil {
						failed = append(failed, fmt.Errorf("%s: %w", neutral.Text(sink, 40), err))
						continue
					}
					fmt.Fprintf(c.OutOrStdout(), "%s: %s tried again\n", sink, words.Count(int64(n), "notification"))
				}
				return errors.Join(failed...)
			})
		},
	}
	d.register(c, true)
	return c
}

// completeSinks completes the names of the configured sinks.
func (f *deskFlags) completeSinks(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	cfg, _, err := loadQuiet(f.config)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, s := range cfg.Alerting.Sinks {
		names = append(names, cobra.CompletionWithDesc(s.Name, s.Kind))
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
