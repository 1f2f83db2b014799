// Package world is what an evaluation plants besides the kinds of the demo:
// attackers who know how detectors count, attacks of every family, and
// innocents who look like them; and where on earth the fleet's addresses are.
//
// Services and Kinds go into a simulate.Config; Write makes the databases,
// inventories and prices of this world for ingest to read.
package world

import (
	"maps"
	"slices"

	"github.com/gatehound/gatehound/cmd/internal/simulate"
	"github.com/gatehound/gatehound/schemas"
)

type (
	kinds    = map[simulate.Kind]*simulate.Behaviour
	campaign = simulate.Campaign
	caller   = simulate.Caller
)

// groups are the kinds, in the order in which reports name them.
var groups = []kinds{evasions, stolenKeys, spending, shadows, scans, injections, poisonings, faults,
	evasiveInnocents, travels, loads, novelties, talks, troubles}

// Kinds returns every kind of this package.
func Kinds() map[simulate.Kind]*simulate.Behaviour {
	all := kinds{}
	for _, g := range groups {
		maps.Copy(all, g)
	}
	return all
}

// Attacks and Lookalikes return the names of the kinds, sorted within a group.
func Attacks() []simulate.Kind { return named(false) }

// Lookalikes returns those that nothing should call an attack.
func Lookalikes() []simulate.Kind { return named(true) }

func named(benign bool) []simulate.Kind {
	var out []simulate.Kind
	for _, g := range groups {
		for _, k := range slices.Sorted(maps.Keys(g)) {
			if g[k].Benign == benign {
				out = append(out, k)
			}
		}
	}
	return out
}

var (
	byAddress   = []schemas.EntityKind{schemas.EntityAddress}
	byPrincipal = []schemas.EntityKind{schemas.EntityPrincipal}
	byEither    = []schemas.EntityKind{schemas.EntityPrincipal, schemas.EntityAddress}
	byRoute     = []schemas.EntityKind{schemas.EntityRoute}
	byCrowd     = []schemas.EntityKind{schemas.EntityGlobal, schemas.EntityAddress}
	byVictim    = []schemas.EntityKind{schemas.EntityPrincipal, schemas.EntityGlobal}
)
