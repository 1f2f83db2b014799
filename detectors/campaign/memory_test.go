package campaign

import (
	"context"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/campaign/correlate"
	"github.com/gatehound/gatehound/detectors/campaign/profile"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

func TestReplayGivesTheSameName(t *testing.T) {
	name := func() string {
		p := newPlay(t, 50)
		p.cluster(20, keys(20, 30), keys(1, 10))
		found := p.pass()
		if len(found) != 2 || found[0].Campaign.ID == found[1].Campaign.ID {
			t.Fatalf("%+v", found)
		}
		return found[0].Campaign.ID + found[1].Campaign.ID
	}
	if a, b := name(), name(); a != b {
		t.Errorf("named %s and %s", a, b)
	}
}

func TestSplitAndMerge(t *testing.T) {
	p := newPlay(t, 100)
	p.cluster(20, keys(1, 30))
	id := p.pass()[0].Campaign.ID
	p.cluster(20, keys(1, 14), keys(15, 30))
	p.pass()
	if got := p.sizes(); !reflect.DeepEqual(got, []int{30}) {
		t.Errorf("two halves of a campaign: %v", got)
	}
	p.cluster(20, keys(41, 60))
	other := p.pass()
	if len(other) != 1 || other[0].Campaign.ID == id {
		t.Fatalf("another campaign: %+v", other)
	}
	p.cluster(20, keys(1, 60))
	p.pass()
	if got := p.sizes(); !reflect.DeepEqual(got, []int{60}) {
		t.Fatalf("both in one: %v", got)
	}
	last := p.out[len(p.out)-1]
	if last.Campaign.ID != id || last.Campaign.Size != 60 {
		t.Errorf("%s with %d members, want the older %s with 60", last.Campaign.ID, last.Campaign.Size, id)
	}
	// A few of its members with many others are no part of it.
	p.cluster(20, append(keys(1, 5), keys(70, 90)...))
	p.pass()
	if got := p.sizes(); !reflect.DeepEqual(got, []int{55, 26}) {
		t.Errorf("members that went over: %v", got)
	}
}

// TestAFewOfTwoMakeThemNotOne lets a small cluster have members of two large
// campaigns, half of it of each.
func TestAFewOfTwoMakeThemNotOne(t *testing.T) {
	p := newPlay(t, 200)
	p.cluster(20, keys(1, 90), keys(101, 190))
	p.pass()
	p.cluster(20, append(keys(1, 5), keys(101, 105)...))
	p.pass()
	if got := p.sizes(); !reflect.DeepEqual(got, []int{95, 85}) && !reflect.DeepEqual(got, []int{85, 95}) {
		t.Errorf("sizes %v, want 95 and 85: five went over", got)
	}
}

func TestMembersLeave(t *testing.T) {
	p := newPlay(t, 40)
	p.cluster(20, keys(1, 30))
	p.pass()
	p.cluster(20, keys(3, 30)) // 1 goes on calling, 2 does not
	for range 47 {
		p.calls(1, p.all[0].Profile.Calls+1)
		p.pass()
	}
	if got := p.sizes(); !reflect.DeepEqual(got, []int{30}) {
		t.Errorf("before two days: %v", got)
	}
	for range 3 {
		p.calls(1, p.all[0].Profile.Calls+1)
		p.pass()
	}
	if got := p.sizes(); !reflect.DeepEqual(got, []int{29}) {
		t.Errorf("after two days: %v", got)
	}
	if _, ok := p.d.memory.owners()[2]; !ok {
		t.Error("who only stopped is no member any more")
	}
}

func TestForgotten(t *testing.T) {
	p := newPlay(t, 40)
	p.cluster(20, keys(1, 30))
	id := p.pass()[0].Campaign.ID
	p.found = nil
	for range 14 * 24 {
		p.pass()
	}
	if len(p.sizes()) != 1 {
		t.Fatal("forgotten within two weeks")
	}
	p.cluster(20, keys(1, 30))
	p.calls(1, 500)
	if found := p.pass(); len(found) != 1 || found[0].Campaign.ID != id {
		t.Errorf("after two weeks: %+v, want %s", found, id)
	}
	p.found = nil
	for range 14*24 + 1 {
		p.pass()
	}
	if len(p.sizes()) != 0 {
		t.Error("remembered for more than two weeks")
	}
}

// TestStateIsLost lets the profile of a member begin anew, and another one go.
func TestStateIsLost(t *testing.T) {
	p := newPlay(t, 40)
	p.cluster(20, keys(1, 30))
	p.pass()
	p.calls(1, 40)
	p.all = p.all[:39]
	p.all[38].Profile.Calls = 100
	p.cluster(24, keys(1, 29))
	found := p.pass()
	if len(found) != 1 || found[0].Campaign.Exchanges != 3040 {
		t.Fatalf("%+v, want 3,040 exchanges", found)
	}
	if m := found[0].Campaign.Members[0]; m.Principal != "h1:k1:0001" || m.Exchanges != 140 {
		t.Errorf("the member took %+v", m)
	}
}

func TestForget(t *testing.T) {
	p := newPlay(t, 40)
	p.cluster(20, keys(1, 20), keys(21, 30))
	p.pass()
	if n := p.d.Forget(func(key uint64) bool { return key == 3 || key > 20 }); n != 11 {
		t.Errorf("%d were forgotten, want 11", n)
	}
	p.consistent()
	if got := p.sizes(); !reflect.DeepEqual(got, []int{19}) || strings.Contains(string(p.d.Save()), "h1:k1:0003") {
		t.Errorf("left are %v", got)
	}
}

func TestDoneEarly(t *testing.T) {
	p := newPlay(t, 40)
	p.cluster(20, keys(1, 20))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	p.d.Correlate(detectors.NewCorrelation(ctx, detectortest.At(0), time.Hour, sketch.Key{}, func(*schemas.Finding) { t.Error("told") }), &Cohort{}, p.all)
	if len(p.sizes()) != 0 {
		t.Error("half of a result was taken")
	}
}

func TestPivotAndPauses(t *testing.T) {
	p := newPlay(t, 60)
	for i := range 40 {
		x := &p.all[i].Profile
		x.Traits[profile.Model] = profile.Trait{Value: 77, Share: 250}
		if i < 30 {
			x.Pivot = p.end() - 600 + uint32(i)
		}
		x.Days = [8]uint16{3, 0, 0, 5, 6}
	}
	p.cluster(20, keys(1, 30))
	var pivot, pauses float64
	for _, f := range p.pass()[0].Features {
		switch f.Name {
		case "model_pivot":
			pivot = f.Observed
			if f.Expected != 0.5 {
				t.Errorf("of all %v moved, want a half", f.Expected)
			}
		case "pauses":
			pauses = f.Observed
		}
	}
	if pivot != 1 || pauses != 2 {
		t.Errorf("share that moved %v, days of pause %v; want 1 and 2", pivot, pauses)
	}
}

// TestBounds lets more campaigns come than there is room for, and one that is too
// large.
func TestBounds(t *testing.T) {
	p := newPlay(t, 3000)
	for n := range 300 {
		p.cluster(20, keys(10*n+1, 10*n+10))
		p.pass()
	}
	if n := len(p.sizes()); n != maxCampaigns {
		t.Errorf("%d campaigns, want %d", n, maxCampaigns)
	}
	p.all = newPlay(t, maxMembers+400).all
	p.cluster(20, keys(1, maxMembers+300))
	found := p.pass()
	if got := p.sizes(); len(got) != 1 || got[0] != maxMembers {
		t.Errorf("sizes %v, want [%d]", got, maxMembers)
	}
	if len(found) != 1 || len(found[0].Campaign.Members) != maxMembers || found[0].Severity != schemas.SeverityCritical {
		t.Errorf("%d findings", len(found))
	}
	t.Logf("the memory takes %d bytes in a snapshot", len(p.d.Save()))
}

// TestHostile gives profiles and clusters that make no sense.
func TestHostile(t *testing.T) {
	p := newPlay(t, 40)
	for i := range p.all {
		x := &p.all[i].Profile
		v := []float32{float32(math.NaN()), float32(math.Inf(1)), -1, math.MaxFloat32}[i%4]
		x.Calls, x.Input, x.Output, x.Day, x.Now = v, v, v, v, v
		x.First, x.Last, x.Pivot = math.MaxUint32*uint32(i%2), math.MaxUint32, uint32(i)
		p.all[i].Name = strings.Repeat("\x00\x1b%s?", 200)
	}
	p.cluster(20, keys(1, 40))
	p.found[0].Likeness, p.found[0].Linked, p.found[0].Links, p.found[0].Features, p.found[0].Innocent = []float32{float32(math.NaN()), 7}, nil, nil, nil, ""
	p.found = append(p.found, correlate.Cluster{})
	for range 3 {
		for _, f := range p.pass() {
			if f.Campaign.Exchanges < 500 {
				t.Errorf("%d exchanges were told", f.Campaign.Exchanges)
			}
		}
	}
	if len(p.out) == 0 {
		t.Error("nothing was told")
	}
}
