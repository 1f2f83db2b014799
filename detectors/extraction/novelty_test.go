package extraction

import (
	"slices"
	"strings"
	"testing"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

// among returns the findings on the thief who works in a gateway where another
// caller was seen for three days.
func among(t *testing.T, events ...[]schemas.Event) []schemas.Finding {
	t.Helper()
	others := use{perHour: 120, jitter: 1, from: 0, until: 74, in: 420, out: 250, multi: 0.7}.events(9, "h1:k1:honest")
	found := run(t, slices.Concat(append(events, others)...))
	detectortest.Readable(t, found)
	return slices.DeleteFunc(found, func(f finding) bool { return !strings.HasSuffix(f.Entity.Name, "thief") })
}

// TestNovelty wants that 1,500 answers an hour are found of a key that is new, or
// that made a tenth before, and that they are not of a key that was there as long
// as the watch and wrote its texts all along.
func TestNovelty(t *testing.T) {
	answers := use{perHour: 1500, jitter: 1, from: 60, until: 61, in: 220, out: 690, spread: 0.6}
	little := use{perHour: 30, jitter: 1, from: 0, until: 60, multi: 0.5, in: 420, out: 250}
	all := answers
	all.from, all.diurnal = 0, true
	few := answers
	few.perHour = 450
	for name, c := range map[string]struct {
		events []schemas.Event
		want   int
	}{
		"a new key":             {answers.events(1, "h1:k1:thief"), 1},
		"ten times its calls":   {slices.Concat(little.events(2, "h1:k1:thief"), longer(answers).events(1, "h1:k1:thief")), 1},
		"texts all along":       {all.events(1, "h1:k1:thief"), 0},
		"a new key that is few": {few.events(1, "h1:k1:thief"), 0},
	} {
		t.Run(name, func(t *testing.T) {
			found := among(t, c.events)
			if len(found) != c.want || c.want > 0 && found[0].Detector != "extraction.harvest" {
				tell(t, found)
				t.Errorf("%d findings, want %d", len(found), c.want)
			}
		})
	}
}

// longer gives a use answers that are half as long again.
func longer(u use) use {
	u.in, u.out = 150, 900
	return u
}

// TestLengths wants that where no prompt is logged inputs of many lengths speak
// for a harvest, and those of one length against it.
func TestLengths(t *testing.T) {
	for spread, positive := range map[float64]bool{0.01: false, 0.8: true} {
		var e sum
		e.lengths(&profile{distinct: -1, inputSpread: spread})
		if e.Total == 0 || e.Total > 0 != positive {
			t.Errorf("a spread of %v weighs %v", spread, e.Total)
		}
	}
	var e sum
	e.lengths(&profile{distinct: 0.9, inputSpread: 0.01})
	e.lengths(&profile{distinct: -1, inputSpread: -1})
	if e.Total != 0 {
		t.Errorf("lengths weigh %v beside prompts", e.Total)
	}
}
