package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/gatehound/gatehound/cmd/internal/privacy"
)

func newRedact() *cobra.Command {
	var path, format, output string
	var explain, audit bool
	c := &cobra.Command{
		Use:   "redact [FILE…]",
		Short: "print lines with personal data and secrets taken out",
		Long: `Read lines of any kind from files or stdin and print each with personal data and
secrets replaced by markers. It is what dead letters and error texts pass.

  gatehound redact access.log | less
  echo 'mail jo@example.com' | gatehound redact     prints: mail [EMAIL]

--explain prints each hit instead: its line, its bytes, its kind, and the name of
what recognised it.

--audit is a test that you can run on your own logs: it redacts every line, as a
text and by the whole of ingest (decoded, as an event), and lets an independent
second scan look for what is left. It prints what that finds by kind, expected is
nothing, and ends with 3 if something is left. Fields that policy keeps are
passed over.

  gatehound redact --explain access.log
  gatehound redact --audit --format kong kong.log`,
		RunE: func(c *cobra.Command, args []string) error {
			cfg, log, err := loadQuiet(path)
			if err != nil {
				return err
			}
			if explain && audit {
				return usage(errors.New("--explain and --audit: at most one of them"))
			}
			if output != "table" && output != "json" {
				return usage(errors.New("--output: unknown; allowed are table and json"))
			}
			if err := setFormat(cfg, format); err != nil {
				return err
			}
			switch {
			case explain:
				return explainLines(c, args, output)
			case audit:
				var report privacy.AuditReport
				if err := eachInput(c.Context(), args, func(in io.Reader) error {
					return privacy.AuditLines(c.Context(), cfg, in, &report, log)
				}); err != nil {
					return err
				}
				return printAudit(c.OutOrStdout(), &report, output)
			}
			return eachInput(c.Context(), args, func(in io.Reader) error {
				return privacy.RedactLines(c.Context(), cfg, in, c.OutOrStdout(), log)
			})
		},
	}
	configFlag(c, &path)
	c.Flags().BoolVar(&explain, "explain", false, "print what is taken out, with its recogniser")
	c.Flags().BoolVar(&audit, "audit", false, "look for what is left, by a second scan")
	c.Flags().StringVar(&format, "format", "", "log `format` for --audit instead of the configured one")
	c.Flags().StringVarP(&output, "output", "o", "table", "`format` of --explain (a line of JSON for each hit) and --audit: table or json")
	return c
}

func explainLines(c *cobra.Command, args []string, output string) error {
	out := c.OutOrStdout()
	if output == "json" {
		enc := json.NewEncoder(out)
		return eachInput(c.Context(), args, func(in io.Reader) error {
			return privacy.ExplainLines(c.Context(), in, func(h privacy.Hit) error { return enc.Encode(h) })
		})
	}
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "line\tfrom\tto\tkind\trecogniser")
	err := eachInput(c.Context(), args, func(in io.Reader) error {
		return privacy.ExplainLines(c.Context(), in, func(h privacy.Hit) error {
			_, err := fmt.Fprintf(w, "%d\t%d\t%d\t%s\t%s\n", h.Line, h.Start, h.End, h.Kind, h.Recogniser)
			return err
		})
	})
	return errors.Join(err, w.Flush())
}

func printAudit(out io.Writer, r *privacy.AuditReport, output string) error {
	if output == "json" {
		if err := json.NewEncoder(out).Encode(r); err != nil {
			return err
		}
	} else {
		w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
		fmt.Fprintf(w, "%d lines, %d events, %d rejects\n", r.Lines, r.Events, r.Rejects)
		for _, l := range r.Leaks {
			fmt.Fprintf(w, "%s\t%s\t%d\tlines %v\t%q\n", l.Output, l.Kind, l.Count, l.Lines, l.Excerpts)
		}
		if len(r.Leaks) == 0 {
			fmt.Fprintln(w, "nothing is left")
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	if len(r.Leaks) > 0 {
		return &exitCode{exitFound, errors.New("something is left")}
	}
	return nil
}
