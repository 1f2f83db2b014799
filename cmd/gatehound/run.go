package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/gatehound/gatehound/cmd/internal/app"
)

func newRun() *cobra.Command {
	var path string
	c := &cobra.Command{
		Use:   "run --config gatehound.yaml",
		Short: "run the service: Kafka to ClickHouse and alerts",
		Long: `Run the service until it is told to stop.

SIGTERM or Ctrl-C stops it gracefully: it stops reading, stores and commits what
it has read, sends the alerts that are due, and leaves the consumer group. A
second one kills it, which loses nothing either.
SIGHUP reads the configuration again and puts the detectors' thresholds, the
allowlist, the files of enrich, a rotated key and alerting.routing in force
without losing state. Other settings, sinks among them, wait for a restart.

Metrics and health are at console.listen: /metrics, /healthz, /readyz.

  gatehound config >gatehound.yaml       every setting; set kafka and storage
  gatehound check --config gatehound.yaml
  gatehound run --config gatehound.yaml`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, log, err := load(path)
			if err != nil {
				return err
			}
			if len(cfg.Kafka.Brokers) == 0 {
				return usage(errors.New("kafka.brokers: empty; allowed is a list of host:port\n" +
					"Set it in the file of --config, which 'gatehound config' begins, or in $GATEHOUND_KAFKA_BROKERS.\n" +
					"Without Kafka: 'gatehound replay FILE' reads files, 'gatehound demo' brings its own broker."))
			}
			return app.Run(c.Context(), cfg, log, func() (*app.Config, error) { return app.Load(path) })
		},
	}
	configFlag(c, &path)
	return c
}
