package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"github.com/gatehound/gatehound/alerting/notify/stdout"
	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/ingest/files"
	"github.com/gatehound/gatehound/schemas"
)

func newReplay() *cobra.Command {
	var path, format, store, failOn string
	parallel := 1
	c := &cobra.Command{
		Use:   "replay [FILE…]",
		Short: "find attacks in log files, in event time",
		Long: `Read log files (plain, .gz, .zst, patterns, or - for stdin) through the same
pipeline as run, in event time: detectors see the past as if it were now, and the
same files give the same alerts every time. Alerts are printed as NDJSON on
stdout; progress and a summary on stderr.

  gatehound replay access.log
  gatehound replay --store ./evidence 'logs/access.log*.gz' >alerts.ndjson
  kubectl logs deploy/gateway | gatehound replay -
  gatehound query --store ./evidence "SELECT detector, count() FROM findings FINAL GROUP BY 1"

Files are read one after another, the oldest first, whatever their order here:
access.log.2.gz, access.log.1, access.log. With --parallel N, files of several
gateways are merged by time.`,
		RunE: func(c *cobra.Command, args []string) error {
			cfg, log, err := loadQuiet(path)
			if err != nil {
				return err
			}
			if len(args) == 0 {
				args = []string{"-"}
			}
			if err := setFormat(cfg, format); err != nil {
				return err
			}
			switch store {
			case "none":
				cfg.Storage.Mode = app.StoreNone
			case "":
			default:
				app.EmbeddedAt(cfg, store)
			}
			var threshold schemas.Severity
			if failOn != "" {
				if err := threshold.UnmarshalText([]byte(failOn)); err != nil {
					return usage(fmt.Errorf("--fail-on: %w", err))
				}
			}
			sink, err := stdout.New("stdout", &stdout.Config{Stream: "stdout"})
			if err != nil {
				return err
			}
			worst := &worstSink{Sink: sink}
			from := files.DefaultConfig()
			from.Paths, from.Parallel = args, parallel
			if _, err := files.New(from, log, prometheus.NewRegistry()); err != nil {
				return usage(err) // before anything is made for it
			}
			if err := endStdinWith(c.Context(), args); err != nil {
				return err
			}
			p := newProgress(os.Stderr)
			started := time.Now()
			r, err := app.Replay(c.Context(), cfg, from, worst, log, p.watch)
			p.stop()
			if r != nil {
				summarize(c.ErrOrStderr(), r, worst.count, time.Since(started))
			}
			if err == nil {
				err = c.Context().Err() // what is left was not read
			}
			if err == nil && failOn != "" && worst.count > 0 && worst.worst >= threshold {
				return &exitCode{exitFound, errors.New("findings were made")}
			}
			return err
		},
	}
	configFlag(c, &path)
	c.Flags().StringVar(&format, "format", "", "log `format` (auto: found out per record)")
	c.Flags().StringVar(&store, "store", "none", "keep events, findings and alerts in an embedded store in this `folder`; none: only look; empty: the configured store")
	c.Flags().IntVar(&parallel, "parallel", 1, "files to read side by side, merged by time")
	c.Flags().StringVar(&failOn, "fail-on", "", "exit with 3 if an alert of this `severity` or above was raised: info, low, medium, high, critical")
	return c
}
