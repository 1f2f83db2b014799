package campaign

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

// firsts sets when somebody called first.
func (p *play) first(key uint64, at time.Duration) {
	p.all[key-1].Profile.First = minutes(detectortest.At(at))
}

const days = 24 * time.Hour

// TestImitatedCustomers puts customers of long standing among the members: whom
// attackers imitate is named, and marked, and what he made for himself is none of
// the campaign's.
func TestImitatedCustomers(t *testing.T) {
	p := newPlay(t, 60)
	for key := uint64(1); key <= 24; key++ {
		p.first(key, 30*days+time.Duration(key)*time.Hour)
	}
	for key := uint64(25); key <= 30; key++ {
		p.first(key, time.Duration(key-20)*days)
		p.calls(key, 1_000_000)
	}
	p.hour = 33 * 24
	p.cluster(20, keys(1, 30))
	found := p.pass()
	if len(found) != 1 {
		t.Fatalf("%d findings", len(found))
	}
	f := &found[0]
	if c := f.Campaign; c.Exchanges != 2400 || c.Size != 30 || !c.First.Equal(time.Unix(0, detectortest.At(30*days+time.Hour)).UTC()) || f.Severity != schemas.SeverityMedium {
		t.Errorf("%s: %d exchanges since %v of %d members", f.Severity, c.Exchanges, c.First, c.Size)
	}
	if !strings.HasPrefix(f.Title, "Campaign: 24 keys took 2,400 answers in") || !strings.Contains(f.Summary, "6 customers that called long before") {
		t.Errorf("%s\n%s", f.Title, f.Summary)
	}
	for _, m := range f.Campaign.Members {
		if marked := slices.Contains(m.Links, schemas.KnownBefore); marked != (m.Exchanges == 1_000_000) {
			t.Errorf("%s with %d exchanges is marked: %v", m.Principal, m.Exchanges, marked)
		}
	}
	for _, name := range f.Campaign.Named {
		if slices.ContainsFunc(f.Campaign.Members, func(m schemas.Member) bool { return m.Principal == name && knownBefore(&m) }) {
			t.Errorf("the alert names %s as one of the keys", name)
		}
	}
	if !knownBefore(&f.Campaign.Members[29]) || len(f.Campaign.Named) != 20 {
		t.Errorf("%d are named, the last member is %+v", len(f.Campaign.Named), f.Campaign.Members[29])
	}
	if i := slices.IndexFunc(f.Features, func(x schemas.Feature) bool { return x.Name == "known_before" }); i < 0 || f.Features[i].Observed != 6 {
		t.Errorf("features %+v", f.Features)
	}
	// Those who join in a hurry do not make customers of the keys before them.
	for key := uint64(31); key <= 60; key++ {
		p.first(key, 40*days)
	}
	p.hour = 41 * 24
	p.cluster(24, keys(1, 60))
	if found = p.pass(); len(found) != 1 || found[0].Campaign.Exchanges != 5400 {
		t.Errorf("later %+v", found)
	}
}

func TestWhenACampaignBegan(t *testing.T) {
	begin := func(first ...uint32) uint32 {
		k := &known{}
		for _, f := range first {
			k.members = append(k.members, member{first: f, joined: 7})
		}
		k.members = append(k.members, member{first: 90_000, joined: 8})
		return k.began()
	}
	const day = 24 * 60
	for name, c := range map[string]struct{ got, want uint32 }{
		"at once":                   {begin(10*day, 10*day, 10*day, 10*day), 9 * day},
		"over four days":            {begin(10*day, 11*day, 12*day, 13*day, 14*day), 8 * day},
		"a customer among them":     {begin(day, 10*day, 10*day+60, 10*day+70), 9*day + 60},
		"stolen keys of all ages":   {begin(1*day, 12*day, 25*day, 39*day), 0},
		"nobody":                    {begin(), 90_000 - day},
		"not known":                 {begin(0, 0), 0},
		"in the first hours of all": {begin(5, 6, 7), 0},
	} {
		if c.got != c.want {
			t.Errorf("%s: began at %d, want %d", name, c.got, c.want)
		}
	}
	if (&member{}).before(5) {
		t.Error("whose first call is not known called before")
	}
}
