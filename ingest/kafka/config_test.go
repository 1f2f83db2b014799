package kafka

import (
	"strings"
	"testing"
	"time"
)

func TestDefaultConfigIsValid(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Brokers, cfg.Topics = []string{"a:9092"}, []string{"logs"}
	if err := cfg.Validate(); err != nil {
		t.Error(err)
	}
}

func TestConfigErrors(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"brokers: at least one":            func(c *Config) { c.Brokers = nil },
		"brokers[0]: want host:port":       func(c *Config) { c.Brokers = []string{"host"} },
		"topics: at least one":             func(c *Config) { c.Topics = nil },
		"topics[1]: want 1 to 249":         func(c *Config) { c.Topics = []string{"a", "b/c"} },
		"topics[0]: want 1 to 249":         func(c *Config) { c.Topics = []string{strings.Repeat("a", 250)} },
		`topics[1]: "a" is named twice`:    func(c *Config) { c.Topics = []string{"a", "a"} },
		"group: must not be empty":         func(c *Config) { c.Group = "" },
		`start: is "middle", want "first"`: func(c *Config) { c.Start = "middle" },
		"min_bytes: is 0, want 1 to":       func(c *Config) { c.MinBytes = 0 },
		"max_bytes: is 1, want 65536":      func(c *Config) { c.MaxBytes = 1 },
		"max_wait: is 1m0s":                func(c *Config) { c.MaxWait = time.Minute },
		"max_message_bytes: is 5":          func(c *Config) { c.MaxMessageBytes = 5 },
		"session_timeout: is 1ms":          func(c *Config) { c.SessionTimeout = time.Millisecond },
		"heartbeat: is 9s, want 50ms to":   func(c *Config) { c.Heartbeat = 9 * time.Second },
		"rebalance_timeout: is 0s":         func(c *Config) { c.RebalanceTimeout = 0 },
		"partition_watch: is 0s":           func(c *Config) { c.PartitionWatch = 0 },
		"watchdog: is 0s":                  func(c *Config) { c.Watchdog = 0 },
		"commit_interval: is 0s":           func(c *Config) { c.CommitInterval = 0 },
		"dial_timeout: is 0s":              func(c *Config) { c.DialTimeout = 0 },
		"tls.cert_file, tls.key_file":      func(c *Config) { c.TLS = TLS{Enabled: true, CertFile: "x"} },
		"tls.enabled: is false":            func(c *Config) { c.TLS = TLS{CAFile: "x"} },
		"sasl.mechanism: is empty":         func(c *Config) { c.SASL = SASL{Username: "u"} },
		"sasl.mechanism: want plain":       func(c *Config) { c.SASL = SASL{Mechanism: "gssapi"} },
		"sasl.username: must not be empty": func(c *Config) { c.SASL = SASL{Mechanism: "plain", Password: "p"} },
		"want exactly one of them": func(c *Config) {
			c.SASL = SASL{Mechanism: "plain", Username: "u", Password: "p", PasswordEnv: "E"}
		},
	} {
		cfg := DefaultConfig()
		cfg.Brokers, cfg.Topics = []string{"a:9092"}, []string{"logs"}
		change(&cfg)
		if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, have %v", want, err)
		}
	}
}
