package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/schemas"
)

func newDecode() *cobra.Command {
	var path, format string
	c := &cobra.Command{
		Use:   "decode [FILE…]",
		Short: "show the redacted events that lines become",
		Long: `Read log lines from files or stdin and print what ingest makes of each, as NDJSON:
{"event":{…}} or {"reject":{…}} with the reason. Nothing is stored.

  tail -n 100 access.log | gatehound decode
  zcat access.log.1.gz | gatehound decode
  gatehound decode --format kong kong.log | jq .event.principal`,
		RunE: func(c *cobra.Command, args []string) error {
			out := json.NewEncoder(c.OutOrStdout())
			return inspect(c, path, format, args, func(part *schemas.Part) error {
				for i := range part.Events {
					if err := out.Encode(map[string]any{"event": &part.Events[i]}); err != nil {
						return err
					}
				}
				for i := range part.Rejects {
					if err := out.Encode(map[string]any{"reject": &part.Rejects[i]}); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	configFlag(c, &path)
	c.Flags().StringVar(&format, "format", "", "log `format` instead of the configured one (auto: found out per record)")
	return c
}

func newRedact() *cobra.Command {
	var path string
	c := &cobra.Command{
		Use:   "redact [FILE…]",
		Short: "print lines with personal data and secrets taken out",
		Long: `Read lines of any kind from files or stdin and print each with personal data and
secrets replaced by markers. It is what dead letters and error texts pass.

  gatehound redact access.log | less
  echo 'mail jo@example.com' | gatehound redact     prints: mail [EMAIL]`,
		RunE: func(c *cobra.Command, args []string) error {
			cfg, log, err := loadQuiet(path)
			if err != nil {
				return err
			}
			return eachInput(c.Context(), args, func(in io.Reader) error {
				return app.RedactLines(c.Context(), cfg, in, c.OutOrStdout(), log)
			})
		},
	}
	configFlag(c, &path)
	return c
}

func inspect(c *cobra.Command, path, format string, args []string, each func(*schemas.Part) error) error {
	cfg, log, err := loadQuiet(path)
	if err != nil {
		return err
	}
	if err := setFormat(cfg, format); err != nil {
		return err
	}
	return eachInput(c.Context(), args, func(in io.Reader) error {
		return app.Inspect(c.Context(), cfg, in, each, log)
	})
}

// eachInput opens the files one after another, or stdin if there are none.
func eachInput(ctx context.Context, args []string, do func(io.Reader) error) error {
	if len(args) == 0 {
		args = []string{"-"}
	}
	if err := endStdinWith(ctx, args); err != nil {
		return err
	}
	for _, name := range args {
		if info, err := os.Stat(name); err == nil && info.IsDir() {
			return usage(fmt.Errorf("%s is a directory: name the files in it, for example %s", name, filepath.Join(name, "*.log")))
		}
		in, err := app.OpenInput(name)
		if err != nil {
			return usage(err)
		}
		err = do(in)
		if e := in.Close(); err == nil {
			err = e
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return ctx.Err()
}

// endStdinWith lets standard input, if it is among the names, end when ctx is
// done: a read from a terminal or a pipe would go on until its next byte. A
// pipe stands in for it; what copies into it ends with the process.
func endStdinWith(ctx context.Context, names []string) error {
	if !slices.Contains(names, "-") {
		return nil
	}
	if info, err := os.Stdin.Stat(); err != nil || info.Mode().IsRegular() {
		return nil // a file does not keep a reader waiting
	}
	r, w, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("read standard input: %w", err)
	}
	stdin := os.Stdin
	os.Stdin = r
	end := func() { _ = w.Close() } // the second time it is closed already
	go func() {
		defer end()
		_, _ = io.Copy(w, stdin) // a broken input ends, as far as it came
	}()
	context.AfterFunc(ctx, end)
	return nil
}
