package extraction

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/cmd/internal/simulate/population"
)

// Options say what is evaluated. DefaultOptions has the defaults.
type Options struct {
	// Config has the settings of ingest, engine and detectors. What it says of
	// networks, inventories and prices is replaced by that of the simulated world.
	Config *app.Config
	// Seeds choose the populations and the scenarios' parameters: 1 to 1000.
	Seeds []uint64
	// Days of event time of each world: 2 to 60.
	Days int
	// Principals is how many benign principals a world begins with: 20 to 200,000.
	Principals int
	// Rate is the mean number of benign requests a second: 0.01 to 1,000.
	Rate float64
	// Format is the gateway's: litellm, kong or envoy.
	Format gateway.Format
	// Scenarios are the attacks; none judges the benign population alone.
	Scenarios []string
	// Lookalikes are the innocents that look like attackers, in every world.
	Lookalikes []string
	// Prompts tells that all worlds' logs have prompts; else only those of the
	// scenarios that are meant to be found by them.
	Prompts bool
	// Parallel is how many worlds run side by side: 1 to 256.
	Parallel int
}

// DefaultOptions returns the defaults, with a configuration.
func DefaultOptions(cfg *app.Config) Options {
	return Options{
		Config: cfg, Seeds: []uint64{1, 2}, Days: 7, Principals: 1000, Rate: 2, Format: gateway.LiteLLM,
		Scenarios: population.Attacks(), Lookalikes: population.Lookalikes(), Parallel: runtime.GOMAXPROCS(0),
	}
}

// Validate reports the first option that cannot be used.
func (o *Options) Validate() error {
	switch {
	case len(o.Seeds) == 0 || len(o.Seeds) > 1000:
		return fmt.Errorf("seeds are %d: want 1 to 1000", len(o.Seeds))
	case o.Days < 2 || o.Days > 60:
		return fmt.Errorf("days is %d: want 2 to 60", o.Days)
	case o.Principals < 20 || o.Principals > 200_000:
		return fmt.Errorf("principals is %d: want 20 to 200000", o.Principals)
	case !(o.Rate >= 0.01 && o.Rate <= 1000):
		return fmt.Errorf("rate is %v: want 0.01 to 1000", o.Rate)
	case !slices.Contains(formats, o.Format):
		return fmt.Errorf("format is none: want one of %q", formats)
	case o.Prompts && o.Format == gateway.Envoy:
		return errors.New("prompts: the format envoy has none")
	case o.Parallel < 1 || o.Parallel > 256:
		return fmt.Errorf("parallel is %d: want 1 to 256", o.Parallel)
	}
	for _, name := range o.Lookalikes {
		if !slices.Contains(population.Lookalikes(), name) {
			return fmt.Errorf("lookalikes has an unknown name: want some of %q", population.Lookalikes())
		}
	}
	for _, name := range o.Scenarios {
		if !slices.Contains(population.Attacks(), name) {
			return fmt.Errorf("scenarios has an unknown name: want all, none, or some of %q", population.Attacks())
		}
	}
	return nil
}

var formats = []gateway.Format{gateway.LiteLLM, gateway.Kong, gateway.Envoy}

// ParseScenarios reads "all", "none" or a list of attacks.
func ParseScenarios(text string) ([]string, error) {
	switch text {
	case "all":
		return population.Attacks(), nil
	case "none":
		return nil, nil
	}
	var out []string
	for part := range strings.SplitSeq(text, ",") {
		name := strings.TrimSpace(part)
		if !slices.Contains(population.Attacks(), name) {
			return nil, fmt.Errorf("scenarios: there is no such attack; want all, none, or some of %q", population.Attacks())
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out, nil
}
