package poisoning

import (
	"errors"

	"github.com/gatehound/gatehound/detectors/bounds"
)

// Config has the detector's settings.
type Config struct {
	// HistoryHours is for how long a principal was there before its first write
	// is one of a reader. Default 12; 1 to 720.
	HistoryHours int `mapstructure:"history_hours"`
	// Uploads is the least number of files, vectors, batches or memories in an
	// hour that can be a burst. Default 100; 10 to 1e6.
	Uploads int `mapstructure:"uploads"`
	// Feedback is the least number of ratings in an hour that can be a burst or
	// one-sided. Default 50; 10 to 1e6.
	Feedback int `mapstructure:"feedback"`
	// Factor is how many times the usual hour makes a burst. Default 10; 2 to
	// 1,000.
	Factor float64 `mapstructure:"factor"`
	// SizeFactor is how many times the largest so far, and half as many times
	// the peers' 99th percentile, an upload has to be to be an outlier. Default
	// 20; 4 to 10,000.
	SizeFactor float64 `mapstructure:"size_factor"`
	// Accounts is how many principals write the same size in an hour before
	// they act in concert. Default 10; 5 to 10,000.
	Accounts int `mapstructure:"accounts"`
	// RepeatHours is for how long a rule is silent about who it has reported,
	// unless it got worse. Default 24; 1 to 8,760.
	RepeatHours int `mapstructure:"repeat_hours"`
}

// DefaultConfig returns the defaults.
func DefaultConfig() Config {
	return Config{HistoryHours: 12, Uploads: 100, Feedback: 50, Factor: 10, SizeFactor: 20, Accounts: 10, RepeatHours: 24}
}

// Validate returns every setting that is out of its bounds.
func (c *Config) Validate() error {
	return errors.Join(
		bounds.Within("history_hours", c.HistoryHours, 1, 720),
		bounds.Within("uploads", c.Uploads, 10, 1_000_000),
		bounds.Within("feedback", c.Feedback, 10, 1_000_000),
		bounds.Within("factor", c.Factor, 2, 1000),
		bounds.Within("size_factor", c.SizeFactor, 4, 10_000),
		bounds.Within("accounts", c.Accounts, 5, 10_000),
		bounds.Within("repeat_hours", c.RepeatHours, 1, 8760),
	)
}
