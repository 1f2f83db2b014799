package pagerduty

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/alerting/notify/outbound"
)

// The values of Config.Region, and where their events go, from
// https://support.pagerduty.com/main/docs/service-regions.
const (
	RegionUS = "us"
	RegionEU = "eu"
)

var endpoints = map[string]string{
	RegionUS: "https://events.pagerduty.com/v2/enqueue",
	RegionEU: "https://events.eu.pagerduty.com/v2/enqueue",
}

// Config is the settings of a PagerDuty sink.
type Config struct {
	// RoutingKey is the integration key of an Events API v2 integration, 32
	// letters and digits; it is a secret. RoutingKeyFile is a file that holds
	// it, RoutingKeyEnv an environment variable. Default: empty; one of the
	// three is needed.
	RoutingKey     outbound.Secret `mapstructure:"routing_key"`
	RoutingKeyFile string          `mapstructure:"routing_key_file"`
	RoutingKeyEnv  string          `mapstructure:"routing_key_env"`
	// Region is where the account is: "us" (default) or "eu".
	Region string `mapstructure:"region"`
	// URL is used instead of the region's, for what speaks the same API.
	// Default: empty.
	URL string `mapstructure:"url"`
	// Source is the event's source, the system that has the problem. Default
	// "gatehound"; 1 to 255 characters.
	Source string `mapstructure:"source"`
	// HTTP are the settings that every sink over HTTP has.
	HTTP outbound.Config `mapstructure:",squash"`
}

// DefaultConfig returns the defaults; the routing key is still to be set.
func DefaultConfig() Config { return Config{Region: RegionUS, Source: "gatehound"} }

func (c *Config) key() outbound.Source {
	return outbound.Source{Value: c.RoutingKey, File: c.RoutingKeyFile, Env: c.RoutingKeyEnv}
}

var keyForm = regexp.MustCompile(`^[A-Za-z0-9]{32}$`)

var errKey = errors.New("routing_key: want 32 letters and digits, the integration key of an Events API v2 integration")

// Validate checks what can be checked without reading files or variables.
func (c *Config) Validate() error {
	if err := c.key().Check("routing_key", false); err != nil {
		return err
	}
	if c.RoutingKey != "" && !keyForm.MatchString(string(c.RoutingKey)) {
		return errKey
	}
	if _, ok := endpoints[c.Region]; !ok {
		return fmt.Errorf("region is %q: want %q or %q", c.Region, RegionUS, RegionEU)
	}
	if c.Source == "" || neutral.Text(c.Source, limitSource) != c.Source {
		return fmt.Errorf("source: want 1 to %d visible characters", limitSource)
	}
	if _, err := c.HTTP.URL("url", c.url()); err != nil {
		return err
	}
	return c.HTTP.Validate()
}

func (c *Config) url() string {
	if c.URL != "" {
		return c.URL
	}
	return endpoints[c.Region]
}
