package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/cmd/internal/query"
	"github.com/gatehound/gatehound/storage/clickhouse"
)

func newMigrate() *cobra.Command {
	var path string
	c := &cobra.Command{
		Use:   "migrate --config gatehound.yaml",
		Short: "bring ClickHouse's schema and TTLs up to date",
		Long: `Make the database and its tables, apply the migrations that are missing, and set
the tables' TTLs to those of the configuration. run does the same at its start.

  gatehound migrate --config gatehound.yaml`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, log, err := load(path)
			if err != nil {
				return err
			}
			applied, err := app.Migrate(c.Context(), cfg, log)
			if err != nil {
				return err
			}
			for _, name := range applied {
				fmt.Fprintln(c.OutOrStdout(), "applied", name)
			}
			if len(applied) == 0 {
				fmt.Fprintln(c.ErrOrStderr(), "the schema is up to date")
			}
			return nil
		},
	}
	configFlag(c, &path)
	return c
}

func newQuery() *cobra.Command {
	var (
		path, output string
		store        string
		rows         int
		seconds      int
	)
	c := &cobra.Command{
		Use:   `query "SELECT …"`,
		Short: "ask the store, read-only and with limits",
		Long: `Run one SELECT against the store and print the answer. It can only read, and is
bounded in time, rows and memory; a statement that would go beyond a limit fails.

  gatehound query "SELECT principal, count() FROM events GROUP BY 1 ORDER BY 2 DESC LIMIT 10"
  gatehound query --store ./evidence --output csv "SELECT * FROM findings FINAL"

In CSV a value that a spreadsheet would run as a formula gets an apostrophe in
front; json and ndjson have every value as it is.

Tables: events, findings, campaigns, campaign_members, alerts, rejects, and
per-minute roll-ups; see "SHOW TABLES" and "DESCRIBE events".`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			cfg, log, err := loadQuiet(path)
			if err != nil {
				return err
			}
			if store != "" {
				if entries, err := os.ReadDir(store); err != nil || len(entries) == 0 {
					return usage(fmt.Errorf("--store: %s holds no store; allowed is a folder that replay --store has filled", store))
				}
				app.EmbeddedAt(cfg, store)
			}
			switch output {
			case "table", "json", "ndjson", "csv":
			default:
				return usage(fmt.Errorf("--output: unknown; allowed are table, json, ndjson and csv"))
			}
			if rows < 1 || seconds < 1 {
				return usage(errors.New("--max-rows and --max-seconds: allowed is 1 and more"))
			}
			err = app.WithStore(cfg, log, func(st *clickhouse.Store) error {
				return query.Print(c.Context(), st, args[0], query.Options{Output: output, Rows: rows, Seconds: seconds}, c.OutOrStdout())
			})
			return awayFolder(err)
		},
	}
	configFlag(c, &path)
	c.Flags().StringVar(&store, "store", "", "embedded store in this `folder`, as kept by replay --store")
	c.Flags().StringVarP(&output, "output", "o", "table", "`format`: table, json, ndjson or csv")
	c.Flags().IntVar(&rows, "max-rows", 10_000, "most rows of an answer")
	c.Flags().IntVar(&seconds, "max-seconds", 60, "most seconds that it may run")
	return c
}

func newCheck() *cobra.Command {
	var path string
	var offline bool
	c := &cobra.Command{
		Use:   "check --config gatehound.yaml",
		Short: "validate the configuration and try every connection",
		Long: `Validate the configuration (file, line, key and what is allowed), build every
stage, and try each connection: Kafka (login, topics), ClickHouse (login,
database), each sink. What api and slack_app name is read, too. No event is read or
stored and no alert is sent; a key ring is made if there is none.

  gatehound check --config gatehound.yaml
  gatehound check --config gatehound.yaml --offline    in CI, without the network`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, log, err := loadQuiet(path)
			if err != nil {
				return err
			}
			return app.Check(c.Context(), cfg, offline, c.OutOrStdout(), log)
		},
	}
	configFlag(c, &path)
	c.Flags().BoolVar(&offline, "offline", false, "only validate, try no connection")
	return c
}

// awayFolder is away for commands with --store.
func awayFolder(err error) error {
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return err
	}
	return fmt.Errorf("%w\nIs storage.clickhouse of the --config right? A folder that replay has kept is asked with --store DIR.", err)
}

// away adds to the error of a store that does not answer how another is named.
func away(err error) error {
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return err
	}
	return fmt.Errorf("%w\nIs storage.clickhouse of the --config right? For a folder that replay has kept set\n"+
		"GATEHOUND_STORAGE_MODE=embedded and GATEHOUND_STORAGE_EMBEDDED_DIR=DIR.", err)
}
