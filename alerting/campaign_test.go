package alerting

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// plot is a finding about a campaign of n members.
func plot(rule string, start time.Time, n int) schemas.Finding {
	f := finding("c-3f9a0c11d2e4", start, schemas.SeverityHigh)
	f.Detector, f.Entity.Kind = rule, schemas.EntityCampaign
	f.ID = schemas.FindingID(f.Detector, f.Entity, f.WindowStart)
	f.Campaign = &schemas.Campaign{ID: f.Entity.Name, Size: n, Exchanges: int64(26 * n), First: noon, Last: start,
		Links: []schemas.Link{{Kind: "network"}}, Members: make([]schemas.Member, n)}
	for i := range n {
		f.Campaign.Members[i].Principal = fmt.Sprint("member-", i)
		f.Campaign.Named = append(f.Campaign.Named, fmt.Sprint("member-", i))
	}
	return f
}

// TestACampaignIsOneAlert has findings a day and three days apart, by two rules,
// and ends eight days after the last.
func TestACampaignIsOneAlert(t *testing.T) {
	r := open(t, logPath(t), nil, &fakeSink{name: "s"})
	day := func(n int) time.Time { return noon.Add(time.Duration(n) * 24 * time.Hour) }
	first := r.offer(t, plot("campaign.extraction", noon, 12))[0]
	for i, n := range []int{1, 2, 5} {
		if got := r.advance(t, day(n)); len(got) != 0 {
			t.Fatalf("day %d: %v, want the alert to stay open", n, got)
		}
		rule := []string{"campaign.extraction", "campaign.growth"}[i%2]
		got := r.offer(t, plot(rule, day(n), 100*n))
		if len(got) != 1 || got[0].ID != first.ID || got[0].State != schemas.AlertUpdated || got[0].Sequence != i+2 || got[0].Finding.Campaign.Size != 100*n {
			t.Fatalf("day %d: %+v, want the one alert updated", n, got)
		}
	}
	if got := r.advance(t, day(13)); len(got) != 0 {
		t.Fatalf("resolved after eight days to the hour: %v", got)
	}
	got := r.advance(t, day(13).Add(2*time.Hour))
	if len(got) != 1 || got[0].ID != first.ID || got[0].State != schemas.AlertResolved {
		t.Fatalf("%v, want it resolved", got)
	}
	if got = r.advance(t, day(30)); len(got) != 0 {
		t.Fatalf("resolved twice: %v", got)
	}
	if got = r.offer(t, plot("campaign.extraction", day(40), 5)); len(got) != 1 || got[0].ID == first.ID {
		t.Fatalf("%v, want another alert a month later", got)
	}
	if got := r.value(t, "open_alerts"); got != 1 {
		t.Errorf("open_alerts is %v, want 1", got)
	}
}

// TestOthersAreResolvedBehindACampaign holds that an alert that waits a week does
// not keep those from being resolved that came after it.
func TestOthersAreResolvedBehindACampaign(t *testing.T) {
	r := open(t, logPath(t), nil)
	r.offer(t, plot("campaign.extraction", noon, 12), finding("a", noon.Add(time.Minute), schemas.SeverityLow))
	got := r.advance(t, noon.Add(3*time.Hour))
	if len(got) != 1 || got[0].Entity.Name != "a" {
		t.Errorf("%v, want the other alert resolved", got)
	}
}

func TestTheLogHasNoMembers(t *testing.T) {
	r := open(t, logPath(t), nil, &fakeSink{name: "s"})
	f := plot("campaign.extraction", noon, 25_000)
	f.Campaign.Score, f.Campaign.Exchanges, f.Campaign.Size = math.Inf(1), -4, -1
	f.Campaign.First, f.Campaign.Links = time.Date(99999, 1, 1, 0, 0, 0, 0, time.UTC), make([]schemas.Link, 1000)
	f.Campaign.Links[0] = schemas.Link{Kind: "\xff" + strings.Repeat("k", 1<<20), Weight: math.NaN(), Others: -1}
	a := r.offer(t, f)[0]
	c := a.Finding.Campaign
	if c.Members != nil || len(c.Named) != 20 || len(c.Links) != 16 || len(c.Links[0].Kind) > 512 || c.Score != math.MaxFloat64 ||
		c.Exchanges != 0 || c.Size != 0 || c.Links[0].Others != 0 {
		t.Errorf("not within the bounds: %+v", c)
	}
	if len(f.Campaign.Members) != 25_000 || len(f.Campaign.Links) != 1000 {
		t.Error("the caller's finding was changed: the store is to have all of it")
	}
	if doc, err := json.Marshal(a); err != nil || len(doc) > 16<<10 {
		t.Errorf("the alert has %d bytes, %v", len(doc), err)
	}
}

func TestForgetACampaignsAlert(t *testing.T) {
	path := logPath(t)
	r := open(t, path, nil)
	r.offer(t, plot("campaign.extraction", noon, 12), finding("a", noon, schemas.SeverityLow))
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	n, err := Forget(path, func(entry []byte) bool { return strings.Contains(string(entry), "member-3") })
	if err != nil || n == 0 {
		t.Fatalf("%d entries, %v", n, err)
	}
	r = open(t, path, nil)
	if got := r.advance(t, noon.Add(30*24*time.Hour)); len(got) != 1 || got[0].Entity.Name != "a" {
		t.Errorf("%v, want the other alone: nothing is left of the campaign's in the indices", got)
	}
}
