package authfail

import (
	"errors"
	"time"

	"github.com/gatehound/gatehound/detectors/bounds"
)

// Config sets what counts as an attack. A failure counts if the gateway
// refused the client's credential; counts are within one window. Numbers of
// different things end at 500, as the summaries that count them are less exact
// above.
type Config struct {
	// Window is the length of the window. 1m to 1h, default 5m.
	Window time.Duration `mapstructure:"window"`
	// Guesses is how many different credentials one address fails with, or
	// are tried on one principal, before it is guessing. 5 to 500, default 10.
	Guesses int `mapstructure:"guesses"`
	// Targets is how many principals one address fails on before it is
	// stuffing or spraying. 5 to 500, default 10.
	Targets int `mapstructure:"targets"`
	// Failures is how many failures of one address count if the log states
	// neither credential nor principal. 20 to 1000000, default 100.
	Failures int `mapstructure:"failures"`
	// Retries is how many failures with one and the same credential, over two
	// minutes or more, make a broken client. 10 to 100000, default 40.
	Retries int `mapstructure:"retries"`
	// ScanPaths is how many routes one address asks for without a credential
	// before it is scanning. 5 to 500, default 15.
	ScanPaths int `mapstructure:"scan_paths"`
	// Addresses is how many addresses fail on one principal before the
	// principal is under a distributed attack. 3 to 500, default 10.
	Addresses int `mapstructure:"addresses"`
	// SprayAddresses is how many addresses fail a few times each, over at
	// least as many targets, before that is spraying, if it is also far over
	// the usual. 10 to 500, default 30.
	SprayAddresses int `mapstructure:"spray_addresses"`
	// SpikeFailures is how many failures over all clients make a spike, if
	// they are also five times the usual. 20 to 10000000, default 200.
	SpikeFailures int `mapstructure:"spike_failures"`
}

// DefaultConfig returns the defaults. CrowdSec's http-generic-bf blocks after
// more than five failures of an address in 50 seconds; a window of five
// minutes with ten different credentials is slower to speak and does not take
// retries for guesses.
func DefaultConfig() Config {
	return Config{
		Window:         5 * time.Minute,
		Guesses:        10,
		Targets:        10,
		Failures:       100,
		Retries:        40,
		ScanPaths:      15,
		Addresses:      10,
		SprayAddresses: 30,
		SpikeFailures:  200,
	}
}

// Validate returns every setting that is out of its bounds.
func (c *Config) Validate() error {
	return errors.Join(
		bounds.Within("window", c.Window, time.Minute, time.Hour),
		bounds.Within("guesses", c.Guesses, 5, 500),
		bounds.Within("targets", c.Targets, 5, 500),
		bounds.Within("failures", c.Failures, 20, 1_000_000),
		bounds.Within("retries", c.Retries, 10, 100_000),
		bounds.Within("scan_paths", c.ScanPaths, 5, 500),
		bounds.Within("addresses", c.Addresses, 3, 500),
		bounds.Within("spray_addresses", c.SprayAddresses, 10, 500),
		bounds.Within("spike_failures", c.SpikeFailures, 20, 10_000_000),
	)
}
