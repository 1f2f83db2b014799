package keyabuse

import (
	"errors"
	"time"

	"github.com/gatehound/gatehound/detectors/bounds"
)

// Config has the settings of the detector.
type Config struct {
	// History is how long a key was seen before anything about it is new.
	// Default 6h; 1h to 720h.
	History time.Duration `mapstructure:"history"`
	// Events is how many requests it made before. Default 100; 50 to 1,000,000.
	Events int `mapstructure:"events"`
	// Settle is how long a network, country, model or client is new after it was
	// first seen. Default 48h; 1h to 720h.
	Settle time.Duration `mapstructure:"settle"`
	// BurstCalls and BurstTokens are the least successful calls and tokens, in
	// an hour from networks that are new to the key, that are a burst. Default
	// 200 and 300,000; 10 to 1e9 and 1,000 to 1e12.
	BurstCalls  int   `mapstructure:"burst_calls"`
	BurstTokens int64 `mapstructure:"burst_tokens"`
	// BurstFactor is how many times the busiest hour of the key a burst is.
	// Default 5; 1.5 to 1,000.
	BurstFactor float64 `mapstructure:"burst_factor"`
	// Models is how many different models that the key never used are refused
	// within ten minutes before a success. Default 3; 2 to 6.
	Models int `mapstructure:"models"`
	// Networks is the least number of different networks in an hour; without
	// numbers of autonomous systems, twice as many. Default 12; 3 to 100.
	Networks int `mapstructure:"networks"`
	// Users is the least number of different end users in an hour that fan out
	// behind a key. Default 20; 5 to 100.
	Users int `mapstructure:"users"`
	// Speed is how fast a caller travels at most, in kilometres an hour. Default
	// 900, an airliner's; 100 to 40,000.
	Speed float64 `mapstructure:"speed"`
	// Replays is how many request ids, or turns of a session's token, come from
	// another network and client within an hour. Default 3; 2 to 1,000.
	Replays int `mapstructure:"replays"`
	// Repeat is how long a rule is quiet about a key that it has told of.
	// Default 24h; 1h to 720h.
	Repeat time.Duration `mapstructure:"repeat"`
}

// DefaultConfig returns the defaults.
func DefaultConfig() Config {
	return Config{
		History: 6 * time.Hour, Events: 100, Settle: 48 * time.Hour,
		BurstCalls: 200, BurstTokens: 300_000, BurstFactor: 5,
		Models: 3, Networks: 12, Users: 20, Speed: 900, Replays: 3, Repeat: 24 * time.Hour,
	}
}

// Validate returns every setting that is out of its bounds.
func (c *Config) Validate() error {
	const month = 720 * time.Hour
	return errors.Join(
		bounds.Within("history", c.History, time.Hour, month),
		bounds.Within("events", c.Events, 50, 1_000_000),
		bounds.Within("settle", c.Settle, time.Hour, month),
		bounds.Within("burst_calls", c.BurstCalls, 10, 1_000_000_000),
		bounds.Within("burst_tokens", c.BurstTokens, 1000, 1_000_000_000_000),
		bounds.Within("burst_factor", c.BurstFactor, 1.5, 1000),
		bounds.Within("models", c.Models, 2, maxRefused),
		bounds.Within("networks", c.Networks, 3, 100),
		bounds.Within("users", c.Users, 5, 100),
		bounds.Within("speed", c.Speed, 100, 40_000),
		bounds.Within("replays", c.Replays, 2, 1000),
		bounds.Within("repeat", c.Repeat, time.Hour, month),
	)
}
