package authfail

import (
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors/detectortest"
)

func TestConfig(t *testing.T) {
	detectortest.Bounds(t, DefaultConfig, Watchers, map[string]func(*Config){
		"window is 1s, want 1m0s to 1h0m0s":        func(c *Config) { c.Window = time.Second },
		"guesses is 1, want 5 to 500":              func(c *Config) { c.Guesses = 1 },
		"targets is 501, want 5 to 500":            func(c *Config) { c.Targets = 501 },
		"failures is 0, want 20 to 1000000":        func(c *Config) { c.Failures = 0 },
		"retries is -1, want 10 to 100000":         func(c *Config) { c.Retries = -1 },
		"scan_paths is 4, want 5 to 500":           func(c *Config) { c.ScanPaths = 4 },
		"addresses is 2, want 3 to 500":            func(c *Config) { c.Addresses = 2 },
		"spray_addresses is 9, want 10 to 500":     func(c *Config) { c.SprayAddresses = 9 },
		"spike_failures is 1, want 20 to 10000000": func(c *Config) { c.SpikeFailures = 1 },
	})
}
