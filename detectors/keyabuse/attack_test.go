package keyabuse

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

// TestAttacks steals keys of the unkind population, a day after another, and
// counts whose theft is told within the hour in which it begins.
func TestAttacks(t *testing.T) {
	victims := []string{"person1", "person4", "person8", "machine0", "machine1", "machine2", "machine6", "machine7", "portal", "new3", "ci", "launch"}
	for _, level := range []struct {
		name   string
		perMin float64
		least  int
	}{{"40 a minute", 40, 11}, {"4 a minute", 4, 8}} {
		t.Run(level.name, func(t *testing.T) {
			users := unkind(77)
			begins := map[string]int{}
			r := rand.New(rand.NewPCG(7, 7))
			for i, v := range victims {
				at := (8+i%2)*oneDay + r.IntN(20*hour60)
				begins["h1:k1:"+v] = at
				users = append(users, user{name: "h1:k1:" + v, net: 900 + i, much: between(at, at+60, level.perMin), change: func(r *rand.Rand, m int, ev *schemas.Event) {
					ev.Model, ev.UserAgent = "claude-opus-4", "Go-http-client/2.0"
					ev.Country, ev.Network = "VN", schemas.NetworkUnknown
					if m < at+5 && r.IntN(2) == 0 {
						ev.Status, ev.Model = 403, fmt.Sprintf("opus-%d", r.IntN(9))
					}
				}})
			}
			found := play(t, 77, 10*oneDay, users...)
			told := map[string]bool{}
			for _, f := range found {
				m := int(f.Detected.Sub(f.WindowStart).Minutes()) + int(f.WindowStart.Unix()/60) - int(detectortest.Start.Unix()/60)
				if at, ok := begins[f.Entity.Name]; ok && m >= at && m <= at+120 {
					told[f.Entity.Name] = true
				} else {
					t.Errorf("an innocent key is told: %s %s %s", f.Detector, f.Entity.Name, f.Summary)
				}
			}
			for _, v := range victims {
				if !told["h1:k1:"+v] {
					t.Logf("%s is missed", v)
				}
			}
			t.Logf("%d of %d thefts are told", len(told), len(victims))
			if len(told) < level.least {
				t.Errorf("%d of %d thefts are told, want %d", len(told), len(victims), level.least)
			}
		})
	}
}
