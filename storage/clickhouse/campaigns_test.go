package clickhouse

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// plotted is a finding about a campaign of n members, made in an hour.
func plotted(id string, hour, n int) schemas.Finding {
	e := schemas.Entity{Kind: schemas.EntityCampaign, Name: id}
	start := midnight.Add(time.Duration(hour) * time.Hour)
	c := &schemas.Campaign{
		ID: id, Score: 41.5, First: midnight.Add(-50 * time.Hour), Last: start.Add(59 * time.Minute), Size: n, Joined: 3,
		Exchanges: int64(1000 * n), Today: 70, InputTokens: 1 << 40, OutputTokens: 12,
		Links: []schemas.Link{
			{Kind: "template", Members: n, Others: 2, Weight: 0.75, Text: "one template, which two others' prompts have"},
			{Kind: "network", Members: n / 2, Others: 9, Weight: 0.25, Text: "it's \n'one' network"},
		},
	}
	for i := range n {
		c.Members = append(c.Members, schemas.Member{
			Principal: fmt.Sprintf("h1:k1:%05d'\n", i), First: c.First.Add(time.Duration(i) * time.Second), Last: c.Last,
			Exchanges: int64(2000 - i%1999), InputTokens: 3, OutputTokens: int64(hour), Likeness: 0.5, Links: []string{"template", "network"}[:1+i%2],
		})
	}
	for _, m := range c.Members[:min(n, 20)] {
		c.Named = append(c.Named, m.Principal)
	}
	return schemas.Finding{
		ID: schemas.FindingID("campaign.extraction", e, start), Detector: "campaign.extraction", Entity: e, Severity: schemas.SeverityHigh,
		Confidence: 0.75, Title: "they", Summary: "They act as one.", WindowStart: start, WindowEnd: start.Add(time.Hour),
		Detected: start.Add(time.Hour), Events: 70, Query: "SELECT 1", Campaign: c,
		Features: []schemas.Feature{{Name: "members", Observed: float64(n), Expected: 1, Unit: "keys", Weight: 1, Text: "keys that act as one"}},
	}
}

func TestCampaignsComeBack(t *testing.T) {
	s := testStore(t)
	first, second, other := plotted("c-aa11aa11aa11", 1, 30), plotted("c-aa11aa11aa11", 5, 40), plotted("c-aa22bb33cc44", 3, 2)
	second.Severity = schemas.SeverityCritical
	if err := s.WriteFindings(t.Context(), []schemas.Finding{testFinding(0), first, other}); err != nil {
		t.Fatal(err)
	}
	// Repeated, and after a crash an older one behind a newer one.
	for _, fs := range [][]schemas.Finding{{second, first}, {first}, {second}, {first}} {
		if err := s.WriteFindings(t.Context(), fs); err != nil {
			t.Fatal(err)
		}
	}
	if n := one[string](t, s, "SELECT toString((count(), uniqExact(id))) FROM campaigns FINAL"); n != "(3,3)" {
		t.Errorf("rows and ids of campaigns: %s", n)
	}
	if n := one[uint64](t, s, "SELECT count() FROM campaign_members FINAL"); n != 42 {
		t.Errorf("%d members, want 42", n)
	}
	got, former, err := s.Campaign(t.Context(), "C-AA11")
	if err != nil || former != 0 {
		t.Fatal(former, err)
	}
	if !reflect.DeepEqual(*got, second) {
		t.Errorf("got  %+v\n%+v\nwant %+v\n%+v", *got, *got.Campaign, second, *second.Campaign)
	}
	list, err := s.Campaigns(t.Context(), 10)
	if err != nil || len(list) != 2 || list[0].ID != second.ID || list[1].ID != other.ID {
		t.Fatalf("%+v, %v", list, err)
	}
	if c := list[0].Campaign; c == nil || c.Size != 40 || c.Members != nil || len(c.Links) != 2 || !reflect.DeepEqual(c.Named, second.Campaign.Named) {
		t.Errorf("in the list: %+v", c)
	}
	if list, err = s.Campaigns(t.Context(), 1); err != nil || len(list) != 1 {
		t.Errorf("%d campaigns, %v, want the latest", len(list), err)
	}
	// A finding alone has its campaign too, and others have none.
	f, err := s.Finding(t.Context(), first.ID)
	if err != nil || f.Campaign == nil || f.Campaign.Size != 30 || !f.Campaign.Last.Equal(first.Campaign.Last) {
		t.Errorf("%+v, %v", f, err)
	}
	all, err := s.Findings(t.Context(), FindingFilter{Detector: "extraction", Limit: 10})
	if err != nil || len(all) != 0 && all[0].Campaign != nil {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestWhoLeavesACampaignIsFormer(t *testing.T) {
	s := testStore(t)
	old, now := plotted("c-aa11aa11aa11", 1, 50), plotted("c-aa11aa11aa11", 2, 40)
	for _, f := range []schemas.Finding{now, old} { // in either order
		if err := s.WriteFindings(t.Context(), []schemas.Finding{f}); err != nil {
			t.Fatal(err)
		}
	}
	f, former, err := s.Campaign(t.Context(), "aa11")
	if err != nil || former != 10 || len(f.Campaign.Members) != 40 {
		t.Errorf("%d members and %d former ones, %v; want 40 and 10", len(f.Campaign.Members), former, err)
	}
	// What others ask of the store says the same.
	if n := one[uint64](t, s, "SELECT count() FROM numbers(1) WHERE 0 = 1 OR (SELECT count() FROM "+Members("c-aa11aa11aa11", now.Detected.UnixNano())+") = 40"); n != 1 {
		t.Error("Members names others")
	}
}

// TestFormerMembersHideNobody has more former members, who took more, than are
// read at once.
func TestFormerMembersHideNobody(t *testing.T) {
	s := testStore(t)
	f := plotted("c-aa11aa11aa11", 2, 3)
	if err := s.WriteFindings(t.Context(), []schemas.Finding{f}); err != nil {
		t.Fatal(err)
	}
	const former = 2*schemas.MaxMembers + 5
	if err := s.conn.Exec(t.Context(), fmt.Sprintf(`INSERT INTO campaign_members (campaign, principal, exchanges, seen)
SELECT 'c-aa11aa11aa11', concat('h1:k1:former', toString(number)), 5000, %d FROM numbers(%d)`, midnight.Unix(), former)); err != nil {
		t.Fatal(err)
	}
	got, n, err := s.Campaign(t.Context(), "aa11")
	if err != nil || n != former || len(got.Campaign.Members) != 3 {
		t.Errorf("%d members and %d former ones, %v; want 3 and %d", len(got.Campaign.Members), n, err, former)
	}
}

func TestNoSuchCampaign(t *testing.T) {
	s := testStore(t)
	for _, f := range []schemas.Finding{plotted("c-aa11aa11aa11", 1, 2), plotted("c-aa11bb11aa11", 1, 2)} {
		if err := s.WriteFindings(t.Context(), []schemas.Finding{f}); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := s.Campaign(t.Context(), "c-0000"); !errors.Is(err, ErrNoCampaign) {
		t.Errorf("%v", err)
	}
	for id, want := range map[string]string{"c-aa": "4 and more", "c-zzzz": "hexadecimal", "' OR 1": "hexadecimal", "": "hexadecimal",
		"c-aa11": "c-aa11aa11aa11 and c-aa11bb11aa11 begin like this"} {
		if _, _, err := s.Campaign(t.Context(), id); err == nil || !strings.Contains(err.Error(), want) || IsRetryable(err) {
			t.Errorf("%s: %v, want %q", id, err, want)
		}
	}
	if _, err := s.Campaigns(t.Context(), 0); err == nil {
		t.Error("a limit of 0")
	}
	if list, err := testStore(t).Campaigns(t.Context(), 5); err != nil || len(list) != 0 {
		t.Errorf("of nothing: %v, %v", list, err)
	}
}

// TestTimesThatNoColumnHolds holds that a finding with senseless times is stored
// all the same: it would block the batch that it came with.
func TestTimesThatNoColumnHolds(t *testing.T) {
	s := testStore(t)
	f := plotted("c-aa11aa11aa11", 1, 2)
	f.Campaign.First, f.Campaign.Last = time.Time{}, time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC)
	f.Campaign.Members[0].First = time.Time{}
	f.Campaign.Members[1].Links, f.Campaign.Links = nil, nil
	if err := s.WriteFindings(t.Context(), []schemas.Finding{f}); err != nil {
		t.Fatal(err)
	}
	got, _, err := s.Campaign(t.Context(), f.Campaign.ID)
	if err != nil || got.Campaign.First.Unix() != 0 || len(got.Campaign.Members) != 2 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestForgetAMember(t *testing.T) {
	s := testStore(t)
	f := plotted("c-aa11aa11aa11", 1, 25)
	who := f.Campaign.Members[3].Principal
	if err := s.WriteFindings(t.Context(), []schemas.Finding{f}); err != nil {
		t.Fatal(err)
	}
	a := schemas.Alert{ID: "a", Sequence: 1, Entity: f.Entity, Finding: f, FirstSeen: at(0), LastSeen: at(1)}
	if err := s.WriteAlerts(t.Context(), []schemas.Alert{a}); err != nil {
		t.Fatal(err)
	}
	if len(a.Finding.Campaign.Named) == 0 {
		t.Error("the caller's alert was changed")
	}
	gone, err := s.Forget(t.Context(), Person{Names: []string{who}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"campaign_members 25-1=24 left 0", "campaigns 1-0=1 left 0", "findings 1-0=1 left 0", "alerts 1-0=1 left 0"} {
		if got := erased(gone); !strings.Contains(got, want) {
			t.Errorf("got\n%s\nwant %s: one member goes, the campaign stays", got, want)
		}
	}
	if m, err := s.Mentions(t.Context(), Person{Names: []string{who}}); err != nil || len(m) > 0 {
		t.Errorf("%v, %v", m, err)
	}
	got, _, err := s.Campaign(t.Context(), f.Campaign.ID)
	if err != nil || len(got.Campaign.Members) != 24 || len(got.Campaign.Named) != 20 || got.Campaign.Size != 25 {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestTheLargestCampaign writes and reads a campaign as large as they are let
// be; one member too many is left out.
func TestTheLargestCampaign(t *testing.T) {
	s := testStore(t)
	f := plotted("c-aa11aa11aa11", 1, schemas.MaxMembers+1)
	rand.Shuffle(len(f.Campaign.Members), func(i, j int) {
		m := f.Campaign.Members
		m[i], m[j] = m[j], m[i]
	})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	for range 2 {
		if err := s.WriteFindings(t.Context(), []schemas.Finding{f}); err != nil {
			t.Fatal(err)
		}
	}
	wrote := time.Since(start) / 2
	runtime.ReadMemStats(&after)
	start = time.Now()
	got, former, err := s.Campaign(t.Context(), f.Campaign.ID)
	if err != nil || len(got.Campaign.Members) != schemas.MaxMembers || former != 0 {
		t.Fatal(len(got.Campaign.Members), former, err)
	}
	t.Logf("%d members: written in %v with %d MB allocated, read in %v", schemas.MaxMembers, wrote,
		(after.TotalAlloc-before.TotalAlloc)>>21, time.Since(start))
	if mb := (after.TotalAlloc - before.TotalAlloc) >> 21; mb > 200 {
		t.Errorf("%d MB are allocated by a write", mb)
	}
}

// TestAWriteThatWasCutShort holds that a crash between the tables leaves nothing
// that is half there, and that the same write again completes it.
func TestAWriteThatWasCutShort(t *testing.T) {
	s := testStore(t)
	f := plotted("c-aa11aa11aa11", 1, 30)
	if err := s.writeCampaigns(t.Context(), []schemas.Finding{f}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Campaign(t.Context(), f.Campaign.ID); !errors.Is(err, ErrNoCampaign) {
		t.Errorf("a campaign without its finding: %v", err)
	}
	if list, err := s.Campaigns(t.Context(), 5); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
	if err := s.WriteFindings(t.Context(), []schemas.Finding{f}); err != nil {
		t.Fatal(err)
	}
	if got, former, err := s.Campaign(t.Context(), f.Campaign.ID); err != nil || former != 0 || !reflect.DeepEqual(*got, f) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestAStoreOfAnOlderVersionHasNoCampaigns(t *testing.T) {
	s := testStore(t)
	if err := s.conn.Exec(t.Context(), "DROP TABLE campaigns"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Campaigns(t.Context(), 1); !IsNoTable(err) {
		t.Errorf("%v", err)
	}
	if IsNoTable(nil) || IsNoTable(ErrNoCampaign) {
		t.Error("another error is of a table")
	}
}
