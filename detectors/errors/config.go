package errors

import (
	"errors"

	"github.com/gatehound/gatehound/detectors/bounds"
)

// Config has the settings for routes and models. Counts are in a minute; the
// same count within about seven minutes is enough where there is little traffic.
type Config struct {
	// Floor is the least count of failures (5xx, timeouts) or of 429; 0 is off.
	// Default 10; 0 or 5 to 1e9.
	Floor float64 `mapstructure:"floor"`
	// Share is the least share of them; below a half they have to go on for
	// two minutes. Default 0.2; 0.01 to 1.
	Share float64 `mapstructure:"share"`
	// Factor is how many times the usual share it has to be. Default 4; 1.5 to
	// 1,000.
	Factor float64 `mapstructure:"factor"`
	// Callers is how many different callers have to meet it. Default 3; 1 to
	// 60.
	Callers int `mapstructure:"callers"`
	// Slower is how many times the usual time answers take, for three minutes
	// in a row; 0 is off. Default 3; 0 or 1.5 to 1,000.
	Slower float64 `mapstructure:"slower"`
	// Timed is the least number of answers a minute whose time is judged.
	// Default 20; 10 to 1e6.
	Timed float64 `mapstructure:"timed"`
}

// DefaultConfig returns the defaults. A fifth of the requests failing would
// use up in two and a half hours what an objective of 99.9 % allows for a
// month (20 % for 2.2 hours are 0.1 % of 30 days x 0.6): far beyond the burn
// rate of 14.4 at which the SRE workbook pages.
func DefaultConfig() Config {
	return Config{Floor: 10, Share: 0.2, Factor: 4, Callers: 3, Slower: 3, Timed: 20}
}

// Validate returns every setting that is out of its bounds.
func (c *Config) Validate() error {
	return errors.Join(
		bounds.OrOff("floor", c.Floor, 5, 1e9),
		bounds.Within("share", c.Share, 0.01, 1),
		bounds.Within("factor", c.Factor, 1.5, 1000),
		bounds.Within("callers", c.Callers, 1, 60),
		bounds.OrOff("slower", c.Slower, 1.5, 1000),
		bounds.Within("timed", c.Timed, 10, 1e6),
	)
}
