package alerting

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// crowded is an incident of one address that lists as many parts as it can, which
// somebody has taken.
func crowded(t *testing.T, r *rig) schemas.Alert {
	t.Helper()
	var a schemas.Alert
	for i := range schemas.MaxParts {
		a = r.offer(t, ties(address(fmt.Sprintf("rate.rule_%d", i), "loud", i/8, schemas.SeverityHigh), "decoy"))[0]
	}
	if len(a.Parts) != schemas.MaxParts {
		t.Fatalf("%d parts", len(a.Parts))
	}
	if _, err := r.Acknowledge(context.Background(), a.ID, "jo", ""); err != nil {
		t.Fatal(err)
	}
	return r.advance(t, a.Finding.Detected)[0]
}

// TestNobodyIsHiddenInACrowd has an attacker fill an incident that somebody has
// taken, and tie somebody else to it: what comes of that is told.
func TestNobodyIsHiddenInACrowd(t *testing.T) {
	sink := &fakeSink{name: "s"}
	r := open(t, logPath(t), nil, sink)
	a := crowded(t, r)
	// Another caller at that address, and what the address does to it.
	got := r.offer(t, ties(caller(success, "victim", 5, schemas.SeverityHigh), "loud"))
	if len(got) != 1 || got[0].ID == a.ID || got[0].State != schemas.AlertOpen || got[0].Sequence != 1 {
		t.Fatalf("the victim's finding is in %+v", got)
	}
	got = r.offer(t, ties(address("rate.more", "loud", 6, schemas.SeverityHigh), "decoy", "second"))
	if len(got) != 1 || got[0].ID != a.ID || got[0].Sequence != a.Sequence+1 {
		t.Fatalf("another rule about the address: %+v", got)
	}
	got = r.offer(t, caller(networks, "second", 7, schemas.SeverityHigh))
	if len(got) != 1 || got[0].ID == a.ID {
		t.Fatalf("who was tied to the full incident is in %+v", got)
	}
	// What it has no room to list is told after repeat_interval, also to who has taken it.
	told := func(rule string, from, to int) int {
		t.Helper()
		for minute := from; minute < to; minute += 30 {
			r.offer(t, address(rule, "loud", minute, schemas.SeverityHigh))
		}
		now, err := r.Alert(a.ID)
		if err != nil || now.Acknowledged == nil {
			t.Fatalf("%+v, %v", now.State, err)
		}
		return now.Sequence - a.Sequence
	}
	if n := told("rate.more", 30, 60*6); n != 2 {
		t.Errorf("told %d times, want once more in six hours", n-1)
	}
	// What it lists goes on without more words.
	if n := told("rate.rule_0", 60*6, 60*12); n != 2 {
		t.Errorf("what somebody has taken was told %d times more", n-2)
	}
}

// TestNothingWorseIsHiddenInACampaign has an attacker make a campaign of throwaway
// callers to which one that does worse belongs.
func TestNothingWorseIsHiddenInACampaign(t *testing.T) {
	r := open(t, logPath(t), nil, &fakeSink{name: "s"})
	worse := r.offer(t, caller(success, "member-1", 0, schemas.SeverityCritical))[0]
	like := r.offer(t, caller(networks, "member-2", 0, schemas.SeverityHigh))[0]
	got := r.offer(t, plot("campaign.extraction", noon.Add(2*time.Minute), 12))
	states := map[string]schemas.Alert{}
	for _, a := range got {
		states[a.ID] = a
	}
	if a := states[like.ID]; a.State != schemas.AlertResolved || !strings.Contains(a.Outcome, "part of campaign") {
		t.Errorf("a member that is no worse: %s %q", a.State, a.Outcome)
	}
	a, err := r.Alert(worse.ID)
	if err != nil || a.State != schemas.AlertOpen || a.MergedInto != "" {
		t.Errorf("a member that is worse: %s, merged into %q, %v", a.State, a.MergedInto, err)
	}
	if got = r.offer(t, caller(networks, "member-1", 5, schemas.SeverityHigh)); len(got) != 1 || got[0].ID != worse.ID || got[0].State != schemas.AlertUpdated {
		t.Errorf("what it does next: %+v", got)
	}
}
