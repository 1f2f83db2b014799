package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/cmd/internal/api/client"
	"github.com/gatehound/gatehound/cmd/internal/api/gate"
	"github.com/gatehound/gatehound/cmd/internal/api/wire"
	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/cmd/internal/incident"
)

// deskFlags say which desk a command works at, and who works there.
type deskFlags struct {
	config, server, tokenFile, caFile, by, output string
	utc, local                                    bool
}

// deskHelp is what the commands at a desk have in common.
const deskHelp = `

It asks the running service through its API, whose address and token are found by
--config, or --server and --token-file; without a service that runs it works on
the notification log itself, and says so.`

// register adds the flags. Commands that change something have --by.
func (f *deskFlags) register(c *cobra.Command, changes bool) {
	configFlag(c, &f.config)
	c.Flags().StringVar(&f.server, "server", "", "`address` of another machine's API, such as https://gatehound.example.com:9465")
	c.Flags().StringVar(&f.tokenFile, "token-file", "", "`file` with the API's token (default api-token in the data folder)")
	c.Flags().StringVar(&f.caFile, "ca-file", "", "`file` with the certificates that --server is trusted by (default the system's)")
	if changes {
		c.Flags().StringVar(&f.by, "by", "", "`who` does it, for the history (default the user of the system)")
	}
}

// shows adds the flags of commands that print; formats are besides table.
func (f *deskFlags) shows(c *cobra.Command, formats string) {
	c.Flags().StringVarP(&f.output, "output", "o", "table", "`format`: table, "+formats)
	c.Flags().BoolVar(&f.utc, "utc", false, "show times in UTC (default)")
	c.Flags().BoolVar(&f.local, "local", false, "show times in the machine's zone")
}

// clock says how times are shown.
func (f *deskFlags) clock() incident.Clock {
	c := incident.Clock{Zone: time.UTC, Now: time.Now()}
	if f.local {
		c.Zone = time.Local
	}
	return c
}

// who is who does it.
func (f *deskFlags) who() string {
	if f.by != "" {
		return neutral.Text(f.by, wire.MaxPerson)
	}
	if u, err := user.Current(); err == nil && u.Username != "" {
		return neutral.Text(u.Username, wire.MaxPerson)
	}
	return "unknown"
}

// with runs do at the desk and closes it.
func (f *deskFlags) with(c *cobra.Command, do func(desk alerting.Desk) error) error {
	if f.utc && f.local {
		return usage(errors.New("--utc, --local: give one of them"))
	}
	desk, done, err := f.open(c.Context(), c.ErrOrStderr())
	if err != nil {
		return advice(err)
	}
	return advice(errors.Join(do(desk), done()))
}

// open returns the desk: the API's if it answers, else the notification log's.
func (f *deskFlags) open(ctx context.Context, errs io.Writer) (alerting.Desk, func() error, error) {
	if f.server != "" {
		return f.remote()
	}
	cfg, log, err := loadQuiet(f.config)
	if err != nil {
		return nil, nil, err
	}
	tokenFile := f.tokenFile
	if tokenFile == "" {
		tokenFile = cfg.APIToken()
	}
	there, err := client.Local(client.Service{Listen: cfg.API.Listen, CertFile: cfg.API.TLS.CertFile, TokenFile: tokenFile})
	if err == nil {
		if err = there.Ping(ctx); !client.IsAway(err) {
			if err != nil {
				there.Close()
				return nil, nil, err
			}
			return there, func() error { there.Close(); return nil }, nil
		}
		there.Close()
		fmt.Fprintf(errs, "gatehound: no service answers at %s: working on %s itself\n", cfg.API.Listen, cfg.AlertLog())
	} else if !errors.Is(err, client.ErrOff) && !errors.Is(err, fs.ErrNotExist) || f.tokenFile != "" {
		return nil, nil, err
	} else {
		fmt.Fprintf(errs, "gatehound: no API or no token for it (%s): working on %s itself\n", tokenFile, cfg.AlertLog())
	}
	desk, err := app.OpenDesk(cfg, log)
	if err != nil {
		return nil, nil, err
	}
	return desk, desk.Close, nil
}

func (f *deskFlags) remote() (alerting.Desk, func() error, error) {
	token := strings.TrimSpace(os.Getenv("GATEHOUND_API_TOKEN"))
	if f.tokenFile != "" || token == "" {
		if f.tokenFile == "" {
			return nil, nil, usage(errors.New("--token-file: empty; allowed is a file with a token of the server's api.tokens, or set $GATEHOUND_API_TOKEN"))
		}
		var err error
		if token, err = gate.ReadToken(f.tokenFile); err != nil {
			return nil, nil, err
		}
	}
	there, err := client.New(f.server, token, client.TLS{CAFile: f.caFile})
	if err != nil {
		return nil, nil, usage(fmt.Errorf("--server: %w", err))
	}
	return there, func() error { there.Close(); return nil }, nil
}

// advices are what to do about an error of a desk.
var advices = []struct {
	err error
	do  string
}{
	{alerting.ErrNoAlert, "gatehound alerts list --all shows those that there are; of an id six characters are enough"},
	{alerting.ErrAmbiguous, "give more characters of the id"},
	{alerting.ErrNoSilence, "gatehound silence list --all shows those that there are"},
	{alerting.ErrNoAllow, "gatehound allow list --all shows those that there are"},
	{alerting.ErrNoSink, "gatehound sinks list shows those that are configured"},
	{alerting.ErrResolved, "it opens again by itself if its cause comes back; a comment can still be made"},
	{app.ErrNoLog, "the service makes it: is --config, or $GATEHOUND_CONFIG, that of the service?"},
}

// advice adds to an error of a desk what to do about it.
func advice(err error) error {
	if err == nil {
		return nil
	}
	var coded *exitCode
	if errors.As(err, &coded) {
		return err
	}
	for _, a := range advices {
		if errors.Is(err, a.err) {
			return fmt.Errorf("%w: %s", err, a.do)
		}
	}
	var p *wire.Problem
	switch {
	case errors.As(err, &p) && p.IsInvalid():
		return usage(err)
	case strings.Contains(err.Error(), "another process holds it"):
		return fmt.Errorf("%w: a service runs without an API that this command can use: set api.listen in its configuration, or stop it", err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: run it as the user of the service, or give --token-file", err)
	case client.IsAway(err):
		return fmt.Errorf("%w: does the service run, and is that its address?", err)
	}
	return err
}

// span reads --for and --until.
func span(length time.Duration, until string, from time.Time) (time.Time, error) {
	switch {
	case (length == 0) == (until == ""):
		return time.Time{}, usage(errors.New("--for, --until: one of them is needed, such as --for 2h or --until 2026-12-24T08:00:00Z"))
	case until == "":
		if length < time.Second || length > maxSpan {
			return time.Time{}, usage(errors.New("--for: out of bounds; allowed is 1s to 8760h; what holds for longer belongs into the configuration"))
		}
		return from.Add(length), nil
	}
	t, err := readTime(until)
	if err != nil {
		return t, usage(fmt.Errorf("--until: %w", err))
	}
	if !t.After(time.Now()) || !t.After(from) || time.Until(t) > maxSpan {
		return t, usage(errors.New("--until: out of bounds; allowed is a time to come, at most 365 days ahead"))
	}
	return t, nil
}

// maxSpan is that of the API.
const maxSpan = 365 * 24 * time.Hour

// readTime reads a time as people write it.
func readTime(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errors.New("not a time; allowed is 2026-12-24T08:00:00Z, or in UTC 2026-12-24 08:00")
}
