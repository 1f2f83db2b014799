package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify"
	"github.com/gatehound/gatehound/cmd/internal/lifecycle"
	"github.com/gatehound/gatehound/cmd/internal/pipeline"
	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse"
	"github.com/gatehound/gatehound/storage/spool"
)

// Source is a source of chunks that drives a handler.
type Source interface {
	pipeline.Source
	Run(ctx context.Context, h ingest.Handler) error
}

// Options are what a command adds to the configuration.
type Options struct {
	// Source is read; it is nil for commands that only use the store.
	Source Source
	// DeadLetters takes rejects besides the store; nil for none.
	DeadLetters pipeline.DeadLetters
	// Group names the consumer group in the store's ledger.
	Group string
	// Keys are used instead of those of the data folder, if set.
	Keys *redact.Keys
	// NoSpool keeps batches in memory while the store is away.
	NoSpool bool
	// Flush closes the detectors' windows at the end of the source.
	Flush bool
	// Sinks are added to the configured ones.
	Sinks []alerting.Sink
	// Step and Observed are the pipeline's.
	Step     func(string)
	Observed func(b *schemas.Batch, findings []schemas.Finding)

	Logger  *slog.Logger
	Metrics *prometheus.Registry
}

// Service is the assembled program.
type Service struct {
	cfg       *Config
	opts      Options
	log       *slog.Logger
	Keys      *redact.Keys
	Store     *clickhouse.Store
	Alerts    *alerting.Manager
	Health    *Health
	ingest    *Ingest
	workers   *workers
	scan      *redact.SelfScan
	detection *Detection
	pipe      *pipeline.Pipeline
	// waiting are the batches that the store has not taken yet; nil for none.
	waiting *spool.Spool
	// ring is the key ring as the last reload found it.
	ring  atomic.Pointer[redact.Keys]
	stops lifecycle.Stack
}

// NewService puts the stages together, in their order. It opens files and
// starts the embedded store; it reads no event yet. Close it.
func NewService(cfg *Config, opts Options) (_ *Service, err error) {
	s := &Service{cfg: cfg, opts: opts, log: opts.Logger, Health: newHealth(), stops: lifecycle.Stack{Log: opts.Logger}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.stops.Run())
		}
	}()
	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	if s.Keys = opts.Keys; s.Keys == nil {
		if s.Keys, err = LoadKeys(cfg, s.log); err != nil {
			return nil, err
		}
	}

	s.ring.Store(s.Keys)

	// Ingest.
	if s.ingest, err = OpenIngest(cfg, s.Keys, s.log, opts.Metrics); err != nil {
		return nil, err
	}
	if s.scan, err = redact.NewSelfScan(cfg.Redact, s.log, opts.Metrics); err != nil {
		return nil, fmt.Errorf("redact: %w", err)
	}
	s.workers = newWorkers(s.ingest, s.scan)

	// Detectors.
	if s.detection, err = OpenDetection(cfg, s.Keys, !opts.Flush, s.log, opts.Metrics); err != nil {
		return nil, err
	}
	s.stops.Closes("detectors", func() error { s.detection.Close(); return nil })

	// Storage.
	var store pipeline.Store
	var waiting pipeline.Spool
	if cfg.Storage.Mode == StoreNone {
		s.Health.without("store")
	} else {
		if s.Store, err = OpenStore(cfg, s.log, opts.Metrics, &s.stops); err != nil {
			return nil, err
		}
		store = s.Store
		if !opts.NoSpool {
			if s.waiting, err = spool.Open(cfg.Data("spool"), cfg.Storage.SpoolBytes, s.log, opts.Metrics); err != nil {
				return nil, fmt.Errorf("spool: %w", err)
			}
			waiting = s.waiting
		}
	}

	// Alerting.
	sinks, err := notify.Build(cfg.Alerting.Sinks, decodeSink)
	if err != nil {
		return nil, err
	}
	if bad := cfg.buttons(); bad != "" {
		s.log.Warn("slack's buttons do not work", "reason", bad)
	}
	settings := cfg.Alerting
	if !opts.Flush {
		settings.Path = cfg.AlertLog()
	}
	for _, sink := range opts.Sinks {
		settings.Sinks = append(settings.Sinks, alerting.SinkConfig{Name: sink.Name(), Kind: "builtin", PerMinute: 100_000, OnStorm: "delay"})
	}
	if s.Alerts, err = alerting.New(settings, append(sinks, opts.Sinks...), s.log, opts.Metrics); err != nil {
		return nil, fmt.Errorf("alerting: %w", err)
	}
	s.Alerts.Use(s.hooks())
	if err := s.Alerts.Open(); err != nil {
		return nil, fmt.Errorf("alerting: %w", err)
	}
	s.stops.Closes("notification log", s.Alerts.Close)

	// The pipeline that joins them.
	s.pipe, err = pipeline.New(pipeline.Settings{
		Group: opts.Group, Workers: cfg.Pipeline.workers(),
		BatchEvents: cfg.Pipeline.BatchEvents, BatchAge: cfg.Pipeline.BatchAge,
		CheckpointEvery: cfg.Pipeline.CheckpointEvery,
		Redeliveries:    cfg.Pipeline.Redeliveries,
		WriteTimeout:    cfg.Pipeline.WriteTimeout, StallAfter: cfg.Pipeline.StallAfter,
		Retryable: clickhouse.IsRetryable, Step: opts.Step, Observed: opts.Observed,
		Report: func(err error) { s.Health.set("store", err) },
	}, pipeline.Parts{
		Source:      opts.Source,
		Normalizers: s.workers.Normalizer,
		Engine:      s.detection, Alerts: s.Alerts, Store: store, Spool: waiting,
		DeadLetters: opts.DeadLetters, Logger: s.log, Metrics: opts.Metrics,
	})
	return s, err
}

// decodeSink decodes a sink's options, and refuses unknown ones.
func decodeSink(options map[string]any, into notify.Config) error { return strict(options, into) }

// Run works until the source ends or ctx is done, then drains in order: the
// source stops, what it handed over is stored and committed, alerts that are
// due are delivered.
func (s *Service) Run(ctx context.Context) error {
	if s.Store != nil {
		if err := s.migrate(ctx); err != nil {
			if ctx.Err() != nil {
				return nil // told to stop before anything was read
			}
			return err
		}
	}
	if err := s.repairAlerts(ctx); err != nil {
		return err
	}
	var background sync.WaitGroup
	alertsCtx, stopAlerts := context.WithCancel(context.WithoutCancel(ctx))
	pipeCtx, stopPipe := context.WithCancel(context.WithoutCancel(ctx))
	sourceCtx, stopSource := context.WithCancelCause(ctx)
	defer stopSource(nil)
	var alertsErr, pipeErr error
	background.Go(func() {
		if alertsErr = s.Alerts.Run(alertsCtx); alertsErr != nil {
			stopSource(alertsErr)
		}
	})
	watchCtx, stopWatch := context.WithCancel(ctx)
	defer stopWatch()
	background.Go(func() { s.ingest.Watch(watchCtx) })
	background.Go(func() { s.scan.Run(watchCtx) })
	pipeDone := make(chan struct{})
	go func() {
		defer close(pipeDone)
		if pipeErr = s.pipe.Run(pipeCtx); pipeErr != nil {
			stopSource(pipeErr)
		}
	}()
	s.Health.set("pipeline", nil)
	err := s.opts.Source.Run(sourceCtx, s.pipe)
	if err == nil && s.opts.Flush && ctx.Err() == nil {
		err = s.pipe.Finish(ctx)
	}
	stopPipe()
	<-pipeDone
	stopAlerts()
	stopWatch()
	background.Wait()
	if !s.opts.Flush {
		s.storeActs(ctx)
	}
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		err = nil
	}
	return errors.Join(err, pipeErr, alertsErr)
}

// repairAlerts stores the alerts of the notification log: a crash may have come
// between an alert's being decided and its being stored.
func (s *Service) repairAlerts(ctx context.Context) error {
	if s.Store == nil {
		return nil
	}
	alerts, err := s.Alerts.Alerts()
	if err != nil {
		return fmt.Errorf("read the notification log: %w", err)
	}
	if len(alerts) == 0 && !s.opts.Flush { // a replay begins with none
		return s.seedAlerts(ctx)
	}
	if s.waiting != nil && s.waiting.Len() > 0 {
		// Alerts as they were wait there, and must not be stored after these.
		b := &schemas.Batch{Alerts: alerts}
		b.Seal()
		err := s.waiting.Append(b, s.opts.Group)
		if !errors.Is(err, spool.ErrFull) {
			return err
		}
	}
	if err := s.Store.WriteAlerts(ctx, alerts); err != nil {
		return fmt.Errorf("store the alerts of the notification log: %w", err)
	}
	return nil
}

// lastWrite bounds what a stop waits for the store.
const lastWrite = 5 * time.Second

// storeActs stores what was done to alerts since the pipeline asked last. What
// cannot be stored now the next start stores.
func (s *Service) storeActs(ctx context.Context) {
	if s.Store == nil || s.waiting != nil && s.waiting.Len() > 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWrite)
	defer cancel()
	alerts, err := s.Alerts.Advance(ctx, time.Time{})
	if err == nil && len(alerts) > 0 {
		err = s.Store.WriteAlerts(ctx, alerts)
	}
	if err != nil {
		s.log.Warn("last acts on alerts are stored at the next start", "error", err)
	}
}

// seedAlerts gives a new notification log the alerts of the store, so that a machine
// that takes over goes on where the other stopped and tells nobody again.
func (s *Service) seedAlerts(ctx context.Context) error {
	since := time.Now().Add(-s.cfg.Alerting.Retention)
	alerts, err := s.Store.OpenAlerts(ctx, since)
	if err != nil {
		return fmt.Errorf("read the alerts of the store: %w", err)
	}
	found, err := s.Store.Found(ctx, since)
	if err != nil {
		return fmt.Errorf("read the findings of the store: %w", err)
	}
	if err := s.Alerts.Seed(alerts, found); err != nil {
		return fmt.Errorf("take over the alerts of the store: %w", err)
	}
	if len(alerts) > 0 {
		s.log.Info("alerts taken over from the store", "alerts", len(alerts))
	}
	return nil
}

// migrate waits for a store that is away.
func (s *Service) migrate(ctx context.Context) error {
	wait := 500 * time.Millisecond
	for {
		applied, err := s.Store.Migrate(ctx)
		if err == nil {
			if len(applied) > 0 {
				s.log.Info("schema brought up to date", "migrations", len(applied))
			}
			s.Health.set("store", nil)
			return nil
		}
		if !clickhouse.IsRetryable(err) || ctx.Err() != nil {
			return fmt.Errorf("bring the schema up to date: %w", err)
		}
		s.Health.set("store", err)
		s.log.Warn("store is not there yet, trying again", "wait", wait, "error", err)
		select {
		case <-time.After(wait):
			wait = min(2*wait, 15*time.Second)
		case <-ctx.Done():
			return fmt.Errorf("bring the schema up to date: %w", err)
		}
	}
}

// Reload puts thresholds, allowlists, the tables of enrich and the routing of
// alerts of cfg in force, and the key ring as it is now: after a rotation new
// pseudonyms are made under the new key. Everything else of cfg, such as sinks,
// waits for a restart.
func (s *Service) Reload(cfg *Config) error {
	if err := s.Alerts.Reroute(cfg.Alerting.Routing); err != nil {
		return err
	}
	if s.opts.Keys == nil {
		keys, err := ExistingKeys(cfg)
		if err != nil {
			return err
		}
		if err := s.workers.Renew(keys); err != nil {
			return err
		}
		s.ring.Store(keys)
	}
	return errors.Join(s.ingest.tables.Reload(cfg.Enrich), s.detection.Reload(cfg))
}

// Close stops what NewService started.
func (s *Service) Close() error { return s.stops.Run() }
