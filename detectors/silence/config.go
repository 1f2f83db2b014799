package silence

import (
	"errors"
	"time"

	"github.com/gatehound/gatehound/detectors/bounds"
)

// Config has the settings of the detectors.
type Config struct {
	// Floor is the least usual number of requests a minute of a route whose end
	// is judged by its minutes; what has less is judged by its pauses. It is
	// also the least for everything together. Default 30; 5 to 1e9.
	Floor float64 `mapstructure:"floor"`
	// Share is the share of the lower end of what is usual at which traffic has
	// ended. Default 0.1; 0 to 0.9.
	Share float64 `mapstructure:"share"`
	// Steady is how many minutes of steady traffic come before the end of a
	// route is judged by its minutes. Default 60; 30 to 32,000.
	Steady int `mapstructure:"steady"`
	// Minutes is how many silent minutes in a row end a route's traffic, because
	// shippers pause. Default 2; 1 to 250.
	Minutes int `mapstructure:"minutes"`
	// Callers is how many different callers a busy route usually has in a
	// minute; the end of one caller is not the route's. A route with little
	// traffic has four times as many in an hour, and so has a key that rests at
	// night, in users or addresses: a team may go home. Default 5; 0 to 60.
	Callers int `mapstructure:"callers"`
	// Crowd is how many routes that end together make it one finding on
	// everything, whatever their share. Default 20; 2 to 1,000,000.
	Crowd int `mapstructure:"crowd"`
	// Pause is the least silence that interrupts a key, or a route with little
	// traffic. Default 15m; 5m to 24h.
	Pause time.Duration `mapstructure:"pause"`
	// Factor is how many times the longest pause of the hours that it spans a
	// silence has to last. Default 4; 1.5 to 100.
	Factor float64 `mapstructure:"factor"`
	// History is how long a key or a route was seen before its pauses are known.
	// Default 24h, so that a batch of a night may end; 24h to 336h.
	History time.Duration `mapstructure:"history"`
	// Punctual is how far the beginnings of a daily or weekly job may stray from
	// their mean. Default 3m, which people do not keep; 1m to 30m.
	Punctual time.Duration `mapstructure:"punctual"`
}

// DefaultConfig returns the defaults.
func DefaultConfig() Config {
	return Config{
		Floor: 30, Share: 0.1, Steady: 60, Minutes: 2, Callers: 5, Crowd: 20,
		Pause: 15 * time.Minute, Factor: 4, History: 24 * time.Hour, Punctual: 3 * time.Minute,
	}
}

// Validate returns every setting that is out of its bounds.
func (c *Config) Validate() error {
	return errors.Join(
		bounds.Within("floor", c.Floor, 5, 1e9),
		bounds.Within("share", c.Share, 0, 0.9),
		bounds.Within("steady", c.Steady, 30, 32_000),
		bounds.Within("minutes", c.Minutes, 1, 250),
		bounds.Within("callers", c.Callers, 0, 60),
		bounds.Within("crowd", c.Crowd, 2, 1_000_000),
		bounds.Within("pause", c.Pause, 5*time.Minute, 24*time.Hour),
		bounds.Within("factor", c.Factor, 1.5, 100),
		bounds.Within("history", c.History, 24*time.Hour, 336*time.Hour),
		bounds.Within("punctual", c.Punctual, time.Minute, 30*time.Minute),
	)
}
