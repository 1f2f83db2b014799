package correlate

import (
	"math"
	"testing"

	"github.com/gatehound/gatehound/detectors/campaign/profile"
)

func TestQuietest(t *testing.T) {
	var p profile.Profile
	for h := 9; h < 17; h++ {
		p.Hours[(h+12)%24] = 30 // over midnight
	}
	h := hoursOf(&p)
	if got := quietest(&h); got != 0 {
		t.Errorf("the quietest has %v", got)
	}
	for i := range p.Hours {
		p.Hours[i] = 10
	}
	h = hoursOf(&p)
	if got := quietest(&h); math.Abs(got-1./3) > 1e-9 {
		t.Errorf("the quietest of a flat day has %v", got)
	}
}

func TestInterval(t *testing.T) {
	from, to := interval([]uint32{100, 5, 104, 101, 103, 102, 900, 105, 106, 107})
	if from != 100 || to != 107 {
		t.Errorf("from %d to %d", from, to)
	}
}

func TestGrew(t *testing.T) {
	for _, c := range []struct {
		days [8]uint16
		want bool
	}{
		{[8]uint16{50, 100, 100, 90, 10, 10, 10, 10}, true},
		{[8]uint16{50, 100, 100, 100, 100, 100, 100, 100}, false},
		{[8]uint16{}, false},
	} {
		if got := grew(&profile.Profile{Days: c.days}); got != c.want {
			t.Errorf("%v: %v", c.days, got)
		}
	}
}
