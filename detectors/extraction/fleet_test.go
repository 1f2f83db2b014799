package extraction

import (
	"flag"
	"fmt"
	"testing"

	"github.com/gatehound/gatehound/schemas"
)

var seed = flag.Uint64("seed", 7, "seed of the fleet")

// TestFleet lets all honest uses go on side by side, at different volumes, with
// thieves among them, and wants the thieves alone.
func TestFleet(t *testing.T) {
	var events []schemas.Event
	for i, c := range quiet {
		for copies := range 2 {
			u := c.use
			u.perHour *= 0.25 / float64(1+copies)
			u.until = min(u.until, 30)
			events = append(events, u.events(*seed*100+uint64(i), fmt.Sprintf("h1:k1:honest%02d-%d", i, copies))...)
		}
	}
	honest := len(events)
	thieves := map[string]bool{}
	for i, c := range hits {
		name := fmt.Sprintf("h1:k1:thief%02d", i)
		thieves[name] = false
		events = append(events, c.use.events(*seed*100+uint64(i), name)...)
	}
	for _, f := range run(t, events) {
		if _, ok := thieves[f.Entity.Name]; !ok {
			tell(t, []finding{f})
			t.Errorf("%s is honest", f.Entity.Name)
		}
		thieves[f.Entity.Name] = true
	}
	for name, found := range thieves {
		if !found {
			t.Errorf("%s was not found", name)
		}
	}
	t.Logf("%d honest events", honest)
}
