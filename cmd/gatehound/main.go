// Command gatehound watches the access logs of AI gateways for model
// extraction, attacks on authentication and rate anomalies.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/gatehound/gatehound/cmd/internal/app"
)

// version is set by the Makefile.
var version = "dev"

// The exit codes. `gatehound help exit-codes` explains them.
const (
	exitOK      = 0
	exitError   = 1 // something went wrong while working
	exitUsage   = 2 // wrong arguments or configuration
	exitFound   = 3 // replay --fail-on, redact --audit, evaluate --fail: there is what was asked for
	exitDiffers = 4 // explain: the re-run does not say the same
	exitSignal  = 130
)

// exitCode lets a command end with a code of its own.
type exitCode struct {
	code int
	err  error
}

func (e *exitCode) Error() string { return e.err.Error() }
func (e *exitCode) Unwrap() error { return e.err }

// usage marks an error of the user's.
func usage(err error) error {
	if err == nil {
		return nil
	}
	return &exitCode{exitUsage, err}
}

// argument marks what the program found to be a wrong argument as the user's
// error.
func argument(err error) error {
	var wrong app.ArgumentError
	if errors.As(err, &wrong) {
		return usage(err)
	}
	return err
}

func main() {
	// Events, keys and logs of alerts are nobody else's to read, in whatever
	// folder they are kept.
	syscall.Umask(0o077)
	os.Exit(run())
}

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() {
		// A second signal kills: the default disposition is back then.
		<-ctx.Done()
		stop()
	}()
	root, began := newRoot(), false
	root.PersistentPreRun = func(*cobra.Command, []string) { began = true }
	c, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	var coded *exitCode
	if !began && !errors.As(err, &coded) { // cobra refused the command or its arguments
		err = usage(fmt.Errorf("%s\nSee '%s --help'.", strings.TrimSpace(err.Error()), c.CommandPath()))
	}
	if errors.As(err, &coded) && coded.code == exitFound {
		return exitFound
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = errors.New("interrupted")
	}
	fmt.Fprintln(os.Stderr, "gatehound:", err)
	switch {
	case coded != nil:
		return coded.code
	case ctx.Err() != nil:
		return exitSignal
	}
	return exitError
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "gatehound",
		Short: "watch AI gateway logs for model extraction, authentication attacks and rate anomalies",
		Long: `Gatehound reads the access logs of AI/LLM API gateways from Kafka, takes personal
data and secrets out of them, watches every caller for model extraction,
authentication attacks and rate anomalies, keeps the events in ClickHouse and
alerts Slack and the SIEM.

Start here:
  gatehound demo                      everything in one process, with simulated attacks
  gatehound replay access.log         what would have been found in a file
  gatehound run --config gatehound.yaml
  gatehound alerts list               what is open; show tells the story, ack takes it
  gatehound explain 1f0c6a            why an alert fired, and the events behind it
  gatehound investigate               campaigns of many keys, and which keys to act on

Results go to stdout, everything else to stderr.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       version,
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usage(fmt.Errorf("%w\nSee '%s --help'.", err, c.CommandPath()))
	})
	group := func(id, title string, commands ...*cobra.Command) {
		root.AddGroup(&cobra.Group{ID: id, Title: title})
		for _, c := range commands {
			c.GroupID = id
			root.AddCommand(c)
		}
	}
	group("watch", "Watch:", newDemo(), newReplay(), newRun(), newConfig(), newCheck(), newMigrate())
	group("look", "Look into what was found:", newExplain(), newInvestigate(), newQuery())
	group("act", "Act on alerts:", newAlerts(), newSilence(), newAllow(), newSinks())
	group("tune", "Set it to your traffic:", newBacktest(), newTune(), newRules(), newRoutes(), newScore())
	group("measure", "Measure how good it is:", newEvaluate(), newSimulate())
	group("ingest", "See what becomes of a record:", newDecode(), newRedact(), newRejects())
	group("privacy", "Personal data and keys:", newKeys(), newReveal(), newForget())
	root.AddCommand(newVersion(), newRejectReasons(), newExitCodes())
	return root
}

func newExitCodes() *cobra.Command {
	return &cobra.Command{
		Use:   "exit-codes",
		Short: "what the exit codes mean",
		Long: `Exit codes:
    0  done
    1  something went wrong while working; rules check, rules test: a rule is
       refused, a case fails; sinks test: a sink did not take the alert
    2  wrong arguments or configuration; nothing was begun
    3  replay --fail-on: an alert of that severity or above was raised;
       redact --audit: something is left; evaluate --fail: a target was missed
    4  explain: the detectors do not find the same again
  130  interrupted

In a script:
  gatehound replay --fail-on high access.log >alerts.ndjson
  [ $? -eq 3 ] && mail -s 'look at this' oncall <alerts.ndjson`,
	}
}
