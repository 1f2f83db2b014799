package population

import (
	"fmt"
	"slices"
	"time"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
)

// Config says what the world is like. The zero value of a field that has a
// default takes the default.
type Config struct {
	// Seed chooses everything that is left to chance.
	Seed uint64
	// Start is the event time of the first request. Default Monday, 2 March 2026.
	Start time.Time
	// Days is how long it goes on. Default 7; from 1 to 400.
	Days int
	// Principals is how many benign principals there are at the start; more come
	// every day. Default 1,000; from 20 to 200,000.
	Principals int
	// Rate is the mean number of benign requests a second over a week. Default 2;
	// from above 0 to 100,000.
	Rate float64
	// Prompts tells whether the gateway logs prompts.
	Prompts bool
	// Format is that of the gateway: LiteLLM, the default, logs the parameters of a
	// request; Kong (without its payloads, unless Prompts) and Envoy do not.
	Format gateway.Format
	// Scenarios are the names of the attacks and look-alikes that are planted.
	Scenarios []string
	// Begin is how long after Start the planted begin, so that the gateway has a
	// past. Default 36 hours; at most 400 days. Each begins within the six hours
	// that follow, or when its story says so.
	Begin time.Duration
}

func (c Config) withDefaults() Config {
	if c.Start.IsZero() {
		c.Start = time.Date(2026, time.March, 2, 0, 0, 0, 0, time.UTC)
	}
	if c.Days == 0 {
		c.Days = 7
	}
	if c.Principals == 0 {
		c.Principals = 1000
	}
	if c.Rate == 0 {
		c.Rate = 2
	}
	if c.Format == "" {
		c.Format = gateway.LiteLLM
	}
	if c.Begin == 0 {
		c.Begin = 36 * time.Hour
	}
	return c
}

// Validate reports the first setting that is out of bounds.
func (c *Config) Validate() error {
	switch {
	case c.Days < 1 || c.Days > 400:
		return fmt.Errorf("days: %d is not from 1 to 400", c.Days)
	case c.Principals < 20 || c.Principals > 200_000:
		return fmt.Errorf("principals: %d is not from 20 to 200000", c.Principals)
	case !(c.Rate > 0 && c.Rate <= 100_000):
		return fmt.Errorf("rate: %v is not above 0 and at most 100000", c.Rate)
	case !slices.Contains([]gateway.Format{gateway.LiteLLM, gateway.Kong, gateway.Envoy}, c.Format):
		return fmt.Errorf("format: %q is not litellm, kong or envoy", c.Format)
	case c.Prompts && c.Format == gateway.Envoy:
		return fmt.Errorf("prompts: the format %q has none", c.Format)
	case c.Begin < 0 || c.Begin > 400*24*time.Hour:
		return fmt.Errorf("begin: %v is not from 0 to 400 days", c.Begin)
	case c.Start.Year() < 2000 || c.Start.Year() > 2200:
		return fmt.Errorf("start: the year %d is not from 2000 to 2200", c.Start.Year())
	}
	for _, name := range c.Scenarios {
		if find(name) == nil {
			return fmt.Errorf("scenarios: there is no %q", name)
		}
	}
	return nil
}
