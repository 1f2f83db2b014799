package rate

import (
	"fmt"
	"testing"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

// TestAttacks plants attacks into unkind traffic and wants each of them found
// in its first three minutes, under its own name.
func TestAttacks(t *testing.T) {
	const start = 617
	cases := []struct {
		name   string
		plants []plant
		rule   string
		kind   schemas.EntityKind
		entity string
		within int
	}{
		{"a customer calls eighty times as much", []plant{burst(start, 3, 2400, "h1:k1:customer000020", 120, 3)},
			"rate.spike", schemas.EntityPrincipal, "h1:k1:customer000020", 1},
		{"an unknown address floods", []plant{burst(start, 3, 12_000, "", 9000, 2)},
			"rate.spike", schemas.EntityAddress, "198.18.35.40", 1},
		{"an unknown principal floods", []plant{burst(start, 3, 12_000, "h1:k1:stranger", 9000, 2)},
			"rate.spike", schemas.EntityPrincipal, "h1:k1:stranger", 1},
		{"a new address floods at 40 a second", []plant{burst(start, 3, 2400, "", 9000, 2)},
			"rate.spike", schemas.EntityAddress, "198.18.35.40", 1},
		{"a route answers 503", []plant{answer(start, 10, 3, 0.7, 503)},
			"rate.errors", schemas.EntityRoute, "POST /v1/route3", 3},
		{"a route answers 429", []plant{answer(start, 10, 3, 0.7, 429)},
			"rate.throttled", schemas.EntityRoute, "POST /v1/route3", 3},
		{"every route answers 503", []plant{answer(start, 10, -1, 0.9, 503)},
			"rate.errors", schemas.EntityGlobal, "", 1},
	}
	for _, c := range cases {
		for seed := uint64(21); seed < 21+*seeds; seed++ {
			t.Run(fmt.Sprintf("%s/%d", c.name, seed), func(t *testing.T) {
				tr := newTraffic(seed, 300, 900)
				for i := range tr.clients {
					tr.clients[i].route = i % routes
				}
				tr.plants = c.plants
				found := tr.run(t, start-120, start+12)
				detectortest.Readable(t, found)
				for _, f := range at(found, start, start+c.within) {
					if f.Detector == c.rule && f.Entity.Kind == c.kind && (c.entity == "" || f.Entity.Name == c.entity) {
						t.Logf("%s: %s", f.Title, f.Summary)
						return
					}
				}
				tell(t, found)
				t.Errorf("%s of %v was not found", c.rule, c.kind)
			})
		}
	}
}
