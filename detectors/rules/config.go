package rules

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Config says which rules are loaded, and bounds them.
type Config struct {
	// Enabled, default true. Without rules it costs nothing.
	Enabled bool `mapstructure:"enabled"`
	// Paths are files, folders (with all below them) and patterns such as
	// "/etc/gatehound/rules/*.yml"; of a folder the files that end in .yml or
	// .yaml, but not in .test.yml. Default: none. 0 to 1000.
	Paths []string `mapstructure:"paths"`
	// Starter loads the rules that come with Gatehound besides. Default false.
	Starter bool `mapstructure:"starter"`
	// Placeholders are the values of the modifier expand. Default: none; a rule
	// that needs one that is not here is refused.
	Placeholders []Placeholder `mapstructure:"placeholders"`
	// Repeat is for how long a rule that was told of an entity is not told of it
	// again: 1m to 168h, default 1h.
	Repeat time.Duration `mapstructure:"repeat"`
	// Findings bounds how many entities a rule is told of in that time; then one
	// finding says that there are more. 1 to 10000, default 100.
	Findings int `mapstructure:"findings"`
	// Memory bounds what correlations remember, in bytes: 1 MiB to 16 GiB,
	// default 64 MiB. Each correlation has an equal share.
	Memory int64 `mapstructure:"memory"`
	// EveryEvent bounds how many rules may be looked at for every event, because
	// nothing that they look for can be waited for: 0 to 10000, default 50.
	// Further ones are refused.
	EveryEvent int `mapstructure:"every_event"`
}

// Placeholder is a name with its values.
type Placeholder struct {
	// Name is what stands between the percent signs.
	Name string `mapstructure:"name"`
	// Values stand in its place; they may have wildcards. 1 to 1000.
	Values []string `mapstructure:"values"`
}

// DefaultConfig returns the defaults.
func DefaultConfig() Config {
	return Config{Enabled: true, Paths: []string{}, Placeholders: []Placeholder{}, Repeat: time.Hour, Findings: 100, Memory: 64 << 20, EveryEvent: 50}
}

// Validate reports every setting that is out of bounds.
func (c *Config) Validate() error {
	var errs []error
	if len(c.Paths) > 1000 {
		errs = append(errs, fmt.Errorf("paths: %d are out of bounds; allowed is 0 to 1000", len(c.Paths)))
	}
	for i, p := range c.Paths {
		if strings.TrimSpace(p) == "" {
			errs = append(errs, fmt.Errorf("paths.%d: empty; allowed is a file, a folder or a pattern", i))
		}
	}
	names := map[string]bool{}
	for i, p := range c.Placeholders {
		if p.Name == "" || strings.Contains(p.Name, "%") || names[p.Name] {
			errs = append(errs, fmt.Errorf("placeholders.%d.name: empty, with a percent sign, or there twice; allowed is a name", i))
		}
		names[p.Name] = true
		if len(p.Values) < 1 || len(p.Values) > 1000 {
			errs = append(errs, fmt.Errorf("placeholders.%d.values: %d are out of bounds; allowed is 1 to 1000", i, len(p.Values)))
		}
	}
	if c.Repeat < time.Minute || c.Repeat > 7*24*time.Hour {
		errs = append(errs, fmt.Errorf("repeat: %v is out of bounds; allowed is 1m to 168h", c.Repeat))
	}
	if c.Findings < 1 || c.Findings > 10_000 {
		errs = append(errs, fmt.Errorf("findings: %d is out of bounds; allowed is 1 to 10000", c.Findings))
	}
	if c.Memory < 1<<20 || c.Memory > 16<<30 {
		errs = append(errs, fmt.Errorf("memory: %d is out of bounds; allowed is 1048576 to 17179869184", c.Memory))
	}
	if c.EveryEvent < 0 || c.EveryEvent > 10_000 {
		errs = append(errs, fmt.Errorf("every_event: %d is out of bounds; allowed is 0 to 10000", c.EveryEvent))
	}
	return errors.Join(errs...)
}

func (c *Config) placeholders() map[string][]string {
	m := make(map[string][]string, len(c.Placeholders))
	for _, p := range c.Placeholders {
		m[p.Name] = p.Values
	}
	return m
}
