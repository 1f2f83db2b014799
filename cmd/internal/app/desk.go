package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify"
	"github.com/gatehound/gatehound/alerting/route"
	"github.com/gatehound/gatehound/schemas"
)

// APIToken returns where the token of the commands on this machine is.
func (c *Config) APIToken() string { return c.api().LocalTokenFile }

// ErrNoLog tells that there is no notification log to work on.
var ErrNoLog = errors.New("there is no notification log")

// OpenDesk opens the notification log of a service that does not run, for which
// nobody else may have it open. What is decided waits in the log for the sinks
// until the service runs: nothing is sent, and no secret of a sink is read. Close
// the manager.
func OpenDesk(cfg *Config, log *slog.Logger) (*alerting.Manager, error) {
	settings := cfg.Alerting
	settings.Path = cfg.AlertLog()
	if _, err := os.Stat(settings.Path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w at %s", ErrNoLog, settings.Path)
	}
	sinks := make([]alerting.Sink, len(settings.Sinks))
	for i, s := range settings.Sinks {
		sinks[i] = absent(s.Name)
	}
	m, err := alerting.New(settings, sinks, log, prometheus.NewRegistry())
	if err != nil {
		return nil, fmt.Errorf("alerting: %w", err)
	}
	if err := m.Open(); err != nil {
		return nil, fmt.Errorf("alerting: %w", err)
	}
	return m, nil
}

// absent stands for a sink that is not built: what is for it stays in the log.
type absent string

var _ alerting.Sink = absent("")

func (a absent) Name() string { return string(a) }

func (a absent) Notify(context.Context, *schemas.Alert, string, alerting.Ref) (alerting.Ref, error) {
	return "", errors.New("the service does not run")
}

func (a absent) Check(context.Context) error { return errors.New("the service does not run") }

// TrySink sends a marked test alert to one sink of the configuration, without the
// service and its log.
func TrySink(ctx context.Context, cfg *Config, name string, log *slog.Logger) error {
	i := slices.IndexFunc(cfg.Alerting.Sinks, func(s alerting.SinkConfig) bool { return s.Name == name })
	if i < 0 {
		return alerting.ErrNoSink
	}
	settings := cfg.Alerting
	settings.Path, settings.Routing, settings.Sinks = "", route.Config{}, settings.Sinks[i:i+1]
	sinks, err := notify.Build(settings.Sinks, decodeSink)
	if err != nil {
		return err
	}
	m, err := alerting.New(settings, sinks, log, prometheus.NewRegistry())
	if err != nil {
		return fmt.Errorf("alerting: %w", err)
	}
	return errors.Join(m.Try(ctx, name), m.Close())
}
