package crowd

import (
	"math"
	"testing"

	"github.com/gatehound/gatehound/detectors/campaign/profile"
	"github.com/gatehound/gatehound/detectors/sketch"
)

// The watch of all tests began a week before the window's end, a Thursday noon.
const (
	end   = uint32(20_500*minutesADay + 12*60)
	since = end - 7*minutesADay
)

func TestUnknownTraitsAreNoTokens(t *testing.T) {
	o := Watch{Since: since, End: end, Key: sketch.NewKey([16]byte{7})}
	p := profile.Profile{Calls: 10, Scatter: -1}
	p.Traits[profile.Client] = profile.Trait{Value: 5, Share: 20} // of no more than one call in twelve
	got := tokensOf(&p, &o)
	for _, kind := range []int{Model, Settings, Client, Hello, Network, System, Country, Template, Rhythm, Hours, Start, Pivot} {
		if got[kind] != 0 {
			t.Errorf("kind %d is known", kind)
		}
	}
}

func TestTokensTellValuesAndKindsApart(t *testing.T) {
	o := Watch{Since: since, End: end, Key: sketch.NewKey([16]byte{7})}
	seen := map[uint32]int{}
	for v := range uint32(100) {
		var p profile.Profile
		for kind := range p.Traits {
			p.Traits[kind] = profile.Trait{Value: v + 1, Share: 254}
		}
		p.First, p.Scatter = since+2*minutesADay+v*halfDay, -1
		for kind, token := range tokensOf(&p, &o) {
			if token != 0 && kind != Shape && kind != Volume {
				seen[token]++
			}
		}
	}
	if len(seen) < 695 { // six traits and the start, a hundred of each
		t.Errorf("%d different tokens", len(seen))
	}
}

func TestStartsBeforeTheWatchAreOne(t *testing.T) {
	o := Watch{Since: since, End: end, Key: sketch.NewKey([16]byte{7})}
	token := func(first uint32) uint32 {
		got := tokensOf(&profile.Profile{First: first, Scatter: -1}, &o)
		return got[Start]
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
		if got := Daily(&c.p, end); math.Abs(got-c.want) > 0.1*c.want {
			t.Errorf("%s: %v calls a day, want %v", c.name, got, c.want)
		}
	}
}

// TestDailyVolumeAtMidnight ends the window where the day ends: the days that are
// counted are then eight whole ones.
func TestDailyVolumeAtMidnight(t *testing.T) {
	for name, end := range map[string]uint32{"midnight": end - end%minutesADay, "an hour later": end - end%minutesADay + 60} {
		p := profile.Profile{First: end - 20*minutesADay, Last: end - 1, Days: [8]uint16{2400, 2400, 2400, 2400, 2400, 2400, 2400, 2400}}
		if end%minutesADay != 0 {
			p.Days[0] = 100
		}
		if got := Daily(&p, end); math.Abs(got-2400) > 1 {
			t.Errorf("%s: %v calls a day, want 2400", name, got)
		}
	}
	if got := Daily(&profile.Profile{First: 1, Last: 1, Calls: 5, Days: [8]uint16{5}}, 0); got != 20 {
		t.Errorf("at the epoch: %v calls a day, want 20", got)
	}
}

func TestBusiest(t *testing.T) {
	var p profile.Profile
	for h := 9; h < 17; h++ {
		p.Hours[(h+12)%24] = 30 // over midnight
	}
	if from, share, ok := busiest(&p); !ok || from != 21 || share != 1 {
		t.Errorf("from %d, share %v", from, share)
	}
	if _, _, ok := busiest(new(profile.Profile)); ok {
		t.Error("a day of nothing has a busiest part")
	}
}

func TestSpanNeverUnderflows(t *testing.T) {
	for _, p := range []profile.Profile{{}, {First: math.MaxUint32, Last: math.MaxUint32}, {First: math.MaxUint32}, {Last: math.MaxUint32}} {
		if got := spanDays(&p, 100); got < 0.25 || got > 8.1 {
			t.Errorf("%v days", got)
		}
	}
}

// TestWording: an instruction with free text behind it has as many templates as there
// are texts; its phrase stands for it.
func TestWording(t *testing.T) {
	template := func(share uint8) profile.Trait { return profile.Trait{Value: 1, Share: share} }
	phrase := func(share uint8) profile.Trait { return profile.Trait{Value: 2, Share: share} }
	for _, c := range []struct {
		template, phrase profile.Trait
		want             uint32
	}{
		{template(254), phrase(254), 1},
		{template(130), phrase(254), 1},
		{template(9), phrase(100), 2},
		{template(60), phrase(60), 1},
		{profile.Trait{}, phrase(100), 2},
		{profile.Trait{}, profile.Trait{}, 0},
	} {
		p := profile.Profile{Phrase: c.phrase}
		p.Templates[0] = c.template
		if got := wording(&p); got.Value != c.want {
			t.Errorf("template %v, phrase %v: %v, want %d", c.template, c.phrase, got, c.want)
		}
	}
}
