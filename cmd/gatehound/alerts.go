package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/alerting/route"
	"github.com/gatehound/gatehound/cmd/internal/incident"
	"github.com/gatehound/gatehound/schemas"
)

func newAlerts() *cobra.Command {
	c := &cobra.Command{
		Use:   "alerts",
		Short: "see alerts, take them, end them, and what sinks were told",
		Long: `An alert is an incident: findings of one or several rules that tell one story. It
is open until its cause ends, or somebody ends it; who takes it (ack) keeps it from
being escalated.

  gatehound alerts list                            what is open, the latest first
  gatehound alerts list 'severity>=high' tenant=acme
  gatehound alerts show 1f0c6a2b                   the story of one, and what to do next
  gatehound alerts ack 1f0c6a2b --comment "looking into it"
  gatehound alerts resolve 1f0c6a2b --comment "key revoked"
  gatehound alerts export --all -o csv >alerts.csv
  gatehound alerts deliveries                      what sinks have still to be told
  gatehound alerts deliveries --dead               what they could not be told, and why

Ids may be cut to their first six or more characters.` + deskHelp,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newAlertsList(), newAlertsShow(),
		newAlertsAct("ack", "take alerts: they are not escalated any more", "acknowledged", `  gatehound alerts ack 1f0c6a2b
  gatehound alerts ack 1f0c6a2b 77d0e1aa --by alice --comment "looking into it"`, false, alerting.Desk.Acknowledge),
		newAlertsAct("resolve", "end alerts", "resolved", `An alert whose cause comes back is opened again.

  gatehound alerts resolve 1f0c6a2b --comment "key revoked, customer told"`, false, alerting.Desk.Resolve),
		newAlertsAct("comment", "note something in the history of alerts", "commented", `  gatehound alerts comment 1f0c6a2b --comment "the customer ran a load test"`, true, alerting.Desk.Comment),
		newAlertsExport(), newAlertsDeliveries(), newAlertsRedeliver())
	return c
}

// alertFilter is which alerts are wanted.
type alertFilter struct {
	all   bool
	since string
	limit int
}

func (f *alertFilter) register(c *cobra.Command) {
	c.Flags().BoolVarP(&f.all, "all", "a", false, "resolved alerts, too")
	c.Flags().StringVar(&f.since, "since", "", "only those seen since then: a `time`, or how long ago, such as 24h")
}

func (f *alertFilter) filter(matchers []string) (alerting.Filter, error) {
	out := alerting.Filter{Open: !f.all, Matchers: matchers, Limit: f.limit}
	if _, err := route.ParseMatchers(matchers); err != nil {
		return out, usage(err)
	}
	if f.since == "" {
		return out, nil
	}
	t, err := parseTime(f.since, time.Now())
	if err != nil {
		return out, usage(fmt.Errorf("--since: %w", err))
	}
	out.Since = t
	return out, nil
}

func newAlertsList() *cobra.Command {
	var d deskFlags
	var f alertFilter
	c := &cobra.Command{
		Use:               "list [MATCHER…]",
		ValidArgsFunction: completeMatchers,
		Short:             "list alerts, the one that was seen last first",
		Long: `List the open alerts that match, the one that was seen last first:

  gatehound alerts list
  gatehound alerts list 'severity>=high' 'detector=~auth.*' --since 24h
  gatehound alerts list --all --limit 1000 -o ndjson | jq -r .title
  gatehound alerts list -o csv >open.csv

"gatehound alerts export" has no limit.`,
		RunE: func(c *cobra.Command, args []string) error {
			if f.limit < 1 || f.limit > 1000 {
				return usage(errors.New("--limit: out of bounds; allowed is 1 to 1000; gatehound alerts export has no limit"))
			}
			filter, err := f.filter(args)
			if err != nil {
				return err
			}
			return d.with(c, func(desk alerting.Desk) error {
				alerts, err := desk.List(filter)
				if err != nil {
					return err
				}
				if len(alerts) == 0 {
					fmt.Fprintln(c.ErrOrStderr(), none(filter))
				}
				if len(alerts) == filter.Limit {
					fmt.Fprintf(c.ErrOrStderr(), "gatehound: there may be more than %d: raise --limit, or see gatehound alerts export\n", filter.Limit)
				}
				return printAlerts(c.OutOrStdout(), d.output, alerts, d.clock())
			})
		},
	}
	d.register(c, false)
	d.shows(c, "json, ndjson or csv")
	f.register(c)
	c.Flags().IntVarP(&f.limit, "limit", "n", 100, "at most so many (1 to 1000)")
	return c
}

func none(f alerting.Filter) string {
	switch {
	case len(f.Matchers) > 0 || !f.Since.IsZero():
		return "no alert matches"
	case f.Open:
		return "no alert is open (--all shows the resolved ones)"
	}
	return "there are no alerts"
}

func printAlerts(out io.Writer, format string, alerts []schemas.Alert, clock incident.Clock) error {
	switch format {
	case "table":
		return incident.Table(out, alerts, clock)
	case "csv":
		return incident.WriteCSV(out, alerts)
	case "json", "ndjson":
		return writeDocuments(out, format, alerts)
	}
	return usage(errors.New("--output: unknown; allowed are table, json, ndjson and csv"))
}

// writeDocuments prints JSON in which nothing changes a terminal.
func writeDocuments[T any](out io.Writer, format string, rows []T) error {
	if format == "json" {
		if rows == nil {
			rows = []T{}
		}
		doc, err := json.MarshalIndent(rows, "", "  ")
		if err != nil {
			return err
		}
		_, err = out.Write(append(neutral.JSON(doc), '\n'))
		return err
	}
	for i := range rows {
		doc, err := json.Marshal(&rows[i])
		if err != nil {
			return err
		}
		if _, err := out.Write(append(neutral.JSON(doc), '\n')); err != nil {
			return err
		}
	}
	return nil
}

func newAlertsShow() *cobra.Command {
	var d deskFlags
	c := &cobra.Command{
		Use:   "show ID",
		Short: "tell the story of an alert: what happened, who did what, why, and what to do next",
		Long: `Tell the story of an alert: its parts in the order of time, its history, how it
ended, the figures that spoke for it, the evidence, and what to do next:

  gatehound alerts show 1f0c6a2b
  gatehound alerts show 1f0c6a2b --local
  gatehound alerts show 1f0c6a2b -o json | jq .history`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: d.completeAlerts,
		RunE: func(c *cobra.Command, args []string) error {
			if d.output != "table" && d.output != "json" {
				return usage(errors.New("--output: unknown; allowed are table and json"))
			}
			return d.with(c, func(desk alerting.Desk) error {
				a, err := desk.Alert(args[0])
				if err != nil {
					return err
				}
				if d.output == "table" {
					return incident.Story(c.OutOrStdout(), &a, d.clock())
				}
				doc, err := json.MarshalIndent(&a, "", "  ")
				if err != nil {
					return err
				}
				_, err = c.OutOrStdout().Write(append(neutral.JSON(doc), '\n'))
				return err
			})
		},
	}
	d.register(c, false)
	d.shows(c, "json")
	return c
}

// newAlertsAct makes a command that does something to alerts.
func newAlertsAct(name, short, done, long string, needed bool, do func(alerting.Desk, context.Context, string, string, string) (schemas.Alert, error)) *cobra.Command {
	var d deskFlags
	var comment string
	c := &cobra.Command{
		Use: name + " ID…", Short: short,
		Long:              "Change alerts, by their ids or the first six or more characters of them.\n\n" + long,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: d.completeAlerts,
		RunE: func(c *cobra.Command, args []string) error {
			if needed && neutral.Text(comment, 1000) == "" {
				return usage(errors.New("--comment: empty; allowed is a text of at most 1000 characters"))
			}
			if !oneOf(d.output, "table", "json", "ndjson") {
				return usage(errors.New("--output: unknown; allowed are table, json and ndjson"))
			}
			return d.with(c, func(desk alerting.Desk) error {
				var changed []schemas.Alert
				var failed error
				for _, id := range args {
					a, err := do(desk, c.Context(), id, d.who(), comment)
					if err != nil {
						failed = fmt.Errorf("%s: %w", neutral.Text(id, 64), err)
						break
					}
					changed = append(changed, a)
				}
				if d.output != "table" {
					return errors.Join(writeDocuments(c.OutOrStdout(), d.output, changed), failed)
				}
				for i := range changed {
					a := &changed[i]
					fmt.Fprintf(c.OutOrStdout(), "%s %s  %s  %s\n", done, a.ID[:min(incident.ShortID, len(a.ID))], a.Severity, neutral.Title(a, 100))
				}
				return failed
			})
		},
	}
	d.register(c, true)
	d.shows(c, "json or ndjson")
	c.Flags().StringVarP(&comment, "comment", "m", "", "why, or what was done (`text` for the history)")
	return c
}

func oneOf(s string, allowed ...string) bool {
	for _, a := range allowed {
		if s == a {
			return true
		}
	}
	return false
}

func newAlertsExport() *cobra.Command {
	var d deskFlags
	var f alertFilter
	c := &cobra.Command{
		Use:               "export [MATCHER…]",
		ValidArgsFunction: completeMatchers,
		Short:             "write all alerts that match, one a line",
		Long: `Write all alerts that match to stdout, one a line, as NDJSON or as CSV that is safe
to open in a spreadsheet: no value is taken for a formula.

  gatehound alerts export --all >alerts.ndjson
  gatehound alerts export 'severity>=high' --since 720h --all -o csv >high.csv`,
		RunE: func(c *cobra.Command, args []string) error {
			if !oneOf(d.output, "ndjson", "csv") {
				return usage(errors.New("--output: unknown; allowed are ndjson and csv"))
			}
			filter, err := f.filter(args)
			if err != nil {
				return err
			}
			return d.with(c, func(desk alerting.Desk) error {
				return incident.Export(c.Context(), c.OutOrStdout(), desk, filter, d.output)
			})
		},
	}
	d.register(c, false)
	c.Flags().StringVarP(&d.output, "output", "o", "ndjson", "`format`: ndjson or csv")
	f.register(c)
	return c
}

// completeMatchers completes the labels that matchers begin with.
func completeMatchers(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var out []string
	for _, label := range route.Labels() {
		out = append(out, label+"=")
	}
	return out, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// completeAlerts completes the ids of open alerts.
func (f *deskFlags) completeAlerts(c *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(c.Context(), 3*time.Second)
	defer cancel()
	desk, done, err := f.open(ctx, io.Discard)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	alerts, err := desk.List(alerting.Filter{Open: true, Limit: 100})
	if errors.Join(err, done()) != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ids := make([]string, len(alerts))
	for i := range alerts {
		ids[i] = alerts[i].ID
	}
	var out []string
	for i, short := range incident.Short(ids) {
		out = append(out, cobra.CompletionWithDesc(short, alerts[i].Severity.String()+" "+neutral.Title(&alerts[i], 60)))
	}
	return out, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}
