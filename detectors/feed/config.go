package feed

import (
	"fmt"
	"time"
)

// Config sets the bounds. A source is a format in a topic.
type Config struct {
	// Enabled, default true.
	Enabled bool `mapstructure:"enabled"`
	// Window is how long rejects, times and fields are counted before they are
	// judged: 1m to 1h, default 5m.
	Window time.Duration `mapstructure:"window"`
	// RejectShare is the share of a source's records that may be rejected in a
	// window: 0.0001 to 1, default 0.01.
	RejectShare float64 `mapstructure:"reject_share"`
	// Silence is the least time without a record after which a source that
	// used to speak is silent: 1m to 24h, default 10m. A source that was quiet
	// for longer before is given four times its longest pause of two days.
	Silence time.Duration `mapstructure:"silence"`
	// Jump is how far a source's times may go back: 1m to 24h, default 10m.
	Jump time.Duration `mapstructure:"jump"`
}

// DefaultConfig returns the defaults.
func DefaultConfig() Config {
	return Config{Enabled: true, Window: 5 * time.Minute, RejectShare: 0.01, Silence: 10 * time.Minute, Jump: 10 * time.Minute}
}

// Validate reports the first setting that is out of bounds.
func (c *Config) Validate() error {
	for _, d := range []struct {
		key         string
		v           time.Duration
		least, most time.Duration
	}{
		{"window", c.Window, time.Minute, time.Hour},
		{"silence", c.Silence, time.Minute, 24 * time.Hour},
		{"jump", c.Jump, time.Minute, 24 * time.Hour},
	} {
		if d.v < d.least || d.v > d.most {
			return fmt.Errorf("%s: %v is out of bounds; allowed is %v to %v", d.key, d.v, d.least, d.most)
		}
	}
	if c.RejectShare < 0.0001 || c.RejectShare > 1 {
		return fmt.Errorf("reject_share: %v is out of bounds; allowed is 0.0001 to 1", c.RejectShare)
	}
	return nil
}
