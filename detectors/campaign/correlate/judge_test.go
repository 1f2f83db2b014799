package correlate

import (
	"math"
	"testing"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/campaign/correlate/internal/crowd"
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

// TestEqualVolumes holds volumes that are equal every day against those that are
// equal on average, and those of keys that had another use before.
func TestEqualVolumes(t *testing.T) {
	at := func(days ...uint16) profile.Profile {
		p := profile.Profile{First: since + 3*minutesADay, Last: end - 5}
		copy(p.Days[:], days)
		for _, d := range days {
			p.Calls += float32(d)
		}
		return p
	}
	for _, c := range []struct {
		name  string
		of    func(i uint16) profile.Profile
		sigma [2]float64 // its bounds
	}{
		{"a quota", func(i uint16) profile.Profile { return at(50, 100+i, 100-i, 101) }, [2]float64{0, 0.05}},
		{"equal on average", func(i uint16) profile.Profile { return at(0, 10+30*(i%3), 70, 70-30*(i%3)) }, [2]float64{0.3, 1}},
		{"days without a call", func(i uint16) profile.Profile { return at(10, 0, 100, 0) }, [2]float64{1, 3}},
		{"a quota beside the use before", func(i uint16) profile.Profile {
			p := at(50, 120+i, 120-i, 110, 4*i, 20-i, 2*i, i*i)
			p.First = since
			return p
		}, [2]float64{0, 0.1}},
		{"unequal", func(i uint16) profile.Profile { return at(4<<i, 8<<i, 8<<i, 8<<i) }, [2]float64{1, 3}},
		{"few calls", func(i uint16) profile.Profile { return at(2+i, 4+i, 4+2*i, 8-i/2) }, [2]float64{0.2, 1}},
	} {
		w := newWorld(1)
		for i := range uint16(10) {
			w.all = append(w.all, detectors.Profiled[profile.Profile]{Key: uint64(i), Profile: c.of(i)})
		}
		o := options()
		p := &population{crowd.New(w.all, o.watch()), &o}
		sigma, _ := p.spread([]uint32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, p.days)
		if sigma < c.sigma[0] || sigma > c.sigma[1] {
			t.Errorf("%s: a deviation of %.2f, want %v", c.name, sigma, c.sigma)
		}
	}
}

// TestConductMustBeClear has vague signs in the place of a clear one.
func TestConductMustBeClear(t *testing.T) {
	o := options()
	o.Score = DefaultScore
	for _, c := range []struct {
		acts   int
		beside float64
		want   bool
	}{{2, 1.7, true}, {1, 1.5, false}, {1, 2.5, true}, {0, 4, false}} {
		v := verdict{score: 14, links: 3, together: 2, calls: 1000, acts: c.acts, beside: c.beside}
		if v.reported(&o) != c.want {
			t.Errorf("%d clear signs and %.1f beside: want %v", c.acts, c.beside, c.want)
		}
	}
}
