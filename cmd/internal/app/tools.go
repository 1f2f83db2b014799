package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify"
	"github.com/gatehound/gatehound/alerting/notify/slack/interact"
	"github.com/gatehound/gatehound/cmd/internal/api"
	"github.com/gatehound/gatehound/cmd/internal/lifecycle"
	"github.com/gatehound/gatehound/ingest/kafka"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/storage/clickhouse"
	"github.com/gatehound/gatehound/storage/embedded"
)

// Version returns the program's version with those of Go and of the engine.
func Version(version string) string {
	revision := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = " (" + s.Value[:min(12, len(s.Value))] + ")"
			}
		}
	}
	return fmt.Sprintf("gatehound %s%s %s %s/%s, embedded engine chDB %s", version, revision,
		runtime.Version(), runtime.GOOS, runtime.GOARCH, embedded.LibraryVersion)
}

// EmbeddedAt makes the configuration use the embedded store in a folder, and
// keep what is in it for good: it is for the logs of any time.
func EmbeddedAt(cfg *Config, dir string) {
	cfg.Storage.Mode, cfg.Storage.Embedded.Dir = StoreEmbedded, dir
	cfg.Storage.ClickHouse.TTL = clickhouse.TTL{Intents: cfg.Storage.ClickHouse.TTL.Intents}
}

// WithStore runs do with the configured store, and closes it.
func WithStore(cfg *Config, log *slog.Logger, do func(*clickhouse.Store) error) (err error) {
	if cfg.Storage.Mode == StoreNone {
		return errors.New(`storage.mode: "none" keeps nothing; allowed here are "clickhouse" and "embedded"`)
	}
	stops := lifecycle.Stack{Log: log}
	st, err := OpenStore(cfg, log, prometheus.NewRegistry(), &stops)
	if err != nil {
		return errors.Join(err, stops.Run())
	}
	return errors.Join(do(st), stops.Run())
}

// Migrate brings the schema and the TTLs up to date.
func Migrate(ctx context.Context, cfg *Config, log *slog.Logger) (applied []string, err error) {
	err = WithStore(cfg, log, func(st *clickhouse.Store) error {
		applied, err = st.Migrate(ctx)
		return err
	})
	return applied, err
}

// Check builds every stage, starts none, and tries the connections unless
// offline. It prints a line for each part and returns an error if one fails.
func Check(ctx context.Context, cfg *Config, offline bool, out io.Writer, log *slog.Logger) error {
	failed := 0
	try := func(part string, do func() error) {
		if err := do(); err != nil {
			failed++
			for line := range strings.Lines(err.Error()) { // it may be about several things
				fmt.Fprintf(out, "FAIL  %-12s %s\n", part, strings.TrimSuffix(line, "\n"))
			}
			return
		}
		fmt.Fprintf(out, "ok    %s\n", part)
	}
	fmt.Fprintln(out, "ok    configuration")
	var keys *redact.Keys
	try("keys", func() (err error) { keys, err = LoadKeys(cfg, log); return err })
	if keys != nil {
		try("ingest", func() error { _, err := NewNormalizer(cfg, keys, log); return err })
		try("detectors", func() error {
			d, err := OpenDetection(cfg, keys, true, log, nil)
			if err == nil {
				d.Close()
			}
			return err
		})
	}
	var sinks []alerting.Sink
	try("sinks", func() (err error) { sinks, err = notify.Build(cfg.Alerting.Sinks, decodeSink); return err })
	if cfg.API.Listen != "" {
		try("api", func() error { return api.Check(cfg.API, log) })
		if cfg.slackApp() {
			try("slack_app", func() error { _, err := interact.New(cfg.SlackApp, nil, log); return err })
		}
	}
	if bad := cfg.buttons(); bad != "" {
		fmt.Fprintf(out, "note  %-12s buttons do not work: %s\n", "slack", bad)
	}
	if !offline {
		bounded, cancel := context.WithTimeout(ctx, 30*time.Second)
		defer cancel()
		for _, sink := range sinks {
			try("sink "+sink.Name(), func() error { return sink.Check(bounded) })
		}
		try("kafka", func() error {
			if len(cfg.Kafka.Brokers) == 0 {
				return errors.New("kafka.brokers: empty; allowed is a list of host:port")
			}
			source, err := kafka.New(cfg.Kafka, log, prometheus.NewRegistry())
			if err != nil {
				return err
			}
			return source.Ping(bounded)
		})
		if cfg.Storage.Mode != StoreNone {
			try("store", func() error {
				err := WithStore(cfg, log, func(st *clickhouse.Store) error { return st.Ping(bounded) })
				if clickhouse.IsNoDatabase(err) {
					log.Warn("the store answers, its database is not there yet: run and migrate make it")
					return nil
				}
				return err
			})
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of the parts failed", failed)
	}
	return nil
}

// ArgumentError is a wrong argument of the user's; nothing was begun.
type ArgumentError string

func (e ArgumentError) Error() string { return string(e) }
