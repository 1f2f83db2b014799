package campaign

import (
	"testing"

	"github.com/gatehound/gatehound/detectors/detectortest"
)

func TestConfig(t *testing.T) {
	detectortest.Bounds(t, DefaultConfig, Watchers, map[string]func(*Config){
		"members is 2, want 3 to 1000":              func(c *Config) { c.Members = 2 },
		"score is 5, want 6 to 100":                 func(c *Config) { c.Score = 5 },
		"exchanges is 99, want 100 to 1000000000":   func(c *Config) { c.Exchanges = 99 },
		"repeat_hours is 8761, want 1 to 8760":      func(c *Config) { c.RepeatHours = 8761 },
		"repeat_hours is 0, want 1 to 8760":         func(c *Config) { c.RepeatHours = 0 },
		"exchanges is -500, want 100 to 1000000000": func(c *Config) { c.Exchanges = -500 },
	})
	c := DefaultConfig()
	c.Enabled = false
	if w, err := Watchers(c); err != nil || len(w) > 0 {
		t.Errorf("%d watchers that are not enabled, %v", len(w), err)
	}
}
