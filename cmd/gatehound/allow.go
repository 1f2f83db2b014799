package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/schemas"
)

func newAllow() *cobra.Command {
	c := &cobra.Command{
		Use:   "allow",
		Short: "make exceptions for what is meant to be so",
		Long: `An exception covers findings of somebody or something that is meant to behave so:
they are stored and nobody is told. It has an end and a reason, and holds at once,
without a restart. What is to hold for good belongs into engine.allow of the
configuration.

  gatehound allow add --detector extraction --principal h1:k1:AbC… --for 720h --reason "nightly evaluation, ML-42"
  gatehound allow add --client 203.0.113.7 --until 2026-12-24 --reason "pentest, SEC-7"
  gatehound allow list
  gatehound allow end 01ab23cd45ef` + deskHelp,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newAllowAdd(), newAllowList(), newAllowEnd())
	return c
}

func newAllowAdd() *cobra.Command {
	var d deskFlags
	var a schemas.Allowance
	var length time.Duration
	var until string
	c := &cobra.Command{
		Use:   "add [--detector RULE] --principal NAME --for 720h --reason TEXT",
		Short: "make an exception",
		Long: `Make an exception. Everything that is given has to hold; one of --principal,
--client and --route, or --tenant, or both, is needed, as findings show them
("gatehound alerts show" has the command ready to copy). Over the API it wants the
role admin.

  gatehound allow add --detector extraction --principal h1:k1:AbC… --for 720h --reason "nightly evaluation, ML-42"
  gatehound allow add --detector rate.spike --route "POST /v1/embeddings" --for 24h --reason "backfill"`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if a.Principal+a.Client+a.Route+a.Tenant == "" {
				return usage(errors.New("nothing is named: one of --principal, --client, --route and --tenant is needed"))
			}
			if err := alerting.CheckAllowance(&a); err != nil {
				return usage(err)
			}
			if neutral.Text(a.Reason, 1000) == "" {
				return usage(errors.New("--reason: empty; say why, others will read it"))
			}
			var err error
			if a.Until, err = span(length, until, time.Now()); err != nil {
				return err
			}
			a.By = d.who()
			return d.with(c, func(desk alerting.Desk) error {
				made, err := desk.Allow(c.Context(), a)
				if err != nil {
					return err
				}
				if d.output != "table" {
					return printList(c.OutOrStdout(), d.output, []schemas.Allowance{made}, "", nil)
				}
				_, err = fmt.Fprintf(c.OutOrStdout(), "exception %s until %s %s: gatehound allow end %[1]s ends it before\n", made.ID, d.clock().At(made.Until), d.clock().Name())
				return err
			})
		},
	}
	d.register(c, true)
	d.shows(c, "json or ndjson")
	fs := c.Flags()
	fs.StringVar(&a.Detector, "detector", "", "of this `rule` or family, such as extraction.volume or extraction (default all)")
	fs.StringVar(&a.Principal, "principal", "", "of this `caller`")
	fs.StringVar(&a.Client, "client", "", "of this `address`")
	fs.StringVar(&a.Route, "route", "", "of this `route`, such as \"POST /v1/embeddings\"")
	fs.StringVar(&a.Tenant, "tenant", "", "of this `tenant`")
	fs.DurationVar(&length, "for", 0, "how `long`, such as 720h")
	fs.StringVar(&until, "until", "", "until which `time`")
	fs.StringVarP(&a.Reason, "reason", "m", "", "why (`text`)")
	return c
}

// covered says what an exception covers.
func covered(a schemas.Allowance) string {
	var parts []string
	for _, p := range []struct{ name, value string }{{"detector", a.Detector}, {"principal", a.Principal}, {"client", a.Client}, {"route", a.Route}, {"tenant", a.Tenant}} {
		if p.value != "" {
			parts = append(parts, p.name+" "+neutral.Text(p.value, 60))
		}
	}
	return strings.Join(parts, ", ")
}

func newAllowList() *cobra.Command {
	var d deskFlags
	var all bool
	c := &cobra.Command{
		Use:   "list",
		Short: "list the exceptions in force",
		Long: `List the exceptions that were made while the service ran and are in force; with
--all those that are over, too. Those of the configuration are in engine.allow.

  gatehound allow list
  gatehound allow list --all -o json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return d.with(c, func(desk alerting.Desk) error {
				list, err := desk.Allowances(all)
				if err != nil {
					return err
				}
				if len(list) == 0 {
					fmt.Fprintln(c.ErrOrStderr(), "no exception is in force")
				}
				clock := d.clock()
				return printList(c.OutOrStdout(), d.output, list, "ID\tSTATE\tCOVERS\tUNTIL ("+clock.Name()+")\tBY\tREASON", func(a schemas.Allowance) string {
					return fmt.Sprintf("%s\t%s\t%s\t%s\t%s\t%s", a.ID, inForce(clock, a.Created, a.Until, a.Ended), covered(a), clock.At(a.Until),
						or(neutral.Text(a.By, 40), "-"), or(neutral.Text(a.Reason, 80), "-"))
				})
			})
		},
	}
	d.register(c, false)
	d.shows(c, "json or ndjson")
	c.Flags().BoolVarP(&all, "all", "a", false, "those that are over, too")
	return c
}

func newAllowEnd() *cobra.Command {
	var d deskFlags
	c := &cobra.Command{
		Use:   "end ID…",
		Short: "end exceptions before their time",
		Long: `End exceptions now; what they covered is told from the next finding on:

  gatehound allow end 01ab23cd45ef`,
		Args: cobra.MinimumNArgs(1),
		ValidArgsFunction: d.completeIDs(func(desk alerting.Desk) (out []string, err error) {
			list, err := desk.Allowances(false)
			for _, a := range list {
				out = append(out, cobra.CompletionWithDesc(a.ID, covered(a)))
			}
			return out, err
		}),
		RunE: func(c *cobra.Command, args []string) error {
			return d.with(c, func(desk alerting.Desk) error {
				return d.end(c, args, func(id string) (string, error) {
					a, err := desk.Disallow(c.Context(), id, d.who())
					return a.ID, err
				})
			})
		},
	}
	d.register(c, true)
	return c
}

// printList prints rows as a table with a heading, or as JSON that is harmless on
// a terminal.
func printList[T any](out io.Writer, format string, rows []T, heading string, line func(T) string) error {
	switch format {
	case "json", "ndjson":
		return writeDocuments(out, format, rows)
	case "table":
		return show(out, format, rows, heading, line)
	}
	return usage(errors.New("--output: unknown; allowed are table, json and ndjson"))
}

// completeIDs completes ids that list finds at the desk.
func (f *deskFlags) completeIDs(list func(alerting.Desk) ([]string, error)) cobra.CompletionFunc {
	return func(c *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(c.Context(), 3*time.Second)
		defer cancel()
		desk, done, err := f.open(ctx, io.Discard)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		out, err := list(desk)
		if errors.Join(err, done()) != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	}
}
