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

// loadQuiet is load for commands whose user reads the terminal: what is done
// in passing is not logged unless log.level is debug.
func loadQuiet(path string) (*app.Config, *slog.Logger, error) {
	cfg, log, err := load(path)
	if err != nil || cfg.Log.Level != "info" {
		return cfg, log, err
	}
	log, err = app.Logger(app.LogConfig{Level: "warn", Format: cfg.Log.Format}, os.Stderr)
	return cfg, log, usage(err)
}

// setFormat puts --format, if it is given, in the place of decode.format.
func setFormat(cfg *app.Config, format string) error {
	if format != "" {
		cfg.Decode.Format = format
	}
	if err := cfg.Decode.ValidateFormat(); err != nil {
		return usage(fmt.Errorf("--%w", err))
	}
	return nil
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
		Long: `Print the versions of Gatehound, of Go and of the embedded engine:

  gatehound version`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(c.OutOrStdout(), app.Version(version))
			return err
		},
	}
}
