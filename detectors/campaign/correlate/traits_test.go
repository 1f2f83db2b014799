package correlate

import (
	"math"
	"testing"

	"github.com/gatehound/gatehound/detectors/campaign/profile"
)

func TestUnknownTraitsAreNoTokens(t *testing.T) {
	o := options()
	p := profile.Profile{Calls: 10, Scatter: -1}
	p.Traits[profile.Client] = profile.Trait{Value: 5, Share: 20} // of no more than one call in twelve
	got := tokensOf(&p, &o)
	for _, kind := range []int{model, settings, client, hello, network, system, country, template, rhythm, hours, start, pivot} {
		if got[kind] != 0 {
			t.Errorf("kind %d is known", kind)
		}
	}
}

func TestTokensTellValuesAndKindsApart(t *testing.T) {
	o := options()
	seen := map[uint32]int{}
	for v := range uint32(100) {
		var p profile.Profile
		for kind := range p.Traits {
			p.Traits[kind] = profile.Trait{Value: v + 1, Share: 254}
		}
		p.First, p.Scatter = since+2*minutesADay+v*halfDay, -1
		for kind, token := range tokensOf(&p, &o) {
			if token != 0 && kind != shape && kind != volume {
				seen[token]++
			}
		}
	}
	if len(seen) < 695 { // six traits and the start, a hundred of each
		t.Errorf("%d different tokens", len(seen))
	}
}

func TestStartsBeforeTheWatchAreOne(t *testing.T) {
	o := options()
	token := func(first uint32) uint32 {
		got := tokensOf(&profile.Profile{First: first, Scatter: -1}, &o)
		return got[start]
	}
	if token(since) != token(since+20*60) || token(since+2*minutesADay) == token(since) || token(since+2*minutesADay) == token(since+4*minutesADay) {
		t.Error("starts are mixed up")
	}
}

func TestDailyVolume(t *testing.T) {
	for _, c := range []struct {
		name string
		p    profile.Profile
		want float64
	}{
		{"two and a half days", profile.Profile{First: end - 5*minutesADay/2, Last: end, Days: [8]uint16{60, 120, 120}}, 120},
		{"an hour", profile.Profile{First: end - 60, Last: end, Days: [8]uint16{10}}, 40},
		{"stopped", profile.Profile{First: end - 4*minutesADay - 12*60, Last: end - 2*minutesADay - 60, Days: [8]uint16{0, 0, 50, 100, 100}}, 100},
		{"no days", profile.Profile{First: end - 10*minutesADay, Last: end, Calls: 1000}, 100},
		{"nonsense", profile.Profile{First: end, Last: 0, Calls: float32(math.Inf(1))}, 4e12},
		{"nothing", profile.Profile{Calls: float32(math.NaN())}, 0},
	} {
		if got := daily(&c.p, end); math.Abs(got-c.want) > 0.1*c.want {
			t.Errorf("%s: %v calls a day, want %v", c.name, got, c.want)
		}
	}
}

func TestBusiestAndQuietest(t *testing.T) {
	var p profile.Profile
	for h := 9; h < 17; h++ {
		p.Hours[(h+12)%24] = 30 // over midnight
	}
	if from, share, ok := busiest(&p); !ok || from != 21 || share != 1 {
		t.Errorf("from %d, share %v", from, share)
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
	if _, _, ok := busiest(new(profile.Profile)); ok {
		t.Error("a day of nothing has a busiest part")
	}
}

func TestInterval(t *testing.T) {
	from, to := interval([]uint32{100, 5, 104, 101, 103, 102, 900, 105, 106, 107})
	if from != 100 || to != 107 {
		t.Errorf("from %d to %d", from, to)
	}
}

func TestSpanNeverUnderflows(t *testing.T) {
	for _, p := range []profile.Profile{{}, {First: math.MaxUint32, Last: math.MaxUint32}, {First: math.MaxUint32}, {Last: math.MaxUint32}} {
		if got := spanDays(&p, 100); got < 0.25 || got > 8.1 {
			t.Errorf("%v days", got)
		}
	}
}
