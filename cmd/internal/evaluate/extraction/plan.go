package extraction

import (
	"fmt"
	"slices"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/cmd/internal/simulate/population"
)

// together is how many scenarios of one key are in one world at most. It is below
// the eight keys that make a campaign, so that they do not become one.
const together = 6

// stage is one world to be run.
type stage struct {
	seed    uint64
	prompts bool
	// attacks are the scenarios in it; none is the world in which the benign
	// population is judged.
	attacks []string
}

// plan returns the worlds: for each seed one without an attack, one for each
// campaign, and some for the scenarios of one key. The look-alikes are in all.
func (o *Options) plan() ([]stage, error) {
	// What a scenario is, the world tells that has it.
	world, err := population.New(population.Config{Seed: o.Seeds[0], Principals: 20, Days: 2, Scenarios: o.Scenarios})
	if err != nil {
		return nil, fmt.Errorf("make a plan: %w", err)
	}
	var campaigns []stage
	var single []string
	for _, t := range world.Truths() {
		switch {
		case t.Campaign || t.Prompts:
			campaigns = append(campaigns, stage{prompts: o.Prompts || t.Prompts && o.Format != gateway.Envoy, attacks: []string{t.Scenario}})
		default:
			single = append(single, t.Scenario)
		}
	}
	var out []stage
	for _, seed := range o.Seeds {
		out = append(out, stage{seed: seed, prompts: o.Prompts})
		for _, s := range campaigns {
			s.seed = seed
			out = append(out, s)
		}
		for group := range slices.Chunk(single, together) {
			out = append(out, stage{seed, o.Prompts, group})
		}
	}
	return out, nil
}
