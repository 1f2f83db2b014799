package app

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/slack/interact"
	"github.com/gatehound/gatehound/cmd/internal/api"
	"github.com/gatehound/gatehound/detectors/builtin"
	"github.com/gatehound/gatehound/detectors/engine"
	"github.com/gatehound/gatehound/detectors/feed"
	"github.com/gatehound/gatehound/detectors/rules"
	"github.com/gatehound/gatehound/ingest/decode/custom"
	"github.com/gatehound/gatehound/ingest/enrich"
	"github.com/gatehound/gatehound/ingest/kafka"
	"github.com/gatehound/gatehound/ingest/prompt"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/storage/clickhouse"
	"github.com/gatehound/gatehound/storage/embedded"
)

// Config is the whole configuration, as the file has it. Each part belongs to
// the package that it configures.
type Config struct {
	// DataDir holds the keys, the spool, the notification log and the embedded
	// store. Default "gatehound-data".
	DataDir string `mapstructure:"data_dir"`

	Kafka       kafka.Config      `mapstructure:"kafka"`
	DeadLetters DeadLettersConfig `mapstructure:"dead_letters"`
	Decode      DecodeConfig      `mapstructure:"decode"`
	Redact      redact.Config     `mapstructure:"redact"`
	Enrich      enrich.Config     `mapstructure:"enrich"`
	Prompts     prompt.Config     `mapstructure:"prompts"`
	Pipeline    PipelineConfig    `mapstructure:"pipeline"`
	Engine      engine.Config     `mapstructure:"engine"`
	Detectors   builtin.Config    `mapstructure:"detectors"`
	Feed        feed.Config       `mapstructure:"feed"`
	Rules       rules.Config      `mapstructure:"rules"`
	Storage     StorageConfig     `mapstructure:"storage"`
	Alerting    alerting.Config   `mapstructure:"alerting"`
	// API is where people and programs work with alerts.
	API api.Config `mapstructure:"api"`
	// SlackApp lets people work with alerts by the buttons of Slack's messages:
	// its interactivity request URL is "/slack/interactions" of the API. Without a
	// signing secret the messages have no buttons that work.
	SlackApp interact.Config `mapstructure:"slack_app"`
	Console  ConsoleConfig   `mapstructure:"console"`
	Log      LogConfig       `mapstructure:"log"`
}

// DeadLettersConfig says where rejects go besides the store.
type DeadLettersConfig struct {
	// Topic is a Kafka topic of the same cluster; it must exist. Default "":
	// the store only.
	Topic string `mapstructure:"topic"`
}

// DecodeConfig bounds what is decoded.
type DecodeConfig struct {
	// Format is "auto" (default), or the only format that is decoded.
	Format string `mapstructure:"format"`
	// MaxBytes bounds a record: 1 KiB to 64 MiB, default 1 MiB.
	MaxBytes int `mapstructure:"max_bytes"`
	// MaxDepth bounds the nesting of JSON: 8 to 1000, default 64.
	MaxDepth int `mapstructure:"max_depth"`
	// MaxFuture is how far a record's time may be ahead of the clock: 1s to
	// 24h, default 1m. What is further ahead is rejected: a gateway whose clock
	// is wrong would make the others' events late for the detectors.
	MaxFuture time.Duration `mapstructure:"max_future"`
	// Custom are mappings of logs whose fields the operator chose: see
	// ingest/decode/custom. They go before the built-in formats. Default: none.
	Custom []custom.Config `mapstructure:"custom"`
}

// PipelineConfig bounds the pipeline.
type PipelineConfig struct {
	// Workers is the number of goroutines that decode and redact; 0 (default)
	// takes one for each CPU. 0 to 1024.
	Workers int `mapstructure:"workers"`
	// BatchEvents and BatchAge close a batch, whichever comes first: 100 to
	// 1000000, default 50000; 10ms to 1m, default 200ms.
	BatchEvents int           `mapstructure:"batch_events"`
	BatchAge    time.Duration `mapstructure:"batch_age"`
	// Redeliveries is how many of the last records are remembered, so that one
	// which a shipper or gateway delivers again counts once: 0 (none) to
	// 16777216, default 1048576. It takes up to 43 bytes a record.
	Redeliveries int `mapstructure:"redeliveries"`
	// CheckpointEvery is the least time between two snapshots of the
	// detectors: 1s to 1h, default 30s.
	CheckpointEvery time.Duration `mapstructure:"checkpoint_every"`
	// WriteTimeout bounds one attempt to store a batch: 1s to 10m, default 30s.
	WriteTimeout time.Duration `mapstructure:"write_timeout"`
	// StallAfter is how long an attempt may take before batches go to the
	// spool: 100ms to 5m, default 2s.
	StallAfter time.Duration `mapstructure:"stall_after"`
}

// StorageConfig chooses the store.
type StorageConfig struct {
	// Mode is "clickhouse" (default), a server; "embedded", the engine in this
	// process; or "none", which keeps nothing.
	Mode       string            `mapstructure:"mode"`
	ClickHouse clickhouse.Config `mapstructure:"clickhouse"`
	// Embedded has the engine's settings; its dir is "clickhouse" in the data
	// folder by default.
	Embedded embedded.Config `mapstructure:"embedded"`
	// SpoolBytes bounds the disk that batches take while the store is away:
	// 1 MiB to 1 TiB, default 10 GiB. When it is full, reading stops until
	// there is room.
	SpoolBytes int64 `mapstructure:"spool_bytes"`
}

// ConsoleConfig is the HTTP side: metrics and health.
type ConsoleConfig struct {
	// Listen is an address, or empty for none. Default "127.0.0.1:9464". It
	// has no authentication: bind it to other addresses only behind something
	// that has.
	Listen string `mapstructure:"listen"`
}

// LogConfig is how Gatehound logs.
type LogConfig struct {
	// Level is "debug", "info" (default), "warn" or "error".
	Level string `mapstructure:"level"`
	// Format is "text" (default) or "json".
	Format string `mapstructure:"format"`
}

// The storage modes.
const (
	StoreClickHouse = "clickhouse"
	StoreEmbedded   = "embedded"
	StoreNone       = "none"
)

// DefaultConfig returns the defaults.
func DefaultConfig() *Config {
	store := embedded.DefaultConfig()
	store.Dir = "" // below the data folder
	return &Config{
		DataDir: "gatehound-data",
		Kafka:   kafka.DefaultConfig(),
		Decode:  DecodeConfig{Format: "auto", MaxBytes: 1 << 20, MaxDepth: 64, MaxFuture: time.Minute, Custom: []custom.Config{}},
		Redact:  redact.DefaultConfig(),
		Enrich:  enrich.DefaultConfig(), Prompts: prompt.DefaultConfig(),
		Pipeline: PipelineConfig{BatchEvents: 50_000, BatchAge: 200 * time.Millisecond, Redeliveries: 1 << 20, CheckpointEvery: 30 * time.Second, WriteTimeout: 30 * time.Second, StallAfter: 2 * time.Second},
		Engine:   engine.DefaultConfig(), Detectors: builtin.DefaultConfig(), Feed: feed.DefaultConfig(), Rules: rules.DefaultConfig(),
		Storage: StorageConfig{Mode: StoreClickHouse, ClickHouse: clickhouse.DefaultConfig(),
			Embedded: store, SpoolBytes: 10 << 30},
		Alerting: alerting.DefaultConfig(), API: api.DefaultConfig(), SlackApp: interact.DefaultConfig(),
		Console: ConsoleConfig{Listen: "127.0.0.1:9464"},
		Log:     LogConfig{Level: "info", Format: "text"},
	}
}

// Validate checks every part but the ones that are not used, and reports all
// errors together, each with its key.
func (c *Config) Validate() error {
	var errs []error
	part := func(key string, err error) {
		if err == nil {
			return
		}
		for line := range strings.SplitSeq(err.Error(), "\n") {
			errs = append(errs, errors.New(key+"."+strings.TrimPrefix(line, key+".")))
		}
	}
	if c.DataDir == "" {
		errs = append(errs, errors.New("data_dir: empty; allowed is a folder"))
	}
	part("kafka", c.validateKafka())
	part("decode", c.Decode.validate())
	part("redact", c.Redact.Validate())
	part("enrich", c.Enrich.Validate())
	part("prompts", c.Prompts.Validate())
	part("pipeline", c.Pipeline.validate())
	part("engine", c.Engine.Validate())
	part("detectors", c.Detectors.Validate())
	part("feed", c.Feed.Validate())
	part("rules", c.Rules.Validate())
	switch c.Storage.Mode {
	case StoreClickHouse:
		part("storage.clickhouse", c.Storage.ClickHouse.Validate())
	case StoreEmbedded:
		e := c.embedded()
		part("storage.embedded", e.Validate())
	case StoreNone:
	default:
		errs = append(errs, fmt.Errorf("storage.mode: unknown; allowed are %q, %q and %q", StoreClickHouse, StoreEmbedded, StoreNone))
	}
	part("storage", within("spool_bytes", c.Storage.SpoolBytes, 1<<20, 1<<40))
	part("alerting", c.Alerting.Validate())
	part("api", c.API.Validate())
	if c.slackApp() {
		part("slack_app", c.SlackApp.Validate())
	}
	if _, err := logLevel(c.Log.Level); err != nil {
		errs = append(errs, err)
	}
	if c.Log.Format != "text" && c.Log.Format != "json" {
		errs = append(errs, errors.New(`log.format: unknown; allowed are "text" and "json"`))
	}
	return errors.Join(errs...)
}

// validateKafka lets a configuration without brokers pass: replay needs none,
// and run says so itself.
func (c *Config) validateKafka() error {
	if len(c.Kafka.Brokers) == 0 && len(c.Kafka.Topics) == 0 {
		return nil
	}
	return c.Kafka.Validate()
}

func (c *DecodeConfig) validate() error {
	return errors.Join(
		within("max_bytes", c.MaxBytes, 1<<10, 64<<20),
		within("max_depth", c.MaxDepth, 8, 1000),
		within("max_future", c.MaxFuture, time.Second, 24*time.Hour),
		custom.Validate(c.Custom), c.ValidateFormat())
}

func (c *PipelineConfig) validate() error {
	return errors.Join(
		within("workers", c.Workers, 0, 1024),
		within("batch_events", c.BatchEvents, 100, 1_000_000),
		within("batch_age", c.BatchAge, 10*time.Millisecond, time.Minute),
		within("redeliveries", c.Redeliveries, 0, 1<<24),
		within("checkpoint_every", c.CheckpointEvery, time.Second, time.Hour),
		within("write_timeout", c.WriteTimeout, time.Second, 10*time.Minute),
		within("stall_after", c.StallAfter, 100*time.Millisecond, 5*time.Minute))
}

func within[T int | int64 | time.Duration](key string, v, least, most T) error {
	if v < least || v > most {
		return fmt.Errorf("%s: %v is out of bounds; allowed is %v to %v", key, v, least, most)
	}
	return nil
}

func (c *PipelineConfig) workers() int {
	if c.Workers == 0 {
		return runtime.GOMAXPROCS(0)
	}
	return c.Workers
}

// Data returns a path in the data folder.
func (c *Config) Data(name string) string { return filepath.Join(c.DataDir, name) }

// embedded returns the settings of the embedded store, with its folder.
func (c *Config) embedded() embedded.Config {
	e := c.Storage.Embedded
	if e.Dir == "" {
		e.Dir = c.Data("clickhouse")
	}
	return e
}

// slackApp reports whether what people click in Slack is to be taken.
func (c *Config) slackApp() bool {
	return c.SlackApp.SigningSecret != "" || c.SlackApp.SigningSecretFile != "" || c.SlackApp.SigningSecretEnv != ""
}

// buttons returns why the buttons of Slack's messages, or the clicks on them, lead
// nowhere; empty if they do not, or if there are none.
func (c *Config) buttons() string {
	shown := slices.ContainsFunc(c.Alerting.Sinks, func(s alerting.SinkConfig) bool {
		return s.Kind == "slack" && s.Options["buttons"] == true
	})
	switch {
	case shown && !c.slackApp():
		return "a sink has options.buttons, and slack_app has no signing secret"
	case shown && c.API.Listen == "":
		return "a sink has options.buttons, and api.listen is empty"
	case !shown && c.slackApp():
		return "slack_app has a signing secret, and no slack sink has options.buttons"
	}
	return ""
}

// api returns the settings of the API, with the file of its local token.
func (c *Config) api() api.Config {
	a := c.API
	a.LocalTokenFile = cmp.Or(a.LocalTokenFile, c.Data("api-token"))
	return a
}

// AlertLog returns where the notification log is.
func (c *Config) AlertLog() string {
	return cmp.Or(c.Alerting.Path, c.Data("alerts.db"))
}
