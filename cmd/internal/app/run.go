package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/gatehound/gatehound/cmd/internal/console"
	"github.com/gatehound/gatehound/ingest/kafka"
	"github.com/gatehound/gatehound/ingest/reject"
)

const (
	// probeEvery is how often a running service looks at its source.
	probeEvery = 10 * time.Second
	// stuckAfter is how long nothing may become durable before the process
	// should be restarted: longer than any store's time-out and its retries.
	stuckAfter = 10 * time.Minute
)

// NewRegistry returns a registry with the process's and Go's own metrics.
func NewRegistry() *prometheus.Registry {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return reg
}

// Run is the service: it reads Kafka until ctx is done. reload, if not nil, is
// called on SIGHUP for a new configuration, of which Service.Reload says
// what is put in force.
func Run(ctx context.Context, cfg *Config, log *slog.Logger, reload func() (*Config, error)) error {
	if len(cfg.Kafka.Brokers) == 0 {
		return errors.New("kafka.brokers: empty; allowed is a list of host:port (or use `gatehound replay` for files, `gatehound demo` to look around)")
	}
	reg := NewRegistry()
	source, err := kafka.New(cfg.Kafka, log, reg)
	if err != nil {
		return fmt.Errorf("kafka: %w", err)
	}
	opts := Options{Source: source, Group: cfg.Kafka.Group, Logger: log, Metrics: reg}
	var letters *kafka.Writer
	if cfg.DeadLetters.Topic != "" {
		if letters, err = kafka.NewWriter(cfg.Kafka, cfg.DeadLetters.Topic); err != nil {
			return fmt.Errorf("dead_letters.topic: %w", err)
		}
		opts.DeadLetters = reject.New(letters, reg)
	}
	s, err := NewService(cfg, opts)
	if err != nil {
		return err
	}
	if letters != nil {
		s.stops.Closes("dead letters", letters.Close)
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stops.Push("probes", func(context.Context) error { stop(); return nil })
	if cfg.Console.Listen != "" {
		c, err := console.New(cfg.Console.Listen, reg, s)
		if err != nil {
			return errors.Join(err, s.Close())
		}
		served := make(chan error, 1)
		consoleCtx, stopConsole := context.WithCancel(context.WithoutCancel(ctx))
		go func() { served <- c.Run(consoleCtx) }()
		s.stops.Push("console", func(context.Context) error { stopConsole(); return <-served })
		log.Info("console is up", "metrics", "http://"+c.Addr()+"/metrics", "ready", "http://"+c.Addr()+"/readyz")
	}
	if cfg.API.Listen != "" {
		if err := s.serveAPI(ctx); err != nil {
			return errors.Join(err, s.Close())
		}
	}
	go s.Probe(background, source)
	go s.reloads(background, reload)
	log.Info("gatehound runs", "topics", cfg.Kafka.Topics, "group", cfg.Kafka.Group, "store", cfg.Storage.Mode)
	err = s.Run(ctx)
	log.Info("gatehound stops")
	return errors.Join(err, s.Close())
}

// Probe keeps the health of the source true.
func (s *Service) Probe(ctx context.Context, source *kafka.Source) {
	for {
		bounded, cancel := context.WithTimeout(ctx, probeEvery)
		err := source.Ping(bounded)
		cancel()
		if ctx.Err() != nil {
			return
		}
		s.Health.set("source", err)
		select {
		case <-time.After(probeEvery):
		case <-ctx.Done():
			return
		}
	}
}

// reloads puts a new configuration in force on SIGHUP. A bad one changes
// nothing.
func (s *Service) reloads(ctx context.Context, load func() (*Config, error)) {
	if load == nil {
		return
	}
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	for {
		select {
		case <-hup:
			cfg, err := load()
			if err == nil {
				err = s.Reload(cfg)
			}
			if err != nil {
				s.log.Error("configuration not reloaded, the old one stays in force", "error", err)
				continue
			}
			s.log.Info("thresholds, allowlists, tables, routing and keys reloaded")
		case <-ctx.Done():
			return
		}
	}
}

// Stuck returns for how long nothing became durable although something was to:
// 0 if all is done.
func (s *Service) Stuck() time.Duration { return s.pipe.Stuck() }

// Alive returns why the process should be restarted.
func (s *Service) Alive() error {
	if d := s.Stuck(); d > stuckAfter {
		return fmt.Errorf("nothing became durable for %v", d.Round(time.Second))
	}
	return nil
}

// Ready returns which parts work.
func (s *Service) Ready() ([]console.Component, bool) { return s.Health.Ready() }
