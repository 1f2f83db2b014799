package authfail

import (
	"testing"
	"time"
)

func TestConfigBounds(t *testing.T) {
	c := DefaultConfig()
	if err := c.Validate(); err != nil {
		t.Errorf("the defaults are refused: %v", err)
	}
	for name, spoil := range map[string]func(*Config){
		"window":          func(c *Config) { c.Window = time.Second },
		"guesses":         func(c *Config) { c.Guesses = 1 },
		"targets":         func(c *Config) { c.Targets = 501 },
		"failures":        func(c *Config) { c.Failures = 0 },
		"retries":         func(c *Config) { c.Retries = -1 },
		"scan_paths":      func(c *Config) { c.ScanPaths = 4 },
		"addresses":       func(c *Config) { c.Addresses = 2 },
		"spray_addresses": func(c *Config) { c.SprayAddresses = 9 },
		"spike_failures":  func(c *Config) { c.SpikeFailures = 1 },
	} {
		c := DefaultConfig()
		spoil(&c)
		if _, err := Watchers(c); err == nil || len(err.Error()) < len(name) || err.Error()[:len(name)] != name {
			t.Errorf("%s out of bounds: error %v", name, err)
		}
	}
}
