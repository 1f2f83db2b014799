package main

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/cmd/internal/api/client"
	"github.com/gatehound/gatehound/cmd/internal/app"
)

func newSinks() *cobra.Command {
	c := &cobra.Command{
		Use:   "sinks",
		Short: "list who is told of alerts, and send them a test alert",
		Long: `Sinks are who is told of alerts; they are configured below alerting.sinks.

  gatehound sinks list --config gatehound.yaml
  gatehound sinks test oncall --config gatehound.yaml`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newSinksList(), newSinksTest())
	return c
}

// listedSink is a configured sink, and how it stands if a service runs.
type listedSink struct {
	Name        string               `json:"name"`
	Kind        string               `json:"kind"`
	MinSeverity string               `json:"min_severity"`
	PerMinute   int                  `json:"per_minute"`
	Status      *alerting.SinkStatus `json:"status,omitempty"`
}

func newSinksList() *cobra.Command {
	var d deskFlags
	c := &cobra.Command{
		Use:   "list",
		Short: "list the configured sinks, and how they stand",
		Long: `List the configured sinks and, if the service runs, how each stands: what waits for
it, what was given up, and whether the last attempt went well.

  gatehound sinks list --config gatehound.yaml
  gatehound sinks list -o json | jq -r '.[] | select(.status.failures > 0) | .name'`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if d.output != "table" && !oneOf(d.output, "json", "ndjson") {
				return usage(errors.New("--output: unknown; allowed are table, json and ndjson"))
			}
			sinks, err := d.running(c)
			if err != nil {
				return advice(err)
			}
			if sinks != nil && d.output == "table" {
				return d.printStanding(c.OutOrStdout(), sinks)
			}
			list, err := d.configured(sinks)
			if err != nil {
				return err
			}
			if len(list) == 0 {
				fmt.Fprintln(c.ErrOrStderr(), "no sink is configured: see alerting.sinks in 'gatehound config'")
			}
			return printList(c.OutOrStdout(), d.output, list, "SINK\tKIND\tMIN SEVERITY\tPER MINUTE", func(s listedSink) string {
				return fmt.Sprintf("%s\t%s\t%s\t%d", s.Name, s.Kind, s.MinSeverity, s.PerMinute)
			})
		},
	}
	d.register(c, false)
	d.shows(c, "json or ndjson")
	return c
}

// configured lists the sinks of the configuration; of another machine's service
// those that it tells of.
func (f *deskFlags) configured(sinks []alerting.SinkStatus) ([]listedSink, error) {
	status := make(map[string]*alerting.SinkStatus)
	for i := range sinks {
		status[sinks[i].Name] = &sinks[i]
	}
	var list []listedSink
	if f.server != "" {
		for i := range sinks {
			list = append(list, listedSink{Name: sinks[i].Name, Kind: sinks[i].Kind, Status: &sinks[i]})
		}
		return list, nil
	}
	cfg, _, err := loadQuiet(f.config)
	if err != nil {
		return nil, err
	}
	for _, s := range cfg.Alerting.Sinks {
		x := listedSink{Name: s.Name, Kind: s.Kind, MinSeverity: or(s.MinSeverity, "info"), PerMinute: s.PerMinute, Status: status[s.Name]}
		if x.PerMinute == 0 {
			x.PerMinute = 30
		}
		list = append(list, x)
	}
	return list, nil
}

// running returns how the sinks of the service stand; nil if none runs here.
func (f *deskFlags) running(c *cobra.Command) ([]alerting.SinkStatus, error) {
	there, err := f.service(c)
	if err != nil || there == nil {
		return nil, err
	}
	defer there.Close()
	return there.Standing()
}

// service returns a client of the service; nil if none runs here.
func (f *deskFlags) service(c *cobra.Command) (*client.Client, error) {
	if f.server != "" {
		desk, _, err := f.remote()
		if err != nil {
			return nil, err
		}
		return desk.(*client.Client), nil
	}
	cfg, _, err := loadQuiet(f.config)
	if err != nil {
		return nil, err
	}
	there, err := client.Local(client.Service{Listen: cfg.API.Listen, CertFile: cfg.API.TLS.CertFile, TokenFile: or(f.tokenFile, cfg.APIToken())})
	if errors.Is(err, client.ErrOff) || errors.Is(err, fs.ErrNotExist) && f.tokenFile == "" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err := there.Ping(c.Context()); err != nil {
		there.Close()
		if client.IsAway(err) {
			return nil, nil
		}
		return nil, err
	}
	return there, nil
}

func newSinksTest() *cobra.Command {
	var d deskFlags
	c := &cobra.Command{
		Use:   "test NAME…",
		Short: "send a marked test alert to sinks, and tell what they answered",
		Long: `Send an alert that is marked TEST to sinks and tell what they answered and how long
it took. The running service sends it; without one it is sent from here, with the
settings and secrets of --config. It is in no log and in no store. Over the API it
wants the role admin.

  gatehound sinks test oncall --config gatehound.yaml
  gatehound sinks test oncall siem

It ends with 1 if a sink did not accept it.`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: d.completeSinks,
		RunE: func(c *cobra.Command, args []string) error {
			there, err := d.service(c)
			if err != nil {
				return advice(err)
			}
			try := func(name string) error { return there.Try(c.Context(), name) }
			if there == nil {
				cfg, log, err := loadQuiet(d.config)
				if err != nil {
					return err
				}
				fmt.Fprintln(c.ErrOrStderr(), "gatehound: no service answers: sending from here")
				try = func(name string) error { return app.TrySink(c.Context(), cfg, name, log) }
			} else {
				defer there.Close()
			}
			failed := 0
			for _, name := range args {
				began := time.Now()
				err := try(name)
				took := time.Since(began).Round(time.Millisecond)
				if errors.Is(err, alerting.ErrNoSink) {
					return usage(fmt.Errorf("%s: %w", neutral.Text(name, 40), advice(err)))
				}
				if err != nil {
					failed++
					fmt.Fprintf(c.OutOrStdout(), "FAIL  %s after %v: %s\n", name, took, neutral.Text(err.Error(), 1000))
					continue
				}
				fmt.Fprintf(c.OutOrStdout(), "ok    %s accepted the test alert after %v\n", name, took)
			}
			if failed > 0 {
				return fmt.Errorf("%d of %d sinks did not accept the test alert", failed, len(args))
			}
			return nil
		},
	}
	d.register(c, false)
	return c
}
