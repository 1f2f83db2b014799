package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/gatehound/gatehound/cmd/internal/privacy"
)

func newForget() *cobra.Command {
	var path, output, verify string
	var o privacy.ForgetOptions
	var yes bool
	c := &cobra.Command{
		Use:   "forget --principal NAME --reason TEXT",
		Short: "erase one person's events, findings and roll-ups everywhere; with a receipt",
		Long: `Erase all that the store and the data folder have about one person: events,
sealed prompts, roll-ups, findings, alerts, aliases, rejects that mention him, the
detectors' state, the notification log and the spool; under every key of the ring
and every pseudonym that a rotation has joined. It is counted again afterwards,
every column of text of every table is searched, and a signed receipt is printed
that names the person by hashes alone. Nothing can be undone.

Stop the service first: what it has in memory it would write again. Where several
instances share a store, run it once as below, and with --local-only for the data
folder of each other one. What was sent to Slack, a SIEM or a dead-letter topic,
and the raw logs in Kafka, are beyond reach.

  gatehound forget --principal jane@example.org --reason DSR-12 --dry-run
  gatehound forget --principal jane@example.org --reason DSR-12 --yes >receipt.json
  gatehound forget --token h1:k1:pW9xO8sQv0mZr3tYk2uLbA --reason DSR-12 --yes
  gatehound forget --address 203.0.113.9 --reason DSR-12 --yes
  gatehound forget --verify receipt.json

The name is the one that the gateway logs, to the letter. Sums that name nobody
stay; so does the audit, which has the receipt's number and the reason.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, log, err := loadQuiet(path)
			if err != nil {
				return err
			}
			if output != "text" && output != "json" {
				return usage(errors.New("--output: unknown; allowed are text and json"))
			}
			if verify != "" {
				text, err := os.ReadFile(verify)
				if err != nil {
					return usage(err)
				}
				r, err := privacy.VerifyReceipt(cfg, text)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(c.OutOrStdout(), "receipt %s of %s is as it was given\n", r.ID, r.Time.Format("2006-01-02 15:04:05Z07:00"))
				return err
			}
			if !yes && !o.Dry {
				return usage(errors.New("--yes: say it, for this cannot be undone; or --dry-run to count only"))
			}
			r, err := privacy.Forget(c.Context(), cfg, o, log)
			if err != nil {
				return argument(away(err))
			}
			if output == "json" || !o.Dry {
				enc := json.NewEncoder(c.OutOrStdout())
				enc.SetIndent("", "  ")
				if err := enc.Encode(r); err != nil {
					return err
				}
			}
			if output == "text" {
				summary := c.ErrOrStderr()
				if o.Dry {
					summary = c.OutOrStdout()
				}
				if err := printForgotten(summary, r); err != nil {
					return err
				}
			}
			if !o.Dry && !r.Complete {
				return errors.New("something of the person is left: see the receipt, and run it again")
			}
			return nil
		},
	}
	configFlag(c, &path)
	f := c.Flags()
	f.StringVar(&o.Principal, "principal", "", "the person as a caller, by the `name` that the gateway logs")
	f.StringVar(&o.EndUser, "end-user", "", "the person as the user behind a shared key, by `name`")
	f.StringVar(&o.Token, "token", "", "the person by a `pseudonym`, h1:…")
	f.StringVar(&o.Address, "address", "", "a client by his true `address`")
	f.StringVar(&o.Reason, "reason", "", "why, for the audit and the receipt; needed, and without the name")
	f.BoolVar(&o.Dry, "dry-run", false, "count, and erase nothing")
	f.BoolVar(&yes, "yes", false, "erase")
	f.BoolVar(&o.StoreOnly, "store-only", false, "leave the data folder alone; for a service that cannot be stopped yet")
	f.BoolVar(&o.LocalOnly, "local-only", false, "erase the data folder alone; for further instances")
	f.StringVar(&verify, "verify", "", "check the receipt in this `file`, and erase nothing")
	f.StringVarP(&output, "output", "o", "text", "`format`: text (the receipt, and a summary on stderr) or json (the receipt alone)")
	return c
}

func printForgotten(out io.Writer, r *privacy.Receipt) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	done := "erased"
	if r.Dry {
		done = "would be erased"
	}
	for _, t := range r.Tables {
		fmt.Fprintf(w, "%s\t%d of %d rows %s\n", t.Table, t.Removed, t.Before, done)
	}
	if r.Local != nil {
		fmt.Fprintf(w, "notification log\t%d entries %s\n", r.Local.Notifications, done)
		fmt.Fprintf(w, "spool\t%d batches changed, %d damaged files to look at\n", r.Local.Batches, r.Local.Damaged)
	}
	for _, m := range r.Mentions {
		fmt.Fprintf(w, "%s.%s\trows that name the person: %d\n", m.Table, m.Column, m.Rows)
	}
	return w.Flush()
}
