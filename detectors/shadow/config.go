package shadow

import (
	"errors"

	"github.com/gatehound/gatehound/detectors/bounds"
)

// Config has the settings of the three detectors.
type Config struct {
	// LearningDays is for how long what succeeds is taken as usual, before what
	// is new is told. Default 7; 1 to 90.
	LearningDays int `mapstructure:"learning_days"`
	// QuietDays is for how long what is deprecated, or an old version, was not
	// used before its return is told. Default 7; 1 to 50.
	QuietDays int `mapstructure:"quiet_days"`
	// Calls is how many successes an endpoint, host or model needs to be told.
	// Default 5; 3 to 1,000.
	Calls int `mapstructure:"calls"`
	// VersionCalls is how many successes a version needs to be the one that is
	// usually used. Default 100; 10 to 1e9.
	VersionCalls int `mapstructure:"version_calls"`
	// Crowd is how many new ones in ten minutes are one finding on everything,
	// as of a deployment; four times as many in a day are too. Default 5; 2 to
	// 1,000.
	Crowd int `mapstructure:"crowd"`
	// RepeatDays is for how long a rule is silent about what it has reported,
	// unless it got worse. Default 7; 1 to 50.
	RepeatDays int `mapstructure:"repeat_days"`
}

// DefaultConfig returns the defaults.
func DefaultConfig() Config {
	return Config{LearningDays: 7, QuietDays: 7, Calls: 5, VersionCalls: 100, Crowd: 5, RepeatDays: 7}
}

// Validate returns every setting that is out of its bounds.
func (c *Config) Validate() error {
	return errors.Join(
		bounds.Within("learning_days", c.LearningDays, 1, 90),
		bounds.Within("quiet_days", c.QuietDays, 1, 50),
		bounds.Within("calls", c.Calls, 3, 1000),
		bounds.Within("version_calls", c.VersionCalls, 10, 1_000_000_000),
		bounds.Within("crowd", c.Crowd, 2, 1000),
		bounds.Within("repeat_days", c.RepeatDays, 1, 50),
	)
}
