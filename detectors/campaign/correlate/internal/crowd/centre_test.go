package crowd

import (
	"math"
	"testing"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/campaign/profile"
	"github.com/gatehound/gatehound/detectors/sketch"
)

// kindsOfLinks give a profile a value of the kind, and say where it counts.
var kindsOfLinks = map[string]struct {
	group int
	set   func(p *profile.Profile, v uint32)
}{
	"model":    {BySettings, trait(profile.Model)},
	"settings": {BySettings, trait(profile.Settings)},
	"client":   {ByClient, trait(profile.Client)},
	"hello":    {ByClient, trait(profile.Hello)},
	"system":   {ByNetwork, trait(profile.System)},
	"country":  {ByNetwork, trait(profile.Country)},
	"network":  {ByNetwork, func(p *profile.Profile, v uint32) { p.Networks[0] = v }},
	"another network": {ByNetwork, func(p *profile.Profile, v uint32) {
		p.Networks[0], p.Networks[1] = 1_000_000+uint32(p.Calls), v
	}},
	"template": {ByTemplate, func(p *profile.Profile, v uint32) { p.Templates[0] = profile.Trait{Value: v, Share: 200} }},
	"volume": {ByVolume, func(p *profile.Profile, v uint32) {
		p.Days[1] = uint16(math.Exp(float64(v%30)/3) + 1)
	}},
	"hours": {ByTiming, func(p *profile.Profile, v uint32) {
		p.Hours[v%8*3], p.Hours[(v%8*3+1)%24] = 127, 127
	}},
	"start": {ByStart, func(p *profile.Profile, v uint32) { p.First = since + 2*minutesADay + v%10*halfDay }},
	"pivot": {ByStart, func(p *profile.Profile, v uint32) { p.Pivot, p.Earlier = since+4*minutesADay, v }},
}

func trait(kind int) func(*profile.Profile, uint32) {
	return func(p *profile.Profile, v uint32) { p.Traits[kind] = profile.Trait{Value: v, Share: 254} }
}

// sharing returns 400 principals, of whom 20 have a value that others have too with
// the given chance, and how the first of them fits the twenty.
func sharing(set func(*profile.Profile, uint32), others float64) Fits {
	w := newWorld(8)
	all := make([]detectors.Profiled[profile.Profile], 400)
	for i := range all {
		p := &all[i].Profile
		*p = profile.Profile{First: since + 1, Last: end - 1, Calls: float32(100 + i), Scatter: -1}
		all[i].Key = uint64(i)
		v := uint32(2 + w.rng.IntN(50))
		if i < 20 || w.rng.Float64() < others {
			v = 1
		}
		set(p, v)
	}
	p := New(all, Watch{Since: since, End: end, Key: sketch.NewKey([16]byte{7})})
	var members, rest []uint32
	first := uint32(0)
	for pos, i := range p.At {
		if i == 0 {
			first = uint32(pos)
		}
		if i < 20 {
			members = append(members, uint32(pos))
		} else {
			rest = append(rest, uint32(pos))
		}
	}
	var c Centre
	p.Fill(&c, members, nil, rest)
	return c.Fit(&p.Tokens[first], p.Profile(first))
}

// clear is from where a fit counts as sharing a trait.
const clear = 0.7

func TestRareValuesLinkAndPopularOnesDoNot(t *testing.T) {
	for name, kind := range kindsOfLinks {
		t.Run(name, func(t *testing.T) {
			if rare := sharing(kind.set, 0)[kind.group]; rare < clear {
				t.Errorf("a rare value says %.2f", rare)
			}
			if popular := sharing(kind.set, 0.7)[kind.group]; popular >= clear {
				t.Errorf("a popular value says %.2f", popular)
			}
		})
	}
}

func TestNoGroupSaysMoreThanItsLimit(t *testing.T) {
	for name, kind := range kindsOfLinks {
		for g, v := range sharing(kind.set, 0.01) {
			if v < limits[g].low || v > limits[g].high || v != v {
				t.Errorf("%s: group %d says %v", name, g, v)
			}
		}
	}
}

// If all members differ in something, one who differs too is no stranger.
func TestDifferenceAmongMembersIsNoContradiction(t *testing.T) {
	var same, various values
	p := &Population{}
	p.counts[Client] = make([]uint32, 1024)
	p.known[Client] = 1000
	for i := range uint32(30) {
		same.add(7)
		various.add(2*i + 1)
	}
	same.weigh(p, Client, 0)
	various.weigh(p, Client, 0)
	if got := same.of(999); got > -2 {
		t.Errorf("another value than that of all members says %v", got)
	}
	if got := various.of(999); got < -0.5 {
		t.Errorf("one more value says %v", got)
	}
	if same.of(7) < 4 || same.typical(7) != 1 || same.typical(999) != -1 || various.typical(999) != 0 || same.typical(0) != 0 {
		t.Error("the value of all members is not typical")
	}
}

func TestManyValuesAreBounded(t *testing.T) {
	var v values
	for i := range uint32(10_000) {
		v.add(2*i + 1)
	}
	for range 100_000 {
		v.add(1)
	}
	if v.used > slots*3/4 || v.count[v.find(1)] != math.MaxUint16 {
		t.Errorf("%d slots are used", v.used)
	}
	if v.find(12_345) != -1 {
		t.Error("finds what is not there")
	}
}

// Those who are left out do not make a value common.
func TestGoneAreNotCounted(t *testing.T) {
	p := &Population{}
	p.counts[Client] = make([]uint32, 1024)
	p.counts[Client][p.cell(7)], p.known[Client] = 520, 1000
	like := func(gone uint32) float32 {
		var v values
		for range 20 {
			v.add(7)
		}
		v.gone[v.find(7)] = gone
		v.weigh(p, Client, float64(gone))
		return v.of(7)
	}
	if with, without := like(0), like(500); with > 0.8 || without < 3 {
		t.Errorf("it says %.2f with half of all, %.2f without them", with, without)
	}
}
