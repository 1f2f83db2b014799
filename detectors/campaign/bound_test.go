package campaign

import (
	"reflect"
	"testing"
)

// TestFloodOfSmallCampaignsForgetsNoOther has hundreds of clusters too small to be
// told between two parts of a campaign.
func TestFloodOfSmallCampaignsForgetsNoOther(t *testing.T) {
	p := newPlay(t, 4000)
	p.cluster(20, keys(1, 30))
	id := p.pass()[0].Campaign.ID
	for key := uint64(101); key <= 4000; key++ {
		p.calls(key, 40)
	}
	for n := 0; n < 480; n += 30 {
		var flood [][]uint64
		for i := range 30 {
			from := 101 + 8*(n+i)
			flood = append(flood, keys(from, from+7))
		}
		p.cluster(20, flood...)
		if found := p.pass(); len(found) != 0 {
			t.Fatalf("320 exchanges are told: %+v", found)
		}
	}
	if n := len(p.sizes()); n != maxCampaigns {
		t.Errorf("%d campaigns, want %d", n, maxCampaigns)
	}
	p.cluster(20, keys(1, 30))
	p.calls(1, 5000)
	if found := p.pass(); len(found) != 1 || found[0].Campaign.ID != id {
		t.Errorf("told was %+v, want %s again", found, id)
	}
}

// TestToldFloodHidesNoCampaign has more campaigns told than there is room for.
func TestToldFloodHidesNoCampaign(t *testing.T) {
	p := newPlay(t, 4000)
	for n := range maxCampaigns {
		p.cluster(20, keys(10*n+1, 10*n+10))
		if found := p.pass(); len(found) != 1 {
			t.Fatalf("%d findings", len(found))
		}
	}
	p.cluster(20, keys(3000, 3019))
	if found := p.pass(); len(found) != 1 || found[0].Campaign.Size != 20 {
		t.Errorf("told was %+v, want the new one", found)
	}
}

// TestLargeCampaignTakesNoRoomFromSmallOnes has one that needs all of it.
func TestLargeCampaignTakesNoRoomFromSmallOnes(t *testing.T) {
	p := newPlay(t, maxMembers+400)
	p.calls(maxMembers+400, 3)
	for range 3 {
		p.cluster(20, keys(1, maxMembers+300), keys(maxMembers+301, maxMembers+320), keys(maxMembers+321, maxMembers+400))
		p.pass()
		if got := p.sizes(); len(got) != 3 || got[0]+got[1]+got[2] != maxMembers {
			t.Fatalf("sizes are %v", got)
		}
	}
	told := map[int]bool{}
	for _, f := range p.out {
		told[f.Campaign.Size] = true
	}
	if want := map[int]bool{20: true, 80: true, maxMembers - 100: true}; !reflect.DeepEqual(told, want) {
		t.Errorf("told were campaigns of %v, want %v", told, want)
	}
	for _, k := range p.d.memory.known {
		if total := k.sum(); total.calls > 100*float64(len(k.members)) {
			t.Errorf("%v calls are counted of %d members who made 100 each", total.calls, len(k.members))
		}
	}
}

func TestLevel(t *testing.T) {
	of := func(sizes ...int) *memory {
		m := &memory{}
		for _, n := range sizes {
			m.known = append(m.known, &known{members: make([]member, n)})
		}
		return m
	}
	for want, m := range map[int]*memory{
		maxMembers:                 of(20, maxMembers-20),
		maxMembers - 20:            of(20, maxMembers-19),
		maxMembers / 2:             of(maxMembers, maxMembers),
		(maxMembers - 8 - 20) / 2:  of(maxMembers, 8, 50_000, 20),
		maxMembers - 8 - 20 - 1000: of(1000, 20, maxMembers, 8),
	} {
		if got := m.level(); got != want {
			t.Errorf("level %d, want %d", got, want)
		}
	}
}
