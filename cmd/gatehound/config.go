package main

import (
	"fmt"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"github.com/gatehound/gatehound/cmd/internal/app"
)

// configFlag adds --config; without it the defaults and the environment hold.
func configFlag(c *cobra.Command, path *string) {
	c.Flags().StringVarP(path, "config", "c", os.Getenv("GATEHOUND_CONFIG"), "configuration `file` (also $GATEHOUND_CONFIG)")
}

// load reads the configuration and makes the logger, which writes to stderr.
func load(path string) (*app.Config, *slog.Logger, error) {
	cfg, err := app.Load(path)
	if err != nil {
		return nil, nil, usage(err)
	}
	log, err := app.Logger(cfg.Log, os.Stderr)
	return cfg, log, usage(err)
}

func newConfig() *cobra.Command {
	return &cobra.Command{
		Use:   "config",
		Short: "print a sample configuration with every setting explained",
		Long: `Print a sample configuration with every setting, its default and its bounds:

  gatehound config > gatehound.yaml

Every setting can also come from the environment: storage.mode from
GATEHOUND_STORAGE_MODE.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprint(c.OutOrStdout(), app.SampleConfig)
			return err
		},
	}
}

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "print the version",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(c.OutOrStdout(), app.Version(version))
			return err
		},
	}
}
