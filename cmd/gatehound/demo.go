package main

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehound/gatehound/cmd/internal/demo"
	"github.com/gatehound/gatehound/cmd/internal/rundemo"
	"github.com/gatehound/gatehound/cmd/internal/simulate"
)

func newDemo() *cobra.Command {
	o := rundemo.Settings{}
	c := &cobra.Command{
		Use:   "demo",
		Short: "run everything in one process, with a simulated fleet and attacks",
		Long: `Start a broker, the embedded ClickHouse engine, local receivers for Slack and a
SIEM, and a simulated fleet of AI-gateway clients with attackers among them, whose
records come in the gateways' real formats. Between them runs the same pipeline
as in 'gatehound run'. At the end it shows what was planted and what was found.

First some hours of the past are sent, so that the detectors know what is usual;
then event time runs --speed times as fast as the clock.

  gatehound demo
  gatehound demo --for 0 --speed 1       until Ctrl-C, at natural speed
  gatehound demo --dir ./demo-data       keep the events, to query them`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if o.For == 0 && !c.Flags().Changed("speed") {
				o.Speed = 1
			}
			if o.Speed <= 0 || o.Rate <= 0 || o.For < 0 || o.Backlog < 0 {
				return usage(fmt.Errorf("--speed and --rate must be above 0, --for and --backlog not below"))
			}
			o.Screen = demo.New(demo.Terminal(os.Stdout))
			_, err := rundemo.Run(c.Context(), o)
			return err
		},
	}
	f := c.Flags()
	f.DurationVar(&o.For, "for", time.Minute, "how long the live part takes; 0 runs until Ctrl-C")
	f.Float64Var(&o.Speed, "speed", 20, "seconds of event time a second; 1 with --for 0")
	f.DurationVar(&o.Backlog, "backlog", 3*time.Hour, "event time that is sent first")
	f.Float64Var(&o.Rate, "rate", 25, "benign requests a second of event time")
	f.Uint64Var(&o.Seed, "seed", 1, "seed of all that is left to chance")
	f.StringVar(&o.Dir, "dir", "", "keep the data in this `folder`; a temporary one is removed at the end")
	f.StringVar(&o.Listen, "listen", "127.0.0.1:0", "address of metrics and health; empty for none")
	return c
}

func newSimulate() *cobra.Command {
	var (
		out     string
		seed    uint64
		backlog time.Duration
		live    time.Duration
		rate    float64
		limit   int64
		clients int
	)
	c := &cobra.Command{
		Use:   "simulate --out FILE",
		Short: "write a log of simulated clients and attackers, with the truth beside it",
		Long: `Write records of a simulated fleet, in the gateways' real formats, to a file
(compressed if it ends in .gz), and what was planted to FILE.truth.json:

  gatehound simulate --out sample.log.gz && gatehound replay sample.log.gz`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if out == "" {
				return usage(fmt.Errorf("--out: missing; allowed is a file"))
			}
			cfg := simulate.Default(seed, time.Now().Add(-live).Truncate(time.Second), backlog, live)
			cfg.Rate = rate
			cfg.Clients = clients
			fleet, err := simulate.New(cfg)
			if err != nil {
				return usage(err)
			}
			n, err := simulate.WriteFile(c.Context(), out, fleet, limit)
			fmt.Fprintf(c.ErrOrStderr(), "%d records in %s, the truth in %s.truth.json\n", n, out, out)
			return err
		},
	}
	f := c.Flags()
	f.StringVar(&out, "out", "", "the `file` to write")
	f.Uint64Var(&seed, "seed", 1, "seed of all that is left to chance")
	f.DurationVar(&backlog, "backlog", 3*time.Hour, "event time before the attacks")
	f.DurationVar(&live, "live", 20*time.Minute, "event time with attacks")
	f.Float64Var(&rate, "rate", 25, "benign requests a second of event time")
	f.Int64Var(&limit, "limit", 0, "most records; 0 for all")
	f.IntVar(&clients, "clients", 2000, "benign clients")
	return c
}
