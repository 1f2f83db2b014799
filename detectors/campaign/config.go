package campaign

import (
	"errors"

	"github.com/gatehound/gatehound/detectors/bounds"
	"github.com/gatehound/gatehound/detectors/campaign/correlate"
)

// Config has the detector's settings.
type Config struct {
	// Enabled, default true. Without it no profile is kept, which is most of what
	// the detector costs.
	Enabled bool `mapstructure:"enabled"`
	// Members is the least number of principals that make a campaign. Default 8:
	// fewer give no distribution to judge. 3 to 1000.
	Members int `mapstructure:"members"`
	// Score is the sum of evidence from which a campaign is reported, in natural
	// logarithms. Default 12: one in 160,000 by chance, as many groups of callers
	// are looked at. 6 to 100.
	Score float64 `mapstructure:"score"`
	// Exchanges is the least number of successful calls that the members made
	// together. Default 500: 1,000 good answers were enough to train s1 (2025).
	// 100 to 1e9.
	Exchanges int `mapstructure:"exchanges"`
	// RepeatHours is for how long a campaign that was reported is not reported
	// again, unless it got worse: severer, twice as many members, or twice as much
	// taken. Default 168, so that one which goes on as before is told once a week;
	// 1 to 8,760.
	RepeatHours int `mapstructure:"repeat_hours"`
}

// DefaultConfig returns the defaults.
func DefaultConfig() Config {
	return Config{Enabled: true, Members: 8, Score: correlate.DefaultScore, Exchanges: 500, RepeatHours: 168}
}

// Validate returns every setting that is out of its bounds.
func (c *Config) Validate() error {
	return errors.Join(
		bounds.Within("members", c.Members, 3, 1000),
		bounds.Within("score", c.Score, 6, 100),
		bounds.Within("exchanges", c.Exchanges, 100, 1_000_000_000),
		bounds.Within("repeat_hours", c.RepeatHours, 1, 8760),
	)
}
