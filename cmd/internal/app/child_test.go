package app

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/cmd/internal/query"
	"github.com/gatehound/gatehound/ingest/kafka"
	"github.com/gatehound/gatehound/ingest/prompt"
)

// The end-to-end tests run the service in processes of their own, which can be
// killed: the test binary starts itself again with childEnv set.
const childEnv = "GATEHOUND_TEST_CHILD"

func TestMain(m *testing.M) {
	if job := os.Getenv(childEnv); job != "" {
		os.Exit(child(job))
	}
	if cfg := os.Getenv(serviceEnv); cfg != "" {
		os.Exit(serve(cfg))
	}
	goleak.VerifyTestMain(m)
}

// childJob is what a child process is to do: to run the service until SIGTERM.
type childJob struct {
	Dir     string
	Brokers []string
	Topic   string
	Group   string
	// Keys is the key ring's file.
	Keys string
	// SIEM is where alerts go, signed with Secret.
	SIEM, Secret string
	// KillAt and Nth name the step of a batch at which the child kills itself.
	KillAt string
	Nth    int64
	// Batch bounds the events of a batch.
	Batch int
	// Queries are asked at the end.
	Queries []string
}

// child runs a job and prints the answers to its queries as a JSON list.
func child(text string) int {
	var j childJob
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	answers, err := j.run()
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(answers)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		return 1
	}
	return 0
}

func (j *childJob) config() *Config {
	cfg := DefaultConfig()
	cfg.DataDir = j.Dir
	cfg.Kafka.Brokers, cfg.Kafka.Topics = j.Brokers, []string{j.Topic}
	cfg.Kafka.Group = j.Group
	cfg.Redact.KeyFile = j.Keys
	cfg.Prompts.Keep = prompt.Seal
	cfg.Kafka.SessionTimeout, cfg.Kafka.Heartbeat = time.Second, 100*time.Millisecond
	cfg.Kafka.RebalanceTimeout = 2 * time.Second
	cfg.Kafka.MaxWait, cfg.Kafka.MaxBytes = 50*time.Millisecond, 64<<10 // small chunks, so that there are many batches
	cfg.Kafka.CommitInterval = 20 * time.Millisecond
	cfg.Storage.Mode = StoreEmbedded
	cfg.Pipeline.BatchEvents = j.Batch
	cfg.Pipeline.BatchAge = 50 * time.Millisecond
	cfg.Decode.MaxFuture = 24 * time.Hour
	cfg.Alerting.Sinks = []alerting.SinkConfig{{Name: "siem", Kind: "webhook", OnStorm: "delay", PerMinute: 10_000,
		Options: map[string]any{"url": j.SIEM, "secrets": []string{j.Secret}}}}
	return cfg
}

func (j *childJob) run() (answers []string, err error) {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	cfg := j.config()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg.Pipeline.CheckpointEvery = 10 * time.Millisecond // less than a user may: the run is short
	reg := NewRegistry()
	source, err := kafka.New(cfg.Kafka, log, reg)
	if err != nil {
		return nil, err
	}
	var steps atomic.Int64
	s, err := NewService(cfg, Options{Source: source, Group: cfg.Kafka.Group, Logger: log, Metrics: reg, Step: func(name string) {
		if name == j.KillAt && steps.Add(1) == j.Nth {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // until the signal arrives
		}
	}})
	if err != nil {
		return nil, err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := s.Run(ctx); err != nil {
		return nil, err
	}
	for _, q := range j.Queries {
		var b strings.Builder
		if err := query.Print(context.Background(), s.Store, q, query.Options{Output: "csv"}, &b); err != nil {
			return nil, err
		}
		_, rows, _ := strings.Cut(b.String(), "\n")
		answers = append(answers, strings.TrimSpace(rows))
	}
	return answers, s.Close()
}
