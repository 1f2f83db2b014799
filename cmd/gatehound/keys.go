package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/ingest/redact"
)

func newKeys() *cobra.Command {
	c := &cobra.Command{
		Use:   "keys",
		Short: "see and rotate the keys of pseudonyms",
		Long: `Pseudonyms are made under the current key of a ring, redact.key_file. A rotation
makes a new one current; for redact.overlap the pseudonyms under the former are
joined to the new ones, and detectors go on knowing their callers. Give the file
to every instance, and let each read it again (SIGHUP, or a restart).

  gatehound keys list
  gatehound keys rotate
  gatehound keys retire k1          end its overlap now
  gatehound keys destroy k1 --yes   for good: nothing made under it can be revealed`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newKeysList(), newKeysRotate(), newKeysRetire(), newKeysDestroy())
	return c
}

func newKeysList() *cobra.Command {
	var path, output string
	c := &cobra.Command{
		Use:   "list",
		Short: "list the keys of the ring, never their secrets",
		Long: `List the keys of the ring with their lives; their secrets are not shown:

  gatehound keys list
  gatehound keys list --output json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, _, err := loadQuiet(path)
			if err != nil {
				return err
			}
			states, err := app.KeyStates(cfg)
			if err != nil {
				return err
			}
			switch output {
			case "json":
				return json.NewEncoder(c.OutOrStdout()).Encode(states)
			case "table":
			default:
				return usage(errors.New("--output: unknown; allowed are table and json"))
			}
			w := tabwriter.NewWriter(c.OutOrStdout(), 0, 4, 2, ' ', 0)
			fmt.Fprintln(w, "id\tstate\tcreated\tretired")
			for _, s := range states {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", s.ID, stateOf(&s, cfg.Redact.Overlap), day(s.Created), day(s.Retired))
			}
			return w.Flush()
		},
	}
	configFlag(c, &path)
	c.Flags().StringVarP(&output, "output", "o", "table", "`format`: table or json")
	return c
}

// stateOf says in a word or some what a key is good for.
func stateOf(s *redact.KeyState, overlap time.Duration) string {
	switch {
	case s.Current:
		return "current"
	case !s.Destroyed.IsZero():
		return "destroyed " + day(s.Destroyed)
	case s.Overlaps(time.Now(), overlap):
		return "overlaps until " + day(s.Retired.Add(overlap))
	default:
		return "kept to reveal and forget"
	}
}

func day(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04")
}

func newKeysRotate() *cobra.Command {
	return changeKeys("rotate", "make a new key the current one", `Add a random key to the ring and make it the current one. The former overlaps
with it for redact.overlap. A service makes pseudonyms under the new key when it
has read the ring again: send it SIGHUP, or restart it.

  gatehound keys rotate && kill -HUP "$(pidof gatehound)"`, cobra.NoArgs,
		func(ring, _ string) (string, error) {
			id, err := redact.RotateKeys(ring, time.Now())
			return id + " is the current key", err
		})
}

func newKeysRetire() *cobra.Command {
	return changeKeys("retire ID", "end the overlap of a key", `End the overlap of a key now: what is new is not joined to its pseudonyms any more,
and detectors that knew callers by it know them as new ones. It can still reveal
and forget.

  gatehound keys retire k1`, cobra.ExactArgs(1),
		func(ring, id string) (string, error) {
			return id + " is retired", redact.RetireKey(ring, id, time.Now())
		})
}

func newKeysDestroy() *cobra.Command {
	var yes bool
	c := changeKeys("destroy ID", "erase the secret of a key, for good", `Erase the secret of a key that is not the current one. For good: nothing that was
made under it can be revealed, unsealed, or found by its origin, in the store and in
every backup of it. That is what makes old pseudonyms anonymous. Destroy the copies
of the ring file too.

  gatehound keys destroy k1 --yes`, cobra.ExactArgs(1),
		func(ring, id string) (string, error) {
			if !yes {
				return "", usage(errors.New("--yes: say it, for this cannot be undone"))
			}
			return id + " is destroyed", redact.DestroyKey(ring, id, time.Now())
		})
	c.Flags().BoolVar(&yes, "yes", false, "destroy it")
	return c
}

// changeKeys makes a command that changes the ring and says what it did.
func changeKeys(use, short, long string, args cobra.PositionalArgs, change func(ring, id string) (string, error)) *cobra.Command {
	var path string
	c := &cobra.Command{
		Use: use, Short: short, Long: long, Args: args,
		RunE: func(c *cobra.Command, args []string) error {
			cfg, _, err := loadQuiet(path)
			if err != nil {
				return err
			}
			done, err := change(app.KeyFile(cfg), append(args, "")[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), done)
			return err
		},
	}
	configFlag(c, &path)
	return c
}
